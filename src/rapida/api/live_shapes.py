"""What the events of `/v1/live` carry, by name, as the OpenAPI document tells it. They are encoded where
they happen, once for all who follow (`switchboard/live_board.py`)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field

from ..switchboard.call_on_board import State
from .kinds import EndReasonWord, LineKind, Speaker


class LiveLine(BaseModel):
    """A line of the transcript; a later one with its `id` replaces it. Of the agent's, `heard` is what
    reached the ear so far; `cut` = no more of it will.
    """

    id: int
    turn_id: int
    speaker: Speaker
    text: str
    heard: str = ""
    kind: LineKind = "said"
    cut: bool = False


class LiveCall(BaseModel):
    """A call in progress as it stands."""

    conversation_id: int
    assistant_id: int
    assistant_name: str
    version: int
    direction: Literal["inbound", "outbound"]
    caller: str
    callee: str
    began_at: datetime
    state: State
    flow_state: str = Field(
        default="", description="The state that the assistant's flow is in; empty without one"
    )
    tools: list[str] = Field(description="The tools that run")
    lines: list[LiveLine] = Field(description="The last of them")
    reply_ms: list[int] = Field(description="From the caller's last sound to the agent's first, each reply")


class LiveCalls(BaseModel):
    """`calls`: every call in progress."""

    calls: list[LiveCall]


class LiveChange(BaseModel):
    """What every change of one call has. `at_ms` is since the call's beginning."""

    conversation_id: int
    at_ms: int


class LiveStart(LiveCall):
    """`call.began`"""

    at_ms: int


class LiveState(LiveChange):
    """`call.state`: what the call is at now. `held` = the agent stopped for a sound of the caller; `secret` =
    the caller types what nobody may see.
    """

    state: State


class LiveFlow(LiveChange):
    """`call.flow`: the state that the assistant's flow is in now."""

    flow_state: str


class LiveTranscript(LiveChange):
    """`call.line`"""

    line: LiveLine


class LiveStages(BaseModel):
    """Where one reply's time went, in microseconds; the eight parts sum to `total_us`."""

    stop_us: int
    final_us: int
    confirm_us: int
    token_us: int
    sentence_us: int
    sound_us: int
    frame_us: int
    mark_us: int
    total_us: int
    saved_us: int


class LiveReply(LiveChange):
    """`call.reply`"""

    turn_id: int
    stages: LiveStages


class LiveTool(LiveChange):
    """`call.tool`"""

    tool: str
    end: Literal["answered", "failed", "late", "misused"] | None = Field(description="null = it began")


class LiveEnd(LiveChange):
    """`call.ended`"""

    reason: EndReasonWord


class LiveLevels(BaseModel):
    """`levels`: how loud both sides are, ten times a second."""

    levels: dict[str, list[int]] = Field(description="By conversation: caller and agent, in dBFS")


BY_NAME: Mapping[str, type[BaseModel]] = {
    "calls": LiveCalls,
    "call.began": LiveStart,
    "call.state": LiveState,
    "call.flow": LiveFlow,
    "call.line": LiveTranscript,
    "call.reply": LiveReply,
    "call.tool": LiveTool,
    "call.ended": LiveEnd,
    "levels": LiveLevels,
}
Told = (
    LiveCalls
    | LiveStart
    | LiveState
    | LiveFlow
    | LiveTranscript
    | LiveReply
    | LiveTool
    | LiveEnd
    | LiveLevels
)
"""The data of any event."""
