"""The only module that speaks SQLite: how its connections are set up and its transactions begin.

A deferred transaction that turns into a write fails under contention, whatever the busy time-out, so writes
say `BEGIN IMMEDIATE` and wait for their turn; reads say `BEGIN` and never wait (WAL).
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Engine, event

from .sqlite_thread import connect

WRITES = "rapida_writes"
"""The execution option that marks an engine whose transactions write."""
OPTIONS: dict[str, Any] = {"connect_args": {"async_creator_fn": connect}}
"""What the engine is made with."""


def prepare(engine: Engine, busy_timeout_ms: int) -> None:
    """Make every connection of `engine` durable, concurrent and strict about foreign keys."""

    def set_up(connection: Any, record: object) -> None:
        del record
        # The driver would open transactions by itself, and deferred ones: we begin them.
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout={busy_timeout_ms}")
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=NORMAL")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.close()

    def begin(connection: Connection) -> None:
        immediate = connection.get_execution_options().get(WRITES, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")

    event.listen(engine, "connect", set_up)
    event.listen(engine, "begin", begin)
