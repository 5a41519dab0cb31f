"""The agent's reply to one turn: the model's stream, its tools, and the sentences it becomes.

Sentences go to the synthesiser as soon as they are whole. A speculative reply is kept back until its turn is
confirmed: nothing is spoken and no tool starts before. Tools run in parallel; when all have answered the
model is asked again with their results, in the same turn, a few times; the last time it must answer.

A stream that fails, stalls or says nothing is tried once more, later if the model wants to be left alone for
a while; one that broke off behind words that were spoken is asked to go on from there. After that the call
says so and ends. A sentence that does not end in time is spoken up to its last clause or word.
"""

from __future__ import annotations

from ..assistant import BargeIn
from ..text.sentences import Sentences, whole_sentences
from .commands import (
    CUT_SHORT,
    LLM_FAILED,
    CancelReply,
    Message,
    Note,
    StartReply,
    StartTool,
    ToolRequest,
    Unasked,
)
from .events import Question
from .playout import Playout, Utterance
from .shared import Shared
from .timers import Timer
from .tool_requests import CALL_TOOLS, END_CALL, NOT_DONE, TRANSFER_CALL, destination, problem_of
from .transcript import Said, Transcript
from .turn import Turn
from .words import same_words

RESTARTS_PER_TURN = 3
"""How often a guess that proved wrong is followed by another: each is a request that may be paid for in
vain."""
FRAGMENT_US = 1_500_000
"""How long a sentence may take to end while the ear hears nothing: after more, callers ask who is there."""
FRAGMENT_LEAD_MS = 600
"""A fragment is spoken when no more than this is left to be heard: a voice needs some of it to begin."""
MAX_STEPS = 8
"""Rounds of tools in one turn; a model that wants more goes in circles and is asked once more, with none."""


class Reply:
    """One request to the model."""

    def __init__(
        self,
        reply_id: int,
        turn: Turn,
        text: str,
        *,
        step: int = 0,
        speculative: bool = False,
        retried: bool = False,
        note: Unasked = "",
    ) -> None:
        self.id = reply_id
        self.turn = turn
        self.text = text
        """The words it answers; by now the turn may have more."""
        self.step = step
        self.speculative = speculative
        self.retried = retried
        self.note: Unasked = note
        self.first_us = 0
        """When the model was first asked for this."""
        self.spoke_before = False
        """Something was said in this turn before it."""
        self.waiting = False
        """It was refused, and is asked for again in a while."""
        self.started_us = 0
        self.sentences = Sentences()
        self.kept: list[str] = []
        """Sentences of a speculative reply, not yet spoken."""
        self.calls: list[ToolRequest] = []
        self.utterance: Utterance | None = None
        self.said: Said | None = None
        self.question: Question | None = None
        self.barge_in: BargeIn | None = None
        self.ended = False
        self.ending: ToolRequest | None = None
        """The tool by which the model ends or transfers the call."""

    @property
    def may_use_tools(self) -> bool:
        return self.step < MAX_STEPS

    @property
    def silent(self) -> bool:
        """It says nothing and asks for nothing, where something is owed."""
        said = self.utterance is not None or self.kept or self.calls or self.question is not None
        return not said and self.note != "results"

    @property
    def fruitless(self) -> bool:
        """It was the turn's last request, and it neither answered nor ended the call."""
        if self.may_use_tools or self.ending is not None:
            return False
        return bool(self.calls) or self.utterance is None


