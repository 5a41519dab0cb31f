"""Calls without a stream: refused, or never there, each with its own reason beside the carrier's word."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import pytest
from structlog.testing import capture_logs

from rapida.call.happenings import StreamRefused
from rapida.store import contexts, conversations, events
from rapida.store.conversations import Conversation
from rapida.store.event_names import named
from rapida.switchboard import unheld
from rapida.switchboard.claims import sweep
from tests.switchboard.ready_node import ReadyNode, context_of


async def ended(ready: ReadyNode, context_id: UUID) -> Conversation:
    async with ready.node.store.read() as tx:
        context = await contexts.find(tx, context_id)
        assert context is not None
        return await conversations.find(tx, context.conversation_id)


async def refusals(ready: ReadyNode, within_s: float = 20) -> list[dict[str, Any]]:
    """What is written of refused streams; it is written behind the answer."""
    async with asyncio.timeout(within_s):
        while True:
            async with ready.node.store.read() as tx:
                found = [each.happening for each in await events.of_conversation(tx, 1)]
            if refused := [named(each)[1] for each in found if isinstance(each, StreamRefused)]:
                return refused
            await asyncio.sleep(0.005)


@pytest.fixture
def missed(ready: ReadyNode) -> list[str]:
    return ready.missed


async def test_a_call_whose_stream_never_came_says_so_though_the_carrier_calls_it_completed(
    ready: ReadyNode, missed: list[str]
) -> None:
    context_id = context_of(await ready.rings())
    with capture_logs() as lines:
        await ready.reports(context_id, CallStatus="completed", SequenceNumber="1")
    over = await ended(ready, context_id)
    assert (over.status, over.end_reason, over.call_status) == ("ended", "no_stream", "completed")
    assert missed == ["no_stream"]
    assert [line["reason"] for line in lines if line["event"] == "call_ended"] == ["no_stream"]


@pytest.mark.parametrize("elsewhere", [False, True], ids=["here", "at another server"])
async def test_a_call_whose_stream_was_refused_says_so_and_why(
    ready: ReadyNode, missed: list[str], elsewhere: bool
) -> None:
    context_id = context_of(await ready.rings())
    for _ in range(3):
        await ready.opens_stream(context_id, token="other")
    (why,) = await refusals(ready)
    assert "fits no token of credential 1" in why["reason"]
    if elsewhere:
        ready.node.refused_streams.clear()
    await ready.reports(context_id, CallStatus="completed")
    over = await ended(ready, context_id)
    assert (over.end_reason, over.call_status) == ("stream_refused", "completed")
    assert missed == ["stream_refused"]
    assert ready.node.refused_streams == {}


@pytest.mark.parametrize("status", ["busy", "no-answer", "failed", "canceled"])
async def test_what_the_carrier_says_of_a_call_that_never_was_is_its_reason(
    ready: ReadyNode, missed: list[str], status: str
) -> None:
    context_id = context_of(await ready.rings())
    await ready.reports(context_id, CallStatus=status)
    assert (await ended(ready, context_id)).end_reason == status
    assert missed == []


async def test_a_context_that_expired_after_a_refusal_was_refused_and_the_status_comes_later(
    ready: ReadyNode, missed: list[str]
) -> None:
    context_id = context_of(await ready.rings())
    await ready.opens_stream(context_id, token=None)
    ready.clock.turn(seconds=61)
    assert await sweep(ready.node) == 1
    await ready.reports(context_id, CallStatus="completed")
    over = await ended(ready, context_id)
    assert (over.end_reason, over.call_status) == ("stream_refused", "completed")
    assert missed == ["stream_refused"], "counted once"


async def test_a_forged_stream_changes_nothing_for_the_true_one(ready: ReadyNode, missed: list[str]) -> None:
    context_id = context_of(await ready.rings())
    await ready.opens_stream(context_id, token="other")
    await refusals(ready)
    await ready.opens_stream(context_id)
    assert (await ended(ready, context_id)).status == "live"
    await ready.reports(context_id, CallStatus="completed")
    assert (await ended(ready, context_id)).end_reason == "completed", "whoever holds it says more"
    assert missed == []


async def test_no_more_refusals_are_remembered_than_allowed(
    ready: ReadyNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unheld, "MOST_REMEMBERED", 2)
    for number in range(4):
        context_id = context_of(await ready.rings(CallSid=f"CA{number:032}"))
        await ready.opens_stream(context_id, token="other")
    assert len(ready.node.refused_streams) <= 2
