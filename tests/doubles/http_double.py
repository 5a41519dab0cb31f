"""A small HTTP/1.1 server for doubles of vendors that stream over HTTP.

It does what a well-behaved server never would: waits before its answer, stops in the middle of it, drops the
connection there, or says something else. What it says when it behaves is its subclass's.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Literal, Self


@dataclass(frozen=True)
class Request:
    """One request as it came; header names in lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Conduct:
    """How the next request is answered. `after` counts the pieces that are still sent as they should be."""

    refuse: int = 0
    """An HTTP status to refuse with."""
    error: Any = None
    """The JSON body of a refusal."""
    headers: dict[str, str] = field(default_factory=dict[str, str])
    """Further headers of a refusal."""
    wait: asyncio.Event | None = None
    """The answer begins when this is set."""
    after: int = 0
    then: Literal["", "stall", "drop", "garble", "end"] = ""
    """After `after` pieces: send no more, break the connection, send nonsense, or end without the rest."""


@dataclass
class HttpDouble:
    """A vendor on a local port. `conducts` are used up one per request; without any, it behaves."""

    conducts: list[Conduct] = field(default_factory=list[Conduct])
    requests: list[Request] = field(default_factory=list[Request])
    hung_up: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when a client went away before its answer was complete."""
    stalled: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when an answer has come to the place where it stalls."""
    connections: int = 0
    url: str = ""
    keep_alive: bool = True

    content_type = "application/json"
    garbage = b"\x00 this is no protocol of ours\n\n"

    def pieces(self, request: Request) -> list[bytes]:
        """The body of a good answer, in the pieces in which it is sent."""
        raise AssertionError("the subclass knows")

    def concerns(self, request: Request) -> bool:
        """Whether a request is one that `conducts` and `requests` are about."""
        return True

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Self]:
        self._tasks: set[asyncio.Task[None]] = set()
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        try:
            yield self
        finally:
            server.close()
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.create_task(self._serve(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while (request := await _read(reader)) is not None:
                if not self.concerns(request):
                    await _answer(writer, 404, b"{}")
                    continue
                self.requests.append(request)
                conduct = self.conducts.pop(0) if self.conducts else Conduct()
                if not await self._respond(request, conduct, reader, writer):
                    break
        except (ConnectionError, asyncio.IncompleteReadError):
            self.hung_up.set()
        finally:
            writer.close()

    async def _respond(
        self, request: Request, conduct: Conduct, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        """Answer one request; false when the connection is to be closed."""
        if conduct.wait is not None and not await self._still_there(conduct.wait, reader):
            return False
        if conduct.refuse:
            await _answer(writer, conduct.refuse, json.dumps(conduct.error or {}).encode(), conduct.headers)
            return True
        writer.write(
            b"HTTP/1.1 200 OK\r\ncontent-type: %b\r\ntransfer-encoding: chunked\r\n\r\n"
            % self.content_type.encode()
        )
        pieces = self.pieces(request)
        for piece in pieces[: conduct.after] if conduct.then else pieces:
            await _chunk(writer, piece)
        if conduct.then == "stall":
            self.stalled.set()
            await self._still_there(asyncio.Event(), reader)
            return False
        if conduct.then == "drop":
            writer.transport.abort()
            return False
        if conduct.then == "garble":
            await _chunk(writer, self.garbage)
        await _chunk(writer, b"")
        return True

    async def _still_there(self, until: asyncio.Event, reader: asyncio.StreamReader) -> bool:
        """Wait for the event; false, and `hung_up`, if the client goes first."""
        waiting = asyncio.create_task(until.wait())
        reading = asyncio.create_task(reader.read(1))
        try:
            done, _ = await asyncio.wait({waiting, reading}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            waiting.cancel()
            reading.cancel()
        if waiting in done:
            return True
        self.hung_up.set()
        return False


async def _read(reader: asyncio.StreamReader) -> Request | None:
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    except asyncio.IncompleteReadError as end:
        if end.partial:
            raise
        return None
    first, *lines = head.split("\r\n")
    method, path, _ = first.split(" ")
    pairs = (line.split(":", 1) for line in lines if line)
    headers = {name.lower(): value.strip() for name, value in pairs}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Request(method, path, headers, body)


async def _answer(
    writer: asyncio.StreamWriter, status: int, body: bytes, more: Mapping[str, str] | None = None
) -> None:
    head = f"HTTP/1.1 {status} -\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n"
    head += "".join(f"{name}: {value}\r\n" for name, value in (more or {}).items())
    writer.write(head.encode() + b"\r\n" + body)
    await writer.drain()


async def _chunk(writer: asyncio.StreamWriter, piece: bytes) -> None:
    writer.write(b"%x\r\n%b\r\n" % (len(piece), piece))
    await writer.drain()
