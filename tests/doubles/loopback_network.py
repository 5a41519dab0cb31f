"""The other end of the loopback carrier: its interface for calls, its webhooks, and a telephone.

It speaks to the platform over the wire alone, with a signature of its own reckoning.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from rapida.engine.clock import LoopClock
from rapida.telephony.loopback.phone import LoopbackPhone
from rapida.telephony.stream import Leg, LegListener, StreamStart
from tests.doubles.http_double import HttpDouble, Request


@dataclass
class Network(HttpDouble):
    """The account's calls. `reaches` is where the platform's public host leads, as `host:port`."""

    account: str = "home"
    token: str = "the-token-of-home"
    reaches: str = ""
    behaves: Callable[[Telephone], None] = lambda phone: None
    """What whoever is called does once the stream is up."""
    calls: dict[str, Call] = field(default_factory=dict)
    numbers: dict[str, dict[str, str]] = field(default_factory=dict)
    """The account's numbers, and where each leads."""
    free: list[str] = field(default_factory=list)
    """Numbers that can be bought."""
    running_calls: set[asyncio.Task[None]] = field(default_factory=set)

    def pieces(self, request: Request) -> list[bytes]:
        path = urlsplit(request.path).path
        if path == "/account":
            return [json.dumps({"name": "Our home"}).encode()]
        if path.startswith("/numbers"):
            return [json.dumps(self._of_numbers(request)).encode()]
        if path == "/calls" and request.method == "GET":
            return [json.dumps([call.told() for call in self.calls.values()]).encode()]
        if path == "/calls":
            call = self._placed(request.json)
        else:
            call = self.calls[path.rpartition("/")[2]]
            if request.method == "POST":
                call.changed(request.json)
        return [json.dumps(call.told()).encode()]

    def _of_numbers(self, request: Request) -> Any:
        parts = urlsplit(request.path)
        if parts.path == "/numbers/free":
            return [{"number": each, "monthly_price": "2", "currency": "EUR"} for each in self.free]
        if request.method == "POST" and parts.path == "/numbers":
            self.free.remove(request.json["number"])
            self.numbers[request.json["number"]] = {}
            return request.json
        if request.method == "POST":
            number = unquote(parts.path.rpartition("/")[2])
            self.numbers[number] = request.json
            return {"number": number, "settings": request.json}
        wanted = {name: values[0] for name, values in parse_qs(parts.query).items()}
        found = [each for each in self.numbers if wanted.get("number", each) == each]
        return {"numbers": [{"number": each, "settings": self.numbers[each]} for each in found]}

    def _placed(self, order: dict[str, Any]) -> Call:
        call = Call(self, f"call-{len(self.calls) + 1}", order["from"], order["to"], order["report_to"])
        self.calls[call.name] = call
        task = asyncio.create_task(call.is_taken(order["document"]))
        self.running_calls.add(task)
        task.add_done_callback(self.running_calls.discard)
        return call

    async def announces(self, call_url: str, report_to: str, caller: str, callee: str) -> Call:
        """Somebody calls a number of ours, to the end of the call."""
        call = Call(self, f"call-{len(self.calls) + 1}", caller, callee, report_to)
        self.calls[call.name] = call
        told = {"account": self.account, "call": call.name, "from": caller, "to": callee}
        answer = await self.asks(call_url, told | {"variables": {"CallerName": "Ada"}})
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"].startswith("application/json")
        call.document = answer.json()
        await call.follows(answer.text)
        return call

    async def asks(self, url: str, told: dict[str, Any], token: str = "") -> httpx.Response:
        """A signed request to a public address."""
        body = json.dumps(told).encode()
        headers = {
            "x-loopback-signature": self.signature("POST", url, body, token),
            "content-type": "application/json",
            "host": urlsplit(url).netloc,
        }
        parts = urlsplit(url)
        async with httpx.AsyncClient(trust_env=False) as client:
            address = f"http://{self.reaches}{parts.path}" + (f"?{parts.query}" if parts.query else "")
            return await client.post(address, content=body, headers=headers)

    def signature(self, method: str, url: str, body: bytes = b"", token: str = "") -> str:
        signed = f"{method} {url}\n".encode() + body
        return hmac.new((token or self.token).encode(), signed, hashlib.sha256).hexdigest()

    async def opens(self, url: str, token: str = "") -> ClientConnection:
        """The media socket at a public address."""
        host, _, port = self.reaches.rpartition(":")
        headers = {"x-loopback-signature": self.signature("GET", url, token=token)}
        plain = urlsplit(url)._replace(scheme="ws").geturl()
        mapped: dict[str, Any] = {"host": host, "port": int(port), "proxy": None}
        return await connect(plain, additional_headers=headers, compression=None, **mapped)


