"""A local server that speaks OpenAI's streaming chat completions.

Follows https://platform.openai.com/docs/api-reference/chat/create,
https://platform.openai.com/docs/api-reference/chat-streaming (chunks, `delta.tool_calls` by index, the usage
chunk with empty `choices`, `data: [DONE]`) and https://platform.openai.com/docs/guides/error-codes.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from tests.doubles.http_double import HttpDouble, Request


def event(chunk: Any) -> bytes:
    """One server-sent event."""
    return b"data: " + (chunk if isinstance(chunk, bytes) else json.dumps(chunk).encode()) + b"\n\n"


def chunk(delta: dict[str, Any] | None = None, finish: str | None = None, **fields: Any) -> bytes:
    """One `chat.completion.chunk` with one choice."""
    choice = {"index": 0, "delta": delta or {}, "logprobs": None, "finish_reason": finish}
    frame = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    return event({**frame, "choices": [choice], "usage": None, **fields})


@dataclass
class OpenAIDouble(HttpDouble):
    """Answers with `words`, then with `tool_calls`, each a list of deltas; `tail` may replace the end."""

    words: tuple[str, ...] = ("Good ", "morning", ".")
    tool_deltas: tuple[dict[str, Any], ...] = ()
    tail: tuple[bytes, ...] | None = None
    usage: dict[str, int] = field(
        default_factory=lambda: {"prompt_tokens": 12, "completion_tokens": 3, "total_tokens": 15}
    )
    lists_models: bool = False
    """Whether `conducts` and `requests` are about the list of models as well."""

    content_type = "text/event-stream; charset=utf-8"
    garbage = b'data: {"choices": [{"delta": \n\n'

    def concerns(self, request: Request) -> bool:
        return request.path == "/v1/chat/completions" or (self.lists_models and request.path == "/v1/models")

    def pieces(self, request: Request) -> list[bytes]:
        first = [b": keep-alive comment\n\n", chunk({"role": "assistant", "content": ""})]
        words = [chunk({"content": word}) for word in self.words]
        tools = [chunk({"tool_calls": [delta]}) for delta in self.tool_deltas]
        end = [
            chunk({}, "tool_calls" if tools else "stop"),
            chunk(choices=[], usage=self.usage),
            event(b"[DONE]"),
        ]
        return [*first, *words, *tools, *(end if self.tail is None else self.tail)]
