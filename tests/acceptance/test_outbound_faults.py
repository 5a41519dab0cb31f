"""Servers and workers killed with -9 at each step of a dial: nobody is called twice, nothing forgotten."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from sqlalchemy import func, select
from starlette.requests import Request
from starlette.responses import Response

from rapida import app
from rapida.outbound import order
from rapida.outbound import worker as queue
from rapida.outbound.order import DialOptions
from rapida.outbound.worker import WorkerQueue
from rapida.simulator.twilio.callee import Callee
from rapida.simulator.twilio.chaos import Chaos
from rapida.simulator.twilio.network import Account
from rapida.simulator.twilio.rest import RestSide
from rapida.store import Store
from rapida.store.tables import contexts, conversations, dial_days, idempotency_keys, intents
from tests.databases import Place, Server, sqlite_place

from . import dying_server, dying_worker
from .calling_server import ACCOUNT, CALLEE, OTHER, free_port, opened, set_limits
from .dying_server import Told

ROOT = Path(__file__).resolve().parents[2]
THIRD, FOURTH = "+14155550134", "+14155550135"


class SlowRest(RestSide):
    """Takes a call and keeps its answer to itself."""

    slow = True

    async def _create_call(self, request: Request) -> Response:
        answer = await super()._create_call(request)
        while self.slow:
            await asyncio.sleep(0.02)
        return answer


class DeafRest(SlowRest):
    """Reaches nobody: what its calls became can only be found in its list."""

    def __init__(self, account: Account, **how: Any) -> None:
        how["connect"] = f"127.0.0.1:{free_port()}"
        super().__init__(account, **how)


@asynccontextmanager
async def server(told: Told, said: Path) -> AsyncIterator[BaseProcess]:
    """A server that dies at its step; what it prints goes into a file."""
    process = await asyncio.to_thread(dying_server.started, told, said)
    try:
        yield process
    finally:
        if process.is_alive():
            process.kill()
        await asyncio.to_thread(process.join)
        process.close()


async def statuses(store: Store) -> list[str]:
    async with store.read() as tx:
        return sorted((await tx.execute(select(intents.c.status))).scalars())


class Outcome(NamedTuple):
    """What is there in the end: calls at the carrier, how the intents stand, and rows beside them."""

    calls: int
    intents: list[str]
    conversations: int
    contexts: int
    counted_days: int
    keys: int


async def outcome(store: Store, carrier: RestSide) -> Outcome:
    async with store.read() as tx:
        rows = [
            (await tx.execute(select(func.count()).select_from(each))).scalar_one()
            for each in (conversations, contexts, dial_days, idempotency_keys)
        ]
    return Outcome(len(carrier.account_calls.calls), await statuses(store), *rows)


CALLED = Outcome(calls=1, intents=["dialled"], conversations=1, contexts=1, counted_days=1, keys=1)
STEPS: dict[str, tuple[type[RestSide], Outcome]] = {
    # Everything was written and nothing committed: nobody was told that the call is accepted.
    "in the transaction": (
        RestSide,
        Outcome(calls=0, intents=[], conversations=0, contexts=0, counted_days=0, keys=0),
    ),
    # The request was never sent, but nobody who comes after can know: not called again, not forgotten.
    "before the request": (
        RestSide,
        Outcome(calls=0, intents=["unknown"], conversations=1, contexts=1, counted_days=1, keys=1),
    ),
    "during the request": (SlowRest, CALLED),
    # No callback arrives: the carrier's list is asked, and its only call is this one.
    "after the answer": (DeafRest, CALLED),
    "in the queue": (
        RestSide,
        Outcome(calls=2, intents=["dialled", "dialled"], conversations=2, contexts=2, counted_days=1, keys=0),
    ),
}


async def outlived(step: str, place: Place, one_by_one: asyncio.Lock) -> Outcome:
    """Kill a server at a step, let another one go on where it was, and look what came of it.

    Servers start `one_by_one`: alembic migrates one database at a time in a process.
    """
    port = free_port()
    # It rings until the server is back, so that its later callbacks find somebody.
    carrier = STEPS[step][0](
        ACCOUNT,
        connect=f"127.0.0.1:{port}",
        anyone=Callee(behaviour="no-answer", after_s=30),
        calls_per_second=1000,
        chaos=Chaos(),
    )
    if isinstance(carrier, SlowRest):
        carrier.slow = step == "during the request"
    async with carrier, asyncio.timeout(120):
        told = Told(str(place.directory / "data"), place.url, port, carrier.url, step)
        said = place.directory / "said"
        async with server(told, said) as process:
            if step == "during the request":
                while not carrier.account_calls.calls:
                    await asyncio.sleep(0.02)
                process.kill()
            await asyncio.to_thread(process.join)
            assert process.exitcode == -signal.SIGKILL, said.read_text()
        if isinstance(carrier, SlowRest):
            carrier.slow = False
        async with AsyncExitStack() as stack:
            async with one_by_one:
                running = app.running(told.settings, drain_s=0.0, queue="inline")
                store = (await stack.enter_async_context(running)).node.store
            if step == "in the queue":
                await unlimited(store)
            while {"queued", "dialling"} & set(await statuses(store)):
                await asyncio.sleep(0.1)
            # And it stays so: what was settled is not dialled later.
            await asyncio.sleep(1.2)
            return await outcome(store, carrier)


async def unlimited(store: Store) -> None:
    async with store.read() as tx:
        [row] = await tx.execute(select(intents.c.project_id, intents.c.credential_id).distinct())
    await set_limits(store, row.project_id, row.credential_id)


@asynccontextmanager
async def places(place: Place, request: pytest.FixtureRequest) -> AsyncIterator[dict[str, Place]]:
    """A database for each step, of the place's kind."""
    async with AsyncExitStack() as stack:
        made: dict[str, Place] = {}
        for step in STEPS:
            directory = place.directory / step
            directory.mkdir()
            if place.is_sqlite:
                made[step] = await sqlite_place(directory)
            else:
                postgres: Server = request.getfixturevalue("postgresql")
                url = await stack.enter_async_context(postgres.migrated_database())
                made[step] = Place(url, directory)
        yield made


