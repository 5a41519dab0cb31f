"""Where a stream waits while its call's providers still start: nothing that it says meanwhile is lost.

It stands in for the call's listener. What comes is kept in order and told to the real listener as soon as
there is one; from then on it only passes on. Who that is, and how long to wait, is decided elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable

from ..telephony.stream import LegListener, StreamStart


class EarlyListener:
    """A `LegListener` before there is one. Synchronous; belongs to the event loop."""

    def __init__(self) -> None:
        self._listener: LegListener | None = None
        self._kept: list[Callable[[LegListener], None]] = []

    def hand_over(self, listener: LegListener) -> None:
        """Tell `listener` all that was said so far, and everything from now on."""
        for tell in self._kept:
            tell(listener)
        self._kept.clear()
        self._listener = listener
        # Fifty times a second and call: nothing stands between the socket and the ear any more.
        self.on_media = listener.on_media

    def _tell(self, tell: Callable[[LegListener], None]) -> None:
        if self._listener is None:
            self._kept.append(tell)
        else:
            tell(self._listener)

    def on_start(self, start: StreamStart) -> None:
        self._tell(lambda listener: listener.on_start(start))

    def on_media(self, position_ms: int, ulaw: bytes) -> None:
        self._tell(lambda listener: listener.on_media(position_ms, ulaw))

    def on_digit(self, digit: str) -> None:
        self._tell(lambda listener: listener.on_digit(digit))

    def on_text(self, text: str) -> None:
        self._tell(lambda listener: listener.on_text(text))

    def on_mark(self, name: str) -> None:
        self._tell(lambda listener: listener.on_mark(name))

    def on_stop(self) -> None:
        self._tell(lambda listener: listener.on_stop())

    def on_closed(self, code: int) -> None:
        self._tell(lambda listener: listener.on_closed(code))
