"""A small pool of worker processes, for native code that must not live in the server's process.

Decides who gets the next job, what happens to jobs when a process crashes or hangs, and how soon it is
started again. A process does one job at a time; the rest wait in one bounded queue. Processes are started by
exec, never forked, and leave by themselves when this process dies (`child.py` is their side). What
the jobs mean is left to the providers.
"""

from __future__ import annotations

import asyncio
import os
import sys
from asyncio import subprocess
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, cast

import msgspec
import structlog

from ..errors import ConfigurationError, ProviderError, ProviderRefused, ProviderUnavailable
from ..recurring import Recurring
from .child import LENGTH_BYTES, Job, JobAnswer, frame, length_of

Log = Callable[[str], None]
"""Gets what a process prints: a line of JSON for each thing it logs, and anything else as it came, whole."""

STOP_S = 0.5
"""How long a process may take to leave after its pipe is closed, before it is killed."""
BACKOFF_S = (0.05, 0.2, 0.5, 1.0, 2.0, 5.0)
"""Pauses before a crashed process is started again; the last one repeats. A finished job resets them."""
QUIET_S = 0.1
"""Lines that follow one another within this time are one thing that was said: a trace, mostly."""
MOST_LINES = 100
"""More lines at once are told in two."""
# Nothing else of the server's environment is a worker's business; some of it is secret.
_PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "PYTHONPATH", "TMPDIR", "SYSTEMROOT")
# What reading from a process that died or babbles can raise.
_CRASH = (EOFError, ConnectionError, TimeoutError, ValueError, msgspec.MsgspecError)


class QueueFull(ProviderUnavailable):
    """Too many jobs are waiting already."""


