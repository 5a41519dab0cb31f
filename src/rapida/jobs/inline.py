"""The simplest queue: jobs are tasks of this event loop, and are gone with it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

import structlog

from .base import Handler

_log = structlog.get_logger(__name__)


class InlineJobs:
    """A `Jobs` without a memory: after a restart the worker asks for everything again."""

    def __init__(self, handlers: Mapping[str, Handler]) -> None:
        self._handlers = handlers
        self._running: dict[str, asyncio.Task[None]] = {}

    async def start(self) -> None:
        """There is nothing to begin."""

    async def ensure(self, kind: str, ids: Sequence[str]) -> int:
        new = [each for each in dict.fromkeys(ids) if each not in self._running]
        for each in new:
            self._running[each] = asyncio.create_task(self._run(kind, each))
        return len(new)

    async def adopt(self, executor_id: str) -> int:
        """Nothing outlives its process here."""
        return 0

    async def tidy(self) -> None:
        """Nothing is remembered."""

    async def idle(self) -> None:
        """Until no job runs."""
        while self._running:
            await asyncio.wait(list(self._running.values()))

    async def aclose(self) -> None:
        tasks = list(self._running.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _run(self, kind: str, job_id: str) -> None:
        try:
            await self._handlers[kind](job_id)
        except Exception:  # noqa: BLE001
            _log.exception("job_broken", kind=kind)
        finally:
            self._running.pop(job_id, None)
