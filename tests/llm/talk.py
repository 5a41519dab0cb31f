"""Words for tests of brains: a call that goes turn by turn, and the memory that grows with it."""

from __future__ import annotations

import json
from typing import Any, Literal

from rapida.call.commands import Message, ToolRequest
from rapida.call.events import Question
from rapida.call.tool_requests import ToolSpec
from rapida.llm.base import Brain, BrainEvent, ReplyRequest, TextDelta, ToolCall

Kind = Literal["said", "keys", "unclear", "idle", "opening"]
"""What a turn of the caller can be (`Message.kind`)."""


class Talk:
    """One call as its brain meets it; `last` is the last reply, whole."""

    def __init__(self, brain: Brain, tools: tuple[ToolSpec, ...] = ()) -> None:
        self.brain = brain
        self.memory: list[Message] = []
        self.tools = tools
        self.turn_id = 0
        self.last: list[BrainEvent] = []

    @property
    def request(self) -> ReplyRequest:
        return ReplyRequest(self.turn_id, tuple(self.memory), self.tools)

    async def ask(self) -> list[BrainEvent]:
        """Ask for the reply of the present turn, again or for the first time."""
        self.last = [event async for event in self.brain.reply(self.request)]
        return self.last

    async def turn(self, text: str, kind: Kind) -> list[BrainEvent]:
        self.turn_id += 1
        self.memory.append(Message("user", text, kind=kind))
        return await self.ask()

    async def begins(self) -> list[BrainEvent]:
        return await self.turn("", "opening")

    async def says(self, text: str) -> list[BrainEvent]:
        return await self.turn(text, "said")

    async def types(self, keys: str) -> list[BrainEvent]:
        return await self.turn(keys, "keys")

    async def mumbles(self) -> list[BrainEvent]:
        return await self.turn("", "unclear")

    def result_comes(self, result: str, *, ok: bool = True) -> None:
        """The tool of the last reply has answered: its request and result enter the memory."""
        request = self.tool
        wanted = ToolRequest(request.call_id, request.name, request.arguments)
        self.memory.append(Message("assistant", self.spoken, tools=(wanted,)))
        self.memory.append(Message("tool", result, call_id=request.call_id, ok=ok))

    @property
    def spoken(self) -> str:
        return "".join(event.text for event in self.last if isinstance(event, TextDelta)).strip()

    @property
    def question(self) -> Question:
        [question] = [event for event in self.last if isinstance(event, Question)]
        return question

    @property
    def tool(self) -> ToolCall:
        [call] = [event for event in self.last if isinstance(event, ToolCall)]
        return call

    @property
    def arguments(self) -> Any:
        return json.loads(self.tool.arguments)
