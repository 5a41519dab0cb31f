"""The agent's side of the call: what it says, in which order, and what becomes of it.

Gathers the model's reply, the synthesiser's sound and the wire's marks for every utterance, the standing
sentences (greeting, prompts, apologies) among them, and plans the end of the call. When the caller may speak
and what the caller meant is decided on the other side, in `caller.py`.
"""

from __future__ import annotations

from ..assistant import BargeIn
from .closing import Closing
from .commands import EndReason, RecordStages, ToolRequest
from .desk import Desk
from .events import (
    QuestionAsked,
    ReplyDelta,
    ReplyEnded,
    ReplyFailed,
    SoundSent,
    SynthesisBegan,
    SynthesisEnded,
    SynthesisFailed,
    SynthesisProgressed,
    ToolCalled,
)
from .playout import Playout, Purpose, Utterance
from .reply import TRANSFER_CALL, Replies, Reply, destination
from .transcript import Transcript
from .turn import Turn
from .words import same_words


class AgentSide:
    """Everything between the model and the ear."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.playout = Playout(desk)
        self.transcript = Transcript(desk)
        self.replies = Replies(desk, self.playout, self.transcript)
        self.closing = Closing(desk, self.playout)
        self._latest: Turn | None = None
        """The turn whose stages are not written yet."""

    @property
    def busy(self) -> bool:
        """Something is being said, thought or looked up."""
        return bool(self.playout.queue or self.replies.current or self.replies.running)

    @property
    def unspoken(self) -> bool:
        """A reply is on its way and the caller has heard nothing of it yet."""
        current = self.playout.current
        if current is None:
            return self.replies.current is not None
        return current.began_us is None and current.purpose == "reply"

    # Standing sentences

    def say(self, text: str, purpose: Purpose, barge_in: BargeIn | None = None) -> Utterance:
        """Speak a standing sentence behind whatever is queued."""
        utterance = self.playout.open(purpose, barge_in or self._desk.assistant.turn.barge_in)
        self.transcript.agent(utterance)
        self.playout.say(utterance, text)
        self.playout.close(utterance)
        return utterance

    def end_with(self, reason: EndReason, text: str, barge_in: BargeIn | None = None) -> None:
        """Say a last sentence (if there is one) and end the call for `reason`."""
        self.closing.plan(reason, self.say(text, "goodbye", barge_in) if text else None)

    def apologise(self) -> None:
        """A provider has failed for good: say so, and end."""
        self.cut()
        self.end_with("provider_failure", self._desk.assistant.error_message, "never")

    # The reply

    def answer(self, turn: Turn) -> None:
        """Reply to a confirmed turn; a speculative reply that guessed right is kept."""
        self._latest = turn
        reply = self.replies.current
        guessed = reply is not None and reply.speculative and same_words(reply.text, turn.text)
        if reply is not None and guessed:
            self.replies.confirm()
            self._reply_ended(reply)
        else:
            self.replies.cancel()
            self.replies.start(turn)

    def _current(self, reply_id: int) -> Reply | None:
        reply = self.replies.current
        return reply if reply is not None and reply.id == reply_id and not reply.ended else None

    def delta(self, event: ReplyDelta) -> None:
        if (reply := self._current(event.reply_id)) is not None:
            self.replies.delta(reply, event.text)

    def tool_called(self, event: ToolCalled) -> None:
        if (reply := self._current(event.reply_id)) is not None:
            self.replies.tool(reply, ToolRequest(event.call_id, event.name, event.arguments))

    def question_asked(self, event: QuestionAsked) -> Reply | None:
        """The reply that asks, if the question counts already."""
        if (reply := self._current(event.reply_id)) is None:
            return None
        self.replies.ask(reply, event.question)
        return None if reply.speculative else reply

    def reply_ended(self, event: ReplyEnded) -> None:
        if (reply := self._current(event.reply_id)) is not None:
            self.replies.end(reply)
            self._reply_ended(reply)

    def _reply_ended(self, reply: Reply) -> None:
        """Plan the end or the transfer that the reply asked for."""
        if not reply.ended or reply.speculative:
            return
        if reply.ending is None:
            return
        reason: EndReason = "transfer" if reply.ending.name == TRANSFER_CALL else "agent_hangup"
        self.closing.plan(reason, reply.utterance, destination(reply.ending.arguments))

    def reply_failed(self, event: ReplyFailed) -> None:
        reply = self._current(event.reply_id)
        if reply is not None and not (event.retryable and self.replies.retry(reply)):
            self.apologise()

    def reply_late(self) -> None:
        reply = self.replies.current
        if reply is not None and not self.replies.retry(reply):
            self.apologise()

    def fill(self) -> None:
        """The tools are slow: cover the silence, once."""
        text = self._desk.assistant.filler_message
        if text and self.replies.running and not self.playout.queue:
            self.say(text, "filler")

    # The synthesiser

    def synthesis_began(self, event: SynthesisBegan) -> None:
        if (found := self.playout.segment(event.segment_id)) is None:
            return
        utterance, segment = found
        segment.began_us = self._desk.now
        if utterance.purpose == "reply" and self._latest is not None:
            self._latest.instants.first("sound", self._desk.now)
        self.playout.synthesis_alive()

    def synthesis_progressed(self, event: SynthesisProgressed) -> None:
        if self.playout.segment(event.segment_id) is not None:
            self.playout.synthesis_alive()

    def synthesis_ended(self, event: SynthesisEnded) -> Utterance | None:
        """A segment is whole. Returns the utterance if it has been heard to its end by that."""
        if (found := self.playout.segment(event.segment_id)) is None:
            return None
        utterance, segment = found
        self.playout.synthesis_ended(segment, event.duration_ms, event.words)
        self.closing.rebound()
        total = utterance.total_ms
        return utterance if total is not None and utterance.marked_ms >= total else None

    def synthesis_failed(self, event: SynthesisFailed) -> None:
        if (found := self.playout.segment(event.segment_id)) is not None:
            utterance, segment = found
            if event.retryable and not segment.retried and segment.began_us is None:
                self.playout.synthesise_again(utterance, segment)
            else:
                self.lose_voice(utterance)

    def synthesis_late(self) -> None:
        if (found := self.playout.oldest_in_work()) is not None:
            utterance, segment = found
            if not segment.retried and segment.began_us is None:
                self.playout.synthesise_again(utterance, segment)
            else:
                self.lose_voice(utterance)

    def lose_voice(self, utterance: Utterance) -> None:
        """The voice failed for good. If it cannot even say the apology, end without a word."""
        if utterance.purpose == "goodbye":
            self.cut()
            self.closing.plan(self.closing.reason or "provider_failure", None)
        else:
            self.apologise()

    # The wire

    def sent(self, event: SoundSent) -> bool:
        """Sound went out. True if it is the first frame of its utterance."""
        utterance = self.playout.find(event.utterance_id)
        if utterance is None:
            return False
        first = self.playout.sent(utterance, event.sent_ms, event.ends_at_us)
        if first and utterance.purpose == "reply" and self._latest is not None:
            self._latest.instants.first("frame", self._desk.now)
        return first

    def marked(self, generation: int, utterance_id: int, position_ms: int) -> Utterance | None:
        """A mark came back. Returns the utterance if it has now been heard to its end."""
        utterance = self.playout.find(utterance_id)
        if generation != self.playout.generation or utterance is None:
            return None
        ended = self.playout.marked(utterance, position_ms)
        if utterance.purpose == "reply" and self._latest is not None:
            self._latest.instants.first("mark", self._desk.now)
            self.write_stages()
        return utterance if ended else None

    def mark_lost(self, utterance_id: int) -> Utterance | None:
        """The last mark is overdue: the clock's word is taken for it."""
        return self.playout.find(utterance_id)

    def heard(self, utterance: Utterance) -> None:
        """An utterance reached the ear whole."""
        self.playout.heard(utterance)
        self.transcript.settled(utterance)
        self.closing.heard(utterance)

    def cut(self) -> None:
        """Stop speaking and thinking; the transcript and the memory keep only what was heard."""
        self.replies.cancel()
        if not self.playout.queue:
            return
        for utterance in self.playout.cut():
            self.transcript.settled(utterance)
        self.write_stages()

    def write_stages(self) -> None:
        """Write the last turn's stages as soon as its first mark is back, or when no more will come."""
        turn = self._latest
        if turn is None:
            return
        stages = turn.instants.stages(self._desk.now)
        if stages is not None:
            self._desk.order(RecordStages(turn.id, stages))
            self._latest = None
