"""One call as a page that follows it sees it: what it is at, its lines, its tools, its replies."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Literal

import msgspec

from ..call.commands import EndCall, RecordEntry, RecordStages
from ..call.states import FloorState
from ..engine.live import (
    CallShown,
    FloorShown,
    FlowShown,
    SecretShown,
    Shown,
    StreamShown,
    ThoughtShown,
    ToolShown,
    WordsShown,
)

LINES_SHOWN = 50
"""The last lines of a call that a new follower is shown."""

State = Literal["rings", "listens", "caller", "agent", "held", "thinks", "tool", "secret"]
"""What a call is at. `listens` = nobody speaks; `held` = the agent stopped for a sound of the caller."""
_BY_FLOOR: dict[FloorState, State] = {
    "nobody": "listens",
    "caller": "caller",
    "agent": "agent",
    "contested": "held",
    "yielded": "held",
}

Told = tuple[str, dict[str, Any]] | None
"""The event that tells of a change, by name and data; None = only the state may have changed."""


@dataclass
class CallOnBoard:
    """One call in progress, as far as it has come."""

    conversation_id: int
    project_id: int
    assistant_id: int
    began_at: datetime
    version: int = 0
    direction: Literal["inbound", "outbound"] = "inbound"
    assistant_name: str = ""
    caller: str = ""
    callee: str = ""
    connected: bool = False
    floor: FloorState = "nobody"
    thinking: bool = False
    secret: bool = False
    flow_state: str = ""
    """Of a call whose brain is a flow."""
    tools: list[str] = field(default_factory=list[str])
    lines: dict[int, dict[str, Any]] = field(default_factory=dict[int, dict[str, Any]])
    reply_ms: list[int] = field(default_factory=list[int])
    """From the caller's last sound to the agent's first, of each reply so far."""

    @property
    def state(self) -> State:
        if not self.connected:
            return "rings"
        if self.secret:
            return "secret"
        if self.floor in {"nobody", "caller"} and self.tools:
            return "tool"
        if self.floor == "nobody" and self.thinking:
            return "thinks"
        return _BY_FLOOR[self.floor]

    def take(self, what: Shown) -> Told:
        """Bring the call up to date."""
        return self._TAKES[type(what)](self, what)

    def shown(self) -> dict[str, Any]:
        """All of it, for who has seen nothing yet."""
        return {
            "conversation_id": self.conversation_id,
            "assistant_id": self.assistant_id,
            "assistant_name": self.assistant_name,
            "version": self.version,
            "direction": self.direction,
            "caller": self.caller,
            "callee": self.callee,
            "began_at": self.began_at,
            "state": self.state,
            "flow_state": self.flow_state,
            "tools": list(self.tools),
            "lines": list(self.lines.values()),
            "reply_ms": list(self.reply_ms),
        }

    def _begin(self, what: CallShown) -> Told:
        self.version, self.direction = what.version, what.direction
        self.assistant_name, self.caller, self.callee = what.assistant_name, what.caller, what.callee
        return "call.began", self.shown()

    def _connect(self, _: StreamShown) -> Told:
        self.connected = True

    def _move_floor(self, what: FloorShown) -> Told:
        self.floor = what.floor
        self.thinking = self.thinking and what.floor != "agent"

    def _think(self, _: ThoughtShown) -> Told:
        self.thinking = True

    def _enter(self, what: FlowShown) -> Told:
        self.flow_state = what.state
        return "call.flow", {"flow_state": what.state}

    def _hide(self, what: SecretShown) -> Told:
        self.secret = what.typing

    def _tool(self, what: ToolShown) -> Told:
        if not what.end:
            self.tools.append(what.name)
        elif what.name in self.tools:
            self.tools.remove(what.name)
        return "call.tool", {"tool": what.name, "end": what.end or None}

    def _words(self, what: WordsShown) -> Told:
        """Whoever follows calls is shown what was heard; only a conversation in writing shows it before."""

    def _line(self, what: RecordEntry) -> Told:
        line = {"id": what.entry_id, "turn_id": what.turn_id, **msgspec.structs.asdict(what.entry)}
        self.lines[what.entry_id] = line
        while len(self.lines) > LINES_SHOWN:
            del self.lines[next(iter(self.lines))]
        return "call.line", {"line": line}

    def _reply(self, what: RecordStages) -> Told:
        self.reply_ms.append(what.stages.total_us // 1000)
        return "call.reply", {"turn_id": what.turn_id, "stages": msgspec.structs.asdict(what.stages)}

    def _end(self, what: EndCall) -> Told:
        return "call.ended", {"reason": what.reason}

    _TAKES: ClassVar[Mapping[type[Any], Callable[[Any, Any], Told]]] = {
        CallShown: _begin,
        StreamShown: _connect,
        FloorShown: _move_floor,
        ThoughtShown: _think,
        FlowShown: _enter,
        SecretShown: _hide,
        ToolShown: _tool,
        WordsShown: _words,
        RecordEntry: _line,
        RecordStages: _reply,
        EndCall: _end,
    }
