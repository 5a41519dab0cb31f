"""The agent's side: which sound reached the ear when, and where each word lies in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ..call import commands as c
from ..call import events as e
from ..call.playout import Segment, Utterance
from .axis import Axis
from .shapes import Hold, Span, SpokenLine, SpokenWord, Verdict

JOINED_US = 30_000
"""Pieces that lie closer are one sound: a frame of the telephone is 20 ms, and the two clocks differ."""


@dataclass
class _Piece:
    """Sound of an utterance between two of its own positions, which the ear begins to hear at `at_us`."""

    from_ms: int
    to_ms: int
    at_us: int

    @property
    def ends_us(self) -> int:
        return self.at_us + (self.to_ms - self.from_ms) * 1000


class _Played:
    """An utterance, what was sent of it, and its line in the transcript once that is written."""

    def __init__(self, utterance_id: int) -> None:
        self.utterance = Utterance(utterance_id, "reply", "always", 0)
        self.pieces: list[_Piece] = []
        self.sent_ms = 0
        self.line: c.RecordEntry | None = None

    def sent(self, sent_ms: int, ends_at_us: int) -> None:
        if sent_ms > self.sent_ms:
            length_ms = sent_ms - self.sent_ms
            self.pieces.append(_Piece(self.sent_ms, sent_ms, ends_at_us - length_ms * 1000))
            self.sent_ms = sent_ms

    def take_back(self, at_us: int) -> None:
        """What the ear had not heard by then, it never did."""
        kept = [piece for piece in self.pieces if piece.at_us < at_us]
        for piece in kept:
            heard_ms = (at_us - piece.at_us) // 1000
            piece.to_ms = min(piece.to_ms, piece.from_ms + heard_ms)
        self.pieces = kept
        self.sent_ms = max((piece.to_ms for piece in kept), default=0)

    def go_on(self, from_ms: int) -> int:
        """The rest is sent from there on; how much of it is heard once more."""
        repeated_ms = max(0, self.sent_ms - from_ms)
        self.sent_ms = from_ms
        return repeated_ms

    def at_us(self, position_ms: int) -> int | None:
        """When the ear heard a position, for the last time if it did so twice."""
        for piece in reversed(self.pieces):
            if piece.from_ms <= position_ms <= piece.to_ms:
                return piece.at_us + (position_ms - piece.from_ms) * 1000
        return None


@dataclass
class _Held:
    """A hold of an utterance, as far as it is known how it ended."""

    played: _Played
    began_us: int
    ends_us: int | None = None
    verdict: Verdict = "open"
    by: Literal["", "key", "words", "speech"] = ""
    repeated_ms: int = 0


class AgentTrack:
    """Told everything in order; then asked for its lines and holds."""

    def __init__(self, axis: Axis) -> None:
        self._axis = axis
        self._played: dict[int, _Played] = {}
        self._segments: dict[int, tuple[_Played, Segment]] = {}
        self._holds: list[_Held] = []

    def event(self, event: e.Event) -> None:
        match event:
            case e.SoundSent(utterance_id, sent_ms, ends_at_us):
                self._sent(utterance_id, sent_ms, ends_at_us)
            case e.MarkReturned(sent_ms=sent_ms) if sent_ms:
                self._sent(event.utterance_id, sent_ms, event.ends_at_us)
            case e.SynthesisEnded(segment_id, duration_ms, words) if segment_id in self._segments:
                _, segment = self._segments[segment_id]
                segment.duration_ms, segment.timings = duration_ms, words
            case _:
                pass

    def command(self, at_us: int, order: c.Command, *, knows_barge_ins: bool) -> None:
        match order:
            case c.StartSynthesis(segment_id, utterance_id, text):
                played = self._of(utterance_id)
                segment = Segment(segment_id, text)
                played.utterance.segments.append(segment)
                self._segments[segment_id] = (played, segment)
            case c.CancelSynthesis(segment_id) if segment_id in self._segments:
                played, segment = self._segments.pop(segment_id)
                played.utterance.segments.remove(segment)
            case c.RecordEntry(entry=entry) if entry.speaker == "agent":
                self._settle(order)
            case c.RecordBargeIn(by) if self._holds and self._holds[-1].ends_us in {None, at_us}:
                self._holds[-1].verdict, self._holds[-1].by = "barge_in", by
            case c.RecordBargeIn(by) if (heard := self._at_ear()) is not None:
                # A key takes the floor at once: nothing was held before.
                self._holds.append(_Held(heard, at_us, at_us, "barge_in", by))
            case c.HoldPlayout() if not self._is_held and (heard := self._at_ear()) is not None:
                self._holds.append(_Held(heard, at_us))
            case c.TakeBackPlayout():
                self._take_back(at_us)
            case c.ClearPlayout():
                self._take_back(at_us)
                # Journals of the first format do not say why: nearly always the caller had taken the floor.
                self._end_hold(at_us, "went_on" if knows_barge_ins else "barge_in")
            case c.ResumePlayout(utterance_id, from_ms):
                repeated_ms = 0 if from_ms is None else self._of(utterance_id).go_on(from_ms)
                self._end_hold(at_us, "false_barge_in", repeated_ms)
            case _:
                pass

    def lines(self, until_us: int) -> list[SpokenLine]:
        """Every line that sounded or was written, the unfinished ones as far as they were heard by then."""
        return [
            self._line(played, until_us) for played in self._played.values() if played.line or played.pieces
        ]

    def holds(self) -> list[Hold]:
        """Every stop for a sound of the caller, as far as it is known what came of it."""
        return [
            Hold(
                start_ms=self._axis.ms(held.began_us),
                end_ms=None if held.ends_us is None else self._axis.ms(held.ends_us),
                verdict=held.verdict,
                by=held.by,
                turn_id=held.played.line.turn_id if held.played.line else 0,
                repeated_ms=held.repeated_ms,
            )
            for held in self._holds
        ]

    @property
    def _is_held(self) -> bool:
        return bool(self._holds) and self._holds[-1].ends_us is None

    def _of(self, utterance_id: int) -> _Played:
        return self._played.setdefault(utterance_id, _Played(utterance_id))

    def _sent(self, utterance_id: int, sent_ms: int, ends_at_us: int) -> None:
        self._of(utterance_id).sent(sent_ms, ends_at_us)

    def _at_ear(self) -> _Played | None:
        """The utterance that has begun and is not over: a hold without one has nothing to stop."""
        return next((each for each in self._played.values() if each.pieces and each.line is None), None)

    def _take_back(self, at_us: int) -> None:
        for played in self._played.values():
            if played.line is None:
                played.take_back(at_us)

    def _settle(self, order: c.RecordEntry) -> None:
        """A line is of the first utterance that says so and has none; a later one amends it."""
        for played in self._played.values():
            if played.line is not None and played.line.entry_id == order.entry_id:
                played.line = order
                return
        for played in self._played.values():
            if played.line is None and played.utterance.text == order.entry.text:
                played.line = order
                return

    def _end_hold(self, at_us: int, verdict: Verdict, repeated_ms: int = 0) -> None:
        if self._is_held:
            held = self._holds[-1]
            held.ends_us, held.repeated_ms = at_us, repeated_ms
            if held.verdict == "open":
                held.verdict = verdict

    def _line(self, played: _Played, until_us: int) -> SpokenLine:
        entry = played.line.entry if played.line else c.Entry("agent", played.utterance.text)
        words = self._words(played, entry, until_us)
        heard = entry.heard if played.line else " ".join(word.text for word in words if word.heard)
        sound = self._sound(played)
        return SpokenLine(
            id=played.line.entry_id if played.line else 0,
            turn_id=played.line.turn_id if played.line else 0,
            speaker="agent",
            kind=entry.kind,
            text=entry.text,
            heard=heard,
            cut=entry.cut,
            start_ms=sound[0].start_ms if sound else None,
            end_ms=sound[-1].end_ms if sound else None,
            sound=sound,
            words=words,
        )

    def _words(self, played: _Played, entry: c.Entry, until_us: int) -> tuple[SpokenWord, ...]:
        written = len(entry.heard.split())
        words: list[SpokenWord] = []
        for number, (word, start_ms, end_ms) in enumerate(played.utterance.word_times()):
            began, ended = played.at_us(start_ms), played.at_us(end_ms)
            heard = number < written if played.line else ended is not None and ended <= until_us
            start = None if began is None else self._axis.ms(began)
            words.append(SpokenWord(word, heard, start, None if ended is None else self._axis.ms(ended)))
        return tuple(words)

    def _sound(self, played: _Played) -> tuple[Span, ...]:
        joined: list[_Piece] = []
        for piece in played.pieces:
            if joined and piece.at_us - joined[-1].ends_us < JOINED_US:
                joined[-1] = _Piece(0, (piece.ends_us - joined[-1].at_us) // 1000, joined[-1].at_us)
            else:
                joined.append(_Piece(0, piece.to_ms - piece.from_ms, piece.at_us))
        return tuple(Span(self._axis.ms(each.at_us), self._axis.ms(each.ends_us)) for each in joined)
