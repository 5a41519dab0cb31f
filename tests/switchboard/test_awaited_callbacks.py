"""Reports: a process stays until the carrier has said its last word on each call, or its time is over."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import update
from structlog.testing import capture_logs

from rapida.store.tables import contexts
from rapida.switchboard import awaited_callbacks as reports
from rapida.switchboard.awaited_callbacks import AwaitedCallbacks
from tests.switchboard.ready_node import ReadyNode, context_of

LONG_S = 60.0
"""Longer than any of these tests may wait."""


async def call_over(ready: ReadyNode) -> tuple[AwaitedCallbacks, UUID]:
    """A call that is over here, and of which the carrier has only said that it rang."""
    context = context_of(await ready.rings())
    made = AwaitedCallbacks(ready.node.store)
    made.call_over(context)
    return made, context


async def waits(made: AwaitedCallbacks, hurried: asyncio.Event | None = None) -> asyncio.Task[None]:
    """Begin to wait, and see that it is not over at once."""
    waiting = asyncio.create_task(made.taken(LONG_S, hurried or asyncio.Event()))
    await asyncio.wait({waiting}, timeout=3 * reports.LOOK_EVERY_S)
    assert not waiting.done()
    return waiting


async def missing(made: AwaitedCallbacks, within_s: float = LONG_S, *, hurried: bool = False) -> list[str]:
    """Wait for the reports; which are said to be missing."""
    hurry = asyncio.Event()
    if hurried:
        hurry.set()
    with capture_logs() as logged:
        await made.taken(within_s, hurry)
    return [name for line in logged if line["event"] == "reports_not_awaited" for name in line["contexts"]]


async def test_nobody_waits_without_a_call(ready: ReadyNode) -> None:
    assert await missing(AwaitedCallbacks(ready.node.store)) == []


@pytest.mark.parametrize("status", ["completed", "busy", "no-answer", "failed", "canceled"])
async def test_a_terminal_status_is_waited_for_and_then_nothing_more(ready: ReadyNode, status: str) -> None:
    made, context = await call_over(ready)
    waiting = await waits(made)
    await ready.reports(context, CallStatus=status)
    await waiting
    assert await missing(made) == []


async def test_a_status_that_another_server_took_counts(ready: ReadyNode) -> None:
    made, _ = await call_over(ready)
    waiting = await waits(made)
    await ready.reports_on_number(CallStatus="completed")
    await waiting


@pytest.mark.parametrize("order", [("completed", "stream-stopped"), ("stream-stopped", "completed")])
async def test_the_end_of_a_stream_whose_beginning_was_told_is_waited_for_too(
    ready: ReadyNode, order: tuple[str, str]
) -> None:
    made, context = await call_over(ready)
    said: dict[str, dict[str, Any]] = {
        name: {"StreamEvent": name, "StreamSid": "MZ1"} for name in ("stream-started", "stream-stopped")
    }
    said["completed"] = {"CallStatus": "completed"}
    await ready.reports(context, **said["stream-started"])
    await ready.reports(context, **said[order[0]])
    waiting = await waits(made)
    await ready.reports(context, **said[order[1]])
    await waiting


async def test_both_ends_of_a_stream_that_was_claimed_are_waited_for_though_the_calls_end_comes_first(
    ready: ReadyNode,
) -> None:
    made, context = await call_over(ready)
    async with ready.node.store.write() as tx:
        claim = update(contexts).where(contexts.c.id == context)
        await tx.execute(claim.values(claimed_at=contexts.c.created_at))
    await ready.reports(context, CallStatus="completed")
    waiting = await waits(made)
    await ready.reports(context, StreamEvent="stream-started", StreamSid="MZ1")
    await asyncio.wait({waiting}, timeout=3 * reports.LOOK_EVERY_S)
    assert not waiting.done()
    await ready.reports(context, StreamEvent="stream-stopped", StreamSid="MZ1")
    await waiting


async def test_a_stream_that_never_began_is_not_waited_for(ready: ReadyNode) -> None:
    made, context = await call_over(ready)
    await ready.reports(context, StreamEvent="stream-error", StreamSid="MZ1", StreamError="31920")
    await ready.reports(context, CallStatus="completed")
    assert await missing(made) == []


async def test_what_does_not_come_in_time_is_named_in_the_log(ready: ReadyNode) -> None:
    made, context = await call_over(ready)
    assert await missing(made, 0.0) == [str(context)]
    await ready.reports(context, CallStatus="completed")
    assert await missing(made, 0.0) == []


async def test_who_hurries_waits_for_nothing(ready: ReadyNode) -> None:
    made, context = await call_over(ready)
    hurried = asyncio.Event()
    waiting = await waits(made, hurried)
    hurried.set()
    await waiting
    assert await missing(made, hurried=True) == [str(context)]


async def test_reports_are_missed_for_a_while_only(ready: ReadyNode, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reports, "REPORTED_WITHIN_S", 0.0)
    made, first = await call_over(ready)
    second = context_of(await ready.rings(CallSid="CA" + "7" * 32))
    made.call_over(second)
    assert str(first) not in await missing(made)


async def test_a_database_that_is_away_has_taken_nothing(ready: ReadyNode) -> None:
    made, context = await call_over(ready)
    await ready.reports(context, CallStatus="completed")
    ready.store.goes_away()
    assert await missing(made, 0.0) == [str(context)]
