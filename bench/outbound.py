"""The platform around the calls: how soon a webhook is answered and a call placed, how evenly a queue dials.

The carrier is a double in this process that answers at once and writes down when it was asked.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import re
import statistics
import sys
import tempfile
import time
from base64 import b64encode
from bisect import bisect_left, bisect_right
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import (
    AbstractAsyncContextManager,
    asynccontextmanager,
    contextmanager,
    nullcontext,
)
from dataclasses import replace
from hashlib import sha1
from hmac import new as hmac
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx

from . import measure
from .drive import MAX_STEAL, Figures
from .outbound_server import HOST, SID, TOKEN
from .rows import PlatformRow
from .wire import Stream

BULK = 1000
CARRIER_S = 0.05
WARM_S = 3.0
"""The first calls load their providers."""
WARM_CALLS = 3
REPORT_BYTES = 16 * 1024 * 1024
_STREAM = re.compile(r'url="([^"]+)"')
CORE = 0


class Carrier:
    """Twilio's REST side, as far as a dial needs it."""

    def __init__(self) -> None:
        self.asked_at: list[float] = []
        self.takes_s = 0.0
        self.port = 0

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Carrier]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        async with server:
            yield self

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                if head.startswith(b"GET"):  # a call that another one was rung for: nobody knows it
                    writer.write(b"HTTP/1.1 404 X\r\nContent-Length: 2\r\n\r\n{}")
                    continue
                length = next(
                    int(line.split(b":")[1])
                    for line in head.split(b"\r\n")
                    if line.lower().startswith(b"content-length")
                )
                await reader.readexactly(length)
                self.asked_at.append(time.perf_counter())
                number = len(self.asked_at)
                await asyncio.sleep(self.takes_s)
                call = {
                    "sid": f"CAf{number:031d}",
                    "status": "queued",
                    "direction": "outbound-api",
                }
                body = json.dumps(call).encode()
                writer.write(b"HTTP/1.1 201 X\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()


@asynccontextmanager
async def server(
    carrier: Carrier, calls_per_second: float, database_url: str, *, pinned: bool, voice: str = "plain"
) -> AsyncIterator[Any]:
    """The platform in a process of its own, on one core if `pinned`; what it says of itself."""
    with tempfile.TemporaryDirectory() as folder:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "bench.outbound_server",
            str(Path(folder) / "data"),
            f"http://127.0.0.1:{carrier.port}",
            str(calls_per_second),
            database_url,
            voice,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=REPORT_BYTES,
            preexec_fn=(lambda: os.sched_setaffinity(0, {CORE})) if pinned else None,
        )
        assert process.stdout is not None
        assert process.stdin is not None
        output, orders = process.stdout, process.stdin
        told = json.loads(await output.readline())

        def order(word: str) -> None:
            orders.write(f"{word}\n".encode())

        async def report() -> Any:
            order("report")
            return json.loads(await output.readline())

        try:
            yield {**told, "pid": process.pid, "order": order, "report": report}
        finally:
            process.stdin.close()
            await process.wait()


def client_of(told: Any) -> httpx.AsyncClient:
    headers = {"authorization": f"Bearer {told['key']}"}
    # The server closes a connection that was idle for 5 s: one that is about to be closed is not to be used.
    limits = httpx.Limits(keepalive_expiry=2.0)
    url = f"http://127.0.0.1:{told['port']}"
    return httpx.AsyncClient(base_url=url, headers=headers, timeout=60, limits=limits)


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def form_of(told: Any, number: int) -> dict[str, Any]:
    return {
        "assistant": {"assistantId": told["assistant"]},
        "toNumber": f"+1415555{1000 + number % 9000:04d}",
    }


def proof(url: str, fields: Mapping[str, str]) -> dict[str, str]:
    """The headers of a request that the account has signed."""
    signed = url + "".join(name + fields[name] for name in sorted(fields))
    signature = b64encode(hmac(TOKEN.encode(), signed.encode(), sha1).digest()).decode()
    return {"host": HOST, "x-twilio-signature": signature}


