"""The caller's sound on its way in: placed on the carrier's timeline, made whole, handed to all who listen.

Sound lies where `media.timestamp` says, never where it arrives: a gap of the timeline is filled with
silence (at most 5 s), what was there before is dropped, and bursts mean nothing. It tells the core when sound
has come as far as asked, and when none came for a second. What sound means is decided by those who listen.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from ..audio.g711 import FLOOR_DB, FRAME_BYTES, SAMPLES_PER_MS, SILENCE, SILENT_FRAME, level_db
from ..call.commands import DiscountVoice, FinishTranscription
from ..call.events import Event, SoundReached, SoundStalled, SoundStarted
from ..stt.base import Transcriber
from ..vad.base import Detector
from .clock import Clock, Handle
from .recorder import Recorder

LONGEST_FILL_MS = 5000
"""Of a longer gap in the caller's sound only so much is made up with silence: a hearer needs no more of it to
know that nothing was said, and a carrier's wrong position must not cost memory."""
STALL_US = 1_000_000
"""After a second without a message of the carrier, which come every 20 ms, its stream stands still."""
LATE_US = 100_000
"""An alarm so much later than it was due tells that this process stood still: frames may lie there unread."""
MESSAGE_MS = 100
"""The transcriber gets sound in messages of this length: five times cheaper than one per frame."""
UNATTACHED_MS = 20_000
"""How much sound waits for a transcriber; older sound is lost."""

_MESSAGE_BYTES = MESSAGE_MS * SAMPLES_PER_MS
_NOWHERE = -1_000_000
"""A position before any that a carrier tells."""
_ROUNDING = SAMPLES_PER_MS
"""Timestamps are whole milliseconds: a place off by less than one is where it should be."""


