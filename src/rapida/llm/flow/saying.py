"""What a turn of a flow says and does: words with their slots filled in, tool calls, and the last of a call.

Where the flow goes is decided in `run.py`.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, cast

from msgspec.structs import replace

from ...call.commands import Message
from ...call.tool_requests import ToolSpec
from ...call.transcript import STILL_RUNNING
from ...text import template
from ..base import BrainEvent, TextDelta, ToolCall
from . import slots, tool_use
from .progress import Progress
from .script import Ask, LookUp, Script, State


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


@dataclass
class Saying:
    """A turn as it comes about: `events` is what has been said and done, `progress` where it leads."""

    script: Script
    now: Situation
    progress: Progress
    events: list[BrainEvent] = field(default_factory=list[BrainEvent])

    def say(self, text: str) -> None:
        self.tell(self._filled(text))

    def tell(self, text: str) -> None:
        """Say what is no template."""
        if text.strip():
            self.events.append(TextDelta(f"{text.strip()} "))

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

    def _reprompt(self, ask: Ask) -> str:
        """What to say at the next miss."""
        if not ask.reprompts:
            return self._filled(f"{self.script.unclear} {ask.question}")
        return self._filled(ask.reprompts[min(self.progress.misses, len(ask.reprompts) - 1)])

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

    def look_up(self, look_up: LookUp, text: str) -> str | None:
        """What the tool knows of it, empty = nothing; None = it is still to be asked."""
        result = self._call(look_up.tool, {"question": text})
        if result is None:
            return None
        return (tool_use.part(result.text, "answer") or "") if result.ok else ""
