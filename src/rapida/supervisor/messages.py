"""What the supervisor and its server processes tell each other: one JSON object a line, on a socket pair."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator

import msgspec
from msgspec import Struct

MOST_BYTES = 16 * 1024 * 1024
"""Of one line; the metrics of a server are some 20 kB."""


class Ready(Struct, frozen=True, tag=True):
    """A server has started, and takes calls. `setup_code` is what the first owner must know."""

    setup_code: str | None = None


class Load(Struct, frozen=True, tag=True):
    """How many calls a server has, and how many it would take."""

    calls: int
    at_most: int


class Rendered(Struct, frozen=True, tag=True):
    """A server's own metrics, in Prometheus' text format."""

    text: str


class MetricsWanted(Struct, frozen=True, tag=True):
    """A server was asked for the metrics of all."""


class CallsOver(Struct, frozen=True, tag=True):
    """A server that was told to end has no calls any more; its last metrics."""

    text: str


class Render(Struct, frozen=True, tag=True):
    """Tell your own metrics."""


class AllMetrics(Struct, frozen=True, tag=True):
    """The metrics of all servers together."""

    text: str


class Accept(Struct, frozen=True, tag=True):
    """Take new connections, or leave them to others; `room` says whether another server has room."""

    wanted: bool
    room: bool


class Replaced(Struct, frozen=True, tag=True):
    """Another server is there in your place: leave new connections to it, and end after your last call."""


class Close(Struct, frozen=True, tag=True):
    """All servers are idle: end."""


ToSupervisor = Ready | Load | Rendered | MetricsWanted | CallsOver
ToServer = Render | AllMetrics | Accept | Replaced | Close


class Channel:
    """One end of a socket pair. Belongs to the event loop."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def over(cls, end: socket.socket) -> Channel:
        return cls(*await asyncio.open_connection(sock=end, limit=MOST_BYTES))

    def send(self, message: ToSupervisor | ToServer) -> None:
        """Say something; to an end that is gone it is said in vain."""
        if not self._writer.is_closing():
            self._writer.write(msgspec.json.encode(message) + b"\n")

    async def from_server(self) -> AsyncIterator[ToSupervisor]:
        """What a server says, until it is gone."""
        async for line in self._lines():
            yield msgspec.json.decode(line, type=ToSupervisor)

    async def from_supervisor(self) -> AsyncIterator[ToServer]:
        """What the supervisor says, until it is gone."""
        async for line in self._lines():
            yield msgspec.json.decode(line, type=ToServer)

    async def _lines(self) -> AsyncIterator[bytes]:
        while True:
            try:
                line = await self._reader.readline()
            except ConnectionError:
                return
            if not line.endswith(b"\n"):
                return
            yield line

    def close(self) -> None:
        self._writer.close()
