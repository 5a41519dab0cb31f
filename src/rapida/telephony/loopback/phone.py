"""A phone in memory, with the playout buffer, marks and `clear` that a carrier's has.

It has no wire and no time of its own: a clock is given to it, so that a whole call can run on one turned by
hand. What the caller says and when is its user's decision; it only keeps the carrier's promises.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Final, Protocol

from ..stream import Leg, LegListener, StreamStart

FRAME_MS: Final = 20
"""As every carrier sends sound."""
FRAME_BYTES: Final = 160
"""One frame, a byte a sample."""
SILENCE: Final = b"\xff"
"""Mu-law for nothing."""
BUFFER_MS: Final = 10 * 60 * 1000
"""A phone takes no more unplayed sound than this, as carriers do."""
FIRST_POSITION_MS: Final = 100
"""Where a stream's first frame lies on the carrier's timeline: near this, and never at 0."""


class PhoneClock(Protocol):
    """Microseconds since some zero, and a callback at one of them; `engine.clock` has two."""

    def now_us(self) -> int: ...

    def call_at(self, at_us: int, callback: Callable[[], None]) -> object: ...


class LoopbackPhone:
    """One caller's phone. `rings` connects it; it then sends 20 ms of sound every 20 ms until the end.

    It is the `Leg` too. Everything after `on_start` is told from the clock's callbacks, in order and never
    from within a call on the leg, as a socket would.
    """

    def __init__(self, clock: PhoneClock, start: StreamStart | None = None) -> None:
        self.transferred_to = ""
        self.told = ""
        """What the carrier said in its own voice."""
        self.overflows = 0
        """Pieces of sound refused because the buffer was full."""
        self._clock = clock
        self._start = start or StreamStart("MZ-loopback", "CA-loopback", "AC-loopback")
        self._listener: LegListener | None = None
        self._rang_at_us = 0
        self._frames = 0
        self._saying = bytearray()
        self._pieces: list[tuple[int, bytes]] = []
        self._ends_at_us = 0
        self._marks: deque[tuple[int, str]] = deque()
        self._outbox: deque[Callable[[LegListener], None]] = deque()
        self._open = False

    # What the caller does -----------------------------------------------------------------------------------

    def rings(self, answer: Callable[[Leg], LegListener]) -> None:
        """Connect: the listener is told `on_start`, and gets frames from now on."""
        self._listener = listener = answer(self)
        self._open = True
        self._rang_at_us = self._ends_at_us = self._clock.now_us()
        listener.on_start(self._start)
        self._expect_frame()

    def says(self, ulaw: bytes) -> None:
        """Say something after what is still being said."""
        self._saying += ulaw

    def presses(self, keys: str) -> None:
        """Press keys, all at once."""
        for key in keys:
            self._tell(lambda listener, key=key: listener.on_digit(key))

    def hangs_up(self) -> None:
        """End the call: `stop`, then the socket closes."""
        self._tell(lambda listener: listener.on_stop())
        self._close(1000)

    def drops(self) -> None:
        """Lose the connection without a word."""
        self._close(1006)

    # What the caller hears ----------------------------------------------------------------------------------

    @property
    def heard(self) -> bytes:
        """The sound that has reached the ear so far, without the pauses between."""
        return b"".join(sound for _, sound in self._heard_pieces())

    @property
    def timeline(self) -> bytes:
        """What the ear was given from the start of the call until now, silence included."""
        line = bytearray()
        for at_us, sound in self._heard_pieces():
            line += SILENCE * (_samples(at_us - self._rang_at_us) - len(line)) + sound
        return bytes(line + SILENCE * (_samples(self._clock.now_us() - self._rang_at_us) - len(line)))

    @property
    def buffered_ms(self) -> int:
        """Sound that waits to be played."""
        return max(0, self._ends_at_us - self._clock.now_us()) // 1000

    def _heard_pieces(self) -> list[tuple[int, bytes]]:
        now_us = self._clock.now_us()
        return [(at_us, sound[: _samples(now_us - at_us)]) for at_us, sound in self._pieces if at_us < now_us]

    # What the carrier does for its customer (`engine.remote.CallControl`) -----------------------------------

    async def complete(self) -> None:
        """End the call from outside its stream."""
        self.hangs_up()

    async def transfer(self, to: str) -> None:
        """Hand the caller over: the stream ends."""
        self.transferred_to = to
        self.hangs_up()

    async def say(self, text: str) -> None:
        """Say a sentence in the carrier's own voice: the stream ends."""
        self.told = text
        self.hangs_up()

    # What the agent does (`base.Leg`) -----------------------------------------------------------------------

    def play(self, ulaw: bytes, mark: str = "") -> None:
        if self._open and ulaw:
            self._queue(ulaw)
            if mark:
                self.mark(mark)

    def _queue(self, ulaw: bytes) -> None:
        now_us = self._clock.now_us()
        at_us = max(now_us, self._ends_at_us)
        ends_at_us = at_us + len(ulaw) * FRAME_MS * 1000 // FRAME_BYTES
        if ends_at_us - now_us > BUFFER_MS * 1000:
            self.overflows += 1
            return
        self._pieces.append((at_us, ulaw))
        self._ends_at_us = ends_at_us

    def mark(self, name: str) -> None:
        if self._open:
            due_us = max(self._clock.now_us(), self._ends_at_us)
            self._marks.append((due_us, name))
            self._clock.call_at(due_us, self._return_marks)

    def clear(self) -> None:
        if self._open:
            self._pieces = self._heard_pieces()
            self._ends_at_us = now_us = self._clock.now_us()
            self._marks = deque((now_us, name) for _, name in self._marks)
            self._clock.call_at(now_us, self._return_marks)

    def close(self, code: int = 1000, reason: str = "") -> None:
        self._close(code)

    # Inside -------------------------------------------------------------------------------------------------

    def _expect_frame(self) -> None:
        # An absolute schedule: frame n ends, and is therefore known, 20 ms after it began.
        at_us = self._rang_at_us + (self._frames + 1) * FRAME_MS * 1000
        self._clock.call_at(at_us, self._send_frame)

    def _send_frame(self) -> None:
        if self._listener is None or not self._open:
            return
        sound = bytes(self._saying[:FRAME_BYTES])
        del self._saying[:FRAME_BYTES]
        position_ms = FIRST_POSITION_MS + self._frames * FRAME_MS
        self._frames += 1
        self._expect_frame()
        self._listener.on_media(position_ms, sound.ljust(FRAME_BYTES, SILENCE))

    def _return_marks(self) -> None:
        while self._open and self._marks and self._marks[0][0] <= self._clock.now_us():
            _, name = self._marks.popleft()
            if self._listener is not None:
                self._listener.on_mark(name)

    def _close(self, code: int) -> None:
        if self._open:
            self._open = False
            self._pieces = self._heard_pieces()  # what was not played never will be
            self._later(lambda listener: listener.on_closed(code))

    def _tell(self, what: Callable[[LegListener], None]) -> None:
        if self._open:
            self._later(what)

    def _later(self, what: Callable[[LegListener], None]) -> None:
        self._outbox.append(what)
        self._clock.call_at(self._clock.now_us(), self._tell_next)

    def _tell_next(self) -> None:
        what = self._outbox.popleft()
        if self._listener is not None:
            what(self._listener)


def _samples(us: int) -> int:
    return us * FRAME_BYTES // (FRAME_MS * 1000)