@dataclass
class Call:
    """One call, from either side."""

    network: Network
    name: str
    caller: str
    callee: str
    report_to: str
    state: str = "trying"
    reported: int = 0
    document: dict[str, Any] = field(default_factory=dict)
    phone: Telephone | None = None
    told_to: list[dict[str, Any]] = field(default_factory=list)
    """What the platform ordered while the call went on."""
    over: asyncio.Event = field(default_factory=asyncio.Event)

    def told(self) -> dict[str, Any]:
        return {"call": self.name, "state": self.state, "from": self.caller, "to": self.callee}

    def changed(self, order: dict[str, Any]) -> None:
        self.told_to.append(order)
        if self.phone is not None:
            self.phone.hangs_up()

    async def is_taken(self, document: str) -> None:
        for state in ("trying", "ringing", "up"):
            await self.reports(state)
        await self.follows(document)

    async def follows(self, document: str) -> None:
        """Do what the platform's document says, to the end of the call."""
        self.document = json.loads(document)
        if self.document["do"] == "stream":
            socket = await self.network.opens(self.document["url"])
            self.phone = Telephone(socket, self)
            await self.phone.talks()
        await self.reports("ended")
        self.over.set()

    async def reports(self, state: str) -> None:
        self.state = state
        self.reported += 1
        told = {"account": self.network.account, "call": self.name, "state": state, "number": self.reported}
        answer = await self.network.asks(self.report_to, told)
        assert answer.status_code == 204, answer.text


class Telephone(LoopbackPhone):
    """The phone in memory at the end of a media socket."""

    def __init__(self, socket: ClientConnection, call: Call) -> None:
        start = StreamStart(f"stream-{call.name}", call.name, call.network.account)
        super().__init__(LoopClock(), start)
        self.socket = socket
        self.call = call
        self.outgoing: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    async def talks(self) -> None:
        """To the end of the stream."""
        self.rings(self._wired)
        self.call.network.behaves(self)
        sending = asyncio.create_task(self._sends())
        with suppress(ConnectionClosed):
            async for message in self.socket:
                self._is_told(json.loads(message))
        self.drops()
        await sending

    def _wired(self, leg: Leg) -> LegListener:
        assert leg is self
        return _Wire(self.outgoing, self.call.document["parameters"])

    def _is_told(self, order: dict[str, Any]) -> None:
        if "play" in order:
            self.play(base64.b64decode(order["play"]))
        elif "mark" in order:
            self.mark(order["mark"])
        else:
            assert order == {"clear": True}
            self.clear()

    async def _sends(self) -> None:
        while (message := await self.outgoing.get()) != {"closed": True}:
            with suppress(ConnectionClosed):
                await self.socket.send(json.dumps(message))
        await self.socket.close()


class _Wire:
    """A `LegListener` that writes what it is told to the socket."""

    def __init__(self, outgoing: asyncio.Queue[dict[str, Any]], parameters: dict[str, str]) -> None:
        self._tell = outgoing.put_nowait
        self._parameters = parameters

    def on_start(self, start: StreamStart) -> None:
        told = {"account": start.account_id, "call": start.call_id, "stream": start.stream_id}
        self._tell({"start": told | {"parameters": self._parameters}})

    def on_media(self, position_ms: int, ulaw: bytes) -> None:
        self._tell({"sound": {"ulaw": base64.b64encode(ulaw).decode(), "at_ms": position_ms}})

    def on_digit(self, digit: str) -> None:
        self._tell({"key": digit})

    def on_text(self, text: str) -> None:
        raise AssertionError("a telephone sends none")

    def on_mark(self, name: str) -> None:
        self._tell({"played": name})

    def on_stop(self) -> None:
        self._tell({"stop": True})

    def on_closed(self, code: int) -> None:
        self._tell({"closed": True})