async def webhook(client: httpx.AsyncClient, told: Any, number: int) -> str:
    """One call arrives: its signed webhook → the TwiML."""
    path = f"/v1/talk/twilio/call/{told['assistant']}"
    fields = {"AccountSid": SID, "CallSid": call_sid(number), "From": "+14155550199", "To": "+14155550100"}
    headers = proof(f"https://{HOST}{path}", fields) | {"content-type": "application/x-www-form-urlencoded"}
    answer = await client.post(path, content=urlencode(fields), headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.text


def call_sid(number: int) -> str:
    return f"CA{number:032x}"


async def ringing(told: Any, calls: int, per_second: float) -> Figures:
    """Whole calls, from the webhook to the first sound: how long each keeps the loop from everything else."""
    streams: list[Stream] = []
    begins: list[float] = []
    order, report = told["order"], told["report"]
    async with client_of(told) as client:
        for number in range(WARM_CALLS + calls):
            if number == WARM_CALLS:
                order("watch")
            begins.append(time.perf_counter())
            url = _STREAM.search(await webhook(client, told, number))
            assert url is not None
            stream = Stream(number)
            path = urlsplit(url[1]).path
            await asyncio.to_thread(stream.connect, "127.0.0.1", told["port"], path, proof(url[1], {}))
            stream.start(call_sid(number), SID)
            streams.append(stream)
            await asyncio.sleep(max(0.0, begins[-1] + 1 / per_second - time.perf_counter()))
        late = await report()
    spoken_to = sum(bool(stream.receive()) for stream in streams)
    assert spoken_to == len(streams), f"{len(streams) - spoken_to} calls heard nothing"
    for stream in streams:
        stream.socket.close()
    stalls = [
        max(late_s for at, late_s in late if begin <= at <= begin + 1 / per_second)
        for begin in begins[WARM_CALLS:]
    ]
    return {f"stall_p{share}_ms": percentile(stalls, share / 100) * 1000 for share in (50, 95, 99)}


async def placing(told: Any, carrier: Carrier, calls: int) -> Figures:
    """One call after another, each with its turn free: what we add to the carrier's own time."""
    carrier.takes_s = CARRIER_S
    async with client_of(told) as client:
        added: list[float] = []
        for number in range(calls + 10):
            began = time.perf_counter()
            answer = await client.post("/v1/talk/create-phone-call", json=form_of(told, number))
            assert answer.status_code == 201, answer.text
            added.append(time.perf_counter() - began - CARRIER_S)
    del added[:10]  # the library is loaded, connections are opened
    return {f"added_p{share}_ms": percentile(added, share / 100) * 1000 for share in (50, 95, 99)}


async def answering(told: Any, per_second: float, seconds: float) -> Figures:
    """Signed call webhooks at a steady rate: from the request to the whole document."""
    took: list[float] = []

    async def ring(client: httpx.AsyncClient, number: int) -> None:
        began = time.perf_counter()
        await webhook(client, told, number)
        took.append(time.perf_counter() - began)

    async def ring_for(client: httpx.AsyncClient, first: int, count: int) -> None:
        began = time.perf_counter()
        async with asyncio.TaskGroup() as tasks:
            for number in range(count):
                await asyncio.sleep(max(0.0, began + number / per_second - time.perf_counter()))
                tasks.create_task(ring(client, first + number))

    warm = int(per_second * WARM_S)
    async with client_of(told) as client:
        await ring_for(client, 0, warm)
        took.clear()
        used = measure.cpu_ns(told["pid"])
        await ring_for(client, warm, int(per_second * seconds))
    return {
        "twiml_p50_ms": percentile(took, 0.5) * 1000,
        "twiml_p99_ms": percentile(took, 0.99) * 1000,
        "cpu_ms_per_webhook": (measure.cpu_ns(told["pid"]) - used) / 1e6 / len(took),
    }


async def queueing(told: Any, carrier: Carrier, calls: int, per_second: float) -> Figures:
    """A bulk of calls: how many reach the carrier in any second, and what memory that takes."""
    carrier.takes_s = 0.0
    before, began = len(carrier.asked_at), time.perf_counter()
    async with client_of(told) as client:
        for first in range(0, calls, BULK):
            many = [form_of(told, number) for number in range(first, min(first + BULK, calls))]
            answer = await client.post("/v1/talk/create-bulk-phone-call", json={"phoneCalls": many})
            assert answer.json()["accepted"] == len(many), answer.text
        dialled, accepted = len(carrier.asked_at), time.perf_counter()
        used, early = measure.cpu_ns(told["pid"]), measure.rss_mb(told["pid"])
        while len(carrier.asked_at) < before + calls:
            await asyncio.sleep(0.5)
            assert len(carrier.asked_at) > dialled or time.perf_counter() < carrier.asked_at[-1] + 30
            dialled = len(carrier.asked_at)
    all_at, at = carrier.asked_at[before:], [each for each in carrier.asked_at[before:] if each > accepted]
    # While the bulk is still being written down the cap holds; from then on the pace does, too.
    most, windows = max(_windows(all_at)), _windows(at)
    return {
        "over_cap_percent": (most / per_second - 1) * 100,
        "off_pace_percent": max(abs(each / per_second - 1) for each in windows) * 100,
        "mean_per_s": (len(at) - 1) / (at[-1] - at[0]),
        "accepted_per_s": calls / (accepted - began),
        "grew_mb": measure.rss_mb(told["pid"]) - early,
        "cpu_ms_per_call": (measure.cpu_ns(told["pid"]) - used) / 1e6 / len(at),
    }


def _windows(at: list[float]) -> list[int]:
    """How many fell into each second that begins with one of them, or just after it."""
    begins = [(number, begin) for number, begin in enumerate(at) if begin <= at[-1] - 1]
    full = [bisect_left(at, begin + 1) - number for number, begin in begins]
    return full + [bisect_right(at, begin + 1) - number - 1 for number, begin in begins]


async def once(row: PlatformRow, database: AbstractAsyncContextManager[str]) -> Figures:
    """One run of one row on a database of its own."""
    machine = measure.Machine.now(CORE)
    gc.freeze()  # the carrier tells the time of each dial: a collection of 100 ms here would bunch them
    async with Carrier().running() as carrier, database as database_url:
        paced = row.part == "queue"
        async with server(carrier, row.per_second if paced else 0, database_url, pinned=not paced) as told:
            rest = measure.rss_mb(told["pid"])
            match row.part:
                case "ringing":
                    figures = await ringing(told, row.calls, row.per_second)
                case "webhook":
                    figures = await answering(told, row.per_second, row.calls / row.per_second)
                case "placing":
                    figures = await placing(told, carrier, row.calls)
                case "queue":
                    figures = await queueing(told, carrier, row.calls, row.per_second)
    steal = measure.Machine.now(CORE).steal_since(machine)
    more = {"rest_mb": rest, "steal": steal}
    return {name: round(value, 3) for name, value in (figures | more).items()}


def run(row: PlatformRow, *, calls: int | None, repeats: int | None) -> dict[str, Any]:
    """The medians over the row's runs, the runs themselves, and whether noise remained."""
    if calls:
        row = replace(row, calls=calls)
    runs: list[Figures] = []
    with _databases(row.database) as new:
        for number in range(repeats or row.repeats):
            runs.append(asyncio.run(once(row, new())))
            told = ", ".join(f"{name} {value:g}" for name, value in runs[-1].items())
            print(f"  {row.name} {number + 1}/{repeats or row.repeats}: {told}", file=sys.stderr, flush=True)
    median = {name: round(statistics.median(each[name] for each in runs), 3) for name in runs[0]}
    return {"calls": row.calls, "noisy": median["steal"] > MAX_STEAL, "median": median, "runs": runs}


@contextmanager
def _databases(kind: str) -> Iterator[Callable[[], AbstractAsyncContextManager[str]]]:
    """Makes a new database each time it is asked; "" = SQLite in the server's own folder."""
    if kind == "sqlite":
        yield lambda: nullcontext("")
        return
    from tests import databases  # noqa: PLC0415 - it wants pytest, which the other benchmarks do without

    with databases.started() as postgresql:
        yield postgresql.database
