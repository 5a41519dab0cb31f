"""The responder and a scripted brain: a reply's stream becomes events, and so does its failure."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from typing import Any

import pytest

from rapida.call.commands import CancelReply, Message, StartReply
from rapida.call.events import Event, Question, QuestionAsked, ReplyDelta, ReplyEnded, ReplyFailed, ToolCalled
from rapida.call.tool_requests import ToolSpec
from rapida.engine.responder import Responder
from rapida.errors import ProviderError, ProviderRefused, ProviderUnavailable
from rapida.llm.base import BrainEvent, ReplyRequest, StateEntered, TextDelta, ToolCall, Usage

Step = BrainEvent | Exception | asyncio.Event
"""Something of the reply, a failure, or something to wait for."""
BOOK = ToolSpec("book", "Books a table.", {"type": "object"})
MEMORY = (Message("user", "hello"),)


class Mind:
    """Replies to each turn as it is scripted."""

    may_transfer = False
    follows_up = False
    opens = False
    missing = ()
    answers = ()

    def __init__(self, *turns: list[Step]) -> None:
        self.turns = turns
        self.requests: list[ReplyRequest] = []
        self.closed: list[int] = []

    async def reply(self, request: ReplyRequest) -> AsyncIterator[BrainEvent]:
        self.requests.append(request)
        try:
            for step in self.turns[request.turn_id]:
                if isinstance(step, asyncio.Event):
                    await step.wait()
                elif isinstance(step, Exception):
                    raise step
                else:
                    yield step
        finally:
            self.closed.append(request.turn_id)


class WatchedResponder:
    """A responder, its brain, and what it tells."""

    def __init__(self, *turns: list[Step]) -> None:
        self.mind = Mind(*turns)
        self.told: list[Event] = []
        self.tasks: list[asyncio.Task[None]] = []
        self.entered: list[str] = []
        self.responder = Responder(self.mind, [BOOK], self.told.append, self._spawn, self.entered.append)

    def _spawn(self, doing: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        self.tasks.append(asyncio.ensure_future(doing))
        return self.tasks[-1]

    async def replies(self, *turns: int, tools: bool = True) -> WatchedResponder:
        """Start a reply to each turn; its id is the turn's and 10."""
        for turn in turns:
            self.responder.start(StartReply(turn + 10, turn, MEMORY, tools=tools))
        return await self.settle()

    async def settle(self) -> WatchedResponder:
        for _ in range(20):
            await asyncio.sleep(0)
        return self


async def test_a_stream_becomes_events_in_its_order_and_its_usage_stands_at_the_end() -> None:
    question = Question(kind="yes_no")
    watched = await WatchedResponder(
        [
            TextDelta("It is "),
            Usage(7, 2),
            TextDelta("open."),
            ToolCall("c1", "book", "{}"),
            question,
            Usage(8, 9),
        ]
    ).replies(0)
    assert watched.told == [
        ReplyDelta(10, "It is "),
        ReplyDelta(10, "open."),
        ToolCalled(10, "c1", "book", "{}"),
        QuestionAsked(10, question),
        ReplyEnded(10, 8, 9),
    ]


async def test_the_state_that_a_flow_is_in_is_told_beside_its_words() -> None:
    watched = await WatchedResponder([StateEntered("menu"), TextDelta("It is")]).replies(0)
    assert (watched.entered, watched.told) == (["menu"], [ReplyDelta(10, "It is"), ReplyEnded(10)])


async def test_a_brain_that_says_nothing_has_ended_all_the_same() -> None:
    assert (await WatchedResponder([]).replies(0)).told == [ReplyEnded(10)]


@pytest.mark.parametrize(("tools", "offered"), [(True, (BOOK,)), (False, ())])
async def test_the_brain_is_asked_with_the_turn_its_memory_and_the_tools_it_may_use(
    tools: bool, offered: tuple[ToolSpec, ...]
) -> None:
    watched = await WatchedResponder([]).replies(0, tools=tools)
    assert watched.mind.requests == [ReplyRequest(0, MEMORY, offered)]


@pytest.mark.parametrize(
    ("failure", "retryable"),
    [(ProviderUnavailable("mind", "overloaded"), True), (ProviderRefused("mind", "no such key"), False)],
)
async def test_a_provider_that_fails_ends_the_reply_with_its_reason_behind_what_it_said(
    failure: ProviderError, retryable: bool
) -> None:
    watched = await WatchedResponder([TextDelta("It is"), Usage(1, 1), failure]).replies(0)
    assert watched.told == [
        ReplyDelta(10, "It is"),
        ReplyFailed(10, str(failure), retryable, provider=failure.provider),
    ]


async def test_a_bug_in_a_brain_is_told_as_no_failure_of_a_provider() -> None:
    watched = await WatchedResponder([TextDelta("It is"), KeyError("oops")]).replies(0)
    assert watched.told == [ReplyDelta(10, "It is")]
    assert isinstance(watched.tasks[0].exception(), KeyError)


async def test_a_cancelled_reply_is_closed_and_silent_and_another_one_goes_on() -> None:
    gate = asyncio.Event()
    watched = await WatchedResponder(
        [TextDelta("one"), gate, TextDelta("more")], [gate, TextDelta("two")]
    ).replies(0, 1)
    watched.responder.cancel(CancelReply(10))
    await watched.settle()
    assert watched.mind.closed == [0], "closing it is what cancels its request"
    gate.set()
    await watched.settle()
    assert watched.told == [ReplyDelta(10, "one"), ReplyDelta(11, "two"), ReplyEnded(11)]


async def test_cancelling_what_has_ended_or_never_was_changes_nothing() -> None:
    watched = await WatchedResponder([TextDelta("one")]).replies(0)
    told = list(watched.told)
    for reply in (10, 99):
        watched.responder.cancel(CancelReply(reply))
    await watched.settle()
    assert watched.told == told
