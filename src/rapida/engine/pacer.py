"""The agent's sound on its way out: how much of it the phone holds at any time.

An utterance begins with a message of at most 40 ms, to be heard early, and goes on in messages of 100 ms.
The next one goes out when the phone holds no more than 200 ms, so that it holds 200 to 300 ms and a stall
shorter than 200 ms is inaudible. Marks, named so that they can be read without a table, come back as
positions: an utterance's first and last are told at once, those between only before the next thing that
happens to the call, for five events a second were a twentieth of its CPU. When to hold, resume or clear is
the call core's to decide; this module does it to the byte.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from ..audio.g711 import FLOOR_DB, FRAME_BYTES, SAMPLES_PER_MS, US_PER_SAMPLE, level_db
from ..call.events import Event, MarkReturned, SoundSent
from ..telephony.stream import Leg
from .clock import Clock, Handle
from .recorder import Recorder

LOW_WATER_US = 200_000
"""The next message goes out when the phone holds no more than this."""
MESSAGE_BYTES = 100 * SAMPLES_PER_MS
"""100 ms: a tenth of the messages that frames would need, and half of what the phone then still holds."""
FIRST_BYTES = 40 * SAMPLES_PER_MS
"""40 ms: the first sound of a sentence goes out as soon as two frames of it are there."""
SCARCE_US = 60_000
"""While the phone holds more than this, a slow synthesiser is given time to fill a whole message."""
MARK_EVERY_BYTES = 200 * SAMPLES_PER_MS
"""200 ms: as exactly as what the caller has heard is known when the agent is interrupted."""

KEPT_BYTES = 4000 * SAMPLES_PER_MS
"""How much of what was sent stays here: no word is longer."""

_MARK = re.compile(r"g(\d{1,9})\.u(\d{1,9})\.(\d{1,9})", re.ASCII)


@dataclass(slots=True)
class _Utterance:
    """An utterance's sound, and the last seconds of what was sent: a word of it may have to be sent again.

    All places are bytes from the utterance's first one.
    """

    id: int
    start: int = 0
    """The place of the first byte still here."""
    sound: bytearray = field(default_factory=bytearray)
    segments: list[tuple[int, int, int]] = field(default_factory=list[tuple[int, int, int]])
    """(segment id, first byte, byte after the last), in order."""
    sent: int = 0
    marked: int = 0
    """The byte at which the last mark stands."""
    told: int = -1
    """The byte up to which `SoundSent` has told; -1 before the first message."""
    finished: bool = False
    """No more sound will come."""
    ended: bool = False
    """Its end mark is on the socket."""
    returned: bool = False
    """A mark of it has come back."""

    @property
    def end(self) -> int:
        return self.start + len(self.sound)

    def take(self, size: int) -> bytes:
        """The next `size` bytes, which count as sent from now on."""
        at = self.sent - self.start
        taken = bytes(self.sound[at : at + size])
        self.sent += size
        if at > 2 * KEPT_BYTES:
            del self.sound[: at - KEPT_BYTES]
            self.start += at - KEPT_BYTES
        return taken


class Pacer:
    """The mouth of one call. Everything is synchronous and belongs to the event loop."""

    __slots__ = (
        "_clock",
        "_closed",
        "_emit",
        "_emptied",
        "_ends_at_us",
        "_generation",
        "_held",
        "_last",
        "_leg",
        "_passing",
        "_queue",
        "_recorder",
        "_scarce",
        "_timer",
    )

    def __init__(
        self, leg: Leg, emit: Callable[[Event], None], clock: Clock, recorder: Recorder | None
    ) -> None:
        self._leg = leg
        self._emit = emit
        self._clock = clock
        self._recorder = recorder
        self._queue: dict[int, _Utterance] = {}
        """Utterances in the order they are played; the first stays until the next one's sound begins."""
        self._generation = 0
        self._ends_at_us = 0
        """When the phone will run dry."""
        self._last = b""
        self._emptied = True
        """Nothing was sent since the phone was emptied."""
        self._held = False
        self._closed = False
        self._timer: Handle | None = None
        self._scarce = False
        """The timer waits for sound as much as for time."""
        self._passing: tuple[int, int, int, int] | None = None
        """The last mark that nobody waits for: generation, utterance, position, and when it came back."""

    # Sound in

    def open(self, utterance_id: int) -> None:
        """Give an utterance its place behind all others, before it has any sound."""
        if utterance_id not in self._queue:
            self._queue[utterance_id] = _Utterance(utterance_id)

    def enqueue(self, utterance_id: int, segment_id: int, ulaw: bytes) -> None:
        """Sound of a segment, behind what its utterance already has; any length."""
        self.open(utterance_id)
        utterance = self._queue[utterance_id]
        begin = utterance.end
        utterance.sound += ulaw
        segments = utterance.segments
        if segments and segments[-1][0] == segment_id:
            begin = segments.pop()[1]
        segments.append((segment_id, begin, utterance.end))
        self._pump()

    def finish(self, utterance_id: int) -> None:
        """No more sound will come: a mark follows the utterance's last sound."""
        self.open(utterance_id)
        self._queue[utterance_id].finished = True
        self._pump()

    def drop_segment(self, segment_id: int) -> None:
        """Discard what of a segment was not sent."""
        for utterance in self._queue.values():
            kept: list[tuple[int, int, int]] = []
            removed = 0
            for owner, begin, end in utterance.segments:
                if owner == segment_id and end > utterance.sent:
                    first = max(begin, utterance.sent)
                    gone = first - removed - utterance.start
                    del utterance.sound[gone : gone + end - first]
                    removed += end - first
                    if first > begin:
                        kept.append((owner, begin, first))
                else:
                    kept.append((owner, begin - removed, end - removed))
            utterance.segments = kept
        self._pump()

    # Holding, resuming, clearing

    def hold(self) -> None:
        """Send no more. Tells how far sound has been sent, to the byte, if that is not known yet."""
        self._held = True
        self._cancel_timer()
        utterance = self._current()
        if utterance is not None and utterance.told >= 0:
            self._tell(utterance)

    def resume(self, utterance_id: int, from_ms: int | None = None) -> None:
        """Go on at the first unsent byte, or at `from_ms` of the utterance, if it is the one being played."""
        self._held = False
        utterance = self._current()
        if from_ms is not None and utterance is not None and utterance.id == utterance_id:
            back = max(utterance.start, min(utterance.sent, from_ms * SAMPLES_PER_MS))
            if back < utterance.sent:
                utterance.sent = utterance.marked = back
                utterance.ended = False
        self._pump()

    def take_back(self, generation: int) -> None:
        """Empty the phone but keep the sound: `resume` says from where it is sent again."""
        self._held = True
        self._empty_phone(generation)
        utterance = self._current()
        if utterance is not None:
            utterance.ended = False  # its end mark, if it was sent, is void

    def clear(self, generation: int) -> None:
        """Drop everything, empty the phone; a hold is over, and marks belong to `generation` from now on."""
        self._queue.clear()
        self._empty_phone(generation)
        self._held = False

    def _empty_phone(self, generation: int) -> None:
        self._cancel_timer()
        now_us = self._clock.now_us()
        if not self._emptied:  # else there is nothing to clear, and perhaps no stream yet to say so
            self._leg.clear()
            self._ends_at_us = now_us
            self._emptied = True
        if self._recorder is not None:
            self._recorder.take_back(now_us)
        self._generation = generation

    def close(self) -> None:
        """Send nothing more."""
        self._closed = True
        self._cancel_timer()
        self._queue.clear()

    # Sound out

    def _current(self) -> _Utterance | None:
        return next(iter(self._queue.values()), None)

    def _pump(self) -> None:
        """Send what is due; then a timer is set, or there is nothing to send until more sound comes."""
        if self._held or self._closed or (self._timer is not None and not self._scarce):
            return
        self._cancel_timer()
        while (utterance := self._next()) is not None:
            size = self._message_size(utterance)
            if not size and not utterance.finished:
                return
            now_us = self._clock.now_us()
            lead_us = self._ends_at_us - now_us
            if size and lead_us > LOW_WATER_US:
                self._wait(self._ends_at_us - LOW_WATER_US)
                return
            if size < MESSAGE_BYTES and not utterance.finished and utterance.sent and lead_us > SCARCE_US:
                self._scarce = True
                self._wait(self._ends_at_us - SCARCE_US)
                return
            self._send(utterance, size, now_us)

    def _next(self) -> _Utterance | None:
        """The utterance to send from. One that has ended is forgotten once the next one has something."""
        queue = self._queue
        while (utterance := self._current()) is not None and utterance.ended:
            following = next((other for at, other in enumerate(queue.values()) if at == 1), None)
            if following is None or not (following.finished or following.sound):
                return None
            del queue[utterance.id]
        return utterance

    def _message_size(self, utterance: _Utterance) -> int:
        """How much to send now: whole frames, but for the rest of an utterance that is finished."""
        ready = utterance.end - utterance.sent
        if not utterance.finished:
            ready -= ready % FRAME_BYTES
        return min(ready, MESSAGE_BYTES if utterance.sent else FIRST_BYTES)

    def _send(self, utterance: _Utterance, size: int, now_us: int) -> None:
        """One message, its mark when one is due, and the word of it."""
        first = utterance.told < 0
        begin_us = max(self._ends_at_us, now_us)
        ulaw = utterance.take(size)
        utterance.ended = utterance.finished and utterance.sent == utterance.end
        mark = ""
        if first or utterance.ended or utterance.sent - utterance.marked >= MARK_EVERY_BYTES:
            utterance.marked = utterance.sent
            mark = f"g{self._generation}.u{utterance.id}.{utterance.sent // SAMPLES_PER_MS}"
        if not size:
            self._leg.mark(mark)
        else:
            self._leg.play(ulaw, mark)
            self._last = ulaw
            self._emptied = False
            if self._recorder is not None:
                self._recorder.agent(begin_us, ulaw)
            self._ends_at_us = begin_us + size * US_PER_SAMPLE
        if first or utterance.ended:  # between the two, returned marks tell it in passing
            self._tell(utterance)

    def _tell(self, utterance: _Utterance) -> None:
        if utterance.told != utterance.sent:
            utterance.told = utterance.sent
            self._emit(SoundSent(utterance.id, utterance.sent // SAMPLES_PER_MS, self._ends_at_us))

    @property
    def level_db(self) -> float:
        """How loud the sound is that the phone plays, in dBFS; that of the last message, 100 ms of it."""
        return level_db(self._last) if self._clock.now_us() < self._ends_at_us else FLOOR_DB

    # Time

    def _wait(self, until_us: int) -> None:
        self._timer = self._clock.call_about(until_us, self._due)

    def _due(self) -> None:
        self._timer = None
        self._pump()

    def _cancel_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._scarce = False

    # Marks in

    def marked(self, name: str) -> None:
        """A mark came back. Names that are not ours are ignored."""
        found = _MARK.fullmatch(name)
        if found is None or self._closed:
            return
        generation, utterance_id, position_ms = map(int, found.groups())
        utterance = self._queue.get(utterance_id)
        awaited = utterance is None or not utterance.returned
        if utterance is not None:
            utterance.returned = True
            awaited = awaited or (utterance.ended and position_ms == utterance.sent // SAMPLES_PER_MS)
        self._passing = generation, utterance_id, position_ms, self._clock.now_us()
        if awaited and (mark := self.take_mark()) is not None:
            self._emit(mark)

    def take_mark(self) -> MarkReturned | None:
        """The last mark that came back and is not told yet; to be told before anything else is."""
        if self._passing is None:
            return None
        (generation, utterance_id, position_ms, at_us), self._passing = self._passing, None
        sent_ms, ends_at_us = self._untold(utterance_id)
        return MarkReturned(generation, utterance_id, position_ms, sent_ms, ends_at_us, at_us)

    def _untold(self, utterance_id: int) -> tuple[int, int]:
        """What `SoundSent` would tell of an utterance in progress; zeros when there is nothing new."""
        utterance = self._queue.get(utterance_id)
        if utterance is None or self._held or utterance.told == utterance.sent:
            return 0, 0
        utterance.told = utterance.sent
        return utterance.sent // SAMPLES_PER_MS, self._ends_at_us
