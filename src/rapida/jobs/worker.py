"""`python -m rapida.jobs.worker`: the process that works off the durable queue.

Its parent starts it again when it dies, and it ends when its parent's pipe closes, however the parent went.
The first message says which work it does and its settings; later ones only wake it, or ask it to finish.
All work is done on one event loop in a thread, while the main thread listens to the pipe.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import signal
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from importlib import import_module
from typing import Any
from uuid import uuid4

import msgspec
import structlog
import uvloop
from msgspec import Struct

from ..errors import RapidaError, StoreError
from ..recurring import Recurring
from ..struct_types import describe_struct_types
from ..workers.child import JobRefused, serve
from .base import OpenWork, Work
from .durable import DurableJobs

LOOK_AROUND_S = 0.5
"""How often a worker that nobody wakes looks for work: other servers' orders and calls whose time has
come."""
FINISH_S = 12.0
"""A little longer than the carrier may take to answer."""
HOLDING = {"hold back": True, "go on": False}
"""The orders that stop new work and let it go on."""
ID_CHARACTERS = 24
"""As good as unique, and shorter than what the log takes for a secret."""
_log = structlog.get_logger(__name__)


class Instructions(Struct, frozen=True):
    """What a worker is told at its start."""

    work: str
    """Where its work is opened, as `module:function` (a `base.OpenWork`)."""
    queue_url: str
    settings: dict[str, Any]


class Worker:
    """The work of one process and the queue that runs them."""

    def __init__(self, instructions: Instructions) -> None:
        self._instructions = instructions
        self._wake = asyncio.Event()
        self._ending = False
        self._work: Work | None = None

    async def run(self, started: Future[None]) -> None:
        """Work until told to end. `started` gets the error of a start that fails."""
        async with contextlib.AsyncExitStack() as stack:
            try:
                work, jobs = await self._start(stack)
            except RapidaError as wrong:
                started.set_exception(wrong)
                return
            # What start-up has made is most of what there is: looking through it held up dials for 100 ms.
            gc.collect()
            gc.freeze()
            self._work = work
            started.set_result(None)
            recurring = Recurring()
            while not self._ending:
                try:
                    await work.look_around(jobs)
                except StoreError as away:
                    if recurring.worth("away") is not None:
                        _log.warning("queue_away", reason=str(away))
                else:
                    if recurring.over("away"):
                        _log.info("queue_is_back")
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._wake.wait(), LOOK_AROUND_S)
                self._wake.clear()
            try:
                await work.finish()
            except StoreError as away:
                # The next worker takes over what this one held when its beats are too old.
                _log.warning("queue_farewell_not_written", reason=str(away))

    async def _start(self, stack: contextlib.AsyncExitStack) -> tuple[Work, DurableJobs]:
        module, _, name = self._instructions.work.partition(":")
        open_work: OpenWork = getattr(import_module(module), name)
        describe_struct_types()
        executor_id = uuid4().hex[:ID_CHARACTERS]
        work = await open_work(self._instructions.settings, executor_id)
        stack.push_async_callback(work.aclose)
        jobs = DurableJobs(self._instructions.queue_url, executor_id, work.handlers)
        await jobs.start()
        stack.push_async_callback(jobs.aclose)
        return work, jobs

    def wake(self) -> None:
        """Look around now; from the worker's event loop."""
        self._wake.set()

    def hold_back(self, held: bool) -> None:
        """Begin nothing new while `held`; from the worker's event loop."""
        if self._work is not None:
            self._work.hold_back(held)
        self._wake.set()

    def end(self) -> None:
        """Finish and end; from the worker's event loop."""
        self._ending = True
        self._wake.set()


class _Thread:
    """The worker's event loop, and a way to talk to it from the pipe's thread."""

    def __init__(self, instructions: Instructions) -> None:
        self._loop = uvloop.new_event_loop()
        self._worker = Worker(instructions)
        started: Future[None] = Future()
        self._thread = threading.Thread(target=self._run, args=(self._worker.run(started),), daemon=True)
        self._thread.start()
        try:
            started.result()
        except RapidaError as wrong:
            raise JobRefused(str(wrong)) from wrong

    def _run(self, working: Coroutine[Any, Any, None]) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(working)
        except Exception:  # noqa: BLE001
            _log.exception("worker_broken")
            os._exit(1)  # the parent starts another

    def obey(self, order: str) -> None:
        """One of the parent's later messages: `wake`, `hold back`, `go on` or `finish`."""
        if order == "finish":
            self._loop.call_soon_threadsafe(self._worker.end)
            self._thread.join(FINISH_S)
        elif not self._thread.is_alive():
            return
        elif order in HOLDING:
            self._loop.call_soon_threadsafe(self._worker.hold_back, HOLDING[order])
        else:
            self._loop.call_soon_threadsafe(self._worker.wake)


def main() -> None:
    """Work until the parent's pipe closes; dials that are on their way are let finish."""
    os.umask(0o077)
    # A service manager tells every process to end at once; when we do is our parent's to say.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    at_work: list[_Thread] = []

    def prepare(body: Any) -> Callable[[Any], Any]:
        at_work.append(_Thread(msgspec.convert(body, Instructions)))
        return at_work[0].obey

    serve(prepare)
    for each in at_work:
        each.obey("finish")
    os._exit(0)  # the queue's own threads would go on


if __name__ == "__main__":
    main()
