"""A SQLite connection in its thread, with one way there and back for each statement.

aiosqlite goes to the thread for the cursor, for the statement, for the rows and for the cursor's end, and
each way costs more than most of our statements do. Here a statement is executed and read in one go: rows are
few, and all of them are wanted. It is aiosqlite's connection otherwise, and relies on these names of its
inside: `_conn`, `_connect`, `_execute` and `_thread`; tests/store/test_sqlite_thread.py fails when one of
them moves.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, cast

import aiosqlite

_GOODBYE_S = 1.0
"""How long a connection's thread may take to end; it is a daemon, and keeps no process alive."""
_UNUSED_CHUNK = 64
"""aiosqlite wants to know how many rows to fetch at a time; it is never asked to."""


def connect(database: str, **how: Any) -> aiosqlite.Connection:
    """A connection to await, made as `sqlite3.connect` is told to; SQLAlchemy's `async_creator_fn`."""
    return _Connection(database, how)


@dataclass(frozen=True)
class _Outcome:
    """What a statement left behind, as a DB-API cursor tells it."""

    rows: list[Any]
    description: Any
    rowcount: int
    lastrowid: int | None


class _Connection(aiosqlite.Connection):
    def __init__(self, database: str, how: dict[str, Any]) -> None:
        super().__init__(lambda: sqlite3.connect(database, **how), _UNUSED_CHUNK)
        self._thread.daemon = True  # as SQLAlchemy does: a forgotten connection must not hold the process up

    async def _connect(self) -> aiosqlite.Connection:
        """Open the file; where that fails the thread is let end, while there is a loop to say goodbye to."""
        try:
            return await super()._connect()
        except BaseException:
            await asyncio.to_thread(self._thread.join, _GOODBYE_S)
            raise

    def cursor(self) -> Any:
        """A cursor at once; it goes to the thread when it has something to do there."""
        return _Cursor(self)

    async def rollback(self) -> None:
        """The pool asks for it after every transaction, a committed one too."""
        if self.in_transaction:
            await super().rollback()

    async def run(self, execute: Any, statement: str, parameters: Iterable[Any]) -> _Outcome:
        """Call `execute` of a fresh cursor in the thread, and bring everything back. Raises as `sqlite3`."""
        return await cast("Any", self)._execute(self._run, execute, statement, parameters)

    def _run(self, execute: Any, statement: str, parameters: Any) -> _Outcome:
        cursor = self._conn.cursor()
        try:
            execute(cursor, statement, parameters)
            rows = cursor.fetchall() if cursor.description else []
            return _Outcome(rows, cursor.description, cursor.rowcount, cursor.lastrowid)
        finally:
            cursor.close()


_NOTHING = _Outcome([], None, -1, None)


class _Cursor:
    """The part of an asynchronous DB-API cursor that SQLAlchemy uses."""

    arraysize = 1

    def __init__(self, connection: _Connection) -> None:
        self._connection = connection
        self._outcome = _NOTHING

    @property
    def description(self) -> Any:
        return self._outcome.description

    @property
    def rowcount(self) -> int:
        return self._outcome.rowcount

    @property
    def lastrowid(self) -> int | None:
        return self._outcome.lastrowid

    async def __aenter__(self) -> _Cursor:
        return self

    async def execute(self, statement: str, parameters: Iterable[Any] = ()) -> _Cursor:
        """Run a statement and fetch all that it returns. Raises as `sqlite3` does."""
        self._outcome = await self._connection.run(sqlite3.Cursor.execute, statement, parameters)
        return self

    async def executemany(self, statement: str, parameters: Iterable[Sequence[Any]]) -> _Cursor:
        """Run a statement for each of several rows of parameters. Raises as `sqlite3` does."""
        self._outcome = await self._connection.run(sqlite3.Cursor.executemany, statement, parameters)
        return self

    async def fetchall(self) -> list[Any]:
        """Every row; asked once."""
        return self._outcome.rows

    async def close(self) -> None:
        """Nothing is open."""
