"""The agent's reply to one turn: the model's stream, its tools, and the sentences it becomes.

Sentences go to the synthesiser as soon as they are whole. A speculative reply is kept back until its turn is
confirmed: nothing is spoken and no tool starts before. Tools run in parallel; when all have answered the
model is asked again with their results, in the same turn, a few times; the last time it must answer. A stream
that fails or stalls is tried once more; after that the call says so and ends.
"""

from __future__ import annotations

import json
from typing import Any

from ..assistant import BargeIn
from ..text.sentences import Sentences
from .commands import CancelReply, StartReply, StartTool, ToolRequest
from .desk import Desk, ToolFacts
from .events import Question
from .playout import Playout, Utterance
from .timers import Timer
from .transcript import Said, Transcript
from .turn import Turn
from .words import same_words

END_CALL = "end_call"
TRANSFER_CALL = "transfer_call"
LINE_TOOLS = (END_CALL, TRANSFER_CALL)
"""Tools that the call performs itself, after what the agent says before them has been heard."""
RESTARTS_PER_TURN = 3
"""How often a guess that proved wrong is followed by another."""
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
    ) -> None:
        self.id = reply_id
        self.turn = turn
        self.text = text
        """The words it answers; by now the turn may have more."""
        self.step = step
        self.speculative = speculative
        self.retried = retried
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
    def fruitless(self) -> bool:
        """It was the turn's last request, and it neither answered nor ended the call."""
        if self.may_use_tools or self.ending is not None:
            return False
        return bool(self.calls) or self.utterance is None


