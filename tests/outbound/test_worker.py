"""The queue as the server sees it: at work, woken, waiting for what is away, and at its end. Workers that are
killed are in tests/acceptance/test_workers.py and test_outbound_faults.py.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from structlog.testing import capture_logs

from rapida.errors import StoreError
from rapida.outbound import worker as queue_module
from rapida.outbound.order import Placed
from rapida.outbound.scheduling import DialScheduler, WorkerSettings
from rapida.outbound.worker import InlineQueue, Queue, WorkerQueue
from rapida.store import Store
from rapida.store.tables import executors
from rapida.workers.pool import WorkerPool
from tests.switchboard.calling_node import CallingNode


@asynccontextmanager
async def at_work(queue: Queue) -> AsyncGenerator[None]:
    running = asyncio.create_task(queue.run())
    try:
        yield
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
        await queue.aclose()


async def dialled(calling: CallingNode, placed: Placed) -> None:
    async with asyncio.timeout(120):
        while (await calling.intent(placed)).status != "dialled":
            await asyncio.sleep(0.01)


async def at_it(store: Store) -> int:
    """How many processes have said that they work for this database."""
    async with store.read() as tx:
        return (await tx.execute(select(func.count()).select_from(executors))).scalar_one()


async def test_what_is_put_into_the_queue_is_dialled_as_soon_as_it_is_woken(
    calling: CallingNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue_module, "LOOK_AROUND_S", 3600.0)
    looked, look_around = asyncio.Event(), DialScheduler.look_around

    async def noted(scheduler: DialScheduler, jobs: Any) -> None:
        await look_around(scheduler, jobs)
        looked.set()

    monkeypatch.setattr(DialScheduler, "look_around", noted)
    placed = await calling.queued()
    queue = InlineQueue(calling.ready.node, calling.dialler)
    await calling.limit(concurrent_calls=1)
    async with at_work(queue):
        await looked.wait()
        await asyncio.sleep(0)
        assert (await calling.intent(placed)).status == "queued", "the first call has the only place"
        await calling.limit()
        await calling.limit(credential=True)
        queue.wake()
        await dialled(calling, placed)


async def test_while_the_database_is_away_the_queue_waits(
    calling: CallingNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue_module, "LOOK_AROUND_S", 0.01)
    away, look_around = [3], DialScheduler.look_around

    async def looks(scheduler: DialScheduler, jobs: Any) -> None:
        if away[0]:
            away[0] -= 1
            raise StoreError("the database is away", retryable=True)
        await look_around(scheduler, jobs)

    monkeypatch.setattr(DialScheduler, "look_around", looks)
    placed = await calling.queued()
    await calling.limit(credential=True)
    with capture_logs() as logs:
        async with at_work(InlineQueue(calling.ready.node, calling.dialler)):
            await dialled(calling, placed)
    assert [each["event"] for each in logs].count("queue_waits") == 1, "once a minute"


async def test_a_worker_that_does_not_start_is_told_and_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue_module, "AGAIN_S", 0.0)
    url = f"sqlite+aiosqlite:///{tmp_path / 'later' / 'rapida.db'}"
    told = WorkerSettings(
        database_url=url,
        data_dir=str(tmp_path),
        master_key=None,
        public_host=None,
        local_host="localhost:1",
        carrier_api_urls={"twilio": "http://127.0.0.1:1"},
    )
    queue = WorkerQueue(told, f"sqlite:///{tmp_path / 'queue.db'}")
    with capture_logs() as logs:
        async with asyncio.timeout(120), at_work(queue):
            while "queue_does_not_start" not in [each["event"] for each in logs]:
                await asyncio.sleep(0.02)
            (tmp_path / "later").mkdir()
            store = Store(url)
            await store.migrate()
            while not await at_it(store):
                await asyncio.sleep(0.02)
    await store.aclose()
    refused = next(each for each in logs if each["event"] == "queue_does_not_start")
    assert "the database 'rapida.db' cannot be opened" in refused["reason"]
    assert queue.process_ids == []


async def test_a_queue_that_never_worked_ends_at_once(tmp_path: Path) -> None:
    told = WorkerSettings(
        database_url="sqlite://",
        data_dir=str(tmp_path),
        master_key=None,
        public_host=None,
        local_host="localhost:1",
        carrier_api_urls={"twilio": "http://127.0.0.1:1"},
    )
    queue = WorkerQueue(told, "sqlite://")
    queue.wake()
    async with asyncio.timeout(1):
        await queue.aclose()


async def test_a_worker_is_told_to_hold_back_as_long_as_it_lasts_and_once_to_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []

    async def start(pool: WorkerPool) -> None: ...

    async def run(pool: WorkerPool, order: str) -> None:
        told.append(order)

    monkeypatch.setattr(WorkerPool, "start", start)
    monkeypatch.setattr(WorkerPool, "run", run)
    settings = WorkerSettings("sqlite+aiosqlite://", str(tmp_path), None, None, "localhost:1", {})
    queue = WorkerQueue(settings, "sqlite://")
    queue.hold_back(True)  # it is not up yet
    async with at_work(queue):
        await asyncio.sleep(0)
        for held in (False, True, True, False, False):
            queue.hold_back(held)
            await asyncio.sleep(0)
            await asyncio.sleep(0)
    assert told == ["hold back", "hold back", "go on", "finish"]
