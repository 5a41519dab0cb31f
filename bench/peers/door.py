"""What the peers' servers share: FastAPI on uvicorn with uvloop, and obedience to words on stdin."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import sys
import time
from collections.abc import Awaitable, Callable

import uvicorn
import uvloop
from fastapi import FastAPI, WebSocket

os.environ.setdefault("LOGURU_LEVEL", "ERROR")  # read when Pipecat is imported, which is after this

Answer = Callable[[WebSocket, str, str], Awaitable[None]]
"""Serves one accepted socket, given its stream and call id."""


def serve(answer: Answer) -> None:
    """Run the server until stdin ends."""
    uvloop.run(_serve(answer))


async def _serve(answer: Answer) -> None:
    app = FastAPI()

    @app.websocket("/{path:path}")
    async def stream(websocket: WebSocket, path: str) -> None:
        await websocket.accept()
        await websocket.receive_text()  # connected
        start = json.loads(await websocket.receive_text())["start"]
        await answer(websocket, start["streamSid"], start["callSid"])

    listening = socket.create_server(("127.0.0.1", 0), backlog=2048)
    config = uvicorn.Config(
        app, ws="websockets-sansio", ws_per_message_deflate=False, log_level="error", lifespan="off"
    )
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve([listening]))
    late: list[float] = []
    watching = asyncio.create_task(_watch(late))
    print(json.dumps({"port": listening.getsockname()[1]}), flush=True)
    await _obey(late)
    watching.cancel()
    server.should_exit = server.force_exit = True
    await serving


async def _watch(late: list[float]) -> None:
    while True:
        due = time.perf_counter() + 0.02
        await asyncio.sleep(0.02)
        late.append(time.perf_counter() - due)


async def _obey(late: list[float]) -> None:
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        if line.strip() == b"reset":
            late.clear()
        else:
            ordered = sorted(late) or [0.0]
            p99 = ordered[round((len(ordered) - 1) * 0.99)]
            print(json.dumps({"lag_ms": {"p99": round(p99 * 1000, 2)}}), flush=True)
