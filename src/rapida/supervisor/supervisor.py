"""The supervisor: N server processes that take calls off one listening socket, as one server.

The socket is opened here and inherited, so that a connection waits in its queue while a process is replaced
or has died, and none is lost. A process that dies is started again. On SIGHUP one process after the other is
replaced by a new one, which reads settings and code anew; the old one goes on to the end of its calls.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Coroutine
from typing import Any

import structlog

from ..errors import ConfigurationError
from .distribution import has_room, who_accepts
from .messages import Accept, AllMetrics, Close, Replaced
from .process import Process
from .summing import lasting, summed

AGAIN_S = 5.0
"""When a process that died before it was up is started again: it must not busy the machine."""
END_S = 600.0
"""How long calls may go on after the order to end; as long as those of a single server (`app.DRAIN_S`)."""
_log = structlog.get_logger("rapida")


class NotStarted(ConfigurationError):
    """The first server process did not start; it has told why."""


class Supervisor:
    """Belongs to the event loop."""

    def __init__(self, listening: socket.socket, count: int) -> None:
        self._listening = listening
        self._count = count
        self._slots: list[Process | None] = [None] * count
        """The processes that take calls; None = it died, and is being started again."""
        self._all: set[Process] = set()
        """These, and those that were replaced and have calls still."""
        self._tasks: set[asyncio.Task[None]] = set()
        self._numbers = 0
        self._gone = ""
        """What the processes that are gone have counted."""
        self._ending = False
        self._replacing = asyncio.Lock()

    @property
    def process_ids(self) -> list[int]:
        """Of the processes that take calls."""
        return [each.pid for each in self._slots if each is not None]

    async def start(self) -> str | None:
        """Start all processes: the first alone, since it may have a database to make.

        Returns the one-time setup code, if there is no owner yet. Raises `NotStarted`.
        """
        first = await self._start(0)
        if not await self._is_up(first):
            raise NotStarted("the first server process did not start")
        self._slots[0] = first
        await asyncio.gather(*(self._fill(slot) for slot in range(1, self._count)))
        _log.info("processes_up", processes=len(self.process_ids))
        return first.setup_code

    async def replace_all(self) -> None:
        """Put a new process in the place of each, one by one; calls in progress go on in the old ones."""
        async with self._replacing:
            for slot, old in enumerate(self._slots):
                if self._ending:
                    return
                new = await self._start(slot)
                if not await self._is_up(new):
                    _log.error("process_not_replaced", process=None if old is None else old.pid)
                    return
                self._slots[slot] = new
                if old is not None:
                    old.replaced = True
                    old.tell(Replaced())
                    _log.info("process_replaced", process=old.pid, by=new.pid, calls=old.load.calls)
                self._distribute()

    def order_end(self) -> None:
        """Let the processes finish their calls; ordered again, they hang up."""
        if not self._ending:
            self._ending = True
            self._do(self._close_when_idle())
        for each in self._all:
            each.end()

    async def ended(self) -> None:
        """Until the last process has ended."""
        while self._tasks:
            await asyncio.wait(set(self._tasks), return_when=asyncio.FIRST_COMPLETED)

    # Processes ----------------------------------------------------------------------------------------------

    async def _start(self, slot: int) -> Process:
        self._numbers += 1
        process = await Process.start(self._numbers, self._listening, queue=slot == 0)
        self._all.add(process)
        self._do(self._watch(slot, process))
        return process

    async def _is_up(self, process: Process) -> bool:
        """Wait for a process to take calls; False when it has ended before."""
        up = asyncio.create_task(process.up.wait())
        try:
            while not up.done():
                if process not in self._all:
                    return False
                await asyncio.wait({up}, timeout=0.05)
        finally:
            up.cancel()
        return True

    async def _fill(self, slot: int) -> None:
        """Start a process, again and again until it takes calls."""
        while not self._ending:
            process = await self._start(slot)
            if await self._is_up(process):
                self._slots[slot] = process
                self._distribute()
                return
            await asyncio.sleep(AGAIN_S)

    async def _watch(self, slot: int, process: Process) -> None:
        """Hear a process to its end; one that was not meant to end is started again."""
        code = await process.heard(self._distribute, lambda asker: self._do(self._tell_metrics(asker)))
        self._all.discard(process)
        process.idle.set()
        if process.text:
            self._gone = summed([self._gone, lasting(process.text)])
        if self._slots[slot] is process:
            self._slots[slot] = None
        if process.replaced or self._ending or not process.up.is_set():
            return
        _log.error("process_ended", process=process.pid, code=code, calls=process.load.calls)
        self._distribute()
        await self._fill(slot)

    async def _close_when_idle(self) -> None:
        """A process without calls still answers for those that have some, until none has."""
        waits = [asyncio.create_task(each.idle.wait()) for each in self._all]
        _, busy = await asyncio.wait(waits, timeout=END_S)
        if busy:
            self.order_end()  # those that were replaced know no bound of their own
            await asyncio.wait(busy)
        for each in self._all:
            each.tell(Close())

    def _distribute(self) -> None:
        taking = [each for each in self._slots if each is not None]
        loads = {each.number: each.load for each in taking}
        accepting = who_accepts(loads)
        for each in taking:
            each.let_accept(Accept(each.number in accepting, has_room(loads, each.number)))

    # Metrics ------------------------------------------------------------------------------------------------

    async def metrics(self) -> str:
        """The metrics of all processes together, in Prometheus' text format."""
        texts = await asyncio.gather(*(each.metrics() for each in self._all))
        return summed([*texts, self._gone])

    async def _tell_metrics(self, asker: Process) -> None:
        asker.tell(AllMetrics(await self.metrics()))

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
