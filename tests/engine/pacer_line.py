"""A pacer on a line whose phone plays in virtual time."""

from collections.abc import Callable

from rapida.call.events import Event, MarkReturned, SoundSent
from rapida.engine.clock import ManualClock
from rapida.engine.pacer import Pacer

MS = 1000


class Phone:
    """The far end of a leg: a playout buffer with marks and `clear`, as Twilio has them."""

    eventful = True
    """Something else happens to the call with each mark that comes back."""

    def __init__(self, clock: ManualClock, ask: Callable[[], None]) -> None:
        self.clock = clock
        self.ask = ask
        self.pacer: Pacer
        self.ends_at_us = 0
        self.plays: list[tuple[int, bytes]] = []
        """(when the ear begins to hear it, sound)"""
        self.sent: list[tuple[int, int]] = []
        """(when, bytes) of each message"""
        self.marks: list[tuple[int, str]] = []
        self.clears = 0

    def play(self, ulaw: bytes, mark: str = "") -> None:
        begin = max(self.ends_at_us, self.clock.now_us())
        self.plays.append((begin, ulaw))
        self.sent.append((self.clock.now_us(), len(ulaw)))
        self.ends_at_us = begin + len(ulaw) * 125
        if mark:
            self.mark(mark)

    def mark(self, name: str) -> None:
        self.marks.append((self.clock.now_us(), name))
        self.clock.call_at(self.ends_at_us, lambda: self._return(name))

    def _return(self, name: str) -> None:
        self.pacer.marked(name)
        if self.eventful:
            self.ask()

    def clear(self) -> None:
        now = self.clock.now_us()
        self.clears += 1
        self.plays = [(at, ulaw[: max(0, (now - at) // 125)]) for at, ulaw in self.plays]
        self.ends_at_us = now

    def close(self, code: int = 1000, reason: str = "") -> None:
        raise AssertionError("the pacer closes no leg")

    @property
    def heard(self) -> bytes:
        return b"".join(ulaw for _, ulaw in self.plays)

    @property
    def lead_ms(self) -> float:
        return max(0, self.ends_at_us - self.clock.now_us()) / MS

    def silences_ms(self) -> list[float]:
        """The gaps between what was heard."""
        ends = [at + len(ulaw) * 125 for at, ulaw in self.plays]
        gaps = [(begin - end) / MS for end, (begin, _) in zip(ends, self.plays[1:], strict=False)]
        return [gap for gap in gaps if gap > 0]


class Line:
    """A pacer and its phone."""

    def __init__(self, now_us: int = 123_456) -> None:
        self.clock = ManualClock(now_us)
        self.phone = Phone(self.clock, self.ask)
        self.told: list[Event] = []
        self.pacer = self.phone.pacer = Pacer(self.phone, self.told.append, self.clock, None)

    def ask(self) -> None:
        """What the call does before it handles any event."""
        mark = self.pacer.take_mark()
        if mark is not None:
            self.told.append(mark)

    def wait(self, ms: float) -> None:
        self.clock.advance(int(ms * MS))

    def sent(self) -> list[SoundSent]:
        return [event for event in self.told if isinstance(event, SoundSent)]

    def returned(self) -> list[MarkReturned]:
        return [event for event in self.told if isinstance(event, MarkReturned)]

    def places(self) -> list[tuple[int, int, int]]:
        """(generation, utterance, position) of every mark that came back."""
        return [(mark.generation, mark.utterance_id, mark.position_ms) for mark in self.returned()]


def speech(ms: int, seed: int = 0) -> bytes:
    """Sound in which every stretch is recognisable."""
    return bytes((at * 7 + at // 251 + seed * 13) % 255 for at in range(ms * 8))


def say(line: Line, utterance_id: int, sound: bytes, segment_id: int = 1) -> None:
    line.pacer.enqueue(utterance_id, segment_id, sound)
    line.pacer.finish(utterance_id)
