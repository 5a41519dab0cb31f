"""The durable queue: DBOS Transact, on a SQLite file of its own or beside us in PostgreSQL.

It decides how a job is written down (its id is the workflow's, its inputs are a kind and an id, as JSON) and
how a dead process's jobs come back. DBOS keeps one instance per process, so only a worker process uses this.
Nothing of its proprietary part is configured. https://docs.dbos.dev/python/reference
"""

from __future__ import annotations

import logging
import os
import sqlite3
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import structlog
from dbos import DBOS, DBOSConfig, DBOSPortableJSONSerializer, SetWorkflowID

from ..errors import ConfigurationError
from ..recurring import OneLineEach
from .base import Handler

_log = structlog.get_logger(__name__)
_LIBRARY_LOG = logging.getLogger("dbos")

QUEUE: Final = "work"
FORMAT: Final = "1"
"""DBOS runs jobs of its own version only: this changes when a kind or its inputs change their meaning."""
LIVE: Final = frozenset({"ENQUEUED", "PENDING", "DELAYED"})
AT_ONCE: Final = 500
"""Jobs in progress; most of them wait for their turn, and cost no more than a timer."""
POLL_S: Final = 0.25
"""How often the queue looks for new jobs: jobs are given to it seconds ahead of their turn."""
KEPT_FOR: Final = timedelta(minutes=10)
"""How long a finished job is remembered: longer than anybody may ask for it again."""
TIDIED_AT_ONCE: Final = 1000
"""How many finished jobs are forgotten in one transaction: calls write to the same database meanwhile."""
NEEDS_SQLITE: Final = (3, 42) if sys.version_info >= (3, 12) else (3, 0)
"""What DBOS takes for granted (`unixepoch('subsec')`): from Python 3.12 on it does not look."""


class DurableJobs:
    """A `Jobs` that outlives its process."""

    def __init__(self, url: str, executor_id: str, handlers: Mapping[str, Handler]) -> None:
        """`url` is `sqlite:///path` or `postgresql://…`; a file is made for its owner only.

        Raises `ConfigurationError` when this Python's SQLite is too old.
        """
        _own(url)
        if not _LIBRARY_LOG.handlers:
            # Else it would print by itself, with a trace for every look at a database that is away.
            _LIBRARY_LOG.addHandler(logging.NullHandler())
            _LIBRARY_LOG.addFilter(OneLineEach())
        config: DBOSConfig = {
            "name": "rapida",
            "system_database_url": url,
            "executor_id": executor_id,
            "application_version": FORMAT,
            "serializer": DBOSPortableJSONSerializer(),
            "enable_otlp": False,
            "log_level": "WARNING",
            "max_executor_threads": 4,
        }
        DBOS(config=config)

        async def run(kind: str, job_id: str) -> None:
            try:
                await handlers[kind](job_id)
            except Exception:  # noqa: BLE001
                # What an exception says may be about people; it is not written into the queue.
                _log.exception("job_broken", kind=kind)

        self._run = DBOS.workflow(name="run", max_recovery_attempts=None)(run)

    async def start(self) -> None:
        DBOS.launch()
        await DBOS.register_queue_async(QUEUE, worker_concurrency=AT_ONCE, polling_interval_sec=POLL_S)

    async def ensure(self, kind: str, ids: Sequence[str]) -> int:
        wanted = list(dict.fromkeys(ids))
        if not wanted:
            return 0
        known = await _listed(workflow_ids=wanted)
        live = {each.workflow_id for each in known if each.status in LIVE}
        if over := [each.workflow_id for each in known if each.status not in LIVE]:
            # Its row says that there is work again: the job begins anew under its old name. Left there, DBOS
            # would take its outcome for the new one's. Two processes at this may have it run twice.
            await DBOS.delete_workflows_async(over)
        new = [each for each in wanted if each not in live]
        for each in new:
            with SetWorkflowID(each):
                await DBOS.enqueue_workflow_async(QUEUE, self._run, kind, each)
        return len(new)

    async def adopt(self, executor_id: str) -> int:
        left = await _listed(executor_id=executor_id, status=["PENDING"])
        ids = [each.workflow_id for each in left]
        if ids:
            await DBOS.resume_workflows_async(ids, queue_name=QUEUE)
        return len(ids)

    async def tidy(self) -> None:
        before = (datetime.now(UTC) - KEPT_FOR).isoformat()
        while done := await _listed(completed_before=before, limit=TIDIED_AT_ONCE):
            await DBOS.delete_workflows_async([each.workflow_id for each in done])

    async def aclose(self) -> None:
        DBOS.destroy(destroy_registry=True)


async def _listed(**how: Any) -> list[Any]:
    return await DBOS.list_workflows_async(load_input=False, load_output=False, **how)


def _own(url: str) -> None:
    """Create a SQLite store's file for its owner only; SQLite gives its companions the same mode.

    Raises `ConfigurationError` when SQLite is too old: no file is left behind then.
    """
    scheme, _, path = url.partition(":///")
    if scheme == "sqlite":
        if sqlite3.sqlite_version_info < NEEDS_SQLITE:
            raise ConfigurationError(
                f"the queue needs SQLite 3.42 or newer, and this Python has {sqlite3.sqlite_version}: use a "
                "Python with a newer one, or Python 3.11, or PostgreSQL (RAPIDA_DATABASE_URL)"
            )
        os.close(os.open(Path(path), os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600))
        Path(path).chmod(0o600)
