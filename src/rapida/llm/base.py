"""What thinks: a language model, or a flow that behaves like one.

`LanguageModel` is one per server process and configuration, `Brain` one per call. A reply is an async
iterator; closing it cancels the request.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Protocol

from msgspec import Struct

from ..call.commands import Message
from ..call.events import Question
from ..call.tool_requests import ToolSpec


class TextDelta(Struct, frozen=True):
    text: str


class ToolCall(Struct, frozen=True):
    """A whole tool call; `arguments` is the JSON text as the model wrote it."""

    call_id: str
    name: str
    arguments: str


class Usage(Struct, frozen=True):
    input_tokens: int
    output_tokens: int


class CutShort(Struct, frozen=True):
    """The model stopped before it was through: at the longest a reply may be, or at what it may not say."""

    reason: str


class StateEntered(Struct, frozen=True):
    """A flow stands in this state now; a model has none."""

    name: str


BrainEvent = TextDelta | ToolCall | Question | Usage | CutShort | StateEntered


class ReplyRequest(Struct, frozen=True):
    """`turn_id` is the same when the same turn is asked again (the caller went on, or a retry)."""

    turn_id: int
    memory: tuple[Message, ...]
    tools: tuple[ToolSpec, ...] = ()


class Brain(Protocol):
    """The thinking of one call."""

    may_transfer: bool
    """Whether its word hands the call to another number. A flow's author wrote that number down; a model can
    be talked into any, and some cost a fortune."""
    follows_up: bool
    """Whether it is asked to speak of a tool's result that comes after the caller has gone on. A flow has its
    own states for that."""
    opens: bool
    """Whether it begins by itself although the caller was greeted: a flow has its first question to ask."""
    missing: tuple[str, ...]
    """The variables that its texts ask for and that this call does not bring."""

    @property
    def answers(self) -> tuple[tuple[str, str], ...]:
        """What the caller answered, each with the name of what was asked; kept with the conversation.

        A model, which asks as it likes, has none.
        """
        ...

    def reply(self, request: ReplyRequest) -> AsyncIterator[BrainEvent]:
        """Stream a reply. Raises `ProviderRefused` or `ProviderUnavailable`."""
        ...


class LanguageModel(Protocol):
    """A model shared by all calls that use this configuration."""

    async def start(self) -> None: ...

    async def aclose(self) -> None: ...

    def brain(self, prompt: str, variables: Mapping[str, str]) -> Brain: ...