class WorkerPool:
    """`count` processes of `python -m module`, each prepared with `settings` (msgpack-able).

    `provider` names the provider in errors; `on_log` gets what the processes print.
    """

    def __init__(
        self,
        module: str,
        settings: Any,
        *,
        provider: str,
        count: int = 1,
        queue_limit: int = 64,
        start_timeout_s: float = 30.0,
        job_timeout_s: float = 30.0,
        backoff_s: Sequence[float] = BACKOFF_S,
        on_log: Log | None = None,
    ) -> None:
        self._module = module
        self._settings = settings
        self._provider = provider
        self._count = count
        self._queue_limit = queue_limit
        self._start_timeout_s = start_timeout_s
        self._job_timeout_s = job_timeout_s
        self._backoff_s = tuple(backoff_s)
        self._on_log = on_log or _log_of(provider)
        self._queue: deque[_Pending] = deque()
        self._work = asyncio.Event()
        self._up: set[_Process] = set()
        self._tenders: list[asyncio.Task[None]] = []
        self._open = False

    @property
    def process_ids(self) -> list[int]:
        """The ids of the processes that are up."""
        return [process.pid for process in self._up]

    @property
    def waiting(self) -> int:
        """How many jobs wait for a process."""
        return len(self._queue)

    async def start(self) -> None:
        """Start every process and wait until each is prepared.

        Raises `ConfigurationError` when the settings are refused, `ProviderUnavailable` when a process does
        not come up.
        """
        started = await asyncio.gather(*(self._spawn() for _ in range(self._count)), return_exceptions=True)
        if errors := [result for result in started if isinstance(result, BaseException)]:
            await self._stop_processes()
            raise errors[0]
        self._open = True
        self._tenders = [asyncio.create_task(self._tend(process)) for process in list(self._up)]

    async def aclose(self) -> None:
        """End every process within a second; jobs that wait or run fail. May be called twice."""
        self._open = False
        for tender in self._tenders:
            tender.cancel()
        await asyncio.gather(*self._tenders, return_exceptions=True)
        self._tenders = []
        self._fail_queued("it is closed")
        await self._stop_processes()

    async def run(self, body: Any) -> Any:
        """One job's answer. Cancel it and the job is dropped, or its result discarded if it runs already.

        Raises `QueueFull`; `ProviderUnavailable` when the process crashes or hangs on the job, or the pool is
        closed; `ProviderRefused` when the worker says that the job cannot be done.
        """
        if not self._open:
            raise ProviderUnavailable(self._provider, "it is closed")
        if len(self._queue) >= self._queue_limit:
            raise QueueFull(self._provider, f"{self._queue_limit} jobs are waiting already")
        pending = _Pending(body)
        self._queue.append(pending)
        self._work.set()
        try:
            return await pending.future
        finally:
            with suppress(ValueError):  # it is not waiting any more
                self._queue.remove(pending)

    # One tender per process: it hands out jobs and starts the next process when this one is gone. ----------

    async def _tend(self, process: _Process) -> None:
        failures = 0
        while True:
            served = await self._serve_until_gone(process)
            failures = 1 if served else failures + 1
            process, failures = await self._respawn(failures)

    async def _serve_until_gone(self, process: _Process) -> bool:
        """Give `process` jobs until it is gone, and say whether it finished any."""
        serving = asyncio.create_task(self._serve(process))
        gone = asyncio.create_task(process.wait())
        try:
            await asyncio.wait({serving, gone}, return_when=asyncio.FIRST_COMPLETED)
            if process.job is not None and not serving.done():
                # It died at work: its pipe is read to the end first, the answer may be in it.
                await asyncio.wait({serving}, timeout=STOP_S)
        finally:
            serving.cancel()
            gone.cancel()
            await asyncio.gather(serving, gone, return_exceptions=True)
            self._up.discard(process)
            await process.stop()
            if process.job is not None:
                process.job.fail(ProviderUnavailable(self._provider, "its process died at work"))
        return process.finished_jobs > 0

    async def _serve(self, process: _Process) -> None:
        while True:
            process.job = job = await self._take()
            try:
                async with asyncio.timeout(self._job_timeout_s):
                    answer = await process.ask(job.body)
            except TimeoutError:
                job.fail(
                    ProviderUnavailable(self._provider, f"no answer to a job in {self._job_timeout_s:g} s")
                )
                return
            except _CRASH:
                return
            process.job = None
            process.finished_jobs += 1
            if answer.error:
                job.fail(ProviderRefused(self._provider, answer.error))
            else:
                job.succeed(answer.body)

    async def _take(self) -> _Pending:
        """The next job that somebody still wants."""
        while not self._queue:
            self._work.clear()
            await self._work.wait()
        return self._queue.popleft()

    async def _respawn(self, failures: int) -> tuple[_Process, int]:
        """A new process, however long it takes, and how often in a row it has failed by now."""
        while True:
            await asyncio.sleep(self._backoff_s[min(failures, len(self._backoff_s)) - 1])
            try:
                return await self._spawn(), failures
            except (ProviderError, ConfigurationError) as why:
                failures += 1
                self._on_log(str(why))
                if not self._up:  # nobody is left who could serve those who wait
                    self._fail_queued("its process does not start")

    async def _spawn(self) -> _Process:
        try:
            process = await _Process.start(self._module, self._on_log)
        except OSError as wrong:  # no file descriptors, memory or process ids left: they may come back
            raise ProviderUnavailable(
                self._provider, f"no process could be started: {wrong.strerror or wrong}"
            ) from wrong
        self._up.add(process)
        try:
            async with asyncio.timeout(self._start_timeout_s):
                answer = await process.ask(self._settings)
        except _CRASH as crash:
            await self._discard(process)
            raise ProviderUnavailable(
                self._provider, "its worker process did not start; see the log"
            ) from crash
        except BaseException:
            await self._discard(process)
            raise
        if answer.error:
            await self._discard(process)
            raise ConfigurationError(f"{self._provider}: {answer.error}")
        return process

    async def _discard(self, process: _Process) -> None:
        self._up.discard(process)
        await process.stop()

    async def _stop_processes(self) -> None:
        processes, self._up = self._up, set()
        await asyncio.gather(*(process.stop() for process in processes))

    def _fail_queued(self, why: str) -> None:
        while self._queue:
            self._queue.popleft().fail(ProviderUnavailable(self._provider, why))


