"""Worker processes that crash, hang, refuse and are killed; the jobs of everyone else go on."""

from __future__ import annotations

import asyncio
import errno
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from rapida.errors import ConfigurationError, ProviderRefused, ProviderUnavailable
from rapida.workers.child import MAX_MESSAGE_BYTES, Job, frame, length_of
from rapida.workers.pool import QueueFull, WorkerPool
from tests.workers.pools import at_work

ROOT = Path(__file__).resolve().parents[2]
CRASH = {"do": "crash"}


def echo(text: str) -> dict[str, Any]:
    return {"do": "echo", "text": text}


def sleep(s: float) -> dict[str, Any]:
    return {"do": "sleep", "s": s}


def wait_for(file: Path) -> dict[str, Any]:
    return {"do": "wait", "file": str(file)}


@pytest.fixture(autouse=True)
def workers_find_the_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))


@asynccontextmanager
async def pool_of(settings: dict[str, Any] | None = None, **options: Any) -> AsyncIterator[WorkerPool]:
    options.setdefault("backoff_s", (0.01,))
    options.setdefault("on_log", lambda line: None)
    pool = WorkerPool("tests.workers.faulty_worker", settings or {}, provider="faulty", **options)
    try:
        async with asyncio.timeout(120):
            await pool.start()
            yield pool
    finally:
        await pool.aclose()


async def is_gone(process_id: int) -> None:
    """Wait until no process has this id (a zombie is gone)."""
    async with asyncio.timeout(120):
        while True:
            try:
                state = Path(f"/proc/{process_id}/stat").read_text().rpartition(") ")[2][0]
            except FileNotFoundError:
                return
            if state == "Z":
                return
            await asyncio.sleep(0.01)


async def is_replaced(pool: WorkerPool, process_id: int) -> None:
    async with asyncio.timeout(120):
        while not pool.process_ids or process_id in pool.process_ids:
            await asyncio.sleep(0.01)


async def test_a_job_is_answered() -> None:
    async with pool_of() as pool:
        assert await pool.run(echo("hello")) == "hello"
        assert await pool.run(echo("x" * 1_000_000)) == "x" * 1_000_000


async def test_many_jobs_are_answered_each_with_its_own() -> None:
    async with pool_of(count=2) as pool:
        texts = [f"text {n}" for n in range(50)]
        assert await asyncio.gather(*(pool.run(echo(text)) for text in texts)) == texts


async def test_two_processes_share_the_jobs() -> None:
    async with pool_of(count=2) as pool:
        answers = await asyncio.gather(pool.run(sleep(0.2)), pool.run({"do": "pid"}))
        assert answers[1] in pool.process_ids
        assert len(set(pool.process_ids)) == 2


async def test_a_job_that_crashes_its_process_fails_and_those_waiting_go_on() -> None:
    async with pool_of() as pool:
        results = await asyncio.gather(
            pool.run(CRASH), pool.run(echo("a")), pool.run(echo("b")), return_exceptions=True
        )
        assert isinstance(results[0], ProviderUnavailable)
        assert results[1:] == ["a", "b"]


async def test_a_bug_in_the_work_is_printed_and_fails_only_its_job() -> None:
    lines: list[str] = []
    async with pool_of(on_log=lines.append) as pool:
        with pytest.raises(ProviderUnavailable):
            await pool.run({"do": "raise"})
        assert await pool.run(echo("after")) == "after"
    (told,) = [said for said in lines if "ArithmeticError: a bug in the worker" in said]
    assert told.startswith("Traceback"), "a trace is one thing that was said, not forty lines"


