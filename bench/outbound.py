"""`python -m bench outbound`: how soon a webhook is answered and a call placed, and how evenly a queue dials.

The carrier is a double in this process that answers at once and writes down when it was asked. Figures are
printed as JSON, one line for each part.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import tempfile
import time
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from hashlib import sha1
from hmac import new as hmac
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx

from .outbound_server import HOST, SID, TOKEN

BULK = 1000
CARRIER_S = 0.05


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
async def server(carrier: Carrier, calls_per_second: float, database_url: str) -> AsyncIterator[Any]:
    with tempfile.TemporaryDirectory() as folder:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "bench.outbound_server",
            str(Path(folder) / "data"),
            f"http://127.0.0.1:{carrier.port}",
            str(calls_per_second),
            database_url,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        assert process.stdout is not None
        assert process.stdin is not None
        told = json.loads(await process.stdout.readline())
        try:
            yield {**told, "pid": process.pid}
        finally:
            process.stdin.close()
            await process.wait()


def client_of(told: Any) -> httpx.AsyncClient:
    headers = {"authorization": f"Bearer {told['key']}"}
    return httpx.AsyncClient(base_url=f"http://127.0.0.1:{told['port']}", headers=headers, timeout=60)


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def form_of(told: Any, number: int) -> dict[str, Any]:
    return {
        "assistant": {"assistantId": told["assistant"]},
        "toNumber": f"+1415555{1000 + number % 9000:04d}",
    }


async def placing(told: Any, carrier: Carrier, calls: int) -> dict[str, float]:
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
    return {"added_p50_ms": percentile(added, 0.5) * 1000, "added_p99_ms": percentile(added, 0.99) * 1000}


async def answering(told: Any, per_second: int, seconds: float) -> dict[str, float]:
    """Signed call webhooks at a steady rate: from the request to the whole document."""
    took: list[float] = []
    path = f"/v1/talk/twilio/call/{told['assistant']}"

    async def ring(client: httpx.AsyncClient, number: int) -> None:
        fields = {
            "AccountSid": SID,
            "CallSid": f"CA{number:032x}",
            "From": "+14155550199",
            "To": "+14155550100",
        }
        signed = f"https://{HOST}{path}" + "".join(name + fields[name] for name in sorted(fields))
        signature = b64encode(hmac(TOKEN.encode(), signed.encode(), sha1).digest()).decode()
        headers = {"host": HOST, "x-twilio-signature": signature}
        headers["content-type"] = "application/x-www-form-urlencoded"
        began = time.perf_counter()
        answer = await client.post(path, content=urlencode(fields), headers=headers)
        took.append(time.perf_counter() - began)
        assert answer.status_code == 200, answer.text

    async with client_of(told) as client:
        await ring(client, 0)
        took.clear()
        used = cpu_s(told["pid"])
        began = time.perf_counter()
        async with asyncio.TaskGroup() as tasks:
            for number in range(1, int(per_second * seconds) + 1):
                await asyncio.sleep(max(0.0, began + number / per_second - time.perf_counter()))
                tasks.create_task(ring(client, number))
    return {
        "twiml_p50_ms": percentile(took, 0.5) * 1000,
        "twiml_p99_ms": percentile(took, 0.99) * 1000,
        "cpu_ms_per_webhook": (cpu_s(told["pid"]) - used) * 1000 / len(took),
    }


async def queueing(told: Any, carrier: Carrier, calls: int, per_second: float) -> dict[str, float]:
    """A bulk of calls: how many reach the carrier in any second, and what memory that takes."""
    carrier.takes_s = 0.0
    before = len(carrier.asked_at)
    async with client_of(told) as client:
        for first in range(0, calls, BULK):
            many = [form_of(told, number) for number in range(first, min(first + BULK, calls))]
            answer = await client.post("/v1/talk/create-bulk-phone-call", json={"phoneCalls": many})
            assert answer.json()["accepted"] == len(many), answer.text
        dialled = len(carrier.asked_at)
        await asyncio.sleep(3)
        used = cpu_s(told["worker"])
        early = {name: rss_mb(told[name]) for name in ("pid", "worker")}
        while len(carrier.asked_at) < before + calls:
            await asyncio.sleep(0.5)
            assert len(carrier.asked_at) > dialled or time.perf_counter() < carrier.asked_at[-1] + 30
            dialled = len(carrier.asked_at)
    # The bulk itself is still being taken while the first are dialled: whole seconds after it count.
    at = carrier.asked_at[before + int(per_second * 5) :]
    windows = [sum(begin <= each < begin + 1 for each in at) for begin in _steps(at)]
    return {
        "least_per_s": min(windows),
        "most_per_s": max(windows),
        "mean_per_s": (len(at) - 1) / (at[-1] - at[0]),
        "within_2_percent": sum(abs(each - per_second) <= per_second * 0.02 for each in windows)
        / len(windows),
        "server_grew_mb": rss_mb(told["pid"]) - early["pid"],
        "worker_grew_mb": rss_mb(told["worker"]) - early["worker"],
        "worker_cpu_ms_per_call": (cpu_s(told["worker"]) - used) * 1000 / len(at),
        "worker_mb": rss_mb(told["worker"]),
    }


def _steps(at: list[float]) -> list[float]:
    return [at[0] + step * 0.1 for step in range(int((at[-1] - at[0] - 1) * 10))]


def rss_mb(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    return 0.0


def cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def run(calls: int, per_second: float, database_url: str) -> None:
    async with Carrier().running() as carrier:
        async with server(carrier, 0, database_url) as told:
            _tell("webhook", await answering(told, 100, 20))
            _tell("create-phone-call", await placing(told, carrier, 200))
        async with server(carrier, per_second, database_url) as told:
            _tell("queue", await queueing(told, carrier, calls, per_second))


def _tell(part: str, figures: dict[str, float]) -> None:
    print(
        json.dumps({"part": part, **{name: round(value, 2) for name, value in figures.items()}}), flush=True
    )


def main() -> int:
    """The command's own arguments."""
    parser = argparse.ArgumentParser(prog="python -m bench.outbound", description=__doc__)
    parser.add_argument("--calls", type=int, default=10_000)
    parser.add_argument("--per-second", type=float, default=50)
    parser.add_argument("--database-url", default="", help="empty = SQLite in a fresh folder")
    options = parser.parse_args()
    asyncio.run(run(options.calls, options.per_second, options.database_url))
    return 0


if __name__ == "__main__":
    sys.exit(main())
