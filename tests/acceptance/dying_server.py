"""A server that kills itself with -9 at a named step of a dial; run by `test_outbound_faults.py`.

Its parts are the real ones. Only the carrier, and the last thing that accepting a call writes, are wrapped
from here, so that the steps before the request, after its answer and in the transaction can be told apart.
Each is forked off a process that has imported the platform: to import it took half of the test's CPU.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
from datetime import timedelta
from multiprocessing.process import BaseProcess
from pathlib import Path

import msgspec

from rapida import app, parts
from rapida.outbound import order
from rapida.outbound.accepting import CallRequest
from rapida.settings import Settings
from rapida.store import Transaction, idempotency

from .calling_server import CALLEE, HOST, installed, set_limits
from .dying_carrier import DyingCarriers, DyingTwilio, die

keep_key = idempotency.keep


class Told(msgspec.Struct):
    """What the test says."""

    data_dir: str
    database_url: str
    port: int
    rest_url: str
    step: str

    @property
    def settings(self) -> Settings:
        return Settings(
            data_dir=Path(self.data_dir),
            configured_database_url=self.database_url,
            host="127.0.0.1",
            port=self.port,
            public_host=HOST,
            carrier_api_urls={"twilio": self.rest_url},
        )


async def keep_and_die(tx: Transaction, *what: object) -> bool:
    kept = await keep_key(tx, *what)  # pyright: ignore[reportArgumentType]
    assert kept
    die()
    return kept


async def main(told: Told) -> None:
    DyingTwilio.step = told.step
    parts.Carriers = DyingCarriers  # pyright: ignore[reportPrivateImportUsage]
    order.HEARD_WITHIN = timedelta(seconds=0.5)
    async with app.running(told.settings, drain_s=0.0, queue="inline") as rapida:
        node = rapida.node
        project_id, credential_id, assistant_id = await installed(node.store, node.vault)
        request = CallRequest(assistant_id, CALLEE, options=order.DialOptions(ring_s=1))
        if told.step == "in the transaction":
            idempotency.keep = keep_and_die
        if told.step == "in the queue":
            await set_limits(node.store, project_id, credential_id, calls_per_second=0.001)
            await rapida.outbound.place(project_id, request)
            placed = await rapida.outbound.place(project_id, request)
            assert placed.status == "queued"
            die()
        await rapida.outbound.place(project_id, request, "key-1")


def run(told: Told, said: Path) -> None:
    """In a process of its own; what it prints goes into a file."""
    with said.open("wb") as printed:
        for each in (1, 2):
            os.dup2(printed.fileno(), each)
    asyncio.run(main(told))


def started(told: Told, said: Path) -> BaseProcess:
    """A server that dies at its step."""
    forks = multiprocessing.get_context("forkserver")
    forks.set_forkserver_preload([__name__])
    process = forks.Process(target=run, args=(told, said))
    process.start()
    return process
