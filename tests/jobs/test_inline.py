"""The simplest queue keeps the port's promises, as far as one process can."""

from __future__ import annotations

import asyncio

from structlog.testing import capture_logs

from rapida.jobs.base import Jobs
from rapida.jobs.inline import InlineJobs


async def test_an_id_has_one_job_at_a_time_and_may_have_another_later() -> None:
    begun: list[str] = []
    gate = asyncio.Event()

    async def work(job_id: str) -> None:
        begun.append(job_id)
        await gate.wait()

    jobs = InlineJobs({"work": work})
    promised: Jobs = jobs
    await promised.start()
    assert await jobs.ensure("work", ["a", "a", "b"]) == 2
    assert await jobs.ensure("work", ["a"]) == 0
    gate.set()
    await jobs.idle()
    assert await jobs.ensure("work", ["a"]) == 1
    await jobs.idle()
    assert sorted(begun) == ["a", "a", "b"]


async def test_a_bug_ends_its_job_and_no_other() -> None:
    done: list[str] = []

    async def work(job_id: str) -> None:
        if job_id == "bad":
            raise KeyError(job_id)
        done.append(job_id)

    jobs = InlineJobs({"work": work})
    with capture_logs() as logged:
        await jobs.ensure("work", ["bad", "good"])
        await jobs.idle()
    assert done == ["good"]
    assert [(line["event"], line["kind"]) for line in logged] == [("job_broken", "work")]


async def test_a_closed_queue_ends_what_runs_and_begins_nothing_more() -> None:
    begun: list[str] = []
    cancelled: list[str] = []

    async def work(job_id: str) -> None:
        begun.append(job_id)
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.append(job_id)

    jobs = InlineJobs({"work": work})
    await jobs.ensure("work", ["a", "b"])
    await asyncio.sleep(0)
    assert await jobs.adopt("another process") == 0
    await jobs.ensure("work", ["c"])
    await jobs.aclose()
    assert (begun, cancelled) == (["a", "b"], ["a", "b"])
