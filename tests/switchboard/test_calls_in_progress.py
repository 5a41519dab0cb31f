"""The calls of a process: it is idle when there is none, and ends when the last one is over and written."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from uuid import UUID, uuid4

import pytest
from structlog.testing import capture_logs

from rapida.call.events import HangUpRequested
from rapida.node.call_bus import News
from rapida.switchboard import calls_in_progress
from rapida.switchboard.calls_in_progress import CallsInProgress
from tests.switchboard.ready_node import ReadyNode

DATABASES = ("sqlite",)  # the database is only asked what the carrier has reported
LONG_S = 600.0


@pytest.fixture
def calls(ready: ReadyNode) -> CallsInProgress:
    return CallsInProgress(ready.node)


def announced(calls: CallsInProgress) -> UUID:
    context_id = uuid4()
    calls.await_stream(context_id, LONG_S, late=lambda: None, over=lambda: calls.no_longer_await(context_id))
    return context_id


def held(
    calls: CallsInProgress, until: asyncio.Event, number: int = 7, then: Callable[[], None] = lambda: None
) -> None:
    async def holding() -> None:
        await until.wait()
        then()
        calls.ended(number)

    calls.hold(number, holding())


async def test_a_call_is_counted_from_its_announcement_to_its_end(calls: CallsInProgress) -> None:
    over = asyncio.Event()
    await calls.idle()
    context_id = announced(calls)
    assert (calls.busy, calls.awaits(context_id)) == (1, True)
    assert calls.stream_came(context_id) is None
    held(calls, over)
    assert (calls.busy, calls.awaits(context_id), calls.latest) == (1, False, 7)
    over.set()
    await calls.idle()
    assert calls.busy == 0


async def test_a_stream_that_does_not_come_is_awaited_no_more(calls: CallsInProgress) -> None:
    context_id = announced(calls)
    idle = asyncio.create_task(calls.idle())
    await asyncio.sleep(0)
    assert not idle.done()
    calls.no_longer_await(context_id)
    await idle


async def test_the_end_waits_for_the_last_call_and_for_what_it_leaves(calls: CallsInProgress) -> None:
    over, written, done = asyncio.Event(), asyncio.Event(), list[str]()

    async def write() -> None:
        await written.wait()
        done.append("written")

    held(calls, over, then=lambda: calls.write(write()) and done.append("over"))
    draining = asyncio.create_task(calls.drain(LONG_S, asyncio.Event()))
    over.set()
    await calls.idle()
    assert (done, draining.done()) == (["over"], False)
    written.set()
    await draining
    assert done == ["over", "written"]


async def test_calls_are_told_to_end_once_the_process_hurries(
    ready: ReadyNode, calls: CallsInProgress
) -> None:
    over, hurried, heard = asyncio.Event(), asyncio.Event(), list[News]()

    def hear(news: News) -> None:
        heard.append(news)
        over.set()

    ready.node.bus.join(uuid4(), hear)
    held(calls, over)
    hurried.set()
    await calls.drain(LONG_S, hurried)
    assert (heard, calls.busy) == ([HangUpRequested("drain")], 0)


async def test_a_call_that_does_not_end_is_cancelled(
    calls: CallsInProgress, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calls_in_progress, "CLEAN_UP_S", 0.01)
    ended = list[int]()

    async def holding() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(7)

    calls.hold(7, holding())
    with capture_logs() as logged:
        await calls.drain(0, asyncio.Event())
    assert ended == [7]
    assert [each["event"] for each in logged] == ["calls_hung_up"]
