"""The thin asyncio shell of a stream: opens the WebSocket as Twilio does and feeds the stream.

One pump owns the socket's outgoing side and all decisions; a reader only queues what arrives, with its time.
"""

from __future__ import annotations

import asyncio
import math
import ssl
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus, InvalidURI

from .chaos import Chaos
from .faults import LineFault
from .network import Network
from .orders import Orders
from .stream import Stream

OPEN_S = 10.0
"""How long Twilio waits for a media server's answer, after which it says 31901."""
CLOSE_S = 2.0
"""How long a server may take to answer the close frame: nobody listens any more."""
ORDINARY_CODES = frozenset({1000, 1001, 1005})
"""Close codes of a server that means it; 1005 is a close frame without a code."""


@dataclass(frozen=True)
class SocketEnd:
    """How a stream's socket ended: by the server, the caller, an order, time; or it was lost."""

    how: Literal["server closed", "put down", "order", "time limit", "lost"]
    code: int = 1000
    detail: str = ""


async def open_socket(url: str, network: Network, chaos: Chaos) -> ClientConnection:
    """Dial a stream's public wss URL with Twilio's headers.

    Raises `LineFault` 31901, 31902, 31910 or 31920.
    """
    mapped: dict[str, Any] = {}
    address = url
    if network.connect is not None:
        # The request line and Host stay those of the public address, as through a tunnel.
        address = urlsplit(url)._replace(scheme="ws").geturl()
        mapped = {"host": network.connect[0], "port": network.connect[1], "proxy": None}
    headers = {key.lower(): value for key, value in network.proof(url, {}, chaos.socket_signature).items()}
    try:
        return await connect(
            address,
            additional_headers={**headers, "accept-encoding": "gzip"},
            user_agent_header="Twilio.TmeWs/1.0",
            compression=None,
            ping_interval=None,
            open_timeout=OPEN_S,
            close_timeout=CLOSE_S,
            max_size=16 * 2**20,
            **mapped,
        )
    except InvalidStatus as refused:
        raise LineFault(31920, f"the upgrade was answered {refused.response.status_code}") from refused
    except (InvalidHandshake, InvalidURI) as wrong:
        raise LineFault(31920, str(wrong)) from wrong
    except TimeoutError as late:
        raise LineFault(31901, f"no answer within {OPEN_S:g} s") from late
    except ssl.SSLError as wrong:
        raise LineFault(31910, str(wrong)) from wrong
    except OSError as wrong:
        raise LineFault(31902, str(wrong)) from wrong


class MediaSocket:
    """Runs one stream over one open socket until either ends."""

    def __init__(self, socket: ClientConnection, stream: Stream, orders: Orders, chaos: Chaos) -> None:
        self._socket = socket
        self._stream = stream
        self._orders = orders
        self._chaos = chaos
        self._loop = asyncio.get_running_loop()
        self._wake = asyncio.Event()
        self._arrived: deque[tuple[str | bytes, float]] = deque()
        self._closed: SocketEnd | None = None
        self._began_at = self._loop.time()
        self.ended_s = 0.0

    @property
    def now_s(self) -> float:
        """Seconds since the stream began."""
        return self._loop.time() - self._began_at

    async def run(self, limit_s: Callable[[], float]) -> SocketEnd:
        """Pump until the end, at the latest `limit_s()` seconds of the stream, then close the socket."""
        self._orders.listener = self._wake.set
        reader = asyncio.create_task(self._read())
        try:
            self._began_at = self._loop.time()
            await self._send(self._stream.open())
            return await self._pump(limit_s)
        except ConnectionClosed as closed:
            return _closed(closed)
        finally:
            # What is still in the buffer is lost with the stream: heard ends here.
            self.ended_s = self.now_s
            self._orders.listener = lambda: None
            await self._socket.close()
            reader.cancel()
            await asyncio.wait({reader})

    async def _pump(self, limit_s: Callable[[], float]) -> SocketEnd:
        stream, drop_at_s = self._stream, self._chaos.drop_socket_at_s
        while True:
            self._wake.clear()
            while self._arrived:
                message, at_s = self._arrived.popleft()
                await self._send(stream.receive(message, at_s))
            if self._closed is not None:
                return self._closed
            now_s = self.now_s
            if drop_at_s is not None and now_s >= drop_at_s:
                self._socket.transport.abort()
                return SocketEnd("lost", 1006, "the phone dropped the socket, as it was told to")
            await self._send(stream.tick(now_s))
            if (ended := self._ending(limit_s())) is not None:
                await self._send(stream.stop())
                return ended
            await self._sleep(min(stream.deadline_s, limit_s(), math.inf if drop_at_s is None else drop_at_s))

    def _ending(self, limit_s: float) -> SocketEnd | None:
        if self._stream.put_down:
            return SocketEnd("put down")
        if self._orders.waiting:
            return SocketEnd("order")
        return SocketEnd("time limit") if self.now_s >= limit_s else None

    async def _sleep(self, until_s: float) -> None:
        timer = self._loop.call_at(self._began_at + until_s, self._wake.set)
        await self._wake.wait()
        timer.cancel()

    async def _send(self, messages: Iterable[str | bytes]) -> None:
        for message in messages:
            await self._socket.send(message)

    async def _read(self) -> None:
        try:
            while True:
                message = await self._socket.recv()
                self._arrived.append((message, self.now_s))
                self._wake.set()
        except ConnectionClosed as closed:
            self._closed = _closed(closed)
            self._wake.set()


def _closed(closed: ConnectionClosed) -> SocketEnd:
    code = closed.rcvd.code if closed.rcvd else 1006
    reason = closed.rcvd.reason if closed.rcvd else "no close frame came"
    return SocketEnd("server closed" if code in ORDINARY_CODES else "lost", code, reason)
