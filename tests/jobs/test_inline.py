"""The simplest queue keeps the port's promises, as far as one process can."""

from __future__ import annotations

import asyncio
import logging

import pytest

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


async def test_a_bug_ends_its_job_and_no_other(caplog: pytest.LogCaptureFixture) -> None:
    done: list[str] = []

    async def work(job_id: str) -> None:
        if job_id == "bad":
            raise KeyError(job_id)
        done.append(job_id)

    jobs = InlineJobs({"work": work})
    with caplog.at_level(logging.ERROR):
        await jobs.ensure("work", ["bad", "good"])
        await jobs.idle()
    assert done == ["good"]
    assert "a bug ended a job of kind work" in caplog.text


async def test_a_cancelled_or_closed_queue_begins_nothing_more() -> None:
    async def work(job_id: str) -> None:
        await asyncio.Event().wait()

    jobs = InlineJobs({"work": work})
    await jobs.ensure("work", ["a", "b"])
    await jobs.cancel("a")
    assert await jobs.adopt("another process") == 0
    await jobs.aclose()
    assert not [task for task in asyncio.all_tasks() if "_run" in repr(task.get_coro())]
