"""The media socket on the same port as the HTTP API: uvicorn takes the upgrade, picows carries the frames.

It decides only how an upgrade changes hands: paths under a prefix are checked by `admit` while
reading is paused, then refused or given to picows; every other request stays uvicorn's. What the messages
lead to is `session`'s affair; `asgi_socket` is the same door for any other ASGI server.

Neither uvicorn nor picows offers this as an interface, so both are pinned, and every name of theirs that is
no public interface is listed in `PRIVATE_NAMES`; tests/sockets/test_picows.py fails when one of them moves.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from typing import Any, ClassVar, Final

import httptools
from picows import (
    WSAutoPingStrategy,
    WSCloseCode,
    WSFrame,
    WSListener,
    WSMsgType,
    WSTransport,
    WSUpgradeRequest,
    WSUpgradeResponse,
    WSUpgradeResponseWithListener,
)
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from ..telephony.door import Admission, Admit, Handshake, Refusal
from .coalescing import Coalescing
from .handshake import CHECK_WITHIN_S, decide, headers_of, http_response, malformed, refuse, subprotocol_of
from .session import CLOSE_WITHIN_S, MAX_MESSAGE_BYTES, START_WITHIN_S, MediaSession, WireCounts

PINNED: Final = {"uvicorn": "0.54.0", "picows": "2.3.1"}

PRIVATE_NAMES: Final = {
    # The hook, what it overrides beside it, and what it reads and ends of the HTTP connection.
    "uvicorn.protocols.http.httptools_impl.HttpToolsProtocol": (
        "handle_websocket_upgrade",
        "data_received",
        "client",
        "connection_lost",
        "connections",
        "flow",
        "headers",
        "loop",
        "parser",
        "scope",
        "tasks",
        "transport",
        "url",
    ),
    # Its constructor (see `_picows`), and the way bytes are put into it.
    "picows.picows.WSProtocol": ("connection_made", "get_buffer", "buffer_updated"),
}

SERVER_OPTIONS: Final[dict[str, Any]] = {
    # uvicorn offers an upgrade to its hook only if it has a WebSocket implementation of its own.
    "ws": "websockets-sansio",
    "ws_max_size": MAX_MESSAGE_BYTES,
    # 1.2–1.6 ms of CPU per call-second for nothing: no carrier offers it.
    "ws_per_message_deflate": False,
    # Through a tunnel a pong may come late; 50 frames a second are sign of life enough.
    "ws_ping_interval": None,
}
"""What `uvicorn.Config` needs beside `http=media_protocol(…)`, and for the plain ASGI fallback."""

READ_BUFFER_BYTES: Final = 8 * 1024
"""Some twenty media messages of 20 ms; one buffer a socket, and thousands of sockets."""
_TEXT: Final = WSMsgType.TEXT

# picows' type stubs leave it out. It is one of asyncio's buffered protocols.
_WSProtocol: Callable[..., asyncio.BufferedProtocol] = import_module("picows.picows").WSProtocol


@dataclass(frozen=True)
class _Door:
    admit: Admit
    prefixes: tuple[str, ...]
    counts: WireCounts
    coalescing: Coalescing
    check_within_s: float
    start_within_s: float


def media_protocol(
    admit: Admit,
    prefixes: tuple[str, ...],
    counts: WireCounts,
    coalescing: Coalescing,
    *,
    check_within_s: float = CHECK_WITHIN_S,
    start_within_s: float = START_WITHIN_S,
) -> type[HttpToolsProtocol]:
    """The protocol class for `uvicorn.Config(http=…, **SERVER_OPTIONS)`.

    Upgrades of paths that begin with one of `prefixes` go to `admit`; everything else is uvicorn's.
    """
    door = _Door(
        admit=admit,
        prefixes=prefixes,
        counts=counts,
        coalescing=coalescing,
        check_within_s=check_within_s,
        start_within_s=start_within_s,
    )
    return type("MediaProtocol", (_MediaProtocol,), {"door": door})


class _MediaProtocol(HttpToolsProtocol):
    door: ClassVar[_Door]

    _check: asyncio.Task[None] | None = None
    _latest = b""
    _early = b""
    """What came after the handshake before it was answered: a client may not send it, but it is not lost."""

    def data_received(self, data: bytes) -> None:
        if self._check is None:
            self._latest = data
            super().data_received(data)
        else:
            self._early += data

    def handle_websocket_upgrade(self) -> None:
        path, _, query = self.url.decode("latin-1").partition("?")
        if not path.startswith(self.door.prefixes):
            super().handle_websocket_upgrade()
            return
        parsed = sys.exception()
        if isinstance(parsed, httptools.HttpParserUpgrade):
            self._early = self._latest[parsed.args[0] :]
        self._latest = b""
        self.flow.pause_reading()
        address = self.client[0] if self.client else ""
        handshake = Handshake(path, query, headers_of(self.headers), address)
        self._check = check = self.loop.create_task(self._answer(handshake))
        self.tasks.add(check)
        check.add_done_callback(self.tasks.discard)

    async def _answer(self, handshake: Handshake) -> None:
        door = self.door
        decision = malformed(str(self.scope["method"]), handshake.headers)
        if decision:
            refuse(decision, handshake, door.counts)
        else:
            decision = await decide(door.admit, handshake, door.counts, door.check_within_s)
        if isinstance(decision, Refusal):
            self.transport.write(http_response(decision))
            self.transport.close()
            return
        if self.transport.is_closing():
            door.counts.abandoned += 1
            return
        try:
            self._hand_over(decision, handshake)
        except OSError:  # the caller has gone, and the system told nobody while reading was paused
            door.counts.abandoned += 1
            self.transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        if self._check is not None and self._check.cancel():
            self.door.counts.abandoned += 1

    def _hand_over(self, admission: Admission, handshake: Handshake) -> None:
        headers = handshake.headers
        listener = _PicowsSocket(self.door, admission, self.loop, subprotocol_of(headers))
        protocol = _picows(listener)
        protocol.connection_made(self.transport)
        self.connections.discard(self)
        self.transport.set_protocol(protocol)
        del self.parser  # it and this object hold each other
        _feed(protocol, _shortest_handshake(headers["sec-websocket-key"]) + self._early)
        self.flow.resume_reading()


def _picows(listener: _PicowsSocket) -> asyncio.BufferedProtocol:
    """A server-side picows protocol, built as `picows.ws_create_server` builds its own (picows/api.py)."""
    return _WSProtocol(
        None,  # host_port
        None,  # ws_path
        False,  # is_client_side
        listener.upgrade,  # ws_listener_factory
        logging.getLogger("picows.media"),
        True,  # disconnect_on_exception
        None,  # websocket_handshake_timeout: the handshake is fed at once
        False,  # enable_auto_ping
        20,  # auto_ping_idle_timeout
        20,  # auto_ping_reply_timeout
        WSAutoPingStrategy.PING_WHEN_IDLE,
        True,  # enable_auto_pong
        MAX_MESSAGE_BYTES,  # max_frame_size
        None,  # extra_headers
        READ_BUFFER_BYTES,
    )


def _framed(message: bytes) -> bytes:
    """A whole text message as a server sends it: one frame, unmasked (RFC 6455 §5.2)."""
    size = len(message)
    if size < 126:
        return bytes((0x81, size)) + message
    if size < 1 << 16:
        return b"\x81\x7e" + size.to_bytes(2, "big") + message
    return b"\x81\x7f" + size.to_bytes(8, "big") + message


def _feed(protocol: asyncio.BufferedProtocol, data: bytes) -> None:
    while data:
        room = memoryview(protocol.get_buffer(-1))
        taken = min(len(room), len(data))
        room[:taken] = data[:taken]
        protocol.buffer_updated(taken)
        data = data[taken:]


def _shortest_handshake(key: str) -> bytes:
    """The request again, without what picows need not see (proxies add headers and `Connection` tokens)."""
    lines = (
        "GET / HTTP/1.1",
        "Upgrade: websocket",
        "Connection: upgrade",
        "Sec-WebSocket-Version: 13",
        f"Sec-WebSocket-Key: {key}",
        "",
        "",
    )
    return "\r\n".join(lines).encode("latin-1")


class _PicowsSocket(WSListener):
    """picows' callbacks → the session; the session's orders (`session.Wire`) → picows' transport."""

    __slots__ = (
        "_coalescing",
        "_cutting",
        "_fragments",
        "_loop",
        "_session",
        "_subprotocol",
        "_text",
        "_transport",
        "read",
    )

    def __init__(
        self, door: _Door, admission: Admission, loop: asyncio.AbstractEventLoop, subprotocol: str | None
    ) -> None:
        self.read = False
        self._coalescing = door.coalescing
        self._loop = loop
        self._subprotocol = subprotocol
        self._fragments: bytearray | None = None
        self._cutting: asyncio.TimerHandle | None = None
        self._session = MediaSession(admission, self, door.counts, loop.call_later, door.start_within_s)
        self._text = self._session.text

    def upgrade(self, request: WSUpgradeRequest) -> WSUpgradeResponseWithListener:
        extra = {"Sec-WebSocket-Protocol": self._subprotocol} if self._subprotocol else None
        return WSUpgradeResponseWithListener(WSUpgradeResponse.create_101_response(extra), self)

    # picows → session ---------------------------------------------------------------------------------------

    def on_ws_connected(self, transport: WSTransport) -> None:
        self._transport = transport
        self._coalescing.add(self)
        self._session.opened()

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        self.read = True
        if frame.msg_type == _TEXT and frame.fin:
            self._text(frame.get_payload_as_bytes())
        else:
            self._rarer_frame(frame)

    def _rarer_frame(self, frame: WSFrame) -> None:
        match frame.msg_type:
            case WSMsgType.CLOSE:
                self._closed_by_peer(frame.get_close_code().value)
            case WSMsgType.BINARY:
                self._session.binary(frame.get_payload_as_bytes())
            case WSMsgType.TEXT:
                self._fragments = bytearray(frame.get_payload_as_memoryview())
            case WSMsgType.CONTINUATION if self._fragments is not None:
                self._continue(self._fragments, frame)
            case _:  # a pong, or the rest of a binary message
                pass

    def _continue(self, fragments: bytearray, frame: WSFrame) -> None:
        fragments += frame.get_payload_as_memoryview()
        if len(fragments) > MAX_MESSAGE_BYTES:
            self._fragments = None
            self._session.too_long()
        elif frame.fin:
            self._fragments = None
            self._text(bytes(fragments))

    def _closed_by_peer(self, code: int) -> None:
        # A close frame without a code is 1005 to us and 1000 on the wire (RFC 6455 §7.1.5, §7.4.1).
        self._session.peer_closed(code or 1005)
        self._transport.send_close(WSCloseCode(code or 1000))
        self._cut_later()
        self._transport.disconnect()

    def wake_at(self, size: int) -> None:
        connection = self._transport.underlying_transport.get_extra_info("socket")
        with suppress(OSError):  # closed, and about to say so
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, size)

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        self._coalescing.discard(self)
        if self._cutting is not None:
            self._cutting.cancel()
        sent = transport.close_handshake.sent if transport.close_handshake else None
        if sent is not None:  # by the session, as the answer to the peer's, or else by the parser
            self._session.parser_closed(sent.code.value)
        self._session.lost()

    def pause_writing(self) -> None:
        self._session.write_paused()

    def resume_writing(self) -> None:
        self._session.write_resumed()

    # session → picows ---------------------------------------------------------------------------------------

    def send(self, message: bytes, then: bytes = b"") -> None:
        if then:
            # One packet and one call of the kernel for both. picows keeps no bytes back: what it sends next
            # goes behind whatever the transport below still holds.
            self._transport.underlying_transport.write(_framed(message) + _framed(then))
        else:
            self._transport.send(_TEXT, message)

    def send_binary(self, message: bytes) -> None:
        self._transport.send(WSMsgType.BINARY, message)

    def close(self, code: int, reason: str) -> None:
        self._transport.send_close(WSCloseCode(code), reason)
        self._cut_later()

    def cut(self) -> None:
        self._transport.disconnect(False)

    def backlog(self) -> int:
        return self._transport.underlying_transport.get_write_buffer_size()

    def _cut_later(self) -> None:
        if self._cutting is None:
            self._cutting = self._loop.call_later(CLOSE_WITHIN_S, self.cut)
