"""The port: jobs are asked for by kind and id, and run until they are done, in whatever process lives.

A job carries nothing but its id: the row behind the id is the truth, and a job that runs twice must find
there that nothing is left to do. So "at least once" is all that a queue must promise.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Protocol

Handler = Callable[[str], Awaitable[None]]
"""Does the job of one id. An exception is a bug; the job is asked for again."""


class Jobs(Protocol):
    """A queue. Its methods are called on the event loop that it was started on."""

    async def start(self) -> None:
        """Begin to run jobs, those of before the last end too."""
        ...

    async def ensure(self, kind: str, ids: Sequence[str]) -> int:
        """Let every id have a job that waits or runs, and exactly one; how many had none."""
        ...

    async def adopt(self, executor_id: str) -> int:
        """Take over what a dead process was at; how many jobs that were."""
        ...

    async def tidy(self) -> None:
        """Forget jobs that are long done."""
        ...

    async def aclose(self) -> None:
        """Begin no more jobs. Those that run are left as they are: they are begun again elsewhere."""
        ...


class Work(Protocol):
    """What a worker process is for: its jobs' handlers, and the rows that ask for jobs."""

    @property
    def handlers(self) -> Mapping[str, Handler]: ...

    async def look_around(self, jobs: Jobs) -> None:
        """Find the rows that need a job, and see that they have one. Called again and again."""
        ...

    def hold_back(self, held: bool) -> None:
        """Begin nothing new while `held`: this machine has all the work it can bear. Must not block."""
        ...

    async def finish(self) -> None:
        """Take nothing new, and wait for what cannot be left in the middle."""
        ...

    async def aclose(self) -> None: ...


OpenWork = Callable[[Mapping[str, Any], str], Awaitable[Work]]
"""Makes a worker's work from plain settings and the worker's own executor id."""
