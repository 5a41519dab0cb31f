"""The worker as the server sees it: a process to start, to start again, to wake, and to let finish.

Without a process the same work is done in the server itself, on the simplest queue: for tests, and
for machines too small for two.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import Final, Protocol

import msgspec
import structlog

from ..errors import ConfigurationError, ProviderError, StoreError
from ..jobs.inline import InlineJobs
from ..node.node import Node
from ..recurring import Recurring
from ..workers.pool import WorkerPool
from .dialling import Dialler
from .scheduling import DialScheduler, WorkerSettings

_log = structlog.get_logger(__name__)

MODULE: Final = "rapida.jobs.worker"
WORK: Final = "rapida.outbound.scheduling:open_work"
START_S: Final = 60.0
"""A worker starts in two seconds; on a machine that is busy with calls it may take many more."""
FINISH_S: Final = 15.0
"""Longer than the worker itself takes to finish its dials (`jobs.worker.FINISH_S`), before it is killed."""
AGAIN_S: Final = 5.0
"""How long after its end a worker is started anew: one that dies at once must not busy the machine."""
LOOK_AROUND_S: Final = 0.5
"""As often as a worker of its own (`jobs.worker.LOOK_AROUND_S`)."""


class Queue(Protocol):
    """Whatever works off what waits."""

    def wake(self) -> None:
        """Something was put into the queue. Must not block."""
        ...

    def hold_back(self, held: bool) -> None:
        """Whether to dial nobody for now, since the server has no room for another call. Must not block."""
        ...

    async def run(self) -> None:
        """Keep it going until cancelled."""
        ...

    async def aclose(self) -> None:
        """Let dials that are on their way finish, and end."""
        ...


class WorkerQueue:
    """A process of its own, so that no call's sound ever waits for it."""

    def __init__(self, settings: WorkerSettings, queue_url: str) -> None:
        instructions = {
            "work": WORK,
            "queue_url": queue_url,
            "settings": msgspec.to_builtins(settings),
        }
        self._pool = WorkerPool(
            MODULE, instructions, provider="queue", start_timeout_s=START_S, job_timeout_s=FINISH_S
        )
        self._telling: asyncio.Task[None] | None = None
        self._holding: asyncio.Task[None] | None = None
        self._held = False
        self._up = False

    @property
    def process_ids(self) -> list[int]:
        """The worker's process id, while it runs."""
        return self._pool.process_ids

    def wake(self) -> None:
        if self._up and (self._telling is None or self._telling.done()):
            self._telling = asyncio.create_task(self._tell("wake"))

    def hold_back(self, held: bool) -> None:
        # Told again while it lasts: a worker that was started anew does not know.
        if not (held or self._held) or not self._up:
            return
        if self._holding is None or self._holding.done():
            self._held = held
            self._holding = asyncio.create_task(self._tell("hold back" if held else "go on"))

    async def run(self) -> None:
        while not self._up:
            try:
                await self._pool.start()
            except (ProviderError, ConfigurationError) as why:
                _log.error("queue_does_not_start", reason=str(why))
                await asyncio.sleep(AGAIN_S)
            else:
                self._up = True
        # From here on the pool itself starts a worker that died again.
        await asyncio.Event().wait()

    async def aclose(self) -> None:
        if self._up:
            await self._tell("finish")
        await self._pool.aclose()

    async def _tell(self, order: str) -> None:
        # A worker that is just dying hears nothing, and looks around by itself when it is back.
        with contextlib.suppress(ProviderError):
            await self._pool.run(order)


class InlineQueue:
    """The work in this very process."""

    def __init__(self, node: Node, dialler: Dialler) -> None:
        self._scheduler = DialScheduler(node, dialler, "inline")
        self._jobs = InlineJobs(self._scheduler.handlers)
        self._wake = asyncio.Event()

    def wake(self) -> None:
        self._wake.set()

    def hold_back(self, held: bool) -> None:
        self._scheduler.hold_back(held)

    async def run(self) -> None:
        recurring = Recurring()
        while True:
            try:
                await self._scheduler.look_around(self._jobs)
            except StoreError as away:
                if recurring.worth("away") is not None:
                    _log.warning("queue_waits", reason=str(away))
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), LOOK_AROUND_S)
            self._wake.clear()

    async def aclose(self) -> None:
        with contextlib.suppress(StoreError):
            await self._scheduler.finish()
        await self._jobs.aclose()
