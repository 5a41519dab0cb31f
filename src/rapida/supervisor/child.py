"""A server process under a supervisor: what it hears from it, and what it tells it of itself.

Started as a module, with the numbers of two inherited sockets: the port's, and the one to the supervisor.
"""

from __future__ import annotations

import asyncio
import gc
import signal
import socket
import sys
from typing import Literal

import typer
import uvloop

from .. import app
from ..errors import RapidaError
from ..settings import load
from ..telemetry import log
from .messages import (
    Accept,
    AllMetrics,
    CallsOver,
    Channel,
    Close,
    Load,
    MetricsWanted,
    Ready,
    Render,
    Rendered,
    Replaced,
)

TELL_EVERY_S = 0.25
"""How often a load that has changed is told."""


class Supervised:
    """This process, and its company (`server.Siblings`). Belongs to the event loop."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._rapida: app.Rapida | None = None
        self._told = Load(-1, -1)
        self._room = False
        self._close = asyncio.Event()
        self._asked: list[asyncio.Future[bytes]] = []
        self._signals = 0

    # What the server asks of its company

    @property
    def have_room(self) -> bool:
        return self._room

    async def metrics(self) -> bytes:
        asked: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._asked.append(asked)
        self._channel.send(MetricsWanted())
        return await asked

    async def idle(self) -> None:
        self._channel.send(CallsOver(self._rendered()))
        if self._rapida is None or not self._rapida.ending.replaced:
            await self._close.wait()

    # What the supervisor is told, and says

    def started(self, rapida: app.Rapida) -> None:
        self._rapida = rapida
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._end)
        self._tell_load()
        self._channel.send(Ready(rapida.setup_code))

    async def tell(self) -> None:
        """Tell the load whenever it has changed, until cancelled."""
        while True:
            await asyncio.sleep(TELL_EVERY_S)
            self._tell_load()

    async def hear(self) -> None:
        """Do what the supervisor says, until it is gone: then this process ends as well."""
        async for said in self._channel.from_supervisor():
            match said:
                case Render():
                    self._channel.send(Rendered(self._rendered()))
                case AllMetrics(text=text):
                    asked, self._asked = self._asked, []
                    for each in asked:
                        if not each.done():
                            each.set_result(text.encode())
                case Accept(wanted=wanted, room=room):
                    self._room = room
                    if self._rapida is not None and not self._rapida.ending.replaced:
                        await self._rapida.accepting.switch(wanted)
                case Replaced():
                    if self._rapida is not None:
                        self._rapida.ending.replaced = True
                        self._rapida.ending.wanted.set()
                        await self._rapida.accepting.switch(wanted=False)
                case Close():
                    self._close.set()
        self._close.set()
        if self._rapida is not None:
            self._rapida.ending.wanted.set()

    def _end(self) -> None:
        """A first signal lets calls finish, those of a process that was replaced too; a second hangs up."""
        self._signals += 1
        if self._rapida is not None:
            ending = self._rapida.ending
            (ending.wanted if self._signals == 1 else ending.hurried).set()

    def _tell_load(self) -> None:
        if self._rapida is not None:
            load = Load(self._rapida.calls.busy, self._rapida.calls_at_most())
            if load != self._told:
                self._told = load
                self._channel.send(load)

    def _rendered(self) -> str:
        return "" if self._rapida is None else self._rapida.metrics.render().decode()


async def _serve(port: socket.socket, supervisor: socket.socket, queue: Literal["worker", "none"]) -> None:
    channel = await Channel.over(supervisor)
    supervised = Supervised(channel)
    beside = [asyncio.create_task(work()) for work in (supervised.hear, supervised.tell)]
    try:
        await app.serve(load(), supervised.started, queue=queue, listening=port, siblings=supervised)
    finally:
        for each in beside:
            each.cancel()
        channel.close()


def main(port: str, supervisor: str, queue: Literal["worker", "none"]) -> None:
    try:
        log.configure()
        gc.freeze()
        uvloop.run(_serve(socket.socket(fileno=int(port)), socket.socket(fileno=int(supervisor)), queue))
    except RapidaError as wrong:
        typer.echo(f"rapida serve: {wrong}", err=True)
        raise SystemExit(1) from wrong


if __name__ == "__main__":
    main(*sys.argv[1:])  # pyright: ignore[reportArgumentType]
