"""One turn of a flow: where the call stands and what the caller answered become what the agent does next.

`advance` is a pure function of its arguments: the same turn asked again from the same `Progress` gives the
same answer, and a tool that already ran for it is not asked for a second time. It keeps no clock and no
memory; `flow` does.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, cast

from msgspec.structs import replace

from ...call.commands import Message
from ...call.tool_requests import END_CALL, TRANSFER_CALL, ToolSpec
from ...call.transcript import STILL_RUNNING
from ...text import template
from ..base import BrainEvent, TextDelta, ToolCall
from . import free_answers, slots, tool_use
from .free_answers import Heard
from .progress import Progress
from .script import Ask, Script, State, ToolUse

_VALUE = re.compile(r"\{\{\s*value\s*\}\}")


@dataclass(frozen=True)
class Situation:
    """What a turn happens in, besides the flow itself."""

    memory: tuple[Message, ...]
    tools: tuple[ToolSpec, ...]
    variables: Mapping[str, str]
    today: date

    @property
    def answer(self) -> Message:
        """The caller's last word; the opening when there is none yet."""
        users = (message for message in reversed(self.memory) if message.role == "user")
        return next(users, Message("user", "", kind="opening"))


def advance(script: Script, before: Progress, now: Situation) -> tuple[list[BrainEvent], Progress]:
    """What the agent says, asks and does in this turn, and where the flow stands then."""
    walk = _Walk(script, now, before)
    walk.take(now.answer)
    return walk.events, walk.progress


@dataclass
class _Walk:
    script: Script
    now: Situation
    progress: Progress
    events: list[BrainEvent] = field(default_factory=list[BrainEvent])

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
        verdict = slots.yes_or_no(answer.text, typed=typed) if answer.kind in ("said", "keys") else None
        # "No, five five six…" corrects; a single key is a verdict, never a new value.
        corrects = ask.kind not in ("yes_no", "free") and not (typed and verdict)
        value = self._value(ask, answer) if corrects else None
        known = self.progress.slots[ask.slot]
        changed = self.take_others(self._also_said(ask, answer))
        if value is not None and value != known:
            self.progress = self.progress.filled(ask.slot, value)
            self.confirm(ask)
        elif goto := self._leads_to(changed):
            self.correct(ask, changed, goto)
        elif changed:
            self.tell_changes(ask.confirm, changed)
            self.confirm(ask)
        elif verdict == "yes":
            self.accept(ask.slot, known)
        elif verdict == "no":
            self.miss(ask, first=self.script.again)
        elif self._missed(ask):
            self.say(self.script.unclear)
            self.confirm(ask)

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
            self.say(ask.question)
            self.progress = replace(self.progress, phase="asked")
            self.events.append(slots.expect(ask, self._reprompt(ask)))

    def tell_changes(self, question: str, changed: list[str]) -> None:
        """Say what is meant now, unless the question that follows says it."""
        for slot in changed:
            if slot not in template.names(question):
                self.say(_VALUE.sub(f"{{{{{slot}}}}}", self.script.corrected))

    def accept(self, slot: str, value: str) -> None:
        self.progress = self.progress.filled(slot, value)
        self.go_on(self._state())

    # Asking -------------------------------------------------------------------------------------------------

    def ask(self, ask: Ask) -> None:
        self.say(ask.question)
        self.progress = replace(self.progress, phase="asked", asked=self.progress.state, misses=0)
        self.events.append(slots.expect(ask, self._reprompt(ask)))

    def confirm(self, ask: Ask) -> None:
        self.say(ask.confirm)
        self.progress = replace(self.progress, phase="confirming")
        again = self._filled(f"{self.script.unclear} {ask.confirm}")
        self.events.append(slots.expect_yes_or_no(ask, again))

    def miss(self, ask: Ask, first: str = "") -> None:
        """Ask again, or go where the flow goes without an answer. `first` is said instead of a reprompt."""
        reprompt = f"{first} {ask.question}" if first else self._reprompt(ask)
        if self._missed(ask):
            self.say(reprompt)
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

    def _reprompt(self, ask: Ask) -> str:
        """What to say at the next miss."""
        if not ask.reprompts:
            return self._filled(f"{self.script.unclear} {ask.question}")
        return self._filled(ask.reprompts[min(self.progress.misses, len(ask.reprompts) - 1)])

    # Moving -------------------------------------------------------------------------------------------------

    def enter(self, name: str) -> None:
        self.progress = replace(self.progress, state=name, phase="waiting", misses=0)
        state = self._state()
        self.progress = self.progress.without(state.forget)
        if state.ask and state.ask.slot in (*self.progress.early, *self.progress.settled):
            self.pass_over(state, state.ask)
            return
        self.say(state.say)
        if state.ask:
            self.ask(state.ask)
        elif state.tool:
            self.use(state, state.tool)
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

    def leave(self, name: str, arguments: dict[str, str]) -> None:
        """End or transfer the call: the call core does it, once everything before it has been heard."""
        self.events.append(ToolCall(self._call_id(name), name, json.dumps(arguments)))
        self.progress = replace(self.progress, phase="over", calls=self.progress.calls + 1)

    def _call(self, name: str, arguments: dict[str, Any]) -> Message | None:
        """The result of this call if memory has it; else ask for it."""
        text = json.dumps(arguments)
        call_id = self._call_id(f"{name} {text}")
        for message in reversed(self.now.memory):
            if message.call_id == call_id and message.text != STILL_RUNNING[0]:
                self.progress = replace(self.progress, calls=self.progress.calls + 1)
                self.events.clear()  # it was said before the tool was called
                return message
        self.events.append(ToolCall(call_id, name, text))
        return None

    def _call_id(self, request: str) -> str:
        """The same for the same request at the same point of the flow, whichever turn asks: a result that
        came after the caller spoke again is found, and the result of another request is not.
        """
        return f"flow-{self.progress.calls}-{zlib.crc32(request.encode()):08x}"

    # Words --------------------------------------------------------------------------------------------------

    def say(self, text: str) -> None:
        if filled := self._filled(text).strip():
            self.events.append(TextDelta(f"{filled} "))

    def _filled(self, text: str, *, spoken: bool = True) -> str:
        return template.fill(text, {name: self._named(name, spoken) for name in template.names(text)})

    def _named(self, name: str, spoken: bool) -> str:
        value = self.progress.slots.get(name)
        if value is None:
            return self.now.variables.get(name, self.script.variables.get(name, ""))
        ask = self.script.slots[name]
        return slots.say(ask, value, self.now.today) if spoken and ask else value

    def _state(self) -> State:
        return self.script.states[self.progress.state]

    def _asking(self) -> Ask:
        return cast("Ask", self._state().ask)
