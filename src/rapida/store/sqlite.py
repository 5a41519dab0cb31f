"""The only module that speaks SQLite: how its connections are set up and its transactions begin.

A deferred transaction that turns into a write fails under contention, whatever the busy time-out, so writes
say `BEGIN IMMEDIATE` and wait for their turn; reads say `BEGIN` and never wait (WAL).
"""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from ..errors import DiskFull, StoreError
from .sqlite_thread import connect

WRITES = "rapida_writes"
"""The execution option that marks an engine whose transactions write."""
OPTIONS: dict[str, Any] = {"connect_args": {"async_creator_fn": connect}}
"""What the engine is made with."""
_ASK_AGAIN_S = 0.01
"""How long a writer waits before it asks for the lock again: most transactions last less."""
_TOO_LITTLE_BYTES = 128 * 1024
"""With less room than this the write-ahead log and its index (32 KiB at a time) cannot grow."""
_LOCKED = "is locked by another process"
# Primary result codes, https://www.sqlite.org/rescode.html; others are bugs or broken constraints.
_REASONS: dict[int, tuple[str, bool]] = {
    sqlite3.SQLITE_BUSY: (_LOCKED, True),
    sqlite3.SQLITE_LOCKED: (_LOCKED, True),
    sqlite3.SQLITE_PROTOCOL: (_LOCKED, True),
    sqlite3.SQLITE_CANTOPEN: ("cannot be opened: may this user write to it, and to its folder?", True),
    sqlite3.SQLITE_PERM: ("may not be opened by this user", True),
    sqlite3.SQLITE_READONLY: ("may not be written to by this user", True),
    sqlite3.SQLITE_IOERR: ("cannot be read or written: its disk fails", True),
    sqlite3.SQLITE_NOMEM: ("cannot be read: the machine has no memory left", True),
    sqlite3.SQLITE_NOTADB: ("is no database of ours: move it away, or name another RAPIDA_DATA_DIR", False),
    sqlite3.SQLITE_CORRUPT: ("is damaged: restore a backup", False),
}
"""What is wrong with the file, and whether trying again may help."""


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
        # What is deleted is overwritten: a conversation that was erased is no longer in the file.
        cursor.execute("PRAGMA secure_delete=ON")
        cursor.close()

    def begin(connection: Connection) -> None:
        immediate = connection.get_execution_options().get(WRITES, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")

    event.listen(engine, "connect", set_up)
    event.listen(engine, "begin", begin)


def explain(path: Path, error: BaseException) -> StoreError | None:
    """What an error of the database at `path` means; None = a bug of ours."""
    original: Any = error.orig if isinstance(error, DBAPIError) else error
    code = getattr(original, "sqlite_errorcode", -1) & 0xFF
    # Only of a write SQLite says that the disk is full; where its index cannot grow the disk "fails".
    failing = code in (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN)
    if code == sqlite3.SQLITE_FULL or (failing and _is_full(path)):
        return DiskFull(f"no space left on the disk of the database {path.name!r}: free some room")
    if code not in _REASONS:
        return None
    reason, retryable = _REASONS[code]
    return StoreError(f"the database {path.name!r} {reason}", retryable=retryable)


async def empty_log(connection: AsyncConnection) -> None:
    """Bring what the write-ahead log holds into the file, and cut the log to nothing."""
    raw = await connection.get_raw_connection()
    driver: Any = raw.driver_connection
    await driver.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _is_full(path: Path) -> bool:
    try:
        return shutil.disk_usage(path.parent).free < _TOO_LITTLE_BYTES
    except OSError:
        return False


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
