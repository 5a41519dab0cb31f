"""10,000 short calls through the whole platform: what a call leaves behind in memory, threads and open files.

Each call is rung by a signed webhook, streams two turns over its socket, is recorded and journaled, written
to the database, and followed by the carrier's callbacks. Memory is the server's and its children's; a call's
share is the slope of a line through it over the second half, when every cache has its size.
"""

from __future__ import annotations

import asyncio
import base64
import re
import statistics
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx
import numpy as np

from rapida.audio.g711 import SILENCE, encode_block

from . import measure, outbound
from .outbound_server import HOST, OURS, SID
from .wire import FRAME_BYTES, FRAME_MS, PING, Stream, mark_of

CALLS = 10_000
AT_ONCE = 30
EVERY = 500
"""Calls between two looks at the server, which is idle then."""
MAX_BYTES_A_CALL = 200.0
STEP_FRAMES = 5
"""Frames sent in one go: a phone network sends bursts, too, and it costs the callers less."""
TONE_FRAMES = range(30, 45)
"""When the caller speaks: 300 ms, after the greeting."""
CALL_FRAMES = 110
TRIES = 20
FURTHER = 10**9
"""So far apart are the numbers of a call and of the one that is rung in its place."""
SETTLE_S = 1.5
"""A journal and a recording are written shortly after their call."""
_STREAM = re.compile(r'url="([^"]+)"')
_FORM = {"content-type": "application/x-www-form-urlencoded"}


@dataclass(frozen=True)
class Look:
    """The server after some calls: bytes of memory, threads and open files of the whole tree."""

    calls: int
    memory: float
    threads: int
    files: int

    def line(self) -> str:
        return f"{self.calls} calls: {self.memory / 2**20:.1f} MB, {self.threads} threads, {self.files} files"


