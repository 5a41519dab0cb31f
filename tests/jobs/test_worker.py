"""The worker process: it works, ends with its parent, and what it was killed at is taken over."""

from __future__ import annotations

import asyncio
import sqlite3
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec

from rapida.worker_process import LENGTH_BYTES, Answer, Job, frame, length_of

ROOT = Path(__file__).resolve().parents[2]


@asynccontextmanager
async def worker(folder: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "rapida.jobs.worker",
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    told = {
        "errands": "tests.jobs.errands:open_errands",
        "queue_url": f"sqlite:///{folder / 'queue.db'}",
        "settings": {"folder": str(folder)},
    }
    process.stdin.write(frame(Job(0, told)))
    try:
        async with asyncio.timeout(40):
            length = length_of(await process.stdout.readexactly(LENGTH_BYTES))
            answer = msgspec.msgpack.decode(await process.stdout.readexactly(length), type=Answer)
        assert answer.error == ""
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def until_there(path: Path) -> None:
    async with asyncio.timeout(20):
        while not path.exists():
            await asyncio.sleep(0.02)


async def test_a_killed_workers_job_is_taken_over_and_the_next_worker_ends_with_its_parents_pipe(
    tmp_path: Path,
) -> None:
    (tmp_path / "wait").touch()
    async with worker(tmp_path) as first:
        await until_there(tmp_path / "begun")
        first.kill()
    (tmp_path / "wait").unlink()
    async with worker(tmp_path) as second:
        await until_there(tmp_path / "done")
        assert second.stdin is not None
        second.stdin.close()
        async with asyncio.timeout(20):
            assert await second.wait() == 0
    begun = (tmp_path / "begun").read_text().split()
    executors = (tmp_path / "executors").read_text().split()
    # Asked for twice each time, begun once by each.
    assert begun == [f"job-1:{each}" for each in executors]
    assert (tmp_path / "finished").read_text().split() == executors[1:]

    # What lies on the disk: for its owner only, a kind and an id as JSON, and nothing else.
    assert (tmp_path / "queue.db").stat().st_mode & 0o777 == 0o600
    with sqlite3.connect(tmp_path / "queue.db") as queue:
        inputs = [row[0] for row in queue.execute("SELECT inputs FROM workflow_input")]
    queue.close()
    assert len(inputs) == 1
    assert msgspec.json.decode(inputs[0])["positionalArgs"] == ["note", "job-1"]
