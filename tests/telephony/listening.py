"""The words of the telephony tests: a listener that writes down what it is told."""

from __future__ import annotations

from rapida.telephony.stream import StreamStart


class Heard:
    """A `LegListener` whose `told` is everything it was called with, in order."""

    def __init__(self) -> None:
        self.told: list[tuple[object, ...]] = []

    def on_start(self, start: StreamStart) -> None:
        self.told.append(("start", start))

    def on_media(self, position_ms: int, ulaw: bytes) -> None:
        self.told.append(("media", position_ms, ulaw))

    def on_digit(self, digit: str) -> None:
        self.told.append(("digit", digit))

    def on_text(self, text: str) -> None:
        self.told.append(("text", text))

    def on_mark(self, name: str) -> None:
        self.told.append(("mark", name))

    def on_stop(self) -> None:
        self.told.append(("stop",))

    def on_closed(self, code: int) -> None:
        self.told.append(("closed", code))

    def of(self, kind: str) -> list[tuple[object, ...]]:
        return [one[1:] for one in self.told if one[0] == kind]