async def test_what_a_worker_logs_is_told_at_its_own_level_and_what_it_prints_over_and_over_once() -> None:
    record = '{"event": "executor_gone", "level": "info", "logger": "rapida.outbound.scheduling", "jobs": 2}'
    async with pool_of(on_log=None) as pool:
        with capture_logs() as lines:
            for text in ("the library is cross", record, "the library is cross", record):
                await pool.run({"do": "say", "text": text})
            await pool.aclose()
    assert [(line["event"], line["log_level"]) for line in lines] == [
        ("worker_said", "warning"),
        ("executor_gone", "info"),
        ("executor_gone", "info"),
    ]
    assert (lines[0]["said"], lines[1]["worker"], lines[1]["jobs"]) == ("the library is cross", "faulty", 2)


async def test_a_process_killed_while_idle_is_replaced_before_anyone_asks() -> None:
    async with pool_of() as pool:
        (killed,) = pool.process_ids
        os.kill(killed, signal.SIGKILL)
        await is_replaced(pool, killed)
        assert await pool.run({"do": "pid"}) != killed


async def test_a_process_killed_at_work_fails_its_job_and_is_replaced() -> None:
    async with pool_of() as pool:
        (killed,) = pool.process_ids
        working = asyncio.create_task(pool.run(sleep(30)))
        await at_work(pool)
        os.kill(killed, signal.SIGKILL)
        with pytest.raises(ProviderUnavailable):
            await working
        assert await pool.run(echo("after")) == "after"


async def test_a_hanging_job_fails_and_its_process_is_replaced() -> None:
    async with pool_of(job_timeout_s=0.2) as pool:
        (hanging,) = pool.process_ids
        with pytest.raises(ProviderUnavailable, match="no answer"):
            await pool.run(sleep(30))
        await is_gone(hanging)
        pool._job_timeout_s = 30.0  # what follows may take its time
        assert await pool.run(echo("after")) == "after"


async def test_a_refused_job_says_why_and_keeps_the_process() -> None:
    async with pool_of() as pool:
        before = pool.process_ids
        with pytest.raises(ProviderRefused, match="no such phrase"):
            await pool.run({"do": "refuse"})
        assert pool.process_ids == before


async def test_a_cancelled_job_that_waits_is_never_done(tmp_path: Path) -> None:
    note, go_on = tmp_path / "note", tmp_path / "go on"
    async with pool_of() as pool:
        first = asyncio.create_task(pool.run(wait_for(go_on)))
        await at_work(pool)
        waiting = asyncio.create_task(pool.run({"do": "note", "file": str(note), "text": "done"}))
        await asyncio.sleep(0)
        assert pool.waiting == 1
        waiting.cancel()
        go_on.touch()
        assert await first == "waited"
        assert await pool.run(echo("after")) == "after"
        assert waiting.cancelled()
    assert not note.exists()


async def test_the_result_of_a_job_cancelled_at_work_reaches_nobody_else(tmp_path: Path) -> None:
    async with pool_of() as pool:
        before = pool.process_ids
        working = asyncio.create_task(pool.run(wait_for(tmp_path / "go on")))
        await at_work(pool)
        working.cancel()
        (tmp_path / "go on").touch()
        assert await pool.run(echo("mine")) == "mine"
        assert pool.process_ids == before


async def test_a_full_queue_takes_no_more(tmp_path: Path) -> None:
    async with pool_of(queue_limit=2) as pool:
        working = asyncio.create_task(pool.run(wait_for(tmp_path / "go on")))
        await at_work(pool)
        waiting = [asyncio.create_task(pool.run(echo(str(n)))) for n in range(2)]
        await asyncio.sleep(0)
        assert pool.waiting == 2
        with pytest.raises(QueueFull):
            await pool.run(echo("too many"))
        (tmp_path / "go on").touch()
        assert await asyncio.gather(working, *waiting) == ["waited", "0", "1"]


async def test_refused_settings_are_a_configuration_error() -> None:
    with pytest.raises(ConfigurationError, match="the voice 'nope' does not exist"):
        async with pool_of({"refuse": True}):
            pass


