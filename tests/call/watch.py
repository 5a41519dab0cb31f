"""What must hold of every call, whatever happens in it: looked at after each event.

Nothing is ordered after the end, nothing twice; holds and resumes alternate; generations count up; states
move along their tables; a timer that was due is gone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rapida.call import commands as c
from rapida.call import events as e
from rapida.call.call import Call
from rapida.call.playout import Utterance
from rapida.call.states import CALL, CLOSING, COLLECTION, FLOOR, UTTERANCE

MAX_DURATION_S = 90.0
GOODBYE_BOUND_S = 60.0
"""More than any goodbye of these tests needs, its provider's deadlines included."""


def reachable(table: Mapping[Any, Mapping[Any, str]], before: str, after: str) -> bool:
    """Whether a table leads from one state to another in any number of steps."""
    seen, fresh = {before}, {before}
    while fresh:
        fresh = {state for one in fresh for state in table[one].values()} - seen
        seen |= fresh
    return after in seen


class Peers:
    """Look at a call's orders and states as they come."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._state = call.state
        self._floor = call.floor
        self._closing = "unplanned"
        self._collecting = "none"
        self._utterances: dict[int, tuple[Utterance, str]] = {}
        self.ended = False
        self.held = False
        self.generation = 0
        self.started: set[int] = set()
        """Ids of every operation ever started."""
        self.replies: set[int] = set()
        """Live ones; likewise below."""
        self.segments: dict[int, int] = {}
        """Segment → utterance."""
        self.finished: set[int] = set()
        """Utterances to which nothing may be added."""
        self.collections: set[int] = set()
        self.judged: set[int] = set()

    def saw(self, event: e.Event) -> None:
        """An event that ends an operation reached the call."""
        match event:
            case e.ReplyEnded(reply_id=operation):
                self.replies.discard(operation)
            case e.SynthesisEnded(segment_id=operation):
                self.segments.pop(operation, None)
            case _:
                pass

    def look(self, orders: Sequence[c.Command]) -> None:
        for order in orders:
            assert not self.ended, f"{order} after the end"
            self._order(order)
        self._states()
        self._digits()

    def _start(self, operation: int) -> None:
        assert operation not in self.started, f"{operation} started twice"
        self.started.add(operation)

    def _order(self, order: c.Command) -> None:
        match order:
            case c.EndCall():
                self.ended = True
            case c.StartReply(reply_id=reply):
                self._start(reply)
                assert not self.replies, "two replies at once"
                self.replies.add(reply)
            case c.CancelReply(reply_id=reply):
                assert reply in self.replies, f"reply {reply} is not running"
                self.replies.discard(reply)
            case c.StartTool(tool_id=operation) | c.FinishTranscription(transcription_id=operation):
                self._start(operation)
            case c.JudgeTurnEnd(judgement_id=operation):
                self._start(operation)
            case _:
                self._sound(order)

    def _sound(self, order: c.Command) -> None:
        match order:
            case c.StartSynthesis(segment_id=segment, utterance_id=utterance):
                self._start(segment)
                assert utterance not in self.finished, f"utterance {utterance} is finished"
                assert order.text.strip()
                self.segments[segment] = utterance
            case c.CancelSynthesis(segment_id=segment):
                # A second try starts anew what had ended already.
                assert segment in self.started
                self.finished.discard(self.segments.pop(segment, 0))
            case c.FinishUtterance(utterance_id=utterance):
                assert utterance not in self.finished
                self.finished.add(utterance)
            case c.HoldPlayout():
                assert not self.held
                self.held = True
            case c.ResumePlayout():
                assert self.held
                self.held = False
            case c.TakeBackPlayout(generation=generation):
                assert self.held, "taken back while it goes on"
                assert generation == self.generation + 1
                self.generation = generation
            case c.DiscountVoice(start_ms=start_ms, end_ms=end_ms):
                assert start_ms < end_ms, "no sound was discounted"
            case c.ClearPlayout(generation=generation):
                assert generation == self.generation + 1
                self.generation, self.held = generation, False
                assert not self.segments, "cleared, but not cancelled"
            case _:
                self._collection(order)

    def _collection(self, order: c.Command) -> None:
        match order:
            case c.CollectSensitive(collection_id=collection):
                self._start(collection)
                assert not self.collections, "two collections at once"
                self.collections.add(collection)
            case c.JudgeDigits(collection_id=collection):
                assert collection in self.collections
                # The verdict may end it without a further order; until then it may still be stopped.
                self.collections.discard(collection)
                self.judged.add(collection)
            case c.StopCollecting(collection_id=collection):
                assert collection in self.collections | self.judged
                self.collections.discard(collection)
                self.judged.discard(collection)
            case c.RecordStages(stages=stages):
                parts = [getattr(stages, name) for name in c.Stages.__struct_fields__[:8]]
                assert sum(parts) == stages.total_us
                assert min(parts) >= 0
            case _:
                pass

    def _digits(self) -> None:
        """No digit in clear is accepted under a sensitive question: none is kept but its collection's."""
        keypad = self._call._caller._keypad
        if keypad._question.sensitive and not self.ended:
            assert keypad.collecting or not keypad.typed, f"{keypad.typed} under a sensitive question"

    def _states(self) -> None:
        assert reachable(CALL, self._state, self._call.state)
        assert reachable(FLOOR, self._floor, self._call.floor)
        self._state, self._floor = self._call.state, self._call.floor
        closing = self._call._agent.closing.state
        collecting = self._call._caller._keypad._collection.state
        assert reachable(CLOSING, self._closing, closing)
        assert reachable(COLLECTION, self._collecting, collecting)
        self._closing, self._collecting = closing, collecting
        for utterance in self._call._agent.playout.queue:
            self._utterances.setdefault(utterance.id, (utterance, "queued"))
        for key, (utterance, before) in list(self._utterances.items()):
            assert reachable(UTTERANCE, before, utterance.state), f"{before} to {utterance.state}"
            self._utterances[key] = (utterance, utterance.state)
            if utterance.state in {"heard", "cut"}:
                assert utterance not in self._call._agent.playout.queue
                del self._utterances[key]

    def at_the_end(self) -> None:
        """Nothing is left running."""
        assert self.ended
        assert self._call.deadline_us is None
        assert not self.replies, f"replies {self.replies} were neither ended nor cancelled"
        assert not self.segments, f"segments {self.segments} were neither ended nor cancelled"
        assert not self._utterances
