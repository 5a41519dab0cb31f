"""Work for a worker under test: one job that writes down that it began, and waits while a file says so.

Others end at once, well or with a bug, and are asked for again and again while a file says so.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rapida.errors import StoreError
from rapida.jobs.base import Handler, Jobs

SECRET = "the number of somebody"


class NotedWork:
    """`executors` lists every worker; each takes over from all others, unless a file says nobody is dead."""

    __test__ = False

    def __init__(self, folder: Path, executor_id: str) -> None:
        self._folder = folder
        self._me = executor_id
        self.handlers: Mapping[str, Handler] = {"note": self._note, "end": self._end, "fail": self._fail}
        self._write("executors", executor_id)

    async def look_around(self, jobs: Jobs) -> None:
        self._write("looks", self._me)
        others = (self._folder / "executors").read_text().split()
        for other in [] if (self._folder / "nobody is dead").exists() else others:
            if other != self._me:
                await jobs.adopt(other)
        await jobs.ensure("note", ["job-1", "job-1"])
        if (self._folder / "again and again").exists():
            await jobs.ensure("end", ["job-2"])
            await jobs.ensure("fail", ["job-3"])

    def hold_back(self, held: bool) -> None:
        self._write("held", str(held))

    async def finish(self) -> None:
        self._write("finished", self._me)
        if (self._folder / "database is away").exists():
            raise StoreError("the database cannot be reached")

    async def aclose(self) -> None: ...

    async def _note(self, job_id: str) -> None:
        self._write("begun", f"{job_id}:{self._me}")
        while (self._folder / "wait").exists():
            await asyncio.sleep(0.05)
        (self._folder / "done").touch()
        await asyncio.Event().wait()

    async def _end(self, job_id: str) -> None:
        self._write("ended", f"{job_id}:{self._me}")

    async def _fail(self, job_id: str) -> None:
        raise ValueError(SECRET)

    def _write(self, name: str, text: str) -> None:
        with (self._folder / name).open("a") as file:
            file.write(text + "\n")


async def open_work(settings: Mapping[str, Any], executor_id: str) -> NotedWork:
    return NotedWork(Path(settings["folder"]), executor_id)
