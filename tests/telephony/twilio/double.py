"""A local double of Twilio's REST interface: writes down requests, answers what it is told to."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

CALL = {
    "sid": "CA" + "1" * 32,
    "status": "queued",
    "direction": "outbound-api",
    "from": "+15550001",
    "to": "+15550002",
    "duration": None,
    "answered_by": None,
}


@dataclass
class Request:
    method: str
    path: str
    headers: dict[str, str]
    form: dict[str, list[str]]


@dataclass
class Double:
    """Answers each request with `status` and `body`; `mood` makes it misbehave."""

    url: str = ""
    status: int = 200
    body: Any = field(default_factory=lambda: dict(CALL))
    mood: str = "well"
    asked: list[Request] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                await self._one(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        method, path, _ = head[0].split(" ")
        headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in head[1:] if line)}
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        self.asked.append(Request(method, path, headers, parse_qs(body.decode(), keep_blank_values=True)))
        if self.mood == "silent":
            await asyncio.Event().wait()
        if self.mood == "dropping":
            raise ConnectionResetError
        answer = self.body.encode() if isinstance(self.body, str) else json.dumps(self.body).encode()
        head_out = f"HTTP/1.1 {self.status} X\r\nContent-Length: {len(answer)}\r\n\r\n"
        writer.write(head_out.encode() + answer)
        await writer.drain()


@asynccontextmanager
async def twilio_double() -> AsyncIterator[Double]:
    double = Double()
    running: set[asyncio.Task[None]] = set()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(double.serve(reader, writer))
        running.add(task)
        task.add_done_callback(running.discard)

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    double.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield double
    finally:
        server.close()
        for task in list(running):
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
