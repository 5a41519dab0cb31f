"""The server under test: the project's real socket, with one of a few kinds of call behind it.

It prints its port as JSON, then obeys single words on stdin: "reset" forgets the figures so far, "report"
prints them as one line of JSON. What it measures itself is what nobody outside can see: how late the event
loop wakes, and when the core ordered a hold.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import socket
import sys
from collections.abc import Awaitable, Callable

import uvicorn
import uvloop

from rapida.sockets.coalescing import Coalescing
from rapida.sockets.moderation import Moderation
from rapida.sockets.picows import SERVER_OPTIONS, media_protocol
from rapida.sockets.session import WireCounts
from rapida.telephony.door import Admission, Admit, Handshake, Refusal
from rapida.telephony.stream import Leg, LegListener

from . import kinds
from .callers import percentiles
from .loop_watch import LoopWatch

PREFIX = "/v1/talk/twilio/ctx/"
LAG_EVERY_S = 0.02
FINE_LAG_EVERY_S = 0.001


async def _no_pages(
    scope: object, receive: object, send: Callable[[dict[str, object]], Awaitable[None]]
) -> None:
    await send({"type": "http.response.start", "status": 404, "headers": []})
    await send({"type": "http.response.body", "body": b""})


def _admit(answer: Callable[[Leg], LegListener]) -> Admit:
    from rapida.telephony.twilio.media import MediaStreams  # noqa: PLC0415

    async def decide(handshake: Handshake) -> Admission | Refusal:
        return Admission(MediaStreams(), answer)

    return decide


async def _obey(watch: LoopWatch, kind: kinds.Kind) -> None:
    """Read orders until stdin ends, which is when the benchmark is over."""
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        match line.decode().strip():
            case "reset":
                watch.late.clear()
                kind.reset()
            case "report":
                told = {"lag_ms": percentiles([late for _, late in watch.late]), **kind.report()}
                print(
                    json.dumps(told | {"setup_ms": percentiles(watch.worst_after(kind.answered_at))}),
                    flush=True,
                )
            case order:
                kind.obey(order)


async def main(options: argparse.Namespace) -> None:
    """Serve until stdin closes."""
    kind = kinds.KINDS[options.kind](options)
    await kind.start()
    counts = WireCounts()
    coalescing = Coalescing(lambda: counts.open)
    moderating = [asyncio.create_task(each.run()) for each in (Moderation(lambda: counts.open), coalescing)]
    listening = socket.create_server(("127.0.0.1", 0), backlog=2048)
    config = uvicorn.Config(
        _no_pages,
        http=media_protocol(_admit(kind.answer), (PREFIX,), counts, coalescing),
        log_level="warning",
        lifespan="off",
        **SERVER_OPTIONS,
    )
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve([listening]))
    watch = LoopWatch(FINE_LAG_EVERY_S if options.fine_lag else LAG_EVERY_S)
    watching = asyncio.create_task(watch.run())
    print(json.dumps({"port": listening.getsockname()[1]}), flush=True)
    await _obey(watch, kind)
    watching.cancel()
    for task in moderating:
        task.cancel()
    server.should_exit = server.force_exit = True
    await kind.aclose()
    await serving


if __name__ == "__main__":
    logging.basicConfig(level="WARNING")
    parser = argparse.ArgumentParser()
    parser.add_argument("kind", choices=sorted(kinds.KINDS))
    parser.add_argument("--fine-lag", action="store_true", help="sample the loop's lag every millisecond")
    for kind_class in kinds.KINDS.values():
        kind_class.declare(parser)
    uvloop.run(main(parser.parse_args()))
