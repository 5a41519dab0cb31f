"""The shell around the model: a reply is one task, its stream becomes events, its failure an event too."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from typing import cast

from ..call.commands import CancelReply, StartReply
from ..call.events import Event, Question, QuestionAsked, ReplyDelta, ReplyEnded, ReplyFailed, ToolCalled
from ..call.tool_requests import ToolSpec
from ..errors import ProviderError
from ..llm.base import Brain, BrainEvent, CutShort, ReplyRequest, StateEntered, TextDelta, ToolCall, Usage
from .tasks import Spawn


class Responder:
    """Runs the replies of one call; `emit` gets their events in order, `enter` a flow's state."""

    def __init__(
        self,
        brain: Brain,
        tools: Sequence[ToolSpec],
        emit: Callable[[Event], None],
        spawn: Spawn,
        enter: Callable[[str], None],
    ) -> None:
        self._brain = brain
        self._tools = tuple(tools)
        self._emit = emit
        self._spawn = spawn
        self._enter = enter
        self._running: dict[int, asyncio.Task[None]] = {}

    def start(self, order: StartReply) -> None:
        task = self._spawn(self._run(order))
        self._running[order.reply_id] = task
        task.add_done_callback(lambda _: self._running.pop(order.reply_id, None))

    def cancel(self, order: CancelReply) -> None:
        if (task := self._running.get(order.reply_id)) is not None:
            task.cancel()

    async def _run(self, order: StartReply) -> None:
        reply_id, usage, cut_short = order.reply_id, Usage(0, 0), ""
        tools = self._tools if order.tools else ()
        stream = self._brain.reply(ReplyRequest(order.turn_id, order.memory, tools))
        try:
            # A brain is written as an async generator, and closing it is what cancels its request.
            async with aclosing(cast("AsyncGenerator[BrainEvent, None]", stream)):
                async for event in stream:
                    match event:
                        case Usage():
                            usage = event
                        case CutShort(reason):
                            cut_short = reason
                        case StateEntered(name):
                            self._enter(name)
                        case _:
                            self._emit(_as_event(reply_id, event))
        except ProviderError as failed:
            wait_ms = round((failed.retry_after_s or 0) * 1000)
            self._emit(ReplyFailed(reply_id, str(failed), failed.retryable, wait_ms, failed.provider))
        else:
            self._emit(ReplyEnded(reply_id, usage.input_tokens, usage.output_tokens, cut_short))


def _as_event(reply_id: int, event: TextDelta | ToolCall | Question) -> Event:
    match event:
        case TextDelta(text):
            return ReplyDelta(reply_id, text)
        case ToolCall(call_id, name, arguments):
            return ToolCalled(reply_id, call_id, name, arguments)
        case Question():
            return QuestionAsked(reply_id, event)
