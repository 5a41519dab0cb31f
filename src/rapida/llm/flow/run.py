"""One turn of a flow: where the call stands and what the caller answered become what the agent does next.

`advance` is a pure function of its arguments: the same turn asked again from the same `Progress` gives the
same answer, and a tool that already ran for it is not asked for a second time. It keeps no clock and no
memory; `flow` does.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal

from msgspec.structs import replace

from ...call.commands import Message
from ...call.tool_requests import END_CALL, TRANSFER_CALL
from ...text import template
from ..base import BrainEvent
from . import free_answers, meant_choices, questions, slots, tool_use
from .free_answers import Heard
from .progress import Progress
from .saying import Saying, Situation
from .script import Ask, LookUp, Script, State, ToolUse

_VALUE = re.compile(r"\{\{\s*value\s*\}\}")
Between = Literal["", "answered", "unknown", "waiting"]
"""What became of a caller's own question. Empty = it is none: what was said is to be taken as an answer."""


def advance(script: Script, before: Progress, now: Situation) -> tuple[list[BrainEvent], Progress]:
    """What the agent says, asks and does in this turn, and where the flow stands then."""
    walk = _Walk(script, now, before)
    walk.take(now.answer)
    return walk.events, walk.progress


class _Walk(Saying):
    """What follows from an answer."""

    # The caller's answer ------------------------------------------------------------------------------------

    def take(self, answer: Message) -> None:
        phase = self.progress.phase
        if phase == "asked":
            self.hear(self._asking(), answer)
        elif phase == "confirming":
            self.hear_confirmation(self._asking(), answer)
        elif phase == "over" and self.progress.asked and answer.kind in ("said", "keys"):
            # The caller spoke into the goodbye: the last question is open again.
            self.enter(self.progress.asked)
        else:
            self.enter(self.progress.state or self.script.first)

    def hear(self, ask: Ask, answer: Message) -> None:
        heard = self._understood(ask, answer)
        if (ask.kind != "choice" or heard.value is None) and self.leaves_for(ask, answer):
            return
        nothing = heard.value is None and not heard.others
        between = self.between(ask, answer, nothing=nothing)
        if between == "waiting" or (nothing and between != "answered" and self.chosen(ask, answer)):
            return
        if between:
            self.tell_unknown(between)
            self.ask_again(ask, ask.question)
            return
        value, changed = heard.value, self.take_others(heard.others)
        if goto := self._leads_to(changed):
            if value is not None and ask.kind != "yes_no":
                self.take_others({ask.slot: value})
            self.correct(ask, changed, goto)
        elif value is None or (changed and ask.kind == "yes_no"):
            if heard.others:
                self.correct(ask, changed)
            else:
                self.miss(ask)
        elif ask.confirm:
            self.progress = self.progress.filled(ask.slot, value)
            self.confirm(ask)
        else:
            self.accept(ask.slot, value)

    def hear_confirmation(self, ask: Ask, answer: Message) -> None:
        typed = answer.kind == "keys"
        if self.leaves_for(ask, answer):
            return
        verdict = slots.yes_or_no(answer.text, typed=typed) if answer.kind in ("said", "keys") else None
        # "No, five five six…" corrects; a single key is a verdict, never a new value.
        corrects = ask.kind not in ("yes_no", "free") and not (typed and verdict)
        value = self._value(ask, answer) if corrects else None
        known = self.progress.slots[ask.slot]
        others = self._also_said(ask, answer)
        between = self.between(ask, answer, nothing=not (verdict or value or others))
        if between == "waiting":
            return
        if between:
            self.tell_unknown(between)
            self.confirm(ask)
            return
        changed = self.take_others(others)
        if value is not None and value != known:
            self.progress = self.progress.filled(ask.slot, value)
            self.confirm(ask)
        elif goto := self._leads_to(changed):
            self.correct(ask, changed, goto)
        elif changed:
            self.tell_changes(self._confirmation(ask), changed)
            self.confirm(ask)
        elif verdict == "yes":
            self.accept(ask.slot, known)
        elif verdict == "no":
            self.miss(ask, first=self.script.again)
        elif self._missed(ask):
            self.say(self.script.unclear)
            self.confirm(ask)

    def _confirmation(self, ask: Ask) -> str:
        """The words that ask back: those of the question, or of the flow for what was only likely meant."""
        return ask.confirm or _VALUE.sub(f"{{{{{ask.slot}}}}}", self.script.meant)

    def _value(self, ask: Ask, answer: Message) -> str | None:
        if answer.kind not in ("said", "keys"):
            return None
        return slots.read(ask, answer.text, typed=answer.kind == "keys", today=self.now.today)

    def _understood(self, ask: Ask, answer: Message) -> Heard:
        if answer.kind != "said":
            return Heard(self._value(ask, answer))
        return free_answers.understood(self.script, ask, answer.text, self.progress.slots, self.now.today)

    def _also_said(self, ask: Ask, answer: Message) -> Mapping[str, str]:
        if answer.kind != "said":
            return {}
        return free_answers.also_said(self.script, ask, answer.text, self.progress.slots, self.now.today)

    # Answers to other questions than the one that was asked -------------------------------------------------

    def take_others(self, values: Mapping[str, str]) -> list[str]:
        """Keep them; the slots that had another value."""
        self.progress, changed = self.progress.answering(values)
        return changed

    def _leads_to(self, changed: list[str]) -> str:
        """The state that a correction goes back to, if one of the questions names one."""
        asks = (self.script.anytime[slot] for slot in changed)
        return next((ask.corrected for ask in asks if ask.corrected), "")

    def correct(self, ask: Ask, changed: list[str], goto: str = "") -> None:
        """Go on where a correction leads, or ask again: what was said answered other questions."""
        self.tell_changes("" if goto else ask.question, changed)
        if goto:
            known = tuple(slot for slot in self.script.anytime if slot in self.progress.slots)
            settled = tuple(slot for slot in known if slot not in self.progress.early)
            self.progress = replace(self.progress, settled=settled)
            self.enter(goto)
        else:
            self.ask_again(ask, ask.question)

    def tell_changes(self, question: str, changed: list[str]) -> None:
        """Say what is meant now, unless the question that follows says it."""
        for slot in changed:
            if slot not in template.names(question):
                self.say(_VALUE.sub(f"{{{{{slot}}}}}", self.script.corrected))

    def accept(self, slot: str, value: str) -> None:
        self.progress = self.progress.filled(slot, value)
        self.go_on(self._state())

    # Questions of the caller's own --------------------------------------------------------------------------

    def between(self, ask: Ask, answer: Message, *, nothing: bool) -> Between:
        """Answer a question that the caller asks instead of answering; `nothing`: no answer was heard."""
        state = self.script.states.get(self.script.questions)
        if state is None or state.answer is None or answer.kind != "said":
            return ""
        if ask.kind == "free" or ask.sensitive or not questions.worth_asking(answer.text, nothing=nothing):
            return ""
        found = self.look_up(state.answer, answer.text)
        if found is None:
            return "waiting"
        if not found and not (nothing and questions.is_question(answer.text)):
            return ""
        self.tell(found)
        return "answered" if found else "unknown"

    def tell_unknown(self, between: Between) -> None:
        """Say that nothing is known of what was asked, if so."""
        if between == "unknown" and (look_up := self.script.states[self.script.questions].answer):
            self.say(look_up.unknown)

    def answer(self, state: State, look_up: LookUp) -> None:
        """Answer the caller's last words, and go on."""
        found = self.look_up(look_up, self.now.answer.text)
        if found is not None:
            self.tell(found or self._filled(look_up.unknown))
            self.go_on(state)

    # Choices that are meant in other words ------------------------------------------------------------------

    def chosen(self, ask: Ask, answer: Message) -> bool:
        """Take the choice that the words mean, or ask back; true if that is done or a tool is waited for."""
        if not meant_choices.worth_asking(self.script, self.now.tools, ask, answer):
            return False
        result = self._call(meant_choices.TOOL, meant_choices.arguments(ask, answer.text))
        if result is None:
            return True
        choice, sure = meant_choices.told(ask, answer.text, result)
        if not choice:
            return False
        if sure and not ask.confirm:
            self.accept(ask.slot, choice)
        else:
            self.progress = self.progress.filled(ask.slot, choice)
            self.confirm(ask)
        return True

    # Wishes that are met at any question --------------------------------------------------------------------

    def leaves_for(self, ask: Ask, answer: Message) -> bool:
        """Go where one of the phrases that count anywhere leads; a message may hold any words."""
        if answer.kind != "said" or ask.kind == "free" or ask.sensitive:
            return False
        state = slots.named_choice(self.script.wishes, answer.text)
        if state is not None:
            self.enter(state)
        return state is not None

    # Asking -------------------------------------------------------------------------------------------------

    def ask(self, ask: Ask) -> None:
        self.say(ask.question)
        self.progress = replace(self.progress, phase="asked", asked=self.progress.state, misses=0)
        self.events.append(slots.expect(ask, self._reprompt(ask)))

    def confirm(self, ask: Ask) -> None:
        words = self._confirmation(ask)
        self.say(words)
        self.progress = replace(self.progress, phase="confirming")
        again = self._filled(f"{self.script.unclear} {words}")
        self.events.append(slots.expect_yes_or_no(ask, again))

    def miss(self, ask: Ask, first: str = "") -> None:
        """Ask again, or go where the flow goes without an answer. `first` is said instead of a reprompt."""
        reprompt = f"{first} {ask.question}" if first else self._reprompt(ask)
        if self._missed(ask):
            self.ask_again(ask, reprompt)

    def ask_again(self, ask: Ask, words: str) -> None:
        """The same question, for which no miss is forgotten."""
        self.say(words)
        self.progress = replace(self.progress, phase="asked")
        self.events.append(slots.expect(ask, self._reprompt(ask)))

    def _missed(self, ask: Ask) -> bool:
        """Count a miss; true if the caller may try again, else the flow has gone on without an answer."""
        self.progress = replace(self.progress, misses=self.progress.misses + 1)
        if self.progress.misses <= ask.retries:
            return True
        self.progress = self.progress.without((ask.slot,))
        self.enter(self._state().failed or self.script.failed)
        return False

    # Moving -------------------------------------------------------------------------------------------------

    def enter(self, name: str) -> None:
        self.progress = replace(self.progress, state=name, phase="waiting", misses=0)
        state = self._state()
        self.progress = self.progress.forgetting(state.forget)
        if state.ask and self.progress.knows(state.ask):
            self.pass_over(state, state.ask)
            return
        self.say(state.say)
        if state.ask:
            self.ask(state.ask)
        elif state.tool:
            self.use(state, state.tool)
        elif state.answer:
            self.answer(state, state.answer)
        elif state.transfer:
            self.leave(TRANSFER_CALL, {"to": self._filled(state.transfer, spoken=False)})
        elif state.end:
            self.leave(END_CALL, {})
        else:
            self.go_on(state)

    def pass_over(self, state: State, ask: Ask) -> None:
        """A question that was answered before it was asked: it is confirmed at the most."""
        confirm = ask.slot in self.progress.early and ask.confirm
        self.progress = self.progress.passing_over(ask.slot)
        if confirm:
            self.progress = replace(self.progress, asked=self.progress.state)
            self.confirm(ask)
        else:
            self.go_on(state)

    def go_on(self, state: State) -> None:
        self.enter(next(rule.goto for rule in state.rules if self._holds(rule.when, rule.wanted)))

    def _holds(self, slot: str, wanted: tuple[str, ...]) -> bool:
        value = self.progress.slots.get(slot)
        return not slot or (value is not None and (not wanted or value in wanted))

    def use(self, state: State, tool: ToolUse) -> None:
        """Call a tool; when its result is already in memory, go on as if it had just come."""
        spec = next((spec for spec in self.now.tools if spec.name == tool.name), None)
        schema: dict[str, Any] = spec.parameters.get("properties", {}) if spec else {}
        arguments = {
            name: tool_use.typed(self._filled(text, spoken=False), schema.get(name, {}))
            for name, text in tool.arguments.items()
        }
        result = self._call(tool.name, arguments)
        if result is None:
            return
        values = tool_use.saved(tool, result.text) if result.ok else None
        if values is None:
            self.enter(state.failed or self.script.failed)
            return
        for slot, value in values.items():
            self.progress = self.progress.filled(slot, value)
        self.go_on(state)
