"""The words of the socket tests: a server with one media door, on picows or plain ASGI, and its callers."""

from __future__ import annotations

import asyncio
import base64
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from contextlib import asynccontextmanager, suppress
from typing import Any, Literal

import uvicorn
from uvicorn.server import ServerState
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from rapida.sockets.asgi import asgi_media
from rapida.sockets.coalescing import Coalescing
from rapida.sockets.handshake import CHECK_WITHIN_S
from rapida.sockets.picows import SERVER_OPTIONS, media_protocol
from rapida.sockets.session import START_WITHIN_S, WireCounts
from rapida.telephony.door import Admission, Handshake, Refusal
from rapida.telephony.stream import Leg
from rapida.telephony.twilio.media import MediaStreams
from tests.telephony.listening import Heard

Door = Literal["picows", "asgi"]
Decide = Callable[[Handshake], Awaitable[Admission | Refusal]]

PREFIX = "/v1/talk/twilio/ctx/"
PATH = PREFIX + "3f0c2a4e"
STREAM, CALL, ACCOUNT = "MZ1", "CA1", "AC1"


def start(call: str = CALL) -> str:
    body = {"accountSid": ACCOUNT, "callSid": call, "streamSid": STREAM, "tracks": ["inbound"]}
    return json.dumps({"event": "start", "sequenceNumber": "1", "streamSid": STREAM, "start": body})


def media(sound: bytes = b"\x7f" * 160, timestamp: int = 100) -> str:
    body = {"track": "inbound", "timestamp": str(timestamp), "payload": base64.b64encode(sound).decode()}
    return json.dumps({"event": "media", "streamSid": STREAM, "media": body})


async def until(happened: Callable[[], object]) -> None:
    """Let the loop run until something has happened; a test that waits for ever fails here."""
    async with asyncio.timeout(120):
        while not happened():
            await asyncio.sleep(0.001)


async def code_of(caller: ClientConnection) -> int:
    """The close code that a caller is given."""
    try:
        async with asyncio.timeout(120):
            while True:
                await caller.recv()
    except ConnectionClosed as ended:
        assert ended.rcvd is not None
        return ended.rcvd.code


class Call(Heard):
    """One answered socket: what its listener was told, and its leg."""

    def __init__(self, leg: Leg) -> None:
        super().__init__()
        self.leg = leg

    async def hears(self, kind: str, times: int = 1) -> None:
        await until(lambda: len(self.of(kind)) >= times)


class MediaServer:
    """A server with one media door. Set `decide` to decide otherwise than "anyone may come in"."""

    def __init__(self, door: Door) -> None:
        self.door = door
        self.counts = WireCounts()
        self.streams = 1
        """How many streams there are, as far as coalescing is told."""
        self.coalescing = Coalescing(lambda: self.streams)
        self.calls: list[Call] = []
        self.seen: list[Handshake] = []
        self.transports: list[asyncio.Transport] = []
        self.decide: Decide = self.admits
        self.answer: Callable[[Leg], Call] = Call
        self.port = 0

    async def admits(self, handshake: Handshake) -> Admission | Refusal:
        return Admission(MediaStreams(CALL, ACCOUNT), self.answers)

    def answers(self, leg: Leg) -> Call:
        call = self.answer(leg)
        self.calls.append(call)
        return call

    async def decides(self, handshake: Handshake) -> Admission | Refusal:
        self.seen.append(handshake)
        return await self.decide(handshake)

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.port}{PATH}"

    def caller(self, **options: Any) -> connect:
        options.setdefault("compression", None)
        return connect(self.url, **options)

    @asynccontextmanager
    async def call(self) -> AsyncIterator[tuple[ClientConnection, Call]]:
        """A caller whose stream has started, and what it reached."""
        before = len(self.calls)
        async with self.caller() as caller:
            await caller.send(start())
            await until(lambda: len(self.calls) > before)
            call = self.calls[before]
            await call.hears("start")
            yield caller, call


async def page(scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
    """What else is served on the port: a page, and a WebSocket that says the same."""
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"4")]})
        await send({"type": "http.response.body", "body": b"page"})
    else:
        await receive()
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.send", "text": "page"})
        await send({"type": "websocket.close"})


