"""The database: how it is opened, brought up to date, and entered by explicit transactions.

`read` and `write` are the only ways in. A database that is away, or locked for too long, comes out as
`StoreError`; a broken constraint comes out as SQLAlchemy's `IntegrityError`, for the noun to explain.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, nullcontext

import msgspec
from sqlalchemy import make_url, text
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolExhausted
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from ..errors import StoreError
from . import migrate, sqlite

Transaction = AsyncConnection
"""An open transaction; it commits when its block ends, and rolls back when an error leaves the block."""

_AWAY = (OperationalError, InterfaceError, PoolExhausted)


def _to_json(value: object) -> str:
    return msgspec.json.encode(value).decode()


class Store:
    """One database. Opening it costs nothing; the first transaction connects."""

    def __init__(self, url: str, *, busy_timeout_ms: int = 5000) -> None:
        parsed = make_url(url)
        self._engine: AsyncEngine = create_async_engine(
            parsed,
            json_serializer=_to_json,
            json_deserializer=msgspec.json.decode,
            hide_parameters=True,
            pool_timeout=busy_timeout_ms / 1000,
        )
        # SQLite lets writers wait by sleeping ever longer; within one process a queue is fair and quicker.
        self._turn: AbstractAsyncContextManager[None] = nullcontext()
        if parsed.get_backend_name() == "sqlite":
            sqlite.prepare(self._engine.sync_engine, busy_timeout_ms)
            self._turn = asyncio.Lock()
        self._writes = self._engine.execution_options(**{sqlite.WRITES: True})

    @asynccontextmanager
    async def read(self) -> AsyncGenerator[Transaction]:
        """A transaction that only reads: one consistent picture. Raises `StoreError`."""
        async with _transaction(self._engine) as tx:
            yield tx

    @asynccontextmanager
    async def write(self) -> AsyncGenerator[Transaction]:
        """A transaction that may write, begun as a writer. Raises `StoreError`."""
        async with self._turn, _transaction(self._writes) as tx:
            yield tx

    async def migrate(self) -> None:
        """Bring the schema up to this version's. Raises `StoreError` when a newer version wrote it."""
        async with self.write() as tx:
            await tx.run_sync(migrate.upgrade)

    async def ping(self) -> None:
        """Raises `StoreError` when the database cannot be reached."""
        async with self.read() as tx:
            await tx.execute(text("SELECT 1"))

    async def aclose(self) -> None:
        """Close every connection; the next transaction would open new ones."""
        await self._engine.dispose()


@asynccontextmanager
async def _transaction(engine: AsyncEngine) -> AsyncGenerator[Transaction]:
    try:
        async with AsyncExitStack() as stack:
            try:
                connection = await stack.enter_async_context(engine.connect())
                await stack.enter_async_context(connection.begin())
            except OSError as away:  # a refused connection, before any driver could name it
                raise StoreError("the database cannot be reached") from away
            yield connection
    except _AWAY as away:
        # The driver's own sentence may hold a connection string; it stays in the cause.
        raise StoreError("the database cannot be reached, or is locked by another process") from away
