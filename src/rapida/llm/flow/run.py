"""One turn of a flow: where the call stands and what the caller answered become what the agent does next.

`advance` is a pure function of its arguments: the same turn asked again from the same `Progress` gives the
same answer, and a tool that already ran for it is not asked for a second time. It keeps no clock and no
memory; `flow` does.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal, cast

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from ...call.commands import Message
from ...call.tool_requests import END_CALL, TRANSFER_CALL, ToolSpec
from ...call.transcript import STILL_RUNNING
from ...text import template
from ..base import BrainEvent, TextDelta, ToolCall
from . import slots
from .script import Ask, Script, State, ToolUse


class Progress(Struct, frozen=True):
    """Where a call stands in its flow, between two turns."""

    state: str = ""
    """Empty = the flow has not begun."""
    phase: Literal["asked", "confirming", "waiting", "over"] = "waiting"
    misses: int = 0
    """Answers to the present question that could not be used."""
    slots: dict[str, str] = {}
    asked: str = ""
    """The state of the last question."""
    calls: int = 0
    """Tool calls that are over."""


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
        value = self._value(ask, answer)
        if value is None:
            self.miss(ask)
        elif ask.confirm:
            self.fill(ask.slot, value)
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
        if value is not None and value != known:
            self.fill(ask.slot, value)
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

    def accept(self, slot: str, value: str) -> None:
        self.fill(slot, value)
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
        kept = {name: value for name, value in self.progress.slots.items() if name != ask.slot}
        self.progress = replace(self.progress, slots=kept)
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
            name: _typed(self._filled(text, spoken=False), schema.get(name, {}))
            for name, text in tool.arguments.items()
        }
        result = self._call(tool.name, arguments)
        if result is None:
            return
        if not result.ok or not self.keep(tool, result.text):
            self.enter(state.failed or self.script.failed)
        else:
            self.go_on(state)

    def keep(self, tool: ToolUse, result: str) -> bool:
        """Put a result into its slots; false if it has not the parts that the flow wants of it."""
        if isinstance(tool.save, str):
            if tool.save:
                self.fill(tool.save, result)
            return True
        for slot, path in tool.save.items():
            if (value := _part(result, path)) is None:
                return False
            self.fill(slot, value)
        return True

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

    def fill(self, slot: str, value: str) -> None:
        self.progress = replace(self.progress, slots={**self.progress.slots, slot: value})

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


def _typed(text: str, schema: Any) -> Any:
    """A template's text as the type that the tool's JSON Schema wants, if it can be read as one."""
    wanted = cast("dict[str, Any]", schema).get("type") if isinstance(schema, dict) else None
    if wanted in ("integer", "number", "boolean", "array", "object"):
        try:
            return msgspec.json.decode(text)  # stricter than Python's own: neither NaN nor half a character
        except (ValueError, RecursionError):
            return text  # the tool says what is wrong with it
    return text


def _part(result: str, path: str) -> str | None:
    """The value at a dotted path ("slot.day", "0.name") of a JSON result, as text; None if there is none.

    Half a character (a lone surrogate), which JSON can name and no text can hold, becomes a question mark.
    """
    try:
        value: Any = json.loads(result)
    except (ValueError, RecursionError):
        return None
    for step in path.split("."):
        if isinstance(value, dict) and step in value:
            value = cast("dict[str, Any]", value)[step]
        elif isinstance(value, list) and step.isdigit() and int(step) < len(cast("list[Any]", value)):
            value = cast("list[Any]", value)[int(step)]
        else:
            return None
    if value is None:
        return None
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else json.dumps(value)