@asynccontextmanager
async def opened(
    door: Door, *, check_within_s: float = CHECK_WITHIN_S, start_within_s: float = START_WITHIN_S
) -> AsyncIterator[MediaServer]:
    server = MediaServer(door)
    deadlines: dict[str, float] = {"check_within_s": check_within_s, "start_within_s": start_within_s}
    media_app = asgi_media(server.decides, server.counts, **deadlines)

    async def app(scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        is_media = scope["type"] == "websocket" and scope["path"].startswith(PREFIX)
        await (media_app if is_media else page)(scope, receive, send)

    http: Any = "httptools"
    if door == "picows":
        http = media_protocol(server.decides, (PREFIX,), server.counts, server.coalescing, **deadlines)
    config = uvicorn.Config(app, http=http, lifespan="off", log_level="critical", **SERVER_OPTIONS)
    config.load()
    protocol_class: Any = config.http_protocol_class

    class Watched(protocol_class):
        def connection_made(self, transport: asyncio.Transport) -> None:
            server.transports.append(transport)
            super().connection_made(transport)

    state = ServerState()
    listening = await asyncio.get_running_loop().create_server(
        lambda: Watched(config=config, server_state=state, app_state={}), "127.0.0.1", 0
    )
    server.port = listening.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listening.close()
        for transport in server.transports:
            transport.abort()
        await until(lambda: server.counts.open == 0 and not state.tasks)
        for call in server.calls:
            assert len(call.of("closed")) == 1, "on_closed is said exactly once"
            assert call.told[-1][0] == "closed", "on_closed is the last word"


class RawCaller:
    """A caller without a WebSocket library, for what no library would send."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    @classmethod
    async def dial(cls, server: MediaServer, *, receive_buffer: int = 0) -> RawCaller:
        sock = socket.socket()
        sock.setblocking(False)
        if receive_buffer:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        await asyncio.get_running_loop().sock_connect(sock, ("127.0.0.1", server.port))
        return cls(*await asyncio.open_connection(sock=sock, limit=64 * 1024 * 1024))

    def send(self, data: bytes) -> None:
        self.writer.write(data)

    def shake_hands(
        self, *, path: str = PATH, after: bytes = b"", method: str = "GET", **changes: str
    ) -> None:
        headers = {
            "host": "voice.example.com",
            "user-agent": "Twilio.TmeWs/1.0",
            "connection": "Upgrade",
            "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
            "sec-websocket-version": "13",
            "upgrade": "websocket",
            "x-twilio-signature": "c2lnbmVk",
            "accept-encoding": "gzip",
        } | {name.replace("_", "-"): value for name, value in changes.items()}
        lines = [
            f"{method} {path} HTTP/1.1",
            *(f"{name}: {value}" for name, value in headers.items()),
            "",
            "",
        ]
        self.send("\r\n".join(lines).encode() + after)

    async def response(self) -> tuple[int, dict[str, str]]:
        head = (await asyncio.wait_for(self.reader.readuntil(b"\r\n\r\n"), 10)).decode()
        status, *lines = head.strip().split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in lines)
        return int(status.split()[1]), headers

    async def frame(self) -> tuple[int, bytes]:
        """The next frame's opcode and payload."""
        first, second = await asyncio.wait_for(self.reader.readexactly(2), 10)
        size = second & 0x7F
        if size >= 126:
            size = int.from_bytes(await self.reader.readexactly(2 if size == 126 else 8), "big")
        return first & 0x0F, await asyncio.wait_for(self.reader.readexactly(size), 10)

    async def hang_up(self) -> None:
        self.writer.close()
        with suppress(ConnectionError):  # the server may have cut it first
            await self.writer.wait_closed()


def frame(opcode: int, payload: bytes, *, fin: bool = True, masked: bool = True) -> bytes:
    """A client's frame; the mask is all zeros, so the payload stands in it as it is."""
    size, mask_bit = len(payload), 0x80 if masked else 0
    if size < 126:
        length = bytes([mask_bit | size])
    elif size < 65536:
        length = bytes([mask_bit | 126]) + size.to_bytes(2, "big")
    else:
        length = bytes([mask_bit | 127]) + size.to_bytes(8, "big")
    return bytes([(0x80 if fin else 0) | opcode]) + length + (b"\0" * 4 if masked else b"") + payload
