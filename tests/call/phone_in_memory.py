"""The phone of a driven call: sound is sent ahead of the ear as the pacer does, and marks come back.

Knows only durations. The phone holds 200 to 300 ms more than the ear has had; every message carries a mark,
which returns a millisecond after its sound has been heard.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import takewhile

from rapida.call import commands as c
from rapida.call import events as e

LEAD_US = 200_000


@dataclass
class Sounding:
    """What there is of one utterance."""

    segments: dict[int, int | None] = field(default_factory=dict[int, int | None])
    """Segment → its milliseconds, in the order of speech; None = its sound is not there yet."""
    complete: bool = False
    sent_ms: int = 0

    @property
    def available_ms(self) -> int:
        """Sound without a gap from the beginning."""
        there = takewhile(lambda duration: duration is not None, self.segments.values())
        return sum(duration or 0 for duration in there)

    def drop(self, segment_id: int) -> None:
        """Forget a segment of which nothing was sent."""
        before = takewhile(lambda other: other != segment_id, self.segments)
        if segment_id in self.segments and sum(self.segments[one] or 0 for one in before) >= self.sent_ms:
            del self.segments[segment_id]
            self.complete = False


class PhoneInMemory:
    """`tell` takes events, `later` runs an action at an instant, `now_us` asks for the time."""

    def __init__(
        self,
        tell: Callable[[e.Event], None],
        later: Callable[[int, Callable[[], None]], None],
        now_us: Callable[[], int],
    ) -> None:
        self._tell = tell
        self._later = later
        self._now_us = now_us
        self.utterances: dict[int, Sounding] = {}
        """Every utterance there ever was."""
        self.connected = False
        self.held = False
        self.marks_return = True
        self.heard_ms = 0
        """Sound that has left the phone's loudspeaker, in all."""
        self._queue: list[int] = []
        self._ends_us = 0
        self._generation = 0

    # Orders

    def start(self, order: c.StartSynthesis) -> None:
        if order.utterance_id not in self.utterances:
            self.utterances[order.utterance_id] = Sounding()
            self._queue.append(order.utterance_id)
        self.utterances[order.utterance_id].segments[order.segment_id] = None

    def sound(self, order: c.StartSynthesis, duration_ms: int) -> None:
        """A segment's sound is there."""
        segments = self.utterances[order.utterance_id].segments
        if order.segment_id in segments:
            segments[order.segment_id] = duration_ms
            self.pump()

    def cancel(self, order: c.CancelSynthesis) -> None:
        for sounding in self.utterances.values():
            sounding.drop(order.segment_id)

    def finish(self, order: c.FinishUtterance) -> None:
        self.utterances[order.utterance_id].complete = True

    def hold(self, _: c.HoldPlayout) -> None:
        self.held = True

    def resume(self, order: c.ResumePlayout) -> None:
        self.held = False
        if order.utterance_id in self.utterances and order.from_ms is not None:
            self.utterances[order.utterance_id].sent_ms = order.from_ms
        self._later(self._now_us(), self.pump)

    def take_back(self, order: c.TakeBackPlayout) -> None:
        self._generation = order.generation
        self.held = True
        self._ends_us = self._now_us()

    def clear(self, order: c.ClearPlayout) -> None:
        self._generation = order.generation
        self._queue.clear()
        self.held = False
        self._ends_us = self._now_us()

    # Sound out

    def pump(self) -> None:
        """Messages of 100 ms (the first of 40) while the phone holds no more than 200 ms."""
        while self.connected and not self.held and self._queue:
            utterance_id = self._queue[0]
            sounding = self.utterances[utterance_id]
            left_ms = sounding.available_ms - sounding.sent_ms
            if left_ms <= 0:
                if not sounding.complete or None in sounding.segments.values():
                    return
                self._queue.pop(0)
            elif self._ends_us - self._now_us() > LEAD_US:
                self._later(self._ends_us - LEAD_US, self._again(self._generation))
                return
            else:
                self._send(utterance_id, sounding, min(left_ms, 100 if sounding.sent_ms else 40))

    def _again(self, generation: int) -> Callable[[], None]:
        def again() -> None:
            if generation == self._generation:
                self.pump()

        return again

    def _send(self, utterance_id: int, sounding: Sounding, step_ms: int) -> None:
        sounding.sent_ms += step_ms
        self._ends_us = max(self._ends_us, self._now_us()) + step_ms * 1000
        mark = e.MarkReturned(self._generation, utterance_id, sounding.sent_ms)
        self._later(self._ends_us + 1000, lambda: self._heard(mark, step_ms))
        self._tell(e.SoundSent(utterance_id, sounding.sent_ms, self._ends_us))

    def _heard(self, mark: e.MarkReturned, step_ms: int) -> None:
        """The carrier returns the marks of a cleared generation too."""
        if mark.generation == self._generation:
            self.heard_ms += step_ms
        if self.marks_return:
            self._tell(mark)
