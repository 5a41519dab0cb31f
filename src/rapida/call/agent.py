"""The agent's side of the call: what it says, in which order, and what becomes of it.

Gathers the model's reply and the standing sentences (greeting, prompts, apologies), and plans the end of the
call. What the synthesiser and the wire make of them is followed in `speech.py`. When the caller may speak and
what the caller meant is decided on the other side, in `caller.py`.
"""

from __future__ import annotations

from ..assistant import BargeIn
from ..text.audible import audible
from .closing import Closing
from .commands import EndReason, RecordStages, ToolRequest
from .events import QuestionAsked, ReplyDelta, ReplyEnded, ReplyFailed, ToolCalled
from .playout import Playout, Purpose, Utterance
from .reply import Replies, Reply
from .shared import Shared
from .timers import Timer
from .tool_requests import TRANSFER_CALL, destination
from .transcript import Transcript
from .turn import Boundary, Turn
from .words import same_words

WITHDRAWABLE: frozenset[Purpose] = frozenset({"reply", "filler", "idle", "unclear"})
"""What need not be said when the caller speaks first."""


class AgentSide:
    """Everything between the model and the ear."""

    def __init__(self, shared: Shared) -> None:
        self._shared = shared
        self.playout = Playout(shared)
        self.transcript = Transcript(shared)
        self.replies = Replies(shared, self.playout, self.transcript)
        self.closing = Closing(shared, self.playout)
        self._latest: Turn | None = None
        """The turn whose stages are not written yet."""

    @property
    def busy(self) -> bool:
        """Something is being said, thought or looked up."""
        return bool(self.playout.queue or self.replies.current or self.replies.running)

    @property
    def answering(self) -> bool:
        """A reply to a confirmed turn is on its way; a guess is none yet."""
        reply = self.replies.current
        return reply is not None and not reply.speculative

    @property
    def unspoken(self) -> bool:
        """What comes next would answer or prompt the caller, and nothing of it was heard: it can wait."""
        current = self.playout.current
        if current is None:
            return self.answering
        if current.began_us is not None:
            return False
        return current.purpose in WITHDRAWABLE or (current.purpose == "goodbye" and not self.closing.final)

    def may_reopen(self, turn: Turn, *, beginning: bool) -> bool:
        """Whether speech now goes on with `turn`: it was spoken, and its answer was not heard yet.

        `beginning`: what is playing has only just begun to be heard. What replies to nobody's words (the
        model's own opening) is then rather interrupted.
        """
        current = self.playout.current
        if turn.answered is None or turn.typed:
            return False
        if current is not None and current.began_us is not None:
            answers = current.turn_id == turn.id or current.purpose == "filler"
            return beginning and answers and bool(turn.said)
        if turn.instants.frame is not None:
            return False
        return self.unspoken and (current is None or current.purpose in {"reply", "filler"})

    def may_answer_anew(self, turn: Turn) -> bool:
        """Whether late words of `turn` change its answer: none was heard, or the caller spoke into it."""
        if turn.instants.frame is None:
            return self.unspoken
        current = self.playout.current
        return turn.resumed_ms is not None and current is not None and current.turn_id == turn.id

    # Standing sentences

    def say(self, text: str, purpose: Purpose, barge_in: BargeIn | None = None) -> Utterance:
        """Speak a standing sentence behind whatever is queued; emoji, tags and stars in it are not said."""
        utterance = self.playout.open(purpose, barge_in or self._shared.assistant.turn.barge_in)
        self.transcript.agent(utterance)
        self.playout.say(utterance, audible(text) or text)
        self.playout.close(utterance)
        return utterance

    def end_with(self, reason: EndReason, text: str, barge_in: BargeIn | None = None) -> None:
        """Say a last sentence (if there is one) and end the call for `reason`."""
        self.closing.plan(reason, self.say(text, "goodbye", barge_in) if text else None)

    def apologise(self) -> None:
        """A provider has failed for good: say so, and end."""
        self.cut()
        self.end_with("provider_failure", self._shared.assistant.error_message, "never")

    # The reply

    def answer(self, turn: Turn) -> Reply | None:
        """Reply to a confirmed turn. Returns the speculative reply that had guessed right, if one had."""
        self._latest = turn
        reply = self.replies.current
        if reply is not None and reply.speculative and same_words(reply.text, turn.text):
            self.replies.confirm(reply)
            self._plan_ending(reply)
            return reply
        self.replies.cancel()
        self.replies.start(turn)
        return None

    def _current(self, reply_id: int) -> Reply | None:
        reply = self.replies.current
        return reply if reply is not None and reply.id == reply_id and not reply.ended else None

    def delta(self, event: ReplyDelta) -> None:
        if (reply := self._current(event.reply_id)) is not None:
            self.replies.delta(reply, event.text)

    def tool_called(self, event: ToolCalled) -> None:
        if (reply := self._current(event.reply_id)) is not None:
            self.replies.tool(reply, ToolRequest(event.call_id, event.name, event.arguments))

    def question_asked(self, event: QuestionAsked) -> bool:
        """Whether the question counts already: a guess's does not before its turn is confirmed."""
        if (reply := self._current(event.reply_id)) is None:
            return False
        self.replies.ask(reply, event.question)
        return not reply.speculative

    def reply_ended(self, event: ReplyEnded) -> None:
        if (reply := self._current(event.reply_id)) is not None:
            if not self.replies.end(reply, event.cut_short):
                self._lose(reply, retryable=reply.may_use_tools)
            elif reply.fruitless:
                self.apologise()
            else:
                self._plan_ending(reply)

    def _plan_ending(self, reply: Reply) -> None:
        """Plan the end or the transfer that the reply asked for."""
        if reply.ending is None or not reply.ended or reply.speculative:
            return
        reason: EndReason = "transfer" if reply.ending.name == TRANSFER_CALL else "agent_hangup"
        self.closing.plan(reason, reply.utterance, destination(reply.ending.arguments))

    def reply_failed(self, event: ReplyFailed) -> None:
        if (reply := self._current(event.reply_id)) is not None:
            self._lose(reply, retryable=event.retryable, wait_ms=event.retry_after_ms)

    def reply_late(self) -> None:
        if (reply := self.replies.current) is not None:
            self._lose(reply, retryable=True)

    def _lose(self, reply: Reply, *, retryable: bool, wait_ms: int = 0) -> None:
        """The model failed: ask once more, or give up; a failed guess is only forgotten."""
        if reply.speculative:
            self.replies.cancel()
        elif not (retryable and self.replies.recover(reply, wait_ms)):
            self.apologise()

    def fill(self, *, may_speak: bool) -> None:
        """Tools, or a model that may not yet be asked, take long: cover the silence once there is one."""
        reply, text = self.replies.current, self._shared.assistant.filler_message
        if not text or reply is None or not (reply.waiting or self.replies.pending(reply)):
            return
        if self.playout.queue or not may_speak:
            self.replies.await_filler()
        else:
            self.say(text, "filler")

    # The wire

    def passed(self, boundary: Boundary) -> None:
        """The answer to the last turn has got so far."""
        if self._latest is not None:
            self._latest.instants.first(boundary, self._shared.now)

    def heard(self, utterance: Utterance) -> None:
        """An utterance reached the ear whole: its last mark is back, or overdue."""
        self.playout.heard(utterance)
        self.transcript.settled(utterance)
        self.closing.heard(utterance)
        if utterance.purpose == "reply":
            self.write_stages()

    def go_on(self) -> None:
        """What was held back is said after all."""
        self.playout.resume()
        self.closing.rebound()

    def withdraw(self) -> None:
        """What is being said answers half a sentence: forget that it was begun."""
        for utterance in self.playout.queue:
            self.transcript.withdraw(utterance)

    def cut(self) -> None:
        """Stop speaking and thinking; the transcript and the memory keep only what was heard."""
        self.replies.cancel()
        timers = self._shared.timers
        timers.cancel(Timer.BARGE_IN)
        timers.cancel(Timer.FALSE_ALARM)
        self._shared.floor.step("agent stops")
        if not self.playout.queue:
            self.playout.resume()
            return
        for utterance in self.playout.cut():
            self.transcript.settled(utterance)
        self.write_stages()

    def write_stages(self) -> None:
        """Write the last turn's stages as soon as its first mark is back, or when no more will come."""
        turn = self._latest
        if turn is None:
            return
        stages = turn.instants.stages(self._shared.now)
        if stages is not None:
            self._shared.order(RecordStages(turn.id, stages))
            self._latest = None
