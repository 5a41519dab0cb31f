"""The worker process: it works, ends with its parent, and what it was killed at is taken over."""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from rapida.workers.child import LENGTH_BYTES, Job, JobAnswer, frame, length_of
from tests.databases import Place
from tests.jobs.noted_work import SECRET

ROOT = Path(__file__).resolve().parents[2]


@asynccontextmanager
async def worker(place: Place) -> AsyncIterator[asyncio.subprocess.Process]:
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
        "work": "tests.jobs.noted_work:open_work",
        "queue_url": queue_url(place),
        "settings": {"folder": str(place.directory)},
    }
    process.stdin.write(frame(Job(0, told)))
    try:
        async with asyncio.timeout(120):
            length = length_of(await process.stdout.readexactly(LENGTH_BYTES))
            answer = msgspec.msgpack.decode(await process.stdout.readexactly(length), type=JobAnswer)
        assert answer.error == ""
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


def queue_url(place: Place) -> str:
    """As the settings write it."""
    if place.is_sqlite:
        return f"sqlite:///{place.directory / 'queue.db'}"
    return f"postgresql://{place.url.partition('://')[2]}"


async def until_looked_around(folder: Path, times: int) -> None:
    """Until every worker has looked around so many times more."""
    looks = folder / "looks"
    looks.unlink(missing_ok=True)
    async with asyncio.timeout(120):
        while True:
            seen = Counter(looks.read_text().split()) if looks.exists() else Counter[str]()
            if len(seen) == len((folder / "executors").read_text().split()) and min(seen.values()) >= times:
                return
            await asyncio.sleep(0.02)


async def until_there(path: Path) -> None:
    async with asyncio.timeout(120):
        while not path.exists():
            await asyncio.sleep(0.02)


async def until_written(path: Path) -> None:
    """Until there is a line in a file, which lies there empty first."""
    async with asyncio.timeout(120):
        while not path.exists() or not path.stat().st_size:
            await asyncio.sleep(0.02)


async def kept_in(place: Place, table: str, columns: str) -> list[tuple[Any, ...]]:
    """What stands in the queue about its jobs."""
    schema = "" if place.is_sqlite else "dbos."
    url = f"sqlite+aiosqlite:///{place.directory / 'queue.db'}" if place.is_sqlite else place.url
    engine = create_async_engine(url)
    async with engine.connect() as connection:
        found = await connection.execute(text(f"SELECT {columns} FROM {schema}{table}"))
        kept = [tuple(row) for row in found]
    await engine.dispose()
    return kept


async def test_a_killed_workers_job_is_taken_over_and_the_next_worker_ends_with_its_parents_pipe(
    place: Place,
) -> None:
    folder = place.directory
    (folder / "wait").touch()
    async with worker(place) as first:
        await until_written(folder / "begun")
        first.kill()
    (folder / "wait").unlink()
    async with worker(place) as second:
        await until_there(folder / "done")
        assert second.stdin is not None
        second.stdin.close()
        async with asyncio.timeout(120):
            assert await second.wait() == 0
    begun = (folder / "begun").read_text().split()
    executors = (folder / "executors").read_text().split()
    # Asked for twice each time, begun once by each.
    assert begun == [f"job-1:{each}" for each in executors]
    assert (folder / "finished").read_text().split() == executors[1:]

    # What is kept: a kind and an id as JSON, and nothing else; in a file, for its owner only.
    [[kept]] = await kept_in(place, "workflow_input", "inputs")
    assert msgspec.json.decode(kept)["positionalArgs"] == ["note", "job-1"]
    if place.is_sqlite:
        assert (folder / "queue.db").stat().st_mode & 0o777 == 0o600


async def test_a_worker_that_cannot_sign_off_ends_as_it_was_told(tmp_path: Path) -> None:
    (tmp_path / "database is away").touch()
    async with worker(Place(f"sqlite+aiosqlite:///{tmp_path / 'there.db'}", tmp_path)) as leaving:
        await until_written(tmp_path / "looks")
        assert leaving.stdin is not None
        for order in ("hold back", "go on"):
            leaving.stdin.write(frame(Job(1, order)))
        leaving.stdin.close()
        async with asyncio.timeout(120):
            assert await leaving.wait() == 0
    assert len((tmp_path / "finished").read_text().split()) == 1
    assert (tmp_path / "held").read_text().split() == ["True", "False"]


async def test_a_job_that_ended_runs_again_when_it_is_asked_for_whoever_ran_it(place: Place) -> None:
    folder = place.directory
    (folder / "nobody is dead").touch()
    (folder / "again and again").touch()
    async with worker(place), worker(place):
        await until_written(folder / "ended")
        async with asyncio.timeout(120):
            while len((folder / "ended").read_text().split()) < 4:
                await asyncio.sleep(0.02)
        (folder / "again and again").unlink()
        await until_looked_around(folder, 3)
    # What is kept of a job that ended is that it did: no result, and nothing of a bug's text.
    outcomes = await kept_in(place, "workflow_output", "workflow_uuid, output, error")
    assert {each[0] for each in outcomes} == {"job-2", "job-3"}
    assert {each[1:] for each in outcomes} == {("null", None)}
    everything = await kept_in(place, "workflow_input", "*") + await kept_in(place, "workflow_status", "*")
    assert SECRET not in str(outcomes + everything)


async def test_of_two_workers_on_one_queue_one_has_the_job_and_the_other_takes_it_over(place: Place) -> None:
    folder = place.directory
    (folder / "wait").touch()
    (folder / "nobody is dead").touch()
    async with worker(place) as first, worker(place) as second:
        await until_written(folder / "begun")
        await until_looked_around(folder, 4)
        [job] = (folder / "begun").read_text().split()
        holder = job.partition(":")[2]
        executors = (folder / "executors").read_text().split()
        assert len(executors) == 2
        (first if executors[0] == holder else second).kill()
        (folder / "wait").unlink()
        (folder / "nobody is dead").unlink()
        await until_there(folder / "done")
    survivor = next(each for each in executors if each != holder)
    assert (folder / "begun").read_text().split() == [f"job-1:{holder}", f"job-1:{survivor}"]