def main(calls: int = CALLS) -> int:
    """Returns 0 when a call leaves as little behind as it may, and every call was written."""
    looks, written = asyncio.run(_soak(calls))
    later = looks[len(looks) // 2 :]
    slope = statistics.linear_regression(
        [each.calls for each in later], [each.memory for each in later]
    ).slope
    more = max(later[-1].threads - later[0].threads, later[-1].files - later[0].files)
    print(f"{slope:.0f} bytes a call (at most {MAX_BYTES_A_CALL:.0f}) over the last {calls // 2} calls")
    print(
        f"{max(more, 0)} threads or files more (none may be); {written} of {calls} calls written as they were"
    )
    return 0 if slope <= MAX_BYTES_A_CALL and more <= 0 and written == calls else 1


async def _soak(calls: int) -> tuple[list[Look], int]:
    looks: list[Look] = []
    async with (
        outbound.Carrier().running() as carrier,
        outbound.server(carrier, 0, "", pinned=False, voice="talking") as told,
        outbound.client_of(told) as client,
    ):
        for first in range(0, calls, EVERY):
            numbers = iter(range(first, min(first + EVERY, calls)))
            await asyncio.gather(*(_in_turn(client, told, numbers, each) for each in range(AT_ONCE)))
            await asyncio.sleep(SETTLE_S)
            looks.append(_look(told["pid"], min(first + EVERY, calls)))
            print(looks[-1].line(), flush=True)
        return looks, await _written(client)


async def _in_turn(client: httpx.AsyncClient, told: Any, numbers: Iterator[int], lane: int) -> None:
    """One call after the other, the lanes evenly spread."""
    await asyncio.sleep(lane / AT_ONCE * CALL_FRAMES * FRAME_MS / 1000)
    for number in numbers:
        await _call(client, told, number)


async def _call(client: httpx.AsyncClient, told: Any, number: int) -> None:
    """One call from its webhook to the carrier's last callback. Raises when anything goes wrong."""
    number, stream, path = await _connected(client, told, number)
    call_sid = outbound.call_sid(number)
    stream.start(call_sid, SID)
    of_stream = {"StreamSid": stream.sid, "Timestamp": "2026-01-01T00:00:00.000000000Z"}
    await _tell(client, told, path, number, {**of_stream, "StreamEvent": "stream-started"})
    marks = await _talk(stream)
    assert marks > 1, "the agent was to greet and to answer"
    stream.socket.sendall(stream.stop(call_sid, SID))
    stream.socket.close()
    await _tell(client, told, path, number, {**of_stream, "StreamEvent": "stream-stopped"})
    of_call = {"CallStatus": "completed", "CallDuration": "2", "From": "+14155550199", "To": OURS}
    await _tell(client, told, path, number, of_call)


async def _connected(client: httpx.AsyncClient, told: Any, number: int) -> tuple[int, Stream, str]:
    """The number of the call that came through, its stream, and the path of its context.

    On a machine that is too busy a call may be refused (503) or sent away: then another one is rung.
    """
    for again in range(number, number + TRIES * FURTHER, FURTHER):
        stream = Stream(again)
        if found := _STREAM.search(await outbound.webhook(client, told, again)):
            path, proof = urlsplit(found[1]).path, outbound.proof(found[1], {})
            with suppress(ConnectionError):
                await asyncio.to_thread(stream.connect, "127.0.0.1", told["port"], path, proof)
                return again, stream, path
        await asyncio.sleep(1.0)
    raise ConnectionError(f"call {number} was refused {TRIES} times")


async def _talk(stream: Stream) -> int:
    """The call's sound at its own pace, every mark echoed as it comes; how many there were."""
    loop, marks = asyncio.get_running_loop(), 0
    began = loop.time()
    for first in range(0, CALL_FRAMES, STEP_FRAMES):
        frames = range(first, first + STEP_FRAMES)
        sound = [_TONE if frame in TONE_FRAMES else _QUIET for frame in frames]
        sent = [stream.media(frame * FRAME_MS, each) for frame, each in zip(frames, sound, strict=True)]
        stream.socket.sendall(b"".join(sent))
        arrived = stream.receive()
        assert arrived is not None, "the server ended the call"
        for opcode, payload in arrived:
            if opcode != PING and b'"mark"' in payload:
                stream.socket.sendall(stream.mark(mark_of(payload)))
                marks += 1
        await asyncio.sleep(max(0.0, began + (first + STEP_FRAMES) * FRAME_MS / 1000 - loop.time()))
    return marks


async def _tell(
    client: httpx.AsyncClient, told: Any, path: str, number: int, fields: Mapping[str, str]
) -> None:
    """One callback of the carrier's."""
    form = {"AccountSid": SID, "CallSid": outbound.call_sid(number), **fields}
    headers = outbound.proof(f"https://{HOST}{path}/event", form) | _FORM
    answer = await client.post(f"{path}/event", content=urlencode(form), headers=headers)
    assert answer.is_success, f"{answer.status_code}: {answer.text}"


def _look(pid: int, calls: int) -> Look:
    tree = measure.tree(pid)
    threads = sum(len(list(Path(f"/proc/{each}/task").iterdir())) for each in tree)
    files = sum(len(list(Path(f"/proc/{each}/fd").iterdir())) for each in tree)
    return Look(calls, measure.rss_mb(pid) * 2**20, threads, files)


async def _written(client: httpx.AsyncClient) -> int:
    """How many conversations ended as they did."""
    total, cursor = 0, None
    while True:
        page = {"limit": 100} | ({"cursor": cursor} if cursor else {})
        answer = (await client.get("/v1/conversations", params=page)).json()
        total += sum(each["end_reason"] == "caller_hangup" for each in answer["items"])
        if not (cursor := answer.get("next_cursor")):
            return total


def _tone() -> bytes:
    """20 ms of 400 Hz, loud enough for speech."""
    wave = 6000 * np.sin(2 * np.pi * 400 * np.arange(FRAME_BYTES) / 8000)
    return base64.b64encode(encode_block(wave.astype(np.int16)))


_TONE, _QUIET = _tone(), base64.b64encode(SILENCE * FRAME_BYTES)
