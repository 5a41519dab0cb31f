"""One way to the thread and back for each statement, and everything that a cursor must tell."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import aiosqlite
import pytest
import pytest_asyncio
from sqlalchemy import text

from rapida.store import Store
from rapida.store.sqlite_thread import connect


@pytest_asyncio.fixture
async def connection(tmp_path: Path) -> AsyncGenerator[Any]:
    opened = await connect(str(tmp_path / "file.db"), isolation_level=None, check_same_thread=False)
    yield opened
    await opened.close()


class Ways:
    """Counts how often anything goes to a connection's thread."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.count = 0
        inside: Any = aiosqlite.Connection
        go = inside._execute

        async def counted(*what: Any) -> Any:
            self.count += 1
            return await go(*what)

        monkeypatch.setattr(inside, "_execute", counted)


async def test_a_cursor_tells_what_its_statement_left(connection: Any) -> None:
    cursor = connection.cursor()
    await cursor.execute("CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT)")
    assert (cursor.description, await cursor.fetchall()) == (None, [])
    await cursor.execute("INSERT INTO t (b) VALUES (?)", ("x",))
    assert (cursor.rowcount, cursor.lastrowid) == (1, 1)
    await cursor.executemany("INSERT INTO t (b) VALUES (?)", [("y",), ("z",)])
    assert cursor.rowcount == 2
    await cursor.execute("SELECT a, b FROM t WHERE b > ?", ("x",))
    assert [column[0] for column in cursor.description] == ["a", "b"]
    assert await cursor.fetchall() == [(2, "y"), (3, "z")]


async def test_errors_are_those_of_sqlite(connection: Any) -> None:
    cursor = connection.cursor()
    await cursor.execute("CREATE TABLE t (a INTEGER PRIMARY KEY)")
    await cursor.execute("INSERT INTO t VALUES (1)")
    with pytest.raises(sqlite3.IntegrityError):
        await cursor.execute("INSERT INTO t VALUES (1)")
    with pytest.raises(sqlite3.OperationalError):
        await cursor.execute("SELECT no_such_column FROM t")


async def test_what_is_open_is_rolled_back(connection: Any) -> None:
    cursor = connection.cursor()
    await cursor.execute("CREATE TABLE t (a INTEGER)")
    await cursor.execute("BEGIN")
    await cursor.execute("INSERT INTO t VALUES (1)")
    await connection.rollback()
    await connection.rollback()
    await cursor.execute("SELECT count(*) FROM t")
    assert await cursor.fetchall() == [(0,)]


async def test_a_transaction_takes_a_way_for_each_statement_and_two_for_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(f"sqlite+aiosqlite:///{tmp_path / 'file.db'}")
    await store.ping()
    ways = Ways(monkeypatch)
    async with store.read() as tx:
        for _ in range(3):
            assert (await tx.execute(text("SELECT 7"))).scalar_one() == 7
    assert ways.count == 1 + 3 + 1
    await store.aclose()