class _Pending:
    """A job that waits or runs. Its future is cancelled when nobody wants the result any more."""

    def __init__(self, body: Any) -> None:
        self.body = body
        self.future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

    def succeed(self, body: Any) -> None:
        if not self.future.done():
            self.future.set_result(body)

    def fail(self, error: ProviderError) -> None:
        if not self.future.done():
            self.future.set_exception(error)


class _Process:
    """One child and its pipes."""

    def __init__(self, child: subprocess.Process, on_log: Log) -> None:
        # All three are pipes: `start` asked for them.
        self._child = child
        self._jobs = cast("asyncio.StreamWriter", child.stdin)
        self._answers = cast("asyncio.StreamReader", child.stdout)
        self._listening = asyncio.create_task(_pass_on(cast("asyncio.StreamReader", child.stderr), on_log))
        self._last_id = -1
        self.job: _Pending | None = None
        self.finished_jobs = 0

    @classmethod
    async def start(cls, module: str, on_log: Log) -> _Process:
        child = await subprocess.create_subprocess_exec(
            sys.executable,
            "-P",  # a file in the working directory must not shadow a package
            "-m",
            module,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={name: os.environ[name] for name in _PASSED_ON if name in os.environ},
        )
        return cls(child, on_log)

    @property
    def pid(self) -> int:
        return self._child.pid

    async def ask(self, body: Any) -> JobAnswer:
        """Send one job and wait for its answer. Raises what `_CRASH` lists."""
        self._last_id += 1
        self._jobs.write(frame(Job(self._last_id, body)))
        await self._jobs.drain()
        length = length_of(await self._answers.readexactly(LENGTH_BYTES))
        answer = msgspec.msgpack.decode(await self._answers.readexactly(length), type=JobAnswer)
        if answer.job_id != self._last_id:
            raise ValueError(f"answer {answer.job_id} to job {self._last_id}")
        return answer

    async def wait(self) -> None:
        """Until the process is gone."""
        await self._child.wait()

    async def stop(self) -> None:
        """Close its pipe, give it `STOP_S` to leave, kill it."""
        self._jobs.close()
        try:
            async with asyncio.timeout(STOP_S):
                await self._child.wait()
        except TimeoutError:
            with suppress(ProcessLookupError):
                self._child.kill()
            await self._child.wait()
        await self._listening


async def _pass_on(stderr: asyncio.StreamReader, on_log: Log) -> None:
    """Hand over what is printed: each line of JSON by itself, other lines that come together as one."""
    together: list[str] = []
    while (line := await _line(stderr, QUIET_S if together else None)) != b"":
        text = "" if line is None else line.decode(errors="replace").rstrip()
        is_record = text.startswith("{")
        if together and (line is None or is_record or len(together) >= MOST_LINES):
            on_log("\n".join(together))
            together = []
        if is_record:
            on_log(text)
        elif line is not None:
            together.append(text)
    if together:
        on_log("\n".join(together))


async def _line(stderr: asyncio.StreamReader, within_s: float | None) -> bytes | None:
    """The next line; b"" at the end, None when none comes in time."""
    while True:
        try:
            async with asyncio.timeout(within_s):
                return await stderr.readline()
        except TimeoutError:
            return None
        except ValueError:  # longer than the reader's limit; asyncio has dropped it
            continue


def _log_of(provider: str) -> Log:
    """Tells what a process logs at its own level, and what it prints as a warning, if it is worth a line."""
    log, recurring = structlog.stdlib.get_logger("rapida.workers.pool"), Recurring()

    def tell(said: str) -> None:
        try:
            record = msgspec.json.decode(said, type=dict[str, Any])
            level, event = str(record.pop("level")), str(record.pop("event"))
        except (msgspec.MsgspecError, KeyError):
            untold = recurring.worth(said.rpartition("\n")[2])
            if untold is not None:
                log.warning("worker_said", provider=provider, said=said, untold=untold)
            return
        named = {"worker": provider, **{key: value for key, value in record.items() if key != "timestamp"}}
        source = str(named.pop("logger", "rapida.workers.pool"))
        log_at = getattr(structlog.stdlib.get_logger(source), level, log.warning)
        log_at(event, **named)

    return tell
