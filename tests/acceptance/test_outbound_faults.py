"""Servers and workers killed with -9 at each step of a dial: nobody is called twice, nothing forgotten."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import select
from starlette.requests import Request
from starlette.responses import Response

from rapida.phone.callee import Callee
from rapida.phone.chaos import Chaos
from rapida.phone.rest import RestSide
from rapida.store import Store
from rapida.store.tables import intents
from rapida.switchboard.queue import WorkerQueue

from .dying_server import Told
from .switchyard import ACCOUNT, free_port, opened

ROOT = Path(__file__).resolve().parents[2]


class SlowRest(RestSide):
    """Takes a call and keeps its answer to itself."""

    slow = True

    async def _create_call(self, request: Request) -> Response:
        answer = await super()._create_call(request)
        while self.slow:
            await asyncio.sleep(0.02)
        return answer


@asynccontextmanager
async def server(told: Told) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.acceptance.dying_server",
        msgspec.json.encode(told).decode(),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def statuses(data_dir: Path) -> list[str]:
    store = Store(f"sqlite+aiosqlite:///{data_dir / 'rapida.db'}")
    async with store.read() as tx:
        found = [row.status for row in await tx.execute(select(intents.c.status))]
    await store.aclose()
    return sorted(found)


@pytest.mark.parametrize(
    ("step", "reachable", "calls", "ends"),
    [
        # The request was never sent, but nobody who comes after can know: not called again, not forgotten.
        ("before the request", True, 0, ["unknown"]),
        ("during the request", True, 1, ["dialled"]),
        # No callback arrives: the carrier's list is asked, and its only call is this one.
        ("after the answer", False, 1, ["dialled"]),
        ("in the queue", True, 2, ["dialled", "dialled"]),
    ],
)
async def test_a_server_killed_at_a_step_calls_nobody_twice_and_forgets_nothing(
    tmp_path: Path, step: str, reachable: bool, calls: int, ends: list[str]
) -> None:
    data_dir, port = tmp_path / "data", free_port()
    kind = SlowRest if step == "during the request" else RestSide
    # It rings until the server is back, so that its later callbacks find somebody.
    carrier = kind(
        ACCOUNT,
        connect=f"127.0.0.1:{port}" if reachable else f"127.0.0.1:{free_port()}",
        anyone=Callee(behaviour="no-answer", after_s=30),
        calls_per_second=1000,
        chaos=Chaos(),
    )
    async with carrier, asyncio.timeout(60):
        told = Told(str(data_dir), port, carrier.url, step, place=True)
        async with server(told) as process:
            if step == "during the request":
                while not carrier.desk.calls:
                    await asyncio.sleep(0.02)
                process.kill()
            assert await process.wait() == -signal.SIGKILL
        if isinstance(carrier, SlowRest):
            carrier.slow = False
        async with server(Told(str(data_dir), port, carrier.url)) as process:
            assert process.stdout is not None
            assert await process.stdout.readline() == b"up\n"
            while await statuses(data_dir) != ends:
                await asyncio.sleep(0.1)
            # And it stays so: what was settled is not dialled later.
            await asyncio.sleep(1.5)
            assert await statuses(data_dir) == ends
        assert len(carrier.desk.calls) == calls


async def test_a_worker_killed_in_the_middle_of_a_dial_is_started_again_and_dials_nobody_twice(
    tmp_path: Path,
) -> None:
    async with opened(tmp_path / "data", queue="worker", rest=SlowRest) as yard, asyncio.timeout(60):
        queue, carrier = yard.rapida.queue, yard.rest
        assert isinstance(queue, WorkerQueue)
        assert isinstance(carrier, SlowRest)
        [placed] = await yard.rapida.outbound.place_many(yard.project_id, [(yard.wish(), "")])
        while not carrier.desk.calls:
            await asyncio.sleep(0.02)
        [first] = queue.process_ids
        os.kill(first, signal.SIGKILL)
        carrier.slow = False
        # The server itself lives, and the call's own callbacks prove it.
        await yard.until(placed.context_id, "dialled")
        [other] = await yard.rapida.outbound.place_many(yard.project_id, [(yard.wish(), "")])
        await yard.until(other.context_id, "dialled", within_s=40)
        assert queue.process_ids not in ([], [first])
        assert len(carrier.desk.calls) == 2