async def test_a_process_that_does_not_start_makes_the_provider_unavailable() -> None:
    lines: list[str] = []
    with pytest.raises(ProviderUnavailable):
        async with pool_of({"crash_at_start": True}, on_log=lines.append):
            pass
    assert lines == ["no library"]


class NoRoom:
    """A system that starts processes, and lets none be started any more `refusals` times."""

    def __init__(self, refusals: int) -> None:
        self.refusals = refusals
        self._start = asyncio.subprocess.create_subprocess_exec

    async def __call__(self, *arguments: Any, **options: Any) -> asyncio.subprocess.Process:
        if self.refusals:
            self.refusals -= 1
            raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))
        return await self._start(*arguments, **options)


async def test_a_system_without_room_for_a_process_makes_the_provider_unavailable(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(asyncio.subprocess, "create_subprocess_exec", NoRoom(1))
    with pytest.raises(ProviderUnavailable, match="no process could be started: Too many open files"):
        async with pool_of():
            pass


async def test_the_pool_comes_back_when_the_system_has_room_for_a_process_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lines: list[str] = []
    async with pool_of(on_log=lines.append) as pool:
        monkeypatch.setattr(asyncio.subprocess, "create_subprocess_exec", system := NoRoom(2))
        (killed,) = pool.process_ids
        os.kill(killed, signal.SIGKILL)
        await is_replaced(pool, killed)
        assert await pool.run(echo("after")) == "after"
    assert (system.refusals, lines) == (0, ["faulty: no process could be started: Too many open files"] * 2)


async def test_jobs_do_not_wait_for_a_process_that_cannot_start_again(tmp_path: Path) -> None:
    async with pool_of({"start_only_once": str(tmp_path / "started")}) as pool:
        results = await asyncio.gather(pool.run(CRASH), pool.run(echo("a")), return_exceptions=True)
        assert [type(result) for result in results] == [ProviderUnavailable] * 2


async def test_prints_of_a_library_do_not_disturb_the_pipe() -> None:
    lines: list[str] = []
    async with pool_of(on_log=lines.append) as pool:
        assert await pool.run({"do": "print"}) == "printed"
        assert await pool.run(echo("after")) == "after"
    assert lines == ["a library prints to standard output"]


async def test_secrets_of_the_environment_stay_with_the_parent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAPIDA_MASTER_KEY", "secret")
    async with pool_of() as pool:
        environment = await pool.run({"do": "environment"})
    assert "PATH" in environment
    assert "RAPIDA_MASTER_KEY" not in environment


async def test_closing_ends_the_processes_and_fails_what_is_left() -> None:
    async with pool_of(count=2) as pool:
        processes = pool.process_ids
        jobs = [asyncio.create_task(pool.run(sleep(30))) for _ in range(3)]
        await asyncio.sleep(0.05)
        await pool.aclose()
        results = await asyncio.gather(*jobs, return_exceptions=True)
        assert [type(result) for result in results] == [ProviderUnavailable] * 3
        for process_id in processes:
            await is_gone(process_id)
        with pytest.raises(ProviderUnavailable, match="closed"):
            await pool.run(echo("after"))
        await pool.aclose()


@pytest.mark.parametrize("work_s", [0, 0.5], ids=["idle", "at work"])
async def test_a_worker_leaves_when_its_parent_is_killed(work_s: float) -> None:
    parent = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.workers.orphan_parent",
        str(work_s),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )
    assert parent.stdout is not None
    worker = int(await parent.stdout.readline())
    parent.kill()
    await parent.wait()
    await is_gone(worker)


@pytest.mark.parametrize("head", [b"\0\0\0\0", (MAX_MESSAGE_BYTES + 1).to_bytes(4, "big")])
def test_a_frame_that_cannot_be_ours_is_an_error(head: bytes) -> None:
    with pytest.raises(ValueError, match="not one of ours"):
        length_of(head)


def test_a_frame_tells_its_own_length() -> None:
    message = frame(Job(1, "hello"))
    assert length_of(message[:4]) == len(message) - 4