class Replies:
    """The reply in progress and the tools in work."""

    def __init__(self, desk: Desk, playout: Playout, transcript: Transcript) -> None:
        self._desk = desk
        self._playout = playout
        self._transcript = transcript
        self.current: Reply | None = None
        self.running: dict[int, tuple[Said, ToolRequest, Reply]] = {}
        self._thinks_first = False
        """The last reply began inside a thought: so may the next, of which nothing is said before its end."""
        self._results: dict[tuple[int, int, ToolRequest], tuple[str, bool]] = {}
        """By turn, step and request: what tools have answered so far."""

    # Starting and ending

    def start(self, turn: Turn, *, speculative: bool = False) -> None:
        """Ask the model to answer a turn as it stands."""
        turn.instants.answer_again()
        self._ask(Reply(self._desk.next_id(), turn, turn.text, speculative=speculative))

    def _ask(self, reply: Reply) -> None:
        """Order a reply. For a speculative one the turn's words are not yet in the transcript."""
        turn, memory = reply.turn, self._transcript.memory()
        if reply.speculative:
            memory = (*memory, turn.message())
        else:
            turn.answered = reply.text
        self.current = reply
        reply.sentences = Sentences(self._desk.assistant.language, in_thought=self._thinks_first)
        reply.started_us = self._desk.now
        self._desk.order(StartReply(reply.id, turn.id, memory, reply.speculative, reply.may_use_tools))
        self._wait(self._desk.assistant.deadlines.first_token_ms)

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
        answered_us = self._desk.now if instants.token is None else instants.token
        instants.saved_us = answered_us - reply.started_us
        kept, reply.kept = reply.kept, []
        for sentence in kept:
            self._say(reply, sentence)
        for request in reply.calls:
            self._start_tool(reply, request)
        if reply.ended:
            self._finish(reply)

    def cancel(self) -> None:
        """Stop the stream. Tools that have started go on, and their results enter the memory."""
        reply, self.current = self.current, None
        self._desk.timers.cancel(Timer.REPLY)
        self._desk.timers.cancel(Timer.FILLER)
        if reply is not None and not reply.ended:
            self._desk.order(CancelReply(reply.id))

    def _wait(self, ms: int) -> None:
        self._desk.timers.set(Timer.REPLY, self._desk.now + ms * 1000)

    # What the model streams

    def delta(self, reply: Reply, text: str) -> None:
        now = self._desk.now
        reply.turn.instants.first("token", now)
        self._wait(self._desk.assistant.deadlines.next_token_ms)
        self._take(reply, reply.sentences.feed(text))

    def tool(self, reply: Reply, request: ToolRequest) -> None:
        """The model wants a tool; what it said so far belongs before it."""
        reply.turn.instants.first("token", self._desk.now)
        self._wait(self._desk.assistant.deadlines.next_token_ms)
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

    def end(self, reply: Reply) -> None:
        self._desk.timers.cancel(Timer.REPLY)
        self._flush(reply)
        reply.ended = True
        if not reply.speculative:
            self._finish(reply)

    def retry(self, reply: Reply) -> bool:
        """Ask again, unless that was done before or something was said already. False = give up."""
        if reply.retried or reply.utterance is not None or reply.calls:
            return False
        self.cancel()
        self._ask(Reply(self._desk.next_id(), reply.turn, reply.text, step=reply.step, retried=True))
        return True

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

    def _sentence(self, reply: Reply, sentence: str) -> None:
        reply.turn.instants.first("sentence", self._desk.now)
        if reply.speculative:
            reply.kept.append(sentence)
        else:
            self._say(reply, sentence)

    def _say(self, reply: Reply, sentence: str) -> None:
        if reply.utterance is None:
            barge_in = reply.barge_in or self._desk.assistant.turn.barge_in
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
        desk = self._desk
        reply.said = said = self._transcript.agent_wants(reply.said, request)
        transfers = request.name == TRANSFER_CALL and desk.abilities.transfer
        if request.name == END_CALL or (transfers and destination(request.arguments)):
            reply.ending = request
            said.results[request.call_id] = ("done", True)
            return
        facts = desk.abilities.tools.get(request.name)
        line_tools = LINE_TOOLS if desk.abilities.transfer else (END_CALL,)
        problem = _problem(request, facts, [*desk.abilities.tools, *line_tools])
        if not reply.may_use_tools:
            problem = "There were too many tool calls in this turn."
        if facts is None or problem:
            said.results[request.call_id] = (problem, False)
            return
        if self._asked_before(reply, said, request):
            return
        tool_id = desk.next_id()
        deadline_ms = facts.deadline_ms or desk.assistant.deadlines.tool_ms
        self.running[tool_id] = (said, request, reply)
        desk.order(StartTool(tool_id, request.name, request.arguments, deadline_ms))
        desk.timers.set(Timer.TOOL, desk.now + deadline_ms * 1000, tool_id)
        if not desk.timers.is_set(Timer.FILLER):
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
        desk = self._desk
        desk.timers.set(Timer.FILLER, desk.now + desk.assistant.deadlines.filler_ms * 1000)

    def tool_finished(self, tool_id: int, result: str, *, ok: bool) -> None:
        """A tool's result enters the memory, even if the caller has moved on; a second one is stale."""
        running = self.running.pop(tool_id, None)
        if running is None:
            return
        self._desk.timers.cancel(Timer.TOOL, tool_id)
        said, request, reply = running
        said.results[request.call_id] = self._results[reply.turn.id, reply.step, request] = (result, ok)
        if reply is self.current and not self.pending(reply):
            self._desk.timers.cancel(Timer.FILLER)
        self._go_on(reply)

    def _go_on(self, reply: Reply) -> None:
        """Ask the model again once the stream and all its tools are through."""
        if reply is not self.current or not reply.ended or self.pending(reply):
            return
        if not reply.calls or reply.ending is not None or not reply.may_use_tools:
            self.current = None
        else:
            self._ask(Reply(self._desk.next_id(), reply.turn, reply.text, step=reply.step + 1))

    def pending(self, reply: Reply) -> bool:
        return any(asked is reply for _, _, asked in self.running.values())


def _problem(request: ToolRequest, facts: ToolFacts | None, known: list[str]) -> str:
    """What is wrong with a tool call, as a sentence the model can mend it by; empty = nothing."""
    if request.name == TRANSFER_CALL and TRANSFER_CALL in known:
        return 'Name the number to transfer to, as in {"to": "+14155550100"}.'
    if facts is None:
        return f"There is no tool called {request.name!r}. There is: {', '.join(sorted(known))}."
    try:
        arguments: Any = json.loads(request.arguments or "{}")
    except (ValueError, RecursionError) as wrong:
        return f"The arguments are not JSON: {wrong}."
    if not isinstance(arguments, dict):
        return "The arguments must be a JSON object."
    return ""


def destination(arguments: str) -> str:
    """The number a transfer names; empty when the model named none."""
    try:
        parsed: Any = json.loads(arguments or "{}")
    except (ValueError, RecursionError):
        return ""
    match parsed:
        case {"to": str(to)}:
            return to
        case _:
            return ""
