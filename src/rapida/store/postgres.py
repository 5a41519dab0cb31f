"""The only module that speaks PostgreSQL: its driver, its transactions, its locks and its ways of being away.

SQLite lets one writer in at a time. Here writers run side by side, so a transaction that reads in
order to write locks the row first (`FOR NO KEY UPDATE`, which SQLite leaves out), or takes a named lock where
there is no row yet.
"""

from __future__ import annotations

import os
import socket
import ssl
import time
import zlib
from typing import Any

from sqlalchemy import URL, Engine, event, text
from sqlalchemy.exc import DBAPIError, DisconnectionError, InterfaceError, OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.pool import ConnectionPoolEntry

from ..errors import DiskFull, ExtraMissing, SettingsError, StoreError

NAME = "postgresql"
SETTING = "RAPIDA_DATABASE_URL"
DEFAULT_PORT = 5432
"""PostgreSQL's registered port."""
SSL_MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
_PARAMETERS = ("host", "port", "sslmode")
"""What a URL may say behind its `?`: the driver and the queue's take these alike."""
READING: dict[str, Any] = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
"""Execution options of an engine whose transactions see one picture and change nothing."""

# No overflow: a connection that is opened for one burst costs more than the wait for one that is there.
_POOL = {"pool_size": 20, "max_overflow": 0}
IDLE_S = 10.0
"""A connection that lay in the pool for longer is asked whether it still lives, before it is used."""
# SQLSTATEs and classes of them, https://www.postgresql.org/docs/current/errcodes-appendix.html
_REFUSALS = {
    "28": "check the user and the password in it",
    "3D": "there is no such database; create it, or check its name",
    "42501": "its user may not do this: make it the owner of the database",
}
_DISK_FULL = "53100"
_AWAY = {
    "08": "broke the connection",
    "40": "broke the transaction off: others were at the same rows",
    "53": "is at its limits",
    "53300": "has no connection left: raise its max_connections",
    "55P03": "is busy: a row stayed locked for too long",
    "57": "was told to end, or broke the statement off",
    "57P03": "is starting up",
}


def options(url: URL, busy_timeout_ms: int) -> tuple[URL, dict[str, Any]]:
    """The URL as the driver takes it, and the engine's further arguments.

    Raises `ExtraMissing`, and `SettingsError` for what the driver would not take.
    """
    try:
        import asyncpg  # noqa: F401, PLC0415  # pyright: ignore[reportUnusedImport] - is it there?
    except ModuleNotFoundError as missing:
        raise ExtraMissing("database", NAME, "postgres", missing.name or "asyncpg") from missing
    query = dict(url.query)
    if odd := [name for name in query if name not in _PARAMETERS]:
        raise SettingsError(
            SETTING, f"{', '.join(odd)} is not taken behind its `?`; there is {', '.join(_PARAMETERS)}"
        )
    if query.get("sslmode", "prefer") not in SSL_MODES:
        raise SettingsError(SETTING, f"sslmode is one of {', '.join(SSL_MODES)}")
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


def where(url: URL) -> str:
    """Where the server is, as a person would name it; without user and password."""
    if (directory := str(url.query.get("host", ""))).startswith("/"):
        return f"in {directory}"
    return f"at {url.host or directory or 'localhost'}:{url.port or DEFAULT_PORT}"


def explain(place: str, error: BaseException) -> StoreError | None:
    """What an error of the server at `place` means; None = a bug of ours."""
    server = f"{SETTING}: PostgreSQL {place}"
    if isinstance(error, OSError):
        return StoreError(f"{server} cannot be reached: {_of_socket(error)}")
    if not isinstance(error, DBAPIError):
        return None
    code, cause = _code(error), error.orig and error.orig.__cause__
    if code == _DISK_FULL:
        return DiskFull(f"{server} has no space left on its disk: free some room")
    if refusal := _REFUSALS.get(code) or _REFUSALS.get(code[:2]):
        return StoreError(f"{server} does not let us in: {refusal}", retryable=False)
    if reason := _AWAY.get(code) or _AWAY.get(code[:2]):
        return StoreError(f"{server} {reason}")
    lost = error.connection_invalidated or isinstance(error, OperationalError | InterfaceError)
    # A value that the driver could not even send is a bug of ours, whatever the driver calls it.
    return (
        StoreError(f"{server} broke the connection") if lost and not isinstance(cause, ValueError) else None
    )


def _of_socket(error: OSError) -> str:
    """A reason for people. The driver's own sentences name what it tried, which `where` says better."""
    if isinstance(error, ssl.SSLError):
        return f"no safe connection ({getattr(error, 'reason', '') or 'TLS failed'}); look at sslmode"
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, socket.gaierror):
        return f"its host name is not known ({error.strerror})"
    if "SSL" in str(error):
        return "it speaks no TLS, which sslmode demands"
    return os.strerror(error.errno) if error.errno else "the connection is refused"


def _code(error: DBAPIError) -> str:
    found: Any = getattr(error.orig, "sqlstate", None) or getattr(error.orig, "pgcode", None)
    # While connecting, the driver's own error is only the cause.
    return found or getattr(getattr(error.orig, "__cause__", None), "sqlstate", None) or ""


async def wait_for_locks(tx: AsyncConnection, within_s: int) -> None:
    """Let this transaction wait for others longer than is usual."""
    await tx.execute(text(f"SET LOCAL lock_timeout = '{within_s}s'"))


async def lock(tx: AsyncConnection, name: str) -> None:
    """Wait until no other transaction holds `name`, and hold it until this one ends."""
    await tx.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _key(name)})


def _key(name: str) -> int:
    # Two halves: "rapida" keeps our locks apart from those of other programs in the same database.
    return (zlib.crc32(b"rapida") << 31) | (zlib.crc32(name.encode()) >> 1)
