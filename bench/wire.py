"""The bytes of a Twilio-shaped stream as a load generator needs them: prebuilt, and cheap to pick apart.

Nothing is shared with the server's own codec, so that an error there cannot hide here. Client frames are
masked with the key 0 (legal, and it leaves the payload as it is), which keeps the generator cheap enough to
drive a thousand calls from one core.
"""

from __future__ import annotations

import base64
import os
import re
import socket
import struct

FRAME_MS = 20
FRAME_BYTES = 160
TEXT = 0x81
CLOSE = 0x88
PING = 0x89

_SOUND = re.compile(rb'"payload":"([A-Za-z0-9+/=]*)"')
_NAME = re.compile(rb'"name":"([^"]*)"')


def client_frame(payload: bytes, opcode: int = TEXT) -> bytes:
    """One masked WebSocket frame with the mask 0."""
    if len(payload) < 126:
        return struct.pack("!BBI", opcode, 0x80 | len(payload), 0) + payload
    return struct.pack("!BBHI", opcode, 0xFE, len(payload), 0) + payload


class Stream:
    """The client side of one stream's wire: `connect`, then frames out and messages in."""

    __slots__ = ("_buffer", "_heads", "chunk", "sequence", "sid", "socket")

    def __init__(self, number: int) -> None:
        self.sid = f"MZ{number:032x}"
        self.sequence = 1
        self.chunk = 0
        self._buffer = b""

    def connect(self, host: str, port: int, path: str, headers: dict[str, str] | None = None) -> None:
        """Upgrade, and say `connected` and `start`. Raises `ConnectionError` with the server's answer."""
        self.socket = socket.create_connection((host, port), timeout=10)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.sendall(_upgrade(host, port, path, headers or {}))
        head = b""
        while b"\r\n\r\n" not in head:
            more = self.socket.recv(4096)
            if not more:
                raise ConnectionError("the server closed before the upgrade")
            head += more
        if not head.startswith(b"HTTP/1.1 101"):
            raise ConnectionError(head.split(b"\r\n", 1)[0].decode("latin-1"))
        self._buffer = head.split(b"\r\n\r\n", 1)[1]

    def start(self, call_sid: str, account_sid: str, parameters: str = "{}") -> None:
        """Twilio's first two messages; the socket does not block afterwards."""
        self.socket.sendall(client_frame(b'{"event":"connected","protocol":"Call","version":"1.0.0"}'))
        started = (
            f'{{"event":"start","sequenceNumber":"1","start":{{"accountSid":"{account_sid}",'
            f'"streamSid":"{self.sid}","callSid":"{call_sid}","tracks":["inbound"],'
            '"mediaFormat":{"encoding":"audio/x-mulaw","sampleRate":8000,"channels":1},'
            f'"customParameters":{parameters}}},"streamSid":"{self.sid}"}}'
        )
        self.socket.sendall(client_frame(started.encode()))
        self.socket.setblocking(False)
        self._heads = f'"}},"streamSid":"{self.sid}"}}'.encode()

    def media(self, timestamp_ms: int, payload: bytes) -> bytes:
        """One frame of caller sound; `payload` is base64 already."""
        self.sequence += 1
        self.chunk += 1
        return client_frame(
            b'{"event":"media","sequenceNumber":"%d","media":{"track":"inbound","chunk":"%d",'
            b'"timestamp":"%d","payload":"%b%b'
            % (self.sequence, self.chunk, timestamp_ms, payload, self._heads)
        )

    def mark(self, name: bytes) -> bytes:
        """The echo of a mark."""
        self.sequence += 1
        return client_frame(
            b'{"event":"mark","sequenceNumber":"%d","streamSid":"%b","mark":{"name":"%b"}}'
            % (self.sequence, self.sid.encode(), name)
        )

    def stop(self, call_sid: str, account_sid: str) -> bytes:
        """Twilio's last message."""
        self.sequence += 1
        return client_frame(
            (
                f'{{"event":"stop","sequenceNumber":"{self.sequence}","streamSid":"{self.sid}",'
                f'"stop":{{"accountSid":"{account_sid}","callSid":"{call_sid}"}}}}'
            ).encode()
        )

    def receive(self) -> list[tuple[int, bytes]] | None:
        """Whole frames that have arrived as (first byte, payload); None when the server has gone."""
        try:
            data = self.socket.recv(262_144)
        except BlockingIOError:
            return []
        except ConnectionError:
            return None
        if not data:
            return None
        if self._buffer:
            data = self._buffer + data
        frames: list[tuple[int, bytes]] = []
        at, size = 0, len(data)
        while size - at >= 2:
            length, body = data[at + 1], at + 2
            if length == 126:
                if size - at < 4:
                    break
                length, body = int.from_bytes(data[at + 2 : at + 4], "big"), at + 4
            elif length == 127:
                if size - at < 10:
                    break
                length, body = int.from_bytes(data[at + 2 : at + 10], "big"), at + 10
            if size - body < length:
                break
            frames.append((data[at], data[body : body + length]))
            at = body + length
        self._buffer = data[at:]
        return frames


def sound_of(message: bytes) -> bytes:
    """The mu-law bytes of a media message, or b"" when it is none."""
    found = _SOUND.search(message)
    return base64.b64decode(found[1]) if found else b""


def sound_ms_of(message: bytes) -> float:
    """How much sound a media message carries, without decoding it; 0 when it is none."""
    start = message.find(b'"payload":"')
    if start < 0:
        return 0.0
    start += 11
    end = message.find(b'"', start)
    return ((end - start) * 3 // 4 - message.count(b"=", max(start, end - 2), end)) / 8


def mark_of(message: bytes) -> bytes:
    """A mark's name."""
    found = _NAME.search(message)
    return found[1] if found else b""


def _upgrade(host: str, port: int, path: str, headers: dict[str, str]) -> bytes:
    key = base64.b64encode(os.urandom(16)).decode()
    lines = [
        f"GET {path} HTTP/1.1",
        f"Host: {host}:{port}",
        "User-Agent: Twilio.TmeWs/1.0",
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        f"Sec-WebSocket-Key: {key}",
        *(f"{name}: {value}" for name, value in headers.items()),
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()
