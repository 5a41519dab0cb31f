"""A minimal Twilio *app* for the phone to call: one port for webhooks, callbacks and the media socket.

It is written from Twilio's documentation with other libraries than the phone's, and keeps all it receives.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect
from twilio.request_validator import RequestValidator

from rapida.simulator.twilio.network import Account

HOST = "voice.example.com"
ACCOUNT = Account("AC" + "1" * 32, "test-token-of-nobody")

CONNECT = (
    '<?xml version="1.0" encoding="UTF-8"?><Response><Connect>'
    f'<Stream url="wss://{HOST}/media/one" name="1__2" statusCallback="https://{HOST}/event">'
    '<Parameter name="assistant_id" value="1"/><Parameter name="client_number" value="+14155550123"/>'
    "</Stream></Connect>{then}</Response>"
)


def connect_then(then: str = "") -> str:
    return CONNECT.replace("{then}", then)


@dataclass
class Received:
    """One HTTP request, with the headers as they came and whether its signature proves it."""

    method: str
    path: str
    headers: dict[str, str]
    form: dict[str, str]
    proved: bool


class Talk:
    """The app's end of a media socket."""

    def __init__(self, ws: WebSocket) -> None:
        self.ws = ws
        self.received: list[dict[str, Any]] = []
        self.binary = 0
        self.headers = [(key.decode(), value.decode()) for key, value in ws.headers.raw]
        self.stream_sid = ""

    async def read(self) -> dict[str, Any] | None:
        """The next text message as JSON; None for anything else. Raises WebSocketDisconnect."""
        got = await self.ws.receive()
        if got["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(got["code"])
        try:
            message = json.loads(got["text"]) if got.get("text") else None
        except ValueError:
            message = None
        if not isinstance(message, dict):
            self.binary += 1
            return None
        self.received.append(message)
        if message.get("event") == "start" and not self.stream_sid:
            self.stream_sid = message["start"]["streamSid"]
        return message

    async def until(self, event: str, **inner: str) -> dict[str, Any]:
        """Read on to the first message of that kind whose body carries these values."""
        while True:
            message = await self.read()
            if message and message.get("event") == event:
                body = message.get(event, {})
                if all(body.get(key) == value for key, value in inner.items()):
                    return message

    async def send(self, event: str, **body: Any) -> None:
        await self.ws.send_text(json.dumps({"event": event, "streamSid": self.stream_sid, **body}))

    async def play(self, ulaw: bytes) -> None:
        await self.send("media", media={"payload": base64.b64encode(ulaw).decode()})

    async def mark(self, name: str) -> None:
        await self.send("mark", mark={"name": name})

    def of(self, event: str) -> list[dict[str, Any]]:
        return [message for message in self.received if message.get("event") == event]


Answer = Callable[[Talk], Awaitable[None]]


async def listen(talk: Talk) -> None:
    """An app that only listens, to the end."""
    while True:
        await talk.read()


@dataclass
class App:
    """`twiml`: the documents in the order they are fetched, the last for ever; `answer` holds the call."""

    twiml: list[str] = field(default_factory=lambda: [connect_then()])
    answer: Answer = listen
    content_type: str = "text/xml"
    statuses: list[int] = field(default_factory=list)
    refuse_upgrade: bool = False
    requests: list[Received] = field(default_factory=list)
    talks: list[Talk] = field(default_factory=list)
    port: int = 0

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def callbacks(self) -> list[dict[str, str]]:
        return [request.form for request in self.requests if request.path in ("/event", "/status", "/amd")]

    async def webhook(self, request: Request) -> Response:
        await self._keep(request)
        status = self.statuses.pop(0) if self.statuses else 200
        document = self.twiml.pop(0) if len(self.twiml) > 1 else self.twiml[0]
        headers = {"content-type": self.content_type} if self.content_type else {}
        return Response(document, status, headers=headers)

    async def callback(self, request: Request) -> Response:
        await self._keep(request)
        return Response(status_code=204)

    async def media(self, ws: WebSocket) -> None:
        if self.refuse_upgrade:
            await ws.close()
            return
        await ws.accept()
        talk = Talk(ws)
        self.talks.append(talk)
        with contextlib.suppress(WebSocketDisconnect):
            await self.answer(talk)
            await ws.close(1000)

    async def _keep(self, request: Request) -> None:
        form = {key: str(value) for key, value in (await request.form()).items()}
        validator = RequestValidator(ACCOUNT.token)
        proved = validator.validate(
            f"https://{HOST}{request.url.path}", form, request.headers.get("x-twilio-signature", "")
        )
        self.requests.append(
            Received(request.method, request.url.path, dict(request.headers), form, bool(proved))
        )


@contextlib.asynccontextmanager
async def serving(app: App) -> AsyncIterator[App]:
    """The app on a free port of loopback."""
    routes = [
        Route("/voice", app.webhook, methods=["POST"]),
        Route("/event", app.callback, methods=["POST"]),
        Route("/status", app.callback, methods=["POST"]),
        Route("/amd", app.callback, methods=["POST"]),
        WebSocketRoute("/media/one", app.media),
    ]
    # With the protocol named, asyncio turns Nagle's algorithm off.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    app.port = listener.getsockname()[1]
    config = uvicorn.Config(
        Starlette(routes=routes), ws="websockets-sansio", log_config=None, access_log=False, lifespan="off"
    )
    # Started and ended by hand: `Server.serve` would sleep for a fifth of a second at every end.
    config.load()
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    await server.startup(sockets=[listener])
    try:
        yield app
    finally:
        for open_server in server.servers:
            open_server.close()
        for connection in list(server.server_state.connections):
            connection.shutdown()
        while server.server_state.connections or server.server_state.tasks:
            await asyncio.sleep(0.001)
        listener.close()
