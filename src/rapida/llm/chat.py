"""The model's memory in the words of the chat-completions format that OpenAI made and others follow.

Pure: what is sent for each message, and what is read from a streamed answer. The format is read loosely:
servers that follow it write null, a list or an object where OpenAI writes a text, and what nobody needs is
passed over. The wire is `openai`'s.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final, cast

from ..call.commands import Message, ToolRequest
from ..call.tool_requests import ToolSpec
from ..providers.line_streams import join_halves
from .base import CutShort, ToolCall, Usage
from .tool_calls import ToolCalls

NOTES = {
    "opening": "[The call has just been connected: greet the caller.]",
    "unclear": "[The caller said something that could not be understood.]",
    "idle": "[The caller says nothing.]",
    "broken": "[Your last answer broke off after these words: go on from there, and repeat nothing.]",
    "results": "[A tool has answered after the caller went on: tell the caller what is new in it, briefly.]",
}
CUT = "…"
"""Stands where the caller interrupted the assistant."""


def chat_messages(system: str, memory: Sequence[Message]) -> list[dict[str, Any]]:
    """The `messages` of a request: the system's, then the memory.

    Users and assistants alternate, and a user begins: the templates of many models refuse anything else.
    """
    first = [{"role": "system", "content": system}] if system else []
    messages: list[dict[str, Any]] = []
    for message in memory:
        written = _message(message)
        if not messages and written["role"] != "user":
            messages.append({"role": "user", "content": NOTES["opening"]})
        if messages and _goes_on(messages[-1], written):
            _add(messages[-1], written)
        else:
            messages.append(written)
    return [*first, *messages]


def _goes_on(before: dict[str, Any], message: dict[str, Any]) -> bool:
    """Whether two messages in a row are the same party's. A tool's result belongs to its own call."""
    return before["role"] == message["role"] != "tool" and "tool_calls" not in before


def _add(before: dict[str, Any], message: dict[str, Any]) -> None:
    content = "\n".join(text for text in (before["content"], message["content"]) if text)
    before.update({**message, "content": content})


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
    return NOTES.get(message.note or message.kind, message.text)


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

CUT_SHORT: Final = ("length", "content_filter")
"""Reasons to finish that mean: there would have been more to say."""


class ChatAnswer:
    """What has been streamed of one answer so far."""

    def __init__(self, prefix: str) -> None:
        """`prefix` begins the ids that are made up for tool calls that come without one."""
        self._calls = ToolCalls(prefix)
        self._half = ""
        """The first half of a character that came in two chunks."""
        self._streamed = False
        self.finished = False
        self.cut_short: CutShort | None = None
        self.usage: Usage | None = None

    def take(self, chunk: object) -> str:
        """Add one chunk; returns the text in it."""
        fields = fields_of(chunk)
        if usage := fields_of(fields.get("usage")):
            self.usage = Usage(_count(usage.get("prompt_tokens")), _count(usage.get("completion_tokens")))
        choices = fields.get("choices")
        choice = fields_of(
            next(iter(cast("list[object]", choices)), None) if isinstance(choices, list) else None
        )
        if reason := choice.get("finish_reason"):
            self.finished = True
            if reason in CUT_SHORT:
                self.cut_short = CutShort(str(reason))
        return self._whole(self._text(choice))

    def calls(self) -> list[ToolCall]:
        """Every tool call, in the order in which they began."""
        return self._calls.all()

    def _text(self, choice: dict[str, Any]) -> str:
        delta = fields_of(choice.get("delta"))
        if not delta and not self._streamed:
            delta = fields_of(choice.get("message"))  # a server that does not stream; else it is said again
        self._calls.add(delta.get("tool_calls"))
        self._calls.add(delta.get("function_call"))
        text = text_of(delta.get("content")) or text_of(delta.get("refusal"))
        self._streamed = self._streamed or bool(text)
        return text

    def _whole(self, text: str) -> str:
        """The text with the first half of a character that came before, and without one that comes last."""
        text = self._half + text
        self._half = text[-1] if "\ud800" <= text[-1:] <= "\udbff" else ""
        return join_halves(text.removesuffix(self._half))


def text_of(content: object) -> str:
    """The words in a content: a text, or parts, of which thoughts and the like are none."""
    if isinstance(content, str):
        return content
    return "".join(_part_text(part) for part in _list(content) or [content])


def _part_text(part: object) -> str:
    if isinstance(part, str):
        return part
    fields = fields_of(part)
    if fields.get("type", "text") not in ("text", "output_text", "refusal"):
        return ""
    text = fields.get("text") or fields.get("refusal")
    return text if isinstance(text, str) else ""


def fields_of(value: object) -> dict[str, Any]:
    """The fields of an object; none where it is something else."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def _list(value: object) -> list[object]:
    return cast("list[object]", value) if isinstance(value, list) else []


def _count(value: object) -> int:
    return int(value) if isinstance(value, int | float) else 0
