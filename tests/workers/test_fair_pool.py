"""Who is next where several ask one pool, and what may not make others wait."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest

from rapida.errors import ProviderRefused, ProviderUnavailable
from rapida.workers.fair_pool import FairPool
from rapida.workers.pool import QueueFull, WorkerPool


class Held:
    """A pool whose jobs end when they are told to."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self._jobs: list[asyncio.Future[str]] = []
        self._changed = asyncio.Event()

    async def run(self, body: str) -> str:
        job: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.begun.append(body)
        self._jobs.append(job)
        self._changed.set()
        return await job

    async def until(self, count: int) -> None:
        async with asyncio.timeout(30):
            while len(self.begun) < count:
                self._changed.clear()
                await self._changed.wait()

    async def end(self, nth: int, error: Exception | None = None) -> None:
        await self.until(nth + 1)
        if error is None:
            self._jobs[nth].set_result(f"{self.begun[nth]} done")
        else:
            self._jobs[nth].set_exception(error)


def fair(held: Held, *, count: int = 1, queue_limit: int = 8) -> FairPool:
    return FairPool(cast("WorkerPool", held), provider="ear", count=count, queue_limit=queue_limit)


async def begun(*jobs: Any) -> list[asyncio.Task[Any]]:
    tasks = [asyncio.ensure_future(job) for job in jobs]
    await asyncio.sleep(0)
    return tasks


async def test_owners_are_served_in_turn_however_much_each_asks_for() -> None:
    held = Held()
    pool = fair(held)
    tasks = await begun(
        *(pool.run("a", f"a{nth}") for nth in range(4)),
        pool.run("b", "b0"),
        pool.run("c", "c0"),
        pool.run("b", "b1"),
    )
    for nth in range(7):
        await held.end(nth)
    await asyncio.gather(*tasks)
    assert held.begun == ["a0", "a1", "b0", "c0", "a2", "b1", "a3"]


async def test_no_more_jobs_run_than_there_are_processes() -> None:
    held = Held()
    pool = fair(held, count=2)
    tasks = await begun(*(pool.run(nth, str(nth)) for nth in range(3)))
    assert held.begun == ["0", "1"]
    await held.end(1)
    await held.until(3)
    await held.end(0)
    await held.end(2)
    assert await asyncio.gather(*tasks) == ["0 done", "1 done", "2 done"]


async def test_beyond_the_limit_a_job_is_refused_at_once() -> None:
    held = Held()
    pool = fair(held, queue_limit=1)
    tasks = await begun(pool.run("a", "a"), pool.run("b", "b"))
    with pytest.raises(QueueFull, match="1 jobs are waiting"):
        await pool.run("c", "c")
    tasks[1].cancel()
    await asyncio.sleep(0)
    waits = await begun(pool.run("c", "c"))  # the place of one who gave up is free
    await held.end(0)
    await held.end(1)
    assert await asyncio.gather(*waits) == ["c done"]
    assert held.begun == ["a", "c"]


async def test_a_job_that_can_be_spared_is_done_only_by_an_idle_process() -> None:
    held = Held()
    pool = fair(held)
    spare = await begun(pool.run_spare("look"))
    with pytest.raises(QueueFull):
        await pool.run_spare("another look")
    final = await begun(pool.run("a", "final"))
    spare[0].cancel()
    await asyncio.sleep(0)
    assert held.begun == ["look"], "its process is busy, though nobody wants the answer"
    await held.end(0)
    await held.end(1)
    assert await asyncio.gather(*final) == ["final done"]


async def test_a_job_whose_process_died_is_done_once_more_and_then_given_up() -> None:
    held = Held()
    pool = fair(held)
    died = ProviderUnavailable("ear", "its process died at work")
    (task,) = await begun(pool.run("a", "a"))
    await held.end(0, died)
    await held.end(1)
    assert await task == "a done"
    (task,) = await begun(pool.run("a", "b"))
    await held.end(2, died)
    await held.end(3, died)
    with pytest.raises(ProviderUnavailable):
        await task
    assert held.begun == ["a", "a", "b", "b"]


@pytest.mark.parametrize("spare", [False, True])
async def test_a_refused_job_leaves_the_process_to_the_next(spare: bool) -> None:
    held = Held()
    pool = fair(held)
    (task,) = await begun(pool.run_spare("a") if spare else pool.run("a", "a"))
    await held.end(0, ProviderRefused("ear", "no such sound"))
    with pytest.raises(ProviderRefused):
        await task
    (task,) = await begun(pool.run("b", "b"))
    await held.end(1)
    assert await task == "b done"


async def test_one_that_is_cancelled_as_its_turn_comes_passes_it_on() -> None:
    held = Held()
    pool = fair(held)
    first, second, third = await begun(*(pool.run(name, name) for name in "abc"))
    held.begun.clear()

    def give_up(_: object) -> None:
        second.cancel()

    first.add_done_callback(give_up)
    held._jobs[0].set_result("done")
    await held.until(1)
    await asyncio.wait({second})
    held._jobs[-1].set_result("done")
    await third
    assert second.cancelled()


async def test_how_long_jobs_waited_is_counted() -> None:
    held = Held()
    pool = fair(held)
    tasks = await begun(pool.run("a", "a"), pool.run("b", "b"), pool.run("c", "c"))
    for nth in range(3):
        await held.end(nth)
    await asyncio.gather(*tasks)
    assert sum(pool.waits.counts) == 3
    assert len(pool.waits.counts) == len(pool.waits.buckets_s) + 1
    assert pool.waits.sum_s >= 0
