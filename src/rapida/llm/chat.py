"""The model's memory in the words of the chat-completions format that OpenAI made and others follow.

Pure: what is sent for each message, and how a streamed answer's tool calls are put together. The wire is
`openai`'s.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from msgspec import Struct

from ..call.commands import Message, ToolRequest
from .base import ToolCall, ToolSpec, Usage

NOTES = {
    "opening": "[The call has just been connected: greet the caller.]",
    "unclear": "[The caller said something that could not be understood.]",
    "idle": "[The caller says nothing.]",
}
CUT = "…"
"""Stands where the caller interrupted the assistant."""


def chat_messages(system: str, memory: Sequence[Message]) -> list[dict[str, Any]]:
    """The `messages` of a request: the system's, then the memory."""
    first = [{"role": "system", "content": system}] if system else []
    return [*first, *(_message(message) for message in memory)]


def chat_tools(tools: Sequence[ToolSpec]) -> list[dict[str, Any]]:
    """The `tools` of a request."""
    return [
        {
            "type": "function",
            "function": {"name": tool.name, "description": tool.description, "parameters": tool.parameters},
        }
        for tool in tools
    ]


def _message(message: Message) -> dict[str, Any]:
    if message.role == "tool":
        return {"role": "tool", "tool_call_id": message.call_id, "content": message.text}
    if message.role == "user":
        return {"role": "user", "content": _user_text(message)}
    said: dict[str, Any] = {"role": "assistant", "content": message.text + (CUT if message.cut else "")}
    if message.tools:
        said["tool_calls"] = [_tool_call(request) for request in message.tools]
    return said


def _user_text(message: Message) -> str:
    if message.kind == "keys":
        return f"[Typed on the keypad: {message.text}]"
    return NOTES.get(message.kind, message.text)


def _tool_call(request: ToolRequest) -> dict[str, Any]:
    try:
        json.loads(request.arguments)
        arguments = request.arguments
    except (ValueError, RecursionError):
        # Some servers parse what they are given back and would refuse the whole conversation.
        arguments = "{}"
    function = {"name": request.name, "arguments": arguments}
    return {"id": request.call_id, "type": "function", "function": function}


# The answer, as it is streamed ------------------------------------------------------------------------------


class FunctionDelta(Struct, frozen=True):
    name: str | None = None
    arguments: str | None = None


class ToolDelta(Struct, frozen=True):
    index: int | None = None
    id: str | None = None
    function: FunctionDelta | None = None


class Delta(Struct, frozen=True):
    content: str | None = None
    refusal: str | None = None
    tool_calls: tuple[ToolDelta, ...] | None = None


class Choice(Struct, frozen=True):
    delta: Delta | None = None
    finish_reason: str | None = None


class Tokens(Struct, frozen=True):
    prompt_tokens: int = 0
    completion_tokens: int = 0


class Chunk(Struct, frozen=True):
    """One `data:` line of the stream; fields that are not named here are passed over."""

    choices: tuple[Choice, ...] | None = None
    usage: Tokens | None = None
    error: Any = None


class Answer:
    """What has been streamed of one answer so far."""

    def __init__(self, prefix: str) -> None:
        """`prefix` begins the ids that are made up for tool calls that come without one."""
        self._prefix = prefix
        self._calls: list[_Call] = []
        self.finished = False
        self.usage: Usage | None = None

    def take(self, chunk: Chunk) -> str:
        """Add one chunk; returns the text in it."""
        if chunk.usage is not None:
            self.usage = Usage(chunk.usage.prompt_tokens, chunk.usage.completion_tokens)
        text = ""
        for choice in chunk.choices or ():
            self.finished = self.finished or choice.finish_reason is not None
            if choice.delta is not None:
                text += choice.delta.content or choice.delta.refusal or ""
                for piece in choice.delta.tool_calls or ():
                    self._add(piece)
        return text

    def _add(self, piece: ToolDelta) -> None:
        """The first piece of a call has its id and name, each may have some of the arguments."""
        call = self._call_of(piece)
        if piece.function is not None:
            call.name += piece.function.name or ""
            call.arguments += piece.function.arguments or ""

    def _call_of(self, piece: ToolDelta) -> _Call:
        last = self._calls[-1] if self._calls else None
        # Some servers number every call 0, or none: there a new id begins a new call.
        if last is None or (piece.id and piece.id != last.id):
            begun = None
        elif piece.index is None or piece.index == last.index:
            begun = last
        else:
            begun = next((call for call in self._calls if call.index == piece.index), None)
        if begun is None:
            begun = _Call(piece.index, piece.id or f"{self._prefix}-{len(self._calls)}")
            self._calls.append(begun)
        return begun

    def calls(self) -> list[ToolCall]:
        """Every tool call, in the order in which they began."""
        return [ToolCall(call.id, call.name, call.arguments or "{}") for call in self._calls]


@dataclass
class _Call:
    index: int | None
    id: str
    name: str = ""
    arguments: str = ""
