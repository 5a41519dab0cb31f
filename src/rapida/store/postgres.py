"""The only module that speaks PostgreSQL: its driver, its transactions, its locks and its ways of being away.

SQLite lets one writer in at a time. Here writers run side by side, so whoever reads in order to write locks
the row first (`FOR NO KEY UPDATE`, which SQLite leaves out), or takes a named lock where there is no row yet.
"""

from __future__ import annotations

import time
import zlib
from typing import Any

from sqlalchemy import URL, Engine, event, text
from sqlalchemy.exc import DBAPIError, DisconnectionError
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.pool import ConnectionPoolEntry

from ..errors import ExtraMissing

NAME = "postgresql"
READING: dict[str, Any] = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
"""Execution options of an engine whose transactions see one picture and change nothing."""

# No overflow: a connection that is opened for one burst costs more than the wait for one that is there.
_POOL = {"pool_size": 20, "max_overflow": 0}
IDLE_S = 10.0
"""A connection that lay in the pool for longer is asked whether it still lives, before it is used."""
# SQLSTATE classes: 08 connection, 40 rolled back, 53 resources, 55P03 lock time-out, 57 operator or time-out.
_AWAY_CLASSES = ("08", "40", "53", "57")
_LOCK_TIMED_OUT = "55P03"
# 28 wrong user or password, 3D no such database.
_REFUSAL_CLASSES = ("28", "3D")


def options(url: URL, busy_timeout_ms: int) -> tuple[URL, dict[str, Any]]:
    """The URL as the driver takes it, and the engine's further arguments. Raises `ExtraMissing`."""
    try:
        import asyncpg  # noqa: F401, PLC0415  # pyright: ignore[reportUnusedImport] - is it there?
    except ModuleNotFoundError as missing:
        raise ExtraMissing("database", NAME, "postgres", missing.name or "asyncpg") from missing
    query = dict(url.query)
    # What libpq calls sslmode, asyncpg calls ssl.
    if "sslmode" in query:
        query["ssl"] = query.pop("sslmode")
    seconds = busy_timeout_ms / 1000
    connect = {
        "timeout": max(seconds, 1.0),
        "server_settings": {"application_name": "rapida", "lock_timeout": str(busy_timeout_ms)},
    }
    return url.set(query=query), {"connect_args": connect, **_POOL}


def prepare(engine: Engine) -> None:
    """Replace connections that died while they lay idle; busy ones are not asked at every turn."""

    def rest(connection: object, record: ConnectionPoolEntry) -> None:
        del connection
        record.info["since"] = time.monotonic()

    def wake(connection: Any, record: ConnectionPoolEntry, proxy: object) -> None:
        del proxy
        if time.monotonic() - record.info.get("since", time.monotonic()) < IDLE_S:
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as dead:
            raise DisconnectionError from dead  # the pool then tries another

    event.listen(engine, "checkin", rest)
    event.listen(engine, "checkout", wake)


def is_away(error: DBAPIError) -> bool:
    """Whether the server went away, is full, or gave up waiting: nothing the statement is to blame for."""
    code = _code(error)
    return error.connection_invalidated or code[:2] in _AWAY_CLASSES or code == _LOCK_TIMED_OUT


def is_refusal(error: DBAPIError) -> bool:
    """Whether the server is there and does not let us in: wrong password, unknown role or database."""
    return _code(error)[:2] in _REFUSAL_CLASSES


def _code(error: DBAPIError) -> str:
    found: Any = getattr(error.orig, "sqlstate", None) or getattr(error.orig, "pgcode", None)
    # While connecting, the driver's own error is only the cause.
    return found or getattr(getattr(error.orig, "__cause__", None), "sqlstate", None) or ""


async def lock(tx: AsyncConnection, name: str) -> None:
    """Wait until no other transaction holds `name`, and hold it until this one ends."""
    await tx.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _key(name)})


def _key(name: str) -> int:
    # Two halves: "rapida" keeps our locks apart from those of other programs in the same database.
    return (zlib.crc32(b"rapida") << 31) | (zlib.crc32(name.encode()) >> 1)
