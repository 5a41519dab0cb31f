"""What becomes of a turn that is over: answered, kept for later, asked for again, or nothing at all.

A turn is answered when the floor is free. What was said while the agent must be heard, or in the last second
of what it says, is kept and answered at its end; what proves to be no interruption lets the agent go on. Keys
are turns of their own (`keying.py`). When a turn begins and ends is decided in `caller.py`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Literal

from .agent import AgentSide
from .bargein import Bargein
from .endpointing import Endpointing
from .events import Question
from .keypad import Keypad
from .noise import Noise
from .reprompts import Reprompts
from .shared import Shared
from .timers import Timer
from .turn import Turn
from .turns import Turns
from .words import same_words, words

GOES_ON_MS = 100
"""Voice this long into the first words of an answer is the caller going on: 200 ms would be talked over half
a second, with the detector's own time and the network's."""


class Answering(ABC):
    """The half of the caller's side that knows what a turn means."""

    def __init__(self, shared: Shared, agent: AgentSide) -> None:
        self._shared = shared
        self._agent = agent
        self._playout, self._closing = agent.playout, agent.closing
        self._replies, self._transcript = agent.replies, agent.transcript
        self._ear = Endpointing(shared)
        self._bargein = Bargein(shared, agent.playout)
        self._keypad = Keypad(shared)
        self._reprompts = Reprompts(shared, agent)
        self._noise = Noise()
        self._question = Question()
        self._turns = Turns(shared, agent.transcript)

    @property
    def _turn(self) -> Turn | None:
        return self._turns.current

    @abstractmethod
    def speech_started(self) -> None:
        """A voice has lasted long enough to be speech; here: one that the agent's own sound hid."""

    @abstractmethod
    def ask(self, question: Question) -> None:
        """What the agent expects to hear next; digits typed ahead may answer it at once."""

    @abstractmethod
    def _take_typed_ahead(self) -> None:
        """Keys pressed while the agent spoke may be an answer now."""

    # The end of a turn

    def _close_turn(self, turn: Turn) -> None:
        self._turns.close(turn)
        self._ear.reset()
        self._shared.timers.cancel(Timer.STABLE)

    def _settle(self, turn: Turn) -> None:
        """The turn is over: is it an answer, a backchannel, an echo, or nothing?"""
        yielded = self._shared.floor.state == "yielded"
        if self._shared.floor.state == "contested":
            self.false_alarm()
            turn.held = True
        playing = bool(self._playout.queue) and not self._agent.unspoken
        turn.yielded = turn.yielded or yielded
        if turn.said:
            self._reprompts.caller_is_there()
        if self._closing.final:
            self._turns.kept.append(turn)
        elif turn.kind == "opening" and turn.answered is None:
            if turn.said:
                self._turns.write(turn)
            self.agent_fell_silent()
        elif turn.answered is not None:
            self._settle_reopened(turn)
        elif self._bargein.echoed(turn) or not turn.said:
            self._settle_wordless(turn, playing=playing)
        elif not playing:
            self._answer(turn)
        elif turn.is_backchannel:
            self._transcript.backchannel(turn.id, turn.text)
            self._go_on()
        elif yielded and not turn.keeps:
            self._answer(turn)
        else:
            self._keep(turn)

    def _go_on(self) -> None:
        """The agent was not interrupted: it says the rest, from the last word heard where it had stopped."""
        self._bargein.no_interruption()
        self._agent.go_on()

    def _keep(self, turn: Turn) -> None:
        """The agent finishes first."""
        self._turns.kept.append(turn)
        if self._shared.floor.state != "contested":
            self._go_on()

    def _settle_reopened(self, turn: Turn) -> None:
        """The caller went on before the answer was heard: answer the whole, or go on if it was nothing."""
        if turn.answered is not None and same_words(turn.answered, turn.text):
            self._ear.question = self._question
            self._nothing_said()
            return
        own = self._answer_of_its_own(turn)
        turn.kind = "said"
        if own is None:
            self._agent.withdraw()
        self._bargein.record("speech")
        self._agent.cut()
        self._answer(own or turn)

    def _answer_of_its_own(self, turn: Turn) -> Turn | None:
        """What the caller said over an answer's first words, where it is one of those its question names."""
        before, after = turn.part_it()
        said = words(" ".join(text for _, _, text in after))
        if turn.resumed_ms is None or said not in [words(phrase) for phrase in self._question.phrases]:
            return None
        own = self._turns.new(turn.resumed_ms, self._question)
        for piece in after:
            own.heard(piece[2], piece[0], piece[1], final=True)
        own.instants = turn.instants
        turn.keep_only(before)
        self._turns.write(turn)
        return own

    def _settle_wordless(self, turn: Turn, *, playing: bool) -> None:
        """A sound without words of the caller's: a cough, a key's tone, an echo, or not understood."""
        if turn.over_agent:
            self._bargein.was_nothing()
            self._noise.over_agent(turn)
        agent_goes_on = playing or turn.over_agent or self._agent.unspoken
        if agent_goes_on or self._keypad.in_use or self._turns.kept:
            self._nothing_said()
        elif self._noise.covers(turn):
            if turn.noise:
                self._reprompts.noise(self._question)
            self._nothing_said()
        else:
            self._reprompts.caller_is_there()
            self._not_understood(turn)

    def _nothing_said(self) -> None:
        """What the caller did asks for nothing: the agent goes on, if it has anything to say."""
        self._replies.forget_guess()
        self._go_on()
        self.agent_fell_silent()

    def _not_understood(self, turn: Turn) -> None:
        """The caller spoke and no word came of it: ask again, a few times; after the goodbye not at all."""
        self._replies.forget_guess()
        turn.kind = "unclear"
        if self._closing.planned:
            self._turns.write(turn)
        elif self._question.takes_unclear:
            self._answer(turn)
        else:
            self._turns.write(turn)
            self._reprompts.ask_again(self._question)

    def _answer(self, turn: Turn, by: Literal["words", "speech"] = "speech") -> None:
        """Hand a turn (and those kept before it) to the model. What is being heard is interrupted `by` it."""
        agent = self._agent
        self._turns.write_kept()
        self._turns.write(turn)
        if self._closing.final:
            return
        if self._playout.queue or self._playout.held or agent.answering:
            self._bargein.record(by)
            agent.cut()
        self._closing.call_off()
        if turn.kind in {"said", "keys"}:
            self._reprompts.understood()
        if turn.kind == "said":
            self._bargein.was_caller(turn)
            self._noise.was_caller(turn)
            if self._keypad.precedes(self._ear.onset_ms):
                self._keypad.forget()
        self._keypad.stop()
        self._question = self._ear.question = Question()
        self._turns.answered = turn
        if not turn.typed:
            self._hesitate()
        guess = agent.answer(turn)
        if guess is not None and guess.question is not None:
            self.ask(guess.question)
        self.agent_fell_silent()

    def _hesitate(self) -> None:
        """However soon the answer is there, it is not heard in the moment in which people go on."""
        due_ms = self._ear.answered_from_ms
        if due_ms > self._shared.sound.position_ms:
            self._playout.hold()
            self._shared.timers.set_sound(Timer.HESITATION, due_ms)

    def hesitated(self) -> None:
        """Nobody has gone on: the answer may be heard; a voice just now is first seen through."""
        if self._ear.voice and self._turn is None:
            self._shared.timers.set_sound(Timer.HESITATION, self._shared.sound.position_ms + GOES_ON_MS)
        elif self._turn is None and self._shared.floor.state not in {"contested", "yielded"}:
            self._agent.go_on()

    def stable(self) -> None:
        """The partial transcript has settled: let the model start on it, unheard."""
        turn = self._turn
        if self._closing.final:
            return
        if turn is not None and turn.answered is None and not self._playout.queue:
            self._replies.guess(turn)

    # The agent's doings that concern the caller's turn

    def barge_in(self, by: Literal["key", "words"]) -> None:
        """The caller has the floor: the agent stops, and only what was heard is kept."""
        self._bargein.record(by)
        self._shared.floor.step("barge-in")
        if self._turn is not None:
            self._turn.over_agent = False
            self._turn.replies()
            self._reprompts.caller_is_there()
        self._agent.cut()
        self._closing.call_off()

    def spoken_on(self) -> None:
        """Speech over the agent has lasted: it stops, unless it is only its own words come back."""
        turn = self._turn
        if turn is not None and self._bargein.only_repeats(turn):
            self.false_alarm()
            return
        if turn is not None:
            turn.replies()
        self._bargein.give_way()

    def false_alarm(self) -> None:
        """It was no barge-in; words that come of it after all are answered when the agent has finished."""
        self._bargein.false_alarm()
        if self._turn is not None:
            self._turn.held = True

    def agent_spoke(self) -> None:
        """The first frame of an utterance went out."""
        self._reprompts.stop_waiting()
        self._shared.floor.step("agent speaks")

    def agent_fell_silent(self) -> None:
        """The agent may have finished: answer what was kept, or begin to wait for the caller."""
        agent, shared = self._agent, self._shared
        if self._playout.queue:
            if shared.floor.state == "agent" and self._bargein.audible() is None:
                shared.floor.step("agent stops")
            return
        if shared.floor.state in {"contested", "yielded"}:
            self._bargein.forget()
            self._playout.resume()
        shared.floor.step("agent stops")
        if self._ear.outlasted():
            self.speech_started()
        if agent.answering or self._closing.final:
            return
        if not self._turns.kept:  # else what was judged is still to be answered
            self._keypad.release()
        self._take_typed_ahead()
        if self._turns.kept and self._turn is None:
            last = self._turns.kept[-1]
            last.instants.confirm = shared.now
            self._answer(last)
        elif self._turn is None and not agent.busy:
            if self._replies.untold and self._turns.answered is not None and not self._closing.planned:
                self._replies.tell_results(self._turns.answered)
            else:
                self._reprompts.wait()

    def idle(self) -> None:
        """Nobody has said anything since the agent was heard; after the goodbye nobody need."""
        if self._turn is None and not self._agent.busy and not self._closing.planned:
            self._reprompts.prompt(self._question)
