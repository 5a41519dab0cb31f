"""A pool of workers shared fairly among those who ask: in turn, however much each asks for.

Decides who is next: of those who wait, the owner who was served longest ago. A job that can be spared is done
only where nobody would wait for it. What runs is not interrupted. Counts how long jobs waited.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict, deque
from typing import Any

from ..errors import ProviderUnavailable
from .pool import QueueFull, WorkerPool

WAIT_BUCKETS_S = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
"""From what nobody hears to what everybody does."""


class Waits:
    """How long jobs waited for a process, as a histogram: a count for each bucket and one beyond them."""

    buckets_s = WAIT_BUCKETS_S

    def __init__(self) -> None:
        self.counts = [0] * (len(WAIT_BUCKETS_S) + 1)
        self.sum_s = 0.0

    def add(self, wait_s: float) -> None:
        self.sum_s += wait_s
        self.counts[sum(wait_s > most_s for most_s in WAIT_BUCKETS_S)] += 1


class _Waiting:
    """The jobs that wait, by owner; the first owner is next."""

    def __init__(self) -> None:
        self.count = 0
        self._by_owner: OrderedDict[object, deque[asyncio.Future[None]]] = OrderedDict()

    def add(self, owner: object) -> asyncio.Future[None]:
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._by_owner.setdefault(owner, deque()).append(turn)
        self.count += 1
        return turn

    def next(self) -> asyncio.Future[None] | None:
        """The next one that is still wanted."""
        while self._by_owner:
            owner, turns = self._by_owner.popitem(last=False)
            turn = turns.popleft()
            if turns:
                self._by_owner[owner] = turns  # behind all others
            if not turn.done():
                self.count -= 1
                return turn
        return None

    def given_up(self) -> None:
        """One of them is wanted no more."""
        self.count -= 1


class FairPool:
    """Gives a `WorkerPool` of `count` processes no more jobs than it has processes, each owner's in turn."""

    def __init__(self, pool: WorkerPool, *, provider: str, count: int, queue_limit: int) -> None:
        self._pool = pool
        self._provider = provider
        self._free = count
        self._queue_limit = queue_limit
        self._waiting = _Waiting()
        self.waits = Waits()
        """Of the jobs that somebody waits for."""

    async def run(self, owner: object, body: Any) -> Any:
        """One job's answer, which somebody waits for; a job whose process died is done once more.

        Raises what `WorkerPool.run` does; `QueueFull` when `queue_limit` such jobs are waiting already.
        """
        if self._waiting.count >= self._queue_limit:
            raise QueueFull(self._provider, f"{self._queue_limit} jobs are waiting already")
        began = time.monotonic()
        await self._turn(owner)
        self.waits.add(time.monotonic() - began)
        try:
            try:
                return await self._pool.run(body)
            except QueueFull:
                raise
            except ProviderUnavailable:
                return await self._pool.run(body)
        finally:
            self._give_back()

    async def run_spare(self, body: Any) -> Any:
        """The answer to a job that can be spared: cancelled, it only has no answer any more.

        Raises `QueueFull` at once unless a process has nothing to do.
        """
        if not self._free:
            raise QueueFull(self._provider, "its processes are busy")
        self._free -= 1
        job = asyncio.ensure_future(self._pool.run(body))
        job.add_done_callback(self._spared)  # the process is busy until then, even for nobody
        return await asyncio.shield(job)

    def _spared(self, job: asyncio.Future[Any]) -> None:
        if not job.cancelled():
            job.exception()  # it is the asker's, who may be gone
        self._give_back()

    async def _turn(self, owner: object) -> None:
        """Until there is a process for this owner."""
        if self._free:
            self._free -= 1
            return
        turn = self._waiting.add(owner)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.cancelled():
                self._waiting.given_up()
            else:
                self._give_back()  # it was given a process just as it was cancelled
            raise

    def _give_back(self) -> None:
        """A process is free: it is the next job's, if there is one."""
        if (turn := self._waiting.next()) is not None:
            turn.set_result(None)
        else:
            self._free += 1
