"""The agent's sound on its way to the ear: what is queued, what is held, and what has been heard.

Three positions of an utterance differ and are kept apart: *generated* (the synthesiser's), *sent* (on the
socket; the phone holds 200–300 ms more than the ear has had) and *heard*. Only a mark proves hearing. After a
`clear` the carrier returns every pending mark at once, so marks carry a generation and those of a cleared one
are ignored; what was heard by then is the last mark before it plus the time since, never more than was sent.
"""

from __future__ import annotations

from typing import Literal

from ..assistant import BargeIn
from .commands import (
    CancelSynthesis,
    ClearPlayout,
    FinishUtterance,
    HoldPlayout,
    ResumePlayout,
    StartSynthesis,
    TakeBackPlayout,
)
from .events import WordTiming
from .shared import Shared
from .states import UTTERANCE, Machine, UtteranceState
from .timers import Timer
from .words import words

Purpose = Literal["greeting", "reply", "idle", "unclear", "filler", "warning", "goodbye"]

SPOKEN_MS_PER_CHARACTER = 65
"""How long a character takes to say (about 170 words a minute), where a duration is not known yet."""
MARK_GRACE_US = 2_000_000
"""A last mark this late is taken as lost, and the clock's word for hearing is taken instead. At most 300 ms
of that are sound which the phone still had; no network takes the rest."""


