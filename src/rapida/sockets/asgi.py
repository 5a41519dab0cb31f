"""The media socket as a plain ASGI application: the fallback for servers other than uvicorn with picows.

The same session, admission and counts as `socket`, at about twice the CPU. It decides nothing of its own;
as ASGI sends by awaiting, what the call sends is queued here and pumped in order by one task.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final

from ..telephony.door import Admission, Admit, Handshake, Refusal
from .handshake import CHECK_WITHIN_S, PROBLEM_TYPE, decide, headers_of, problem, subprotocol_of
from .session import ABNORMAL, START_WITHIN_S, MediaSession, WireCounts

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

HIGH_WATER_BYTES: Final = 64 * 1024
"""From so much unsent on the writer waits: what the standard library's transports take for it too."""
LOW_WATER_BYTES: Final = 16 * 1024
"""A quarter of it, so that the writer is not stopped and started for each message."""


class _Cut(Exception):
    """The session dropped the connection."""


def asgi_media(
    admit: Admit,
    counts: WireCounts,
    *,
    check_within_s: float = CHECK_WITHIN_S,
    start_within_s: float = START_WITHIN_S,
) -> AsgiMedia:
    """The ASGI application to mount at the media path; run its server with `socket.SERVER_OPTIONS`."""
    return AsgiMedia(admit, counts, check_within_s, start_within_s)


class AsgiMedia:
    """One ASGI `websocket` scope after another; each call is one socket."""

    def __init__(
        self, admit: Admit, counts: WireCounts, check_within_s: float, start_within_s: float
    ) -> None:
        self._admit = admit
        self._counts = counts
        self._check_within_s = check_within_s
        self._start_within_s = start_within_s

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        handshake = Handshake(
            path=(scope.get("raw_path") or scope["path"].encode()).decode("latin-1"),
            query=scope["query_string"].decode("latin-1"),
            headers=headers_of(scope["headers"]),
            address=(scope.get("client") or ("",))[0],
        )
        await receive()  # websocket.connect
        decision = await decide(self._admit, handshake, self._counts, self._check_within_s)
        try:
            if isinstance(decision, Refusal):
                await _refuse(decision, scope, send)
                return
            await send(
                {"type": "websocket.accept", "subprotocol": subprotocol_of(handshake.headers), "headers": []}
            )
        except OSError:  # ASGI's word for a client that has gone
            self._counts.abandoned += 1
            return
        await self._talk(decision, receive, send)

    async def _talk(self, admission: Admission, receive: Receive, send: Send) -> None:
        wire = _AsgiWire()
        call_later = asyncio.get_running_loop().call_later
        session = wire.session = MediaSession(admission, wire, self._counts, call_later, self._start_within_s)
        session.opened()
        try:
            async with asyncio.TaskGroup() as tasks:
                pump = tasks.create_task(wire.pump(send))
                await _read(session, receive)
                pump.cancel()
        except* (_Cut, OSError):
            pass  # the connection is gone, by us or by them
        finally:
            session.lost()


async def _read(session: MediaSession, receive: Receive) -> None:
    while (message := await receive())["type"] != "websocket.disconnect":
        text = message.get("text")
        if text is None:
            session.binary(message.get("bytes") or b"")
        else:
            session.text(text.encode())
    code = message.get("code", 1005)
    if code == ABNORMAL or (code == 1005 and "reason" not in message):
        return  # lost without a close frame; uvicorn calls that 1005, and gives no reason
    if code in (1002, 1007, 1009):  # the server's parser closes with these, peers hardly ever
        session.parser_closed(code)
    else:
        session.peer_closed(code)


async def _refuse(refusal: Refusal, scope: MutableMapping[str, Any], send: Send) -> None:
    if "websocket.http.response" not in scope.get("extensions", {}):
        await send({"type": "websocket.close", "code": 1008})  # becomes a bare 403
        return
    body = problem(refusal)
    headers = [
        (b"content-type", PROBLEM_TYPE.encode()),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),
    ]
    await send({"type": "websocket.http.response.start", "status": refusal.status, "headers": headers})
    await send({"type": "websocket.http.response.body", "body": body})


class _AsgiWire:
    """The session's orders, in a queue until ASGI has taken them."""

    session: MediaSession

    def __init__(self) -> None:
        self._queue: deque[tuple[str, bytes]] = deque()
        """Messages, each with ASGI's name for its kind: `text` or `bytes`."""
        self._backlog = 0
        self._wake = asyncio.Event()
        self._close: Message | None = None
        self._cut = False
        self._paused = False

    def send(self, message: bytes, then: bytes = b"") -> None:
        self._put("text", message)
        if then:
            self._put("text", then)

    def send_binary(self, message: bytes) -> None:
        self._put("bytes", message)

    def _put(self, kind: str, message: bytes) -> None:
        self._queue.append((kind, message))
        self._backlog += len(message)
        if self._backlog > HIGH_WATER_BYTES and not self._paused:
            self._paused = True
            self.session.write_paused()
        self._wake.set()

    def close(self, code: int, reason: str) -> None:
        self._close = {"type": "websocket.close", "code": code, "reason": reason}
        self._wake.set()

    def cut(self) -> None:
        self._cut = True
        self._wake.set()

    def backlog(self) -> int:
        return self._backlog

    async def pump(self, send: Send) -> None:
        """Send what is queued, in order, then the close if there is one."""
        while True:
            while self._queue and not self._cut:
                kind, message = self._queue.popleft()
                await send({"type": "websocket.send", kind: message.decode() if kind == "text" else message})
                self._sent(len(message))
            if self._cut:
                raise _Cut
            if self._close is not None:
                await send(self._close)
                return
            self._wake.clear()
            await self._wake.wait()

    def _sent(self, size: int) -> None:
        self._backlog -= size
        if self._paused and self._backlog < LOW_WATER_BYTES:
            self._paused = False
            self.session.write_resumed()