class Listener:
    """The ear of one call. Everything is synchronous and belongs to the event loop."""

    __slots__ = (
        "_alarm",
        "_alarm_us",
        "_arrived_us",
        "_clock",
        "_closed",
        "_deadline_ms",
        "_detector",
        "_emit",
        "_end",
        "_heard",
        "_keep_bytes",
        "_last",
        "_messages",
        "_muted",
        "_recent",
        "_recorder",
        "_told_ms",
    )

    def __init__(
        self,
        detector: Detector,
        transcriber: Transcriber | None,
        recorder: Recorder | None,
        emit: Callable[[Event], None],
        clock: Clock,
        *,
        keep_ms: int = 0,
    ) -> None:
        """`keep_ms` of sound stay here for `recent`."""
        self._detector = detector
        self._recorder = recorder
        self._emit = emit
        self._clock = clock
        self._last = SILENT_FRAME
        self._end = _NOWHERE
        """The sample after the last one received."""
        self._heard = 0
        self._deadline_ms: int | None = None
        self._told_ms = -1
        self._muted = False
        self._closed = False
        self._arrived_us = 0
        self._alarm: Handle | None = None
        self._alarm_us = 0
        """When the alarm is due."""
        self._keep_bytes = keep_ms * SAMPLES_PER_MS
        self._recent = bytearray()
        self._messages = _Messages(transcriber)

    # Sound in

    def media(self, position_ms: int, ulaw: bytes) -> None:
        """Caller sound that begins at `position_ms`, of any length."""
        if self._closed:
            return
        start, gap = position_ms * SAMPLES_PER_MS, 0
        if -_ROUNDING < start - self._end < _ROUNDING:
            pass  # it follows what is there, as nearly all sound does
        elif self._end == _NOWHERE:
            self._end = start
            self._emit(SoundStarted((start + len(ulaw)) // SAMPLES_PER_MS))
        else:
            gap = start - self._end
            # What lies before the end has been heard already.
            ulaw = ulaw[max(0, -gap) :]
        if not ulaw:
            return
        self._arrived_us = self._clock.now_us()
        if gap > 0:
            self._fill(start)
        if self._alarm is None:
            self._look_at(self._arrived_us + STALL_US)
        self._take(ulaw)
        if self._deadline_ms is not None:
            self._reach()

    def _fill(self, start: int) -> None:
        """Silence up to `start`; of a longer gap only the first 5 s, then the timeline jumps."""
        missing = min(start - self._end, LONGEST_FILL_MS * SAMPLES_PER_MS)
        while missing > 0:
            self._take(SILENT_FRAME[:missing])
            missing -= FRAME_BYTES
        self._end = start

    def _take(self, ulaw: bytes) -> None:
        """Sound that follows what is there: to everyone who listens."""
        position_ms = self._end // SAMPLES_PER_MS
        self._end += len(ulaw)
        self._heard += len(ulaw)
        self._last = ulaw
        self._detector.feed(position_ms, ulaw)
        if self._recorder is not None:
            self._recorder.caller(position_ms, ulaw, self._arrived_us)
        if self._keep_bytes:
            self._recent += ulaw
            if len(self._recent) > 2 * self._keep_bytes:
                del self._recent[: -self._keep_bytes]
        self._messages.add(position_ms, SILENCE * len(ulaw) if self._muted else ulaw)

    @property
    def level_db(self) -> float:
        """How loud the sound is that came last, in dBFS; while muted nobody is told."""
        return FLOOR_DB if self._muted else level_db(self._last)

    # What the core is told

    @property
    def heard_ms(self) -> int:
        """How much caller sound there was, silence of filled gaps included."""
        return self._heard // SAMPLES_PER_MS

    @property
    def sound_deadline_ms(self) -> int | None:
        """When received sound passes this position, `SoundReached` is emitted; None = no need."""
        return self._deadline_ms

    @sound_deadline_ms.setter
    def sound_deadline_ms(self, position_ms: int | None) -> None:
        self._deadline_ms = position_ms
        if position_ms is not None:
            self._reach()

    def _reach(self) -> None:
        """Tell that sound has come far enough, at most once for the same sound."""
        if self._end == _NOWHERE or self._deadline_ms is None:
            return
        end_ms = self._end // SAMPLES_PER_MS
        if end_ms >= self._deadline_ms and end_ms > self._told_ms:
            self._deadline_ms = None
            self._told_ms = end_ms
            self._emit(SoundReached(end_ms))

    def _look_at(self, due_us: int) -> None:
        self._alarm_us = due_us
        self._alarm = self._clock.call_about(due_us, self._stalled)

    def _stalled(self) -> None:
        """A second after some frame: tell that it was the last one, or look again a second after the last."""
        now_us, due_us = self._clock.now_us(), self._arrived_us + STALL_US
        if now_us - self._alarm_us > LATE_US:
            due_us = now_us + LATE_US  # what came while we stood still is read first
        if now_us < due_us:
            self._look_at(due_us)
            return
        # Set again by the next frame: one stall is told once.
        self._alarm = None
        self._emit(SoundStalled(self._end // SAMPLES_PER_MS))

    # What the call orders

    def attach(self, transcriber: Transcriber) -> None:
        """The transcriber is there: it gets all the sound that has waited for it."""
        self._messages.attach(transcriber)

    def finish(self, request: FinishTranscription) -> None:
        """Give the transcriber what is pending and ask for its last word on that stretch."""
        self._messages.finish(request)

    def discount(self, order: DiscountVoice) -> None:
        """What sounded there was nobody who speaks to us: hear no voice in what is no louder."""
        self._detector.discount(order.start_ms, order.end_ms)

    def mute(self, *, on: bool) -> None:
        """While on, the transcriber gets silence; the detector still listens."""
        self._muted = on

    def recent(self, end_ms: int, window_ms: int) -> bytes:
        """At most `window_ms` of sound that ends at `end_ms`, as far as it has been kept."""
        stop = max(0, len(self._recent) - max(0, self._end - end_ms * SAMPLES_PER_MS))
        return bytes(self._recent[max(0, stop - window_ms * SAMPLES_PER_MS) : stop])

    def close(self) -> None:
        """Listen no more; nothing is emitted afterwards."""
        self._closed = True
        self._deadline_ms = None
        if self._alarm is not None:
            self._alarm.cancel()
        self._detector.close()


class _Messages:
    """Sound for the transcriber: gathered to 100 ms, kept until there is one."""

    __slots__ = ("_sound", "_start_ms", "_transcriber", "_waiting")

    def __init__(self, transcriber: Transcriber | None) -> None:
        self._transcriber = transcriber
        self._waiting: deque[tuple[int, bytes] | FinishTranscription] = deque(
            maxlen=UNATTACHED_MS // MESSAGE_MS
        )
        self._start_ms = 0
        self._sound = bytearray()

    def add(self, position_ms: int, ulaw: bytes) -> None:
        sound = self._sound
        if sound and not -1 <= position_ms - self._start_ms - len(sound) // SAMPLES_PER_MS <= 1:
            self._flush()
        if not sound:
            self._start_ms = position_ms
        sound += ulaw
        if len(sound) >= _MESSAGE_BYTES:
            self._flush()

    def _flush(self) -> None:
        if self._sound:
            message = (self._start_ms, bytes(self._sound))
            self._sound.clear()
            self._give(message)

    def finish(self, request: FinishTranscription) -> None:
        self._flush()
        self._give(request)

    def attach(self, transcriber: Transcriber) -> None:
        self._transcriber = transcriber
        while self._waiting:
            self._give(self._waiting.popleft())

    def _give(self, item: tuple[int, bytes] | FinishTranscription) -> None:
        if self._transcriber is None:
            self._waiting.append(item)
        elif isinstance(item, tuple):
            self._transcriber.feed(*item)
        else:
            self._transcriber.finish(item)