class Segment:
    """One piece of text given to the synthesiser."""

    __slots__ = ("began_us", "duration_ms", "id", "retried", "text", "timings")

    def __init__(self, segment_id: int, text: str) -> None:
        self.id = segment_id
        self.text = text
        self.began_us: int | None = None
        self.duration_ms: int | None = None
        self.timings: tuple[WordTiming, ...] = ()
        self.retried = False

    def expected_ms(self) -> int:
        """Its duration, or a guess from its length while the synthesiser is still at it."""
        return len(self.text) * SPOKEN_MS_PER_CHARACTER if self.duration_ms is None else self.duration_ms

    def word_times(self) -> list[tuple[str, int, int]]:
        """(word as written, start_ms, end_ms) within the segment.

        Uses the synthesiser's timings where they match the text word for word, else each word's share of the
        duration by its length.
        """
        written = self.text.split()
        if len(self.timings) == len(written):
            return [(w, t.start_ms, t.end_ms) for w, t in zip(written, self.timings, strict=True)]
        total = sum(len(word) + 1 for word in written)
        duration, done, times = self.expected_ms(), 0, list[tuple[str, int, int]]()
        for word in written:
            start, done = done, done + len(word) + 1
            times.append((word, duration * start // total, duration * done // total))
        return times


class Utterance:
    """One stretch of the agent's speech: segments of text, and positions in their joined sound."""

    __slots__ = (
        "barge_in",
        "began_us",
        "closed",
        "cut_ms",
        "ends_at_us",
        "entry_id",
        "id",
        "marked_ms",
        "marked_us",
        "playback",
        "purpose",
        "segments",
        "sent_ms",
        "turn_id",
    )

    def __init__(self, utterance_id: int, purpose: Purpose, barge_in: BargeIn, turn_id: int) -> None:
        self.id = utterance_id
        self.purpose: Purpose = purpose
        self.barge_in: BargeIn = barge_in
        self.turn_id = turn_id
        self.entry_id = 0
        self.segments: list[Segment] = []
        self.playback = Machine(UTTERANCE)
        self.closed = False
        """No further segment will come."""
        self.began_us: int | None = None
        self.sent_ms = 0
        self.ends_at_us = 0
        self.marked_ms = 0
        self.marked_us: int | None = None
        self.cut_ms: int | None = None

    @property
    def state(self) -> UtteranceState:
        return self.playback.state

    @property
    def text(self) -> str:
        return " ".join(segment.text for segment in self.segments)

    @property
    def total_ms(self) -> int | None:
        """The length of all its sound, once every segment is there."""
        durations = [segment.duration_ms for segment in self.segments]
        if not self.closed or None in durations:
            return None
        return sum(duration for duration in durations if duration is not None)

    def remaining_ms(self) -> int:
        """How much of it, by the best guess, has not been sent."""
        return max(0, sum(segment.expected_ms() for segment in self.segments) - self.sent_ms)

    def heard_ms(self, now: int) -> int:
        """How much has reached the ear: the last mark plus the clock, never more than was sent."""
        if self.began_us is None:
            return 0
        by_clock = self.sent_ms - max(0, self.ends_at_us - now) // 1000
        if self.marked_us is not None:
            by_clock = min(by_clock, self.marked_ms + (now - self.marked_us) // 1000)
        return max(self.marked_ms, min(self.sent_ms, by_clock))

    def word_times(self) -> list[tuple[str, int, int]]:
        """(word, start_ms, end_ms) of every word, in utterance positions."""
        offset, times = 0, list[tuple[str, int, int]]()
        for segment in self.segments:
            times += [(word, offset + start, offset + end) for word, start, end in segment.word_times()]
            offset += segment.expected_ms()
        return times

    def heard_text(self) -> str:
        """The words that were wholly heard: all of them, or those before the cut."""
        if self.cut_ms is None:
            return self.text if self.state == "heard" else ""
        return " ".join(word for word, _, end in self.word_times() if end <= self.cut_ms)

    def last_word_start_ms(self) -> int:
        """Where the last word that began before the end of what was sent starts."""
        starts = [start for _, start, _ in self.word_times() if start < self.sent_ms]
        return starts[-1] if starts else 0


class Playout:
    """The queue of utterances. The first is the one at the ear; the pacer holds the same order."""

    __slots__ = ("_by_segment", "_recent", "_shared", "generation", "held", "queue", "taken_back")

    def __init__(self, shared: Shared) -> None:
        self._shared = shared
        self.queue: list[Utterance] = []
        self.generation = 0
        self.held = False
        self.taken_back = False
        """While held: the phone was emptied, and what it had not played is still to be heard."""
        self._by_segment: dict[int, tuple[Utterance, Segment]] = {}
        self._recent: list[Utterance] = []

    @property
    def current(self) -> Utterance | None:
        return self.queue[0] if self.queue else None

    def find(self, utterance_id: int) -> Utterance | None:
        return next((u for u in self.queue if u.id == utterance_id), None)

    def segment(self, segment_id: int) -> tuple[Utterance, Segment] | None:
        """A segment still being synthesised and its utterance; None = stale."""
        return self._by_segment.get(segment_id)

    # What the agent says

    def open(self, purpose: Purpose, barge_in: BargeIn, turn_id: int = 0) -> Utterance:
        """A new utterance behind all others."""
        utterance = Utterance(self._shared.next_id(), purpose, barge_in, turn_id)
        if self.held:
            utterance.playback.step("hold")
        self.queue.append(utterance)
        return utterance

    def say(self, utterance: Utterance, text: str) -> Segment:
        segment = Segment(self._shared.next_id(), text)
        utterance.segments.append(segment)
        self._by_segment[segment.id] = (utterance, segment)
        self._shared.order(StartSynthesis(segment.id, utterance.id, text))
        if len(self._by_segment) == 1:
            self._await_synthesis()
        return segment

    def close(self, utterance: Utterance) -> None:
        """No further segment will come."""
        utterance.closed = True
        self._shared.order(FinishUtterance(utterance.id))
        self._await_last_mark(utterance)

    # What the synthesiser did

    def synthesis_ended(
        self, utterance: Utterance, segment: Segment, duration_ms: int, timings: tuple[WordTiming, ...]
    ) -> None:
        segment.duration_ms = duration_ms
        segment.timings = timings
        was_oldest = self._is_oldest(segment)
        del self._by_segment[segment.id]
        if was_oldest:
            self._await_synthesis()
        self._await_last_mark(utterance)

    def synthesise_again(self, utterance: Utterance, segment: Segment) -> None:
        """A second try, with all that follows it in its utterance, so that the order of speech stays.

        New ids make the events of the first try stale.
        """
        again = utterance.segments[utterance.segments.index(segment) :]
        segment.retried = True
        for each in again:
            self._by_segment.pop(each.id, None)
            self._shared.order(CancelSynthesis(each.id))
        for each in again:
            each.id, each.began_us, each.duration_ms = self._shared.next_id(), None, None
            self._shared.order(StartSynthesis(each.id, utterance.id, each.text))
        if utterance.closed:
            self._shared.order(FinishUtterance(utterance.id))
        others = [one for one in self._by_segment.values() if one[0] is not utterance]
        earlier = [one for one in self._by_segment.values() if one[0] is utterance]
        entries = [*earlier, *((utterance, each) for each in again), *others]
        self._by_segment = {entry[1].id: entry for entry in entries}
        self._await_synthesis()

    def synthesis_alive(self, segment: Segment) -> None:
        """More of a segment's sound is there; of those in work only the oldest is waited for."""
        if self._is_oldest(segment):
            self._await_synthesis()

    def _is_oldest(self, segment: Segment) -> bool:
        return next(iter(self._by_segment), None) == segment.id

    def _await_synthesis(self) -> None:
        """One deadline for the oldest segment in work: its first sound, then each further piece."""
        shared = self._shared
        if not self._by_segment:
            shared.timers.cancel(Timer.SYNTHESIS)
            return
        _, oldest = next(iter(self._by_segment.values()))
        limits = shared.assistant.deadlines
        wait_ms = limits.first_sound_ms if oldest.began_us is None else limits.next_sound_ms
        shared.timers.set(Timer.SYNTHESIS, shared.now + wait_ms * 1000)

    def oldest_in_work(self) -> tuple[Utterance, Segment] | None:
        return next(iter(self._by_segment.values()), None)

    # What the wire did

    def sent(self, utterance: Utterance, sent_ms: int, ends_at_us: int) -> bool:
        """Sound went out. True if it is the utterance's first frame."""
        if self.taken_back:
            return False  # told before the phone was emptied
        first = utterance.began_us is None
        if first:
            utterance.began_us = self._shared.now
        if utterance.state == "queued":
            utterance.playback.step("first frame")
        utterance.sent_ms = max(utterance.sent_ms, sent_ms)
        utterance.ends_at_us = ends_at_us
        self._await_last_mark(utterance)
        return first

    def marked(self, utterance: Utterance, position_ms: int, at_us: int) -> None:
        """A mark came back: sound up to it has been heard, though never more than was sent."""
        utterance.marked_ms = max(utterance.marked_ms, min(position_ms, utterance.sent_ms))
        utterance.marked_us = at_us or self._shared.now

    def heard_out(self) -> Utterance | None:
        """The utterance at the ear if it has been heard to its end."""
        current = self.current
        if current is None or not current.closed or current.marked_ms < current.sent_ms:
            return None
        total = current.total_ms
        return current if total is not None and current.marked_ms >= total else None

    def heard(self, utterance: Utterance) -> None:
        utterance.playback.step("nothing to say" if utterance.state == "queued" else "last mark")
        self.queue.remove(utterance)
        self._remember(utterance)
        self._shared.timers.cancel(Timer.PLAYOUT, utterance.id)

    def _await_last_mark(self, utterance: Utterance) -> None:
        total = utterance.total_ms
        if total is not None and utterance.sent_ms >= total:
            self._shared.timers.set(Timer.PLAYOUT, utterance.ends_at_us + MARK_GRACE_US, utterance.id)

    # Holding, resuming, clearing

    def hold(self) -> None:
        """Send no more frames; the lead plays out."""
        if self.held:
            return
        self.held = True
        for utterance in self.queue:
            utterance.playback.step("hold")
        self._shared.order(HoldPlayout())

    def take_back(self) -> None:
        """Stop the phone, and take back what the ear has not had; nothing is forgotten."""
        self.hold()
        current = self.current
        if self.taken_back or current is None or current.began_us is None:
            return
        if len(self.queue) > 1 and self.queue[1].began_us is not None:
            return  # the pacer keeps no sound of what is all but heard: let the lead play out
        self.taken_back = True
        current.sent_ms = current.heard_ms(self._shared.now)
        current.ends_at_us = self._shared.now
        self._shared.timers.cancel(Timer.PLAYOUT, current.id)
        self.generation += 1
        self._shared.order(TakeBackPlayout(self.generation))

    def resume(self) -> None:
        """Go on at the first unsent byte, or at the last word's start if the ear was silent for long."""
        if not self.held:
            return
        self.held = False
        for utterance in self.queue:
            utterance.playback.step("resume unsent" if utterance.began_us is None else "resume")
        current = self.current
        if current is None:
            self._shared.order(ResumePlayout(0))
            return
        silent_ms = (self._shared.now - current.ends_at_us) // 1000 if current.began_us is not None else 0
        again_from_ms: int | None = None
        long_silent = current.remaining_ms() > 0 and silent_ms > self._shared.assistant.turn.rewind_ms
        if (long_silent or self.taken_back) and current.began_us is not None:
            current.sent_ms = again_from_ms = current.last_word_start_ms()
        self.taken_back = False
        self._shared.order(ResumePlayout(current.id, again_from_ms))

    def cut(self) -> list[Utterance]:
        """Empty the phone and the queue; returns the utterances that were cut, each with its `cut_ms`."""
        now, was_cut = self._shared.now, self.queue
        self.queue = []
        self.held = self.taken_back = False
        for utterance in was_cut:
            utterance.cut_ms = utterance.heard_ms(now)
            utterance.playback.step("cut")
            self._remember(utterance)
            self._shared.timers.cancel(Timer.PLAYOUT, utterance.id)
        for segment_id in list(self._by_segment):
            self._shared.order(CancelSynthesis(segment_id))
        self._by_segment.clear()
        self._shared.timers.cancel(Timer.SYNTHESIS)
        self.generation += 1
        self._shared.order(ClearPlayout(self.generation))
        return was_cut

    # What the ear may be hearing

    def last_second(self, now: int) -> bool:
        """Whether the utterance at the ear has at most a second left to be heard."""
        current = self.current
        if current is None or current.total_ms is None or len(self.queue) > 1:
            return False
        return current.total_ms - current.heard_ms(now) <= 1000

    def recently_played(self, now: int, window_ms: int) -> list[str]:
        """The agent's words that sounded within the last `window_ms`, or may be sounding now."""
        played = list[str]()
        for utterance in [*self._recent, *self.queue]:
            if utterance.began_us is None:
                continue
            upto_ms = utterance.sent_ms if utterance.cut_ms is None else utterance.cut_ms
            for word, start_ms, end_ms in utterance.word_times():
                at_us = utterance.ends_at_us - (utterance.sent_ms - end_ms) * 1000
                if start_ms < upto_ms and at_us >= now - window_ms * 1000:
                    played += words(word)
        return played

    def _remember(self, utterance: Utterance) -> None:
        self._recent = [*self._recent[-2:], utterance]