async def test_a_server_killed_at_any_step_calls_nobody_twice_and_forgets_nothing(
    place: Place, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(order, "HEARD_WITHIN", timedelta(seconds=0.5))
    async with places(place, request) as each:
        # All at once: each takes seconds of waiting, and they do not mind.
        lock = asyncio.Lock()
        came = await asyncio.gather(*(outlived(step, where, lock) for step, where in each.items()))
    assert dict(zip(each, came, strict=True)) == {step: wanted for step, (_, wanted) in STEPS.items()}


async def test_workers_killed_at_each_step_of_a_dial_are_started_again_and_dial_nobody_twice(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setattr(queue, "WORK", "tests.acceptance.dying_worker:open_work")
    (place.directory / dying_worker.STEPS).write_text("before the request\nafter the answer\n")
    async with (
        opened(
            place.directory / "data", queue="worker", rest=DeafRest, configured_database_url=place.url
        ) as calling,
        asyncio.timeout(120),
    ):
        worker, carrier = calling.rapida.queue, calling.rest
        assert isinstance(worker, WorkerQueue)
        assert isinstance(carrier, DeafRest)
        carrier.slow = False
        options, seen = DialOptions(ring_s=1), set[int]()

        async def calls(number: str) -> Any:
            [placed] = await calling.rapida.outbound.place_many(
                calling.project_id, [(calling.request(number, options=options), "")]
            )
            return placed

        async def becomes(placed: Any, status: str, listed: int) -> None:
            await calling.until(placed.context_id, status, within_s=40)
            assert len(carrier.account_calls.calls) == listed
            seen.update(worker.process_ids)

        await becomes(await calls(CALLEE), "unknown", 0)  # before the request
        await becomes(await calls(OTHER), "dialled", 1)  # after the answer
        carrier.slow = True
        third = await calls(THIRD)
        while len(carrier.account_calls.calls) < 2:
            await asyncio.sleep(0.02)
        [at_it] = worker.process_ids
        os.kill(at_it, signal.SIGKILL)  # during the request
        carrier.slow = False
        await becomes(third, "dialled", 2)
        await becomes(await calls(FOURTH), "dialled", 3)
        assert len(seen) == 3, "those who came after the first, the second and the third"
        # And so it stays.
        await asyncio.sleep(1.2)
        assert await statuses(calling.store) == ["dialled"] * 3 + ["unknown"]
        assert len(carrier.account_calls.calls) == 3