class Replies:
    """The reply in progress and the tools in work."""

    def __init__(self, shared: Shared, playout: Playout, transcript: Transcript) -> None:
        self._shared = shared
        self._playout = playout
        self._transcript = transcript
        self.current: Reply | None = None
        self.running: dict[int, tuple[Said, ToolRequest, Reply]] = {}
        self._thinks_first = False
        """The last reply began inside a thought: so may the next, of which nothing is said before its end."""
        self._results: dict[tuple[int, int, ToolRequest], tuple[str, bool]] = {}
        """By turn, step and request: what tools have answered so far."""
        self.untold = False
        """A tool's result came after the caller had gone on, and the model has not been asked since."""

    # Starting and ending

    def start(self, turn: Turn, *, speculative: bool = False) -> None:
        """Ask the model to answer a turn as it stands."""
        turn.instants.answer_again()
        self._ask(Reply(self._shared.next_id(), turn, turn.text, speculative=speculative))

    def _ask(self, reply: Reply) -> None:
        """Order a reply. For a speculative one the turn's words are not yet in the transcript."""
        turn, memory = reply.turn, self._transcript.memory()
        if reply.speculative:
            memory = (*memory, turn.message())
        else:
            turn.answered, self.untold = reply.text, False
        if reply.note:
            memory = (*memory, Message("user", "", note=reply.note))
        self.current = reply
        reply.first_us = reply.first_us or self._shared.now
        reply.sentences = Sentences(self._shared.assistant.language, in_thought=self._thinks_first)
        reply.started_us = self._shared.now
        self._shared.order(StartReply(reply.id, turn.id, memory, reply.speculative, reply.may_use_tools))
        self._wait(self._shared.assistant.deadlines.first_token_ms)

    def guess(self, turn: Turn) -> None:
        """Start on words that may change: what comes of it is kept back until the turn is confirmed."""
        reply = self.current
        if reply is not None and (not reply.speculative or same_words(reply.text, turn.text)):
            return
        if turn.guesses <= RESTARTS_PER_TURN:
            turn.guesses += 1
            self.cancel()
            self.start(turn, speculative=True)

    def forget_guess(self) -> None:
        """The words guessed at came to nothing."""
        if self.current is not None and self.current.speculative:
            self.cancel()

    def confirm(self, reply: Reply) -> None:
        """The turn that the current, speculative reply guessed right is confirmed: speak what it has said."""
        reply.speculative = False
        reply.turn.answered = reply.text
        # Without the guess the request would start only now, and its first token would take as long again.
        instants = reply.turn.instants
        answered_us = self._shared.now if instants.token is None else instants.token
        instants.saved_us = answered_us - reply.started_us
        kept, reply.kept = reply.kept, []
        for sentence in kept:
            self._say(reply, sentence)
        for request in reply.calls:
            self._start_tool(reply, request)
        if reply.ended:
            self._finish(reply)
        else:
            self._mind_fragment(reply)

    def tell_results(self, turn: Turn) -> None:
        """Ask the model to speak of a result that came after the caller had gone on."""
        self._ask(Reply(self._shared.next_id(), turn, turn.text, note="results"))

    def cancel(self) -> None:
        """Stop the stream. Tools that have started go on, and their results enter the memory."""
        reply, self.current = self.current, None
        for timer in (Timer.REPLY, Timer.FILLER, Timer.FRAGMENT, Timer.RETRY):
            self._shared.timers.cancel(timer)
        if reply is not None and not reply.ended:
            self._shared.order(CancelReply(reply.id))

    def _wait(self, ms: int) -> None:
        self._shared.timers.set(Timer.REPLY, self._shared.now + ms * 1000)

    # What the model streams

    def delta(self, reply: Reply, text: str) -> None:
        now = self._shared.now
        reply.turn.instants.first("token", now)
        self._wait(self._shared.assistant.deadlines.next_token_ms)
        self._take(reply, reply.sentences.feed(text))

    def tool(self, reply: Reply, request: ToolRequest) -> None:
        """The model wants a tool; what it said so far belongs before it."""
        reply.turn.instants.first("token", self._shared.now)
        self._wait(self._shared.assistant.deadlines.next_token_ms)
        self._flush(reply)
        reply.calls.append(request)
        if not reply.speculative:
            self._start_tool(reply, request)

    def ask(self, reply: Reply, question: Question) -> None:
        reply.question = question
        if question.barge_in:
            reply.barge_in = question.barge_in
            if reply.utterance is not None:
                reply.utterance.barge_in = question.barge_in

    def end(self, reply: Reply, cut_short: str) -> bool:
        """The stream is complete, or was cut short by the model. False = nothing came of it."""
        self._shared.timers.cancel(Timer.REPLY)
        self._shared.timers.cancel(Timer.FRAGMENT)
        if cut_short:
            self._shared.order(Note(CUT_SHORT, cut_short))
            self._take(reply, whole_sentences(reply.sentences.finish(), alone=reply.silent))
        self._flush(reply)
        reply.ended = True
        if reply.silent:
            self._shared.order(Note(LLM_FAILED, "the model answered with nothing"))
            if reply.speculative or not reply.spoke_before or not reply.retried:
                return False
        if not reply.speculative:
            self._finish(reply)
        return True

    # Failures

    def recover(self, reply: Reply, wait_ms: int) -> bool:
        """Ask again, after `wait_ms` if the model wants to be left alone. False = give up."""
        if reply.calls and reply.ending is None and not reply.ended:
            self._shared.order(CancelReply(reply.id))
            reply.ended = True
            self._finish(reply)  # its tools run: what they answer is the next request
            return True
        first_token_us = self._shared.assistant.deadlines.first_token_ms * 1000
        left_us = reply.first_us + first_token_us - self._shared.now
        if reply.calls or (reply.retried and not wait_ms) or wait_ms * 1000 > left_us:
            return False
        self.cancel()
        if reply.utterance is not None:
            self._playout.close(reply.utterance)
        reply.ended = reply.waiting = True
        self.current = reply
        if not wait_ms:
            self.ask_again()
            return True
        self._shared.timers.set(Timer.RETRY, self._shared.now + wait_ms * 1000)
        self.await_filler()
        return True

    def ask_again(self) -> None:
        """Ask for what failed; of a reply that was spoken in part, for the rest."""
        failed = self.current
        if failed is None or not failed.waiting:
            return
        note: Unasked = "broken" if failed.utterance is not None else failed.note
        reply = Reply(
            self._shared.next_id(), failed.turn, failed.text, step=failed.step, retried=True, note=note
        )
        reply.first_us = failed.first_us
        reply.spoke_before = failed.spoke_before or failed.utterance is not None
        self._shared.timers.cancel(Timer.FILLER)
        self._ask(reply)

    # From text to speech

    def _flush(self, reply: Reply) -> None:
        self._take(reply, reply.sentences.finish())
        self._thinks_first = reply.sentences.began_in_thought

    def _take(self, reply: Reply, sentences: list[str]) -> None:
        if reply.sentences.began_in_thought and not self._thinks_first:
            self._thinks_first = True
            reply.kept.clear()  # a guess's sentences so far were a thought
        for sentence in sentences:
            self._sentence(reply, sentence)
        if sentences or not self._shared.timers.is_set(Timer.FRAGMENT):
            self._mind_fragment(reply)

    def _mind_fragment(self, reply: Reply) -> None:
        """What is there of a sentence waits for its end, but not for ever."""
        if reply.speculative or not reply.sentences.unspoken:
            self._shared.timers.cancel(Timer.FRAGMENT)
        else:
            self._shared.timers.set(Timer.FRAGMENT, self._shared.now + FRAGMENT_US)

    def fragment_due(self) -> None:
        """The sentence has not ended in time: speak what there is, once the rest is nearly heard."""
        reply = self.current
        if reply is None or reply.ended:
            return
        left_ms = sum(utterance.remaining_ms() for utterance in self._playout.queue)
        if left_ms > FRAGMENT_LEAD_MS or self._playout.held:
            again_ms = max(left_ms - FRAGMENT_LEAD_MS, FRAGMENT_LEAD_MS)
            self._shared.timers.set(Timer.FRAGMENT, self._shared.now + again_ms * 1000)
            return
        for part in reply.sentences.take_part():
            self._sentence(reply, part)
        self._mind_fragment(reply)

    def _sentence(self, reply: Reply, sentence: str) -> None:
        reply.turn.instants.first("sentence", self._shared.now)
        if reply.speculative:
            reply.kept.append(sentence)
        else:
            self._say(reply, sentence)

    def _say(self, reply: Reply, sentence: str) -> None:
        if reply.utterance is None:
            barge_in = reply.barge_in or self._shared.assistant.turn.barge_in
            reply.utterance = self._playout.open("reply", barge_in, reply.turn.id)
            reply.said = self._transcript.agent(reply.utterance)
        self._playout.say(reply.utterance, sentence)

    def _finish(self, reply: Reply) -> None:
        """The stream is complete: close what it spoke, and go on when its tools have answered."""
        if reply.utterance is not None:
            self._playout.close(reply.utterance)
        self._go_on(reply)

    # Tools

    def _start_tool(self, reply: Reply, request: ToolRequest) -> None:
        shared = self._shared
        reply.said = said = self._transcript.agent_wants(reply.said, request)
        transfers = request.name == TRANSFER_CALL and shared.abilities.transfer
        if request.name == END_CALL or (transfers and destination(request.arguments)):
            reply.ending = request
            said.results[request.call_id] = NOT_DONE
            return
        facts = shared.abilities.tools.get(request.name)
        call_tools = CALL_TOOLS if shared.abilities.transfer else (END_CALL,)
        problem = problem_of(request, facts, [*shared.abilities.tools, *call_tools])
        if not reply.may_use_tools:
            problem = "There were too many tool calls in this turn."
        if facts is None or problem:
            said.results[request.call_id] = (problem, False)
            return
        if self._asked_before(reply, said, request):
            return
        tool_id = shared.next_id()
        deadline_ms = facts.deadline_ms or shared.assistant.deadlines.tool_ms
        self.running[tool_id] = (said, request, reply)
        shared.order(StartTool(tool_id, request.name, request.arguments, deadline_ms))
        shared.timers.set(Timer.TOOL, shared.now + deadline_ms * 1000, tool_id)
        if not shared.timers.is_set(Timer.FILLER):
            self.await_filler()

    def _asked_before(self, reply: Reply, said: Said, request: ToolRequest) -> bool:
        """The same turn, asked again, may want the same tool: it is not run twice, its result serves both."""
        for tool_id, (earlier, asked, before) in self.running.items():
            if asked == request and (before.turn, before.step) == (reply.turn, reply.step):
                earlier.results.update(said.results)
                said.results = earlier.results
                self.running[tool_id] = (said, asked, reply)
                return True
        known = self._results.get((reply.turn.id, reply.step, request))
        if known is not None:
            said.results[request.call_id] = known
        return known is not None

    def await_filler(self) -> None:
        """Cover the silence if the tools are still at work by then."""
        shared = self._shared
        shared.timers.set(Timer.FILLER, shared.now + shared.assistant.deadlines.filler_ms * 1000)

    def tool_finished(self, tool_id: int, result: str, *, ok: bool) -> None:
        """A tool's result enters the memory, even if the caller has moved on; a second one is stale."""
        running = self.running.pop(tool_id, None)
        if running is None:
            return
        self._shared.timers.cancel(Timer.TOOL, tool_id)
        said, request, reply = running
        said.results[request.call_id] = self._results[reply.turn.id, reply.step, request] = (result, ok)
        if reply is not self.current:
            self.untold = self._shared.abilities.follow_up
        elif not self.pending(reply):
            self._shared.timers.cancel(Timer.FILLER)
        self._go_on(reply)

    def _go_on(self, reply: Reply) -> None:
        """Ask the model again once the stream and all its tools are through."""
        if reply is not self.current or not reply.ended or self.pending(reply):
            return
        if not reply.calls or reply.ending is not None or not reply.may_use_tools:
            self.current = None
        else:
            following = Reply(self._shared.next_id(), reply.turn, reply.text, step=reply.step + 1)
            following.spoke_before = reply.spoke_before or reply.utterance is not None
            self._ask(following)

    def pending(self, reply: Reply) -> bool:
        return any(asked is reply for _, _, asked in self.running.values())
