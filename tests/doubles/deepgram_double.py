"""A local server that speaks Deepgram's live streaming transcription.

Follows https://developers.deepgram.com/reference/speech-to-text/listen-streaming (query, `Results` with
`start`, `duration`, `is_final`, `speech_final`, `channel.alternatives[].words`),
https://developers.deepgram.com/docs/finalize (`from_finalize`, which may stay out when there is little to
say), …/docs/close-stream (`Metadata`, then a close), …/docs/audio-keep-alive and
…/docs/stt-troubleshooting-websocket-data-and-net-errors (`dg-error`, close codes).

It hears speech wherever the sound is not mu-law silence, and always the same words.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Literal, Self
from urllib.parse import parse_qsl, urlsplit

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

SILENCE = 0xFF
BYTES_PER_S = 8000
INTERIM_EVERY_S = 0.3


@dataclass
class Conduct:
    """How the next connection is treated. `after_s` counts seconds of sound received."""

    refuse: int = 0
    error: str = ""
    """`dg-error` of a refusal."""
    location: str = ""
    """Where a redirect points."""
    wait: asyncio.Event | None = None
    """The handshake is answered when this is set."""
    after_s: float | None = None
    then: Literal["", "stall", "drop", "garble", "error", "close"] = ""


@dataclass
class DeepgramDouble:
    """Deepgram on a local port. `conducts` are used up one per connection; without any, it behaves."""

    says: str = "opening hours please"
    conducts: list[Conduct] = field(default_factory=list[Conduct])
    answers_finalize: bool = True
    """Whether a finalise that finds nothing to say is answered."""
    settles_by_itself: bool = False
    """Give the final at the end of speech (endpointing), before it is asked to."""
    requests: list[Request] = field(default_factory=list[Request])
    connections: list[ServerConnection] = field(default_factory=list[ServerConnection])
    """Those of `requests`."""
    streams: list[Stream] = field(default_factory=list["Stream"])
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)
    url: str = ""
    _conduct_of: dict[ServerConnection, Conduct] = field(default_factory=dict[ServerConnection, Conduct])

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Self]:
        # Without a limit on its queue the server goes on reading while it closes.
        async with serve(
            self._stream, "127.0.0.1", 0, process_request=self._handshake, max_queue=None, close_timeout=1
        ) as server:
            self.url = f"ws://127.0.0.1:{_port(server)}"
            yield self

    @property
    def query(self) -> dict[str, str]:
        """The query of the last handshake."""
        return dict(parse_qsl(urlsplit(self.requests[-1].path).query))

    async def until(self, true: Any) -> None:
        """Wait until `true()` holds; it is looked at whenever something was received."""
        async with asyncio.timeout(120), self.changed:
            await self.changed.wait_for(true)

    async def _tell(self) -> None:
        async with self.changed:
            self.changed.notify_all()

    async def _handshake(self, connection: ServerConnection, request: Request) -> Response | None:
        self.requests.append(request)
        self.connections.append(connection)
        await self._tell()
        conduct = self.conducts.pop(0) if self.conducts else Conduct()
        self._conduct_of[connection] = conduct
        if conduct.wait is not None:
            await conduct.wait.wait()
        if not conduct.refuse:
            return None
        headers = Headers([("dg-request-id", "1"), ("dg-error", conduct.error)])
        if conduct.location:
            headers["Location"] = conduct.location
        return Response(conduct.refuse, HTTPStatus(conduct.refuse).phrase, headers)

    async def _stream(self, connection: ServerConnection) -> None:
        stream = Stream(self, connection, self._conduct_of[connection])
        self.streams.append(stream)
        try:
            async for message in connection:
                going_on = await stream.receive(message)
                await self._tell()
                if not going_on:
                    break
        except ConnectionClosed:
            pass
        stream.closed = True
        await self._tell()


@dataclass
class Stream:
    """One connection: what it received, and how far it has transcribed."""

    double: DeepgramDouble
    connection: ServerConnection
    conduct: Conduct
    sound: bytearray = field(default_factory=bytearray)
    controls: list[str] = field(default_factory=list[str])
    closed: bool = False
    stalled: bool = False
    _settled: int = 0
    """Bytes that are transcribed for good."""
    _shown: float = 0.0

    async def receive(self, message: str | bytes) -> bool:
        """Take one message; false when the connection is to end."""
        if isinstance(message, bytes):
            assert message, "an empty message ends a stream of Deepgram's"
            self.sound += message
            return await self._hear()
        self.controls.append(json.loads(message)["type"])
        if self.stalled:
            return True
        if self.controls[-1] == "Finalize":
            await self._finalize()
        elif self.controls[-1] == "CloseStream":
            await self._send({"type": "Metadata", "request_id": "1", "duration": 0.0, "channels": 1})
            return False
        return True

    async def _hear(self) -> bool:
        heard_s = len(self.sound) / BYTES_PER_S
        if self.conduct.then and heard_s >= (self.conduct.after_s or 0):
            return await self._misbehave()
        span = self._speech()
        if span is None or self.stalled:
            return True
        if self.double.settles_by_itself and span[1] < len(self.sound):
            await self._results(span, is_final=True, speech_final=True)
            self._settled = len(self.sound)
        elif heard_s - self._shown >= INTERIM_EVERY_S:
            self._shown = heard_s
            await self._results(span, is_final=False)
        return True

    async def _misbehave(self) -> bool:
        match self.conduct.then:
            case "drop":
                self.connection.transport.abort()
                return False
            case "close":
                await self.connection.close(1011, "NET-0000")
                return False
            case "garble":
                await self.connection.send('{"type": "Results", "channel"')
            case "error":
                await self._send({"type": "Error", "description": "internal", "variant": "X"})
            case _:
                self.stalled = True
        return True

    async def _finalize(self) -> None:
        span = self._speech()
        if span is None and not self.double.answers_finalize:
            return
        await self._results(span, is_final=True, from_finalize=True)
        self._settled = len(self.sound)

    def _speech(self) -> tuple[int, int] | None:
        """First and last byte of speech that is not settled."""
        loud = [at for at in range(self._settled, len(self.sound)) if self.sound[at] != SILENCE]
        return (loud[0], loud[-1] + 1) if loud else None

    async def _results(self, span: tuple[int, int] | None, **marks: bool) -> None:
        words = self.double.says.split() if span else []
        if not marks["is_final"]:
            words = words[:1]
        begin, end = span or (0, 0)
        step = (end - begin) / max(1, len(words))
        timed = [
            {
                "word": word,
                "punctuated_word": word,
                "confidence": 0.98,
                "start": (begin + step * at) / BYTES_PER_S,
                "end": (begin + step * (at + 1)) / BYTES_PER_S,
            }
            for at, word in enumerate(words)
        ]
        best = {"transcript": " ".join(words), "confidence": 0.98 if words else 0.0, "words": timed}
        await self._send(
            {
                "type": "Results",
                "channel_index": [0, 1],
                "start": self._settled / BYTES_PER_S,
                "duration": (len(self.sound) - self._settled) / BYTES_PER_S,
                "speech_final": False,
                "from_finalize": False,
                "channel": {"alternatives": [best]},
                "metadata": {"request_id": "1"},
                **marks,
            }
        )

    async def _send(self, message: dict[str, Any]) -> None:
        await self.connection.send(json.dumps(message))


def _port(server: Server) -> int:
    return next(iter(server.sockets)).getsockname()[1]
