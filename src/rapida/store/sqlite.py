"""The only module that speaks SQLite: how its connections are set up and its transactions begin.

A deferred transaction that turns into a write fails under contention, whatever the busy time-out, so writes
say `BEGIN IMMEDIATE` and wait for their turn; reads say `BEGIN` and never wait (WAL).
"""

from __future__ import annotations

import asyncio
import sqlite3
from functools import partial
from typing import Any

from sqlalchemy import Connection, Engine, event

from .sqlite_thread import connect

WRITES = "rapida_writes"
"""The execution option that marks an engine whose transactions write."""
OPTIONS: dict[str, Any] = {"connect_args": {"async_creator_fn": connect}}
"""What the engine is made with."""
_ASK_AGAIN_S = 0.01


def prepare(engine: Engine, busy_timeout_ms: int) -> None:
    """Make every connection of `engine` durable, concurrent and strict about foreign keys."""

    def set_up(connection: Any, record: object) -> None:
        del record
        # The driver would open transactions by itself, and deferred ones: we begin them.
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout={busy_timeout_ms}")
        connection.run_async(partial(_write_ahead, patience_s=busy_timeout_ms / 1000))
        cursor.execute("PRAGMA synchronous=NORMAL")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.close()

    def begin(connection: Connection) -> None:
        immediate = connection.get_execution_options().get(WRITES, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")

    event.listen(engine, "connect", set_up)
    event.listen(engine, "begin", begin)


async def _write_ahead(connection: Any, patience_s: float) -> None:
    """Go over to the write-ahead log, which a file stays in from then on.

    SQLite takes a lock it holds already to a higher one for this, and answers `SQLITE_BUSY` to that at once,
    whatever the busy time-out: of two processes that open a new file together, one would not start.
    """
    clock = asyncio.get_running_loop().time
    until = clock() + patience_s
    while True:
        try:
            await connection.cursor().execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as refused:
            if refused.sqlite_errorcode != sqlite3.SQLITE_BUSY or clock() >= until:
                raise
        else:
            return
        await asyncio.sleep(_ASK_AGAIN_S)
