"""Twilio's requests and sockets one by one, without a caller."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

import httpx
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from rapida.simulator.twilio.chaos import Chaos, Signature
from rapida.simulator.twilio.media_socket import open_socket
from rapida.simulator.twilio.network import Account, Exchange, Network
from rapida.simulator.twilio.twiml import StreamTo, parse
from rapida.simulator.twilio.wire import StreamFacts, Writer

from .server import PREFIX, RunningServer


class Carrier:
    """Twilio's pen and its plug, without a caller: single requests and bare sockets."""

    def __init__(self, server: RunningServer, account: Account | None = None) -> None:
        self.server = server
        self.account = account or server.account
        self._network = Network(self.account, server.address)
        self._announced: dict[str, str] = {}

    async def __aenter__(self) -> Carrier:
        return self

    async def __aexit__(self, *_: object) -> None:
        """Every call is over at last, and the server is told."""
        for url, call_sid in self._announced.items():
            await self.ends(url, call_sid)
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connections, without a word to a server that is gone."""
        await self._network.aclose()

    async def ends(self, url: str, call_sid: str) -> None:
        over = self.form(call_sid, CallStatus="completed", SequenceNumber="9")
        await self.asks(f"/ctx/{url.rpartition('/')[2]}/event", over)

    def proof(self, url: str) -> dict[str, str]:
        """The headers that prove a handshake, names in lower case."""
        return {name.lower(): value for name, value in self._network.proof(url, {}).items()}

    def form(self, call_sid: str, **more: str | None) -> dict[str, str]:
        """A request's fields; None leaves one out."""
        told = {"AccountSid": self.account.sid, "CallSid": call_sid, "From": "+14155550123"}
        told |= {"To": "+14155550100", "CallStatus": "ringing", "Direction": "inbound"}
        return {name: value for name, value in {**told, **more}.items() if value is not None}

    async def asks(
        self, path: str, form: Mapping[str, str], signature: Signature = "valid", method: str = "POST"
    ) -> Exchange:
        """A webhook or callback to a path of the carrier's surface."""
        url = f"https://{self.server.host}{PREFIX}{path}"
        return await self._network.request(url, form, signature=signature, method=method)

    async def announces(self, number: int, call_sid: str) -> str:
        """A proved call webhook; the stream's address in its answer."""
        answer = await self.asks(f"/call/{number}", self.form(call_sid))
        assert answer.status == 200, answer.body
        (verb,) = parse(answer.body, answer.url).verbs
        assert isinstance(verb, StreamTo)
        self._announced[verb.url] = call_sid
        return verb.url

    async def plugs_in(self, url: str, signature: Signature = "valid") -> ClientConnection:
        """The socket of a stream, open. Raises `LineFault` when it is refused."""
        return await open_socket(url, self._network, Chaos(socket_signature=signature))

    async def refusal(self, url: str, signature: Signature = "valid") -> tuple[int, dict[str, Any]]:
        """How an upgrade is refused: the status and the problem."""
        parts = urlsplit(url)
        headers = self._network.proof(url, {}, signature) | {
            "Host": self.server.host,
            "Connection": "Upgrade",
            "Upgrade": "websocket",
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        }
        async with httpx.AsyncClient() as client:
            answer = await client.get(f"http://{self.server.address}{parts.path}", headers=headers)
        return answer.status_code, answer.json()


def start_message(account: Account, call_sid: str, stream_sid: str = "MZ1") -> str:
    return Writer(StreamFacts(account.sid, call_sid, stream_sid)).start()


async def close_code(socket: ClientConnection) -> int:
    """With which code the server closes a socket."""
    async with asyncio.timeout(120):
        with suppress(ConnectionClosed):
            while True:
                await socket.recv()
    assert socket.close_code is not None
    return socket.close_code
