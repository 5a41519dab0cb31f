"""The database: how it is opened, brought up to date, and entered by explicit transactions.

`read` and `write` are the only ways in. A database that is away, locked for too long or full comes out as
`StoreError` with the reason; a broken constraint comes out as SQLAlchemy's `IntegrityError`, for the noun to
explain.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, nullcontext
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import make_url, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolExhausted
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from ..errors import StoreError
from . import migrate, postgres, sqlite

Transaction = AsyncConnection
"""An open transaction; it commits when its block ends, and rolls back when an error leaves the block."""
Explain = Callable[[BaseException], StoreError | None]
"""Says what a driver's error means; None = a bug of ours."""

# NUL, which no PostgreSQL text may hold, as JSON writes it; an even number of backslashes only looks so.
_NUL = re.compile(r"(?<!\\)((?:\\\\)*)\\u0000")


def _to_json(value: object) -> str:
    written = msgspec.json.encode(value).decode()
    return _NUL.sub(r"\1\\ufffd", written) if "\\u0000" in written else written


MIGRATED_WITHIN_S = 600
"""How long a server that starts waits for another one that is just migrating the same database: a table of
millions of rows takes minutes."""


class Store:
    """One database. Opening it costs nothing; the first transaction connects."""

    def __init__(self, url: str, *, busy_timeout_ms: int = 5000) -> None:
        """Raises `ExtraMissing` when the driver is not installed, `SettingsError` for a URL it refuses."""
        parsed = make_url(url)
        more: dict[str, Any] = {}
        if parsed.get_backend_name() == postgres.NAME:
            self._explain: Explain = partial(postgres.explain, postgres.where(parsed))
            parsed, more = postgres.options(parsed, busy_timeout_ms)
        else:
            self._explain = partial(sqlite.explain, Path(parsed.database or ""))
            more = sqlite.OPTIONS
        self._engine: AsyncEngine = create_async_engine(
            parsed,
            json_serializer=_to_json,
            json_deserializer=msgspec.json.decode,
            hide_parameters=True,
            pool_timeout=busy_timeout_ms / 1000,
            **more,
        )
        # SQLite lets writers wait by sleeping ever longer; within one process a queue is fair and quicker.
        self._turn: AbstractAsyncContextManager[None] = nullcontext()
        self._reads = self._writes = self._engine
        if parsed.get_backend_name() == postgres.NAME:
            postgres.prepare(self._engine.sync_engine)
            self._reads = self._engine.execution_options(**postgres.READING)
        else:
            sqlite.prepare(self._engine.sync_engine, busy_timeout_ms)
            self._turn = asyncio.Lock()
            self._writes = self._engine.execution_options(**{sqlite.WRITES: True})

    @asynccontextmanager
    async def read(self) -> AsyncGenerator[Transaction]:
        """A transaction that only reads: one consistent picture. Raises `StoreError`."""
        async with _transaction(self._reads, self._explain) as tx:
            yield tx

    @asynccontextmanager
    async def write(self) -> AsyncGenerator[Transaction]:
        """A transaction that may write, begun as a writer. Raises `StoreError`."""
        async with self._turn, _transaction(self._writes, self._explain) as tx:
            yield tx

    async def migrate(self) -> None:
        """Bring the schema up to this version's. Raises `StoreError` when a newer version wrote it."""
        async with self.write() as tx:
            if tx.dialect.name == postgres.NAME:
                await postgres.wait_for_locks(tx, MIGRATED_WITHIN_S)
            await alone(tx, "migrate")
            await tx.run_sync(migrate.upgrade)

    async def ping(self) -> None:
        """Raises `StoreError` when the database cannot be reached."""
        async with self.read() as tx:
            await tx.execute(text("SELECT 1"))

    async def overwrite(self) -> None:
        """Leave nothing of what was deleted before in the files. PostgreSQL's own vacuum does it in its time.

        While other processes read an older state, SQLite's log is emptied by whichever checkpoint comes next.
        """
        if self._engine.dialect.name == "sqlite":
            async with self._turn, self._engine.connect() as connection:
                await sqlite.empty_log(connection)

    async def aclose(self) -> None:
        """Close every connection; the next transaction would open new ones."""
        await self._engine.dispose()


@asynccontextmanager
async def _transaction(engine: AsyncEngine, explain: Explain) -> AsyncGenerator[Transaction]:
    try:
        async with AsyncExitStack() as stack:
            try:
                connection = await stack.enter_async_context(engine.connect())
                await stack.enter_async_context(connection.begin())
            except OSError as away:  # a refused connection, before any driver could name it
                raise explain(away) or StoreError("the database cannot be reached") from away
            yield connection
    except PoolExhausted as busy:
        raise StoreError("the database is too slow: every connection to it was in use for too long") from busy
    except DBAPIError as error:
        # A value that the driver could not even send is a bug of ours, not an absence.
        if (told := explain(error)) is None:
            raise
        # The driver's own sentence may hold a connection string; it stays in the cause.
        raise told from error


async def alone(tx: Transaction, what: str) -> None:
    """From here to the transaction's end nobody else, in any process, does `what`.

    For what has no row to lock yet. SQLite needs nothing: its writers are always alone.
    """
    if tx.dialect.name == postgres.NAME:
        await postgres.lock(tx, what)
