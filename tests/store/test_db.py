"""The database: what a transaction promises, and how its absence is told."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
import sys
import threading
from contextlib import aclosing, closing
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from types import SimpleNamespace

import pytest
from sqlalchemy import delete, insert, select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError, StatementError

from rapida.errors import DiskFull, ExtraMissing, StoreError
from rapida.store import Store, assistants, postgres, sqlite, tenants
from rapida.store.db import alone
from rapida.store.tables import organizations, projects
from tests.databases import Place, Server, open_store
from tests.switchboard.ready_node import NOON, an_assistant


async def names(store: Store) -> list[str]:
    async with store.read() as tx:
        return list(await tx.scalars(select(organizations.c.name).order_by(organizations.c.id)))


async def test_what_a_block_wrote_is_there_when_it_ends_and_gone_when_it_fails(store: Store) -> None:
    async with store.write() as tx:
        await tenants.create_organization(tx, "kept", NOON)
    with pytest.raises(ZeroDivisionError):
        async with store.write() as tx:
            await tenants.create_organization(tx, "dropped", NOON)
            raise ZeroDivisionError
    assert await names(store) == ["kept"]


async def test_a_read_sees_one_picture_while_others_write(store: Store) -> None:
    async with store.write() as tx:
        await tenants.create_organization(tx, "before", NOON)
    async with store.read() as reading:
        seen = list(await reading.scalars(select(organizations.c.name)))
        async with store.write() as tx:
            await tenants.create_organization(tx, "meanwhile", NOON)
        assert list(await reading.scalars(select(organizations.c.name))) == seen == ["before"]
    assert await names(store) == ["before", "meanwhile"]


async def test_writers_of_two_processes_take_turns_and_none_fails(place: Place) -> None:
    # Read, then write: a deferred transaction would fail on SQLite with "database is locked".
    async with open_store(place) as one, open_store(place) as other:
        async with one.write() as tx:
            organization_id = await tenants.create_organization(tx, "0", NOON)

        async def count_up(store: Store) -> None:
            async with store.write() as tx:
                name = await tx.scalar(select(organizations.c.name).with_for_update())
                assert name is not None
                await tx.execute(
                    update(organizations)
                    .where(organizations.c.id == organization_id)
                    .values(name=str(int(name) + 1))
                )

        await asyncio.gather(*(count_up(store) for store in (one, other) for _ in range(100)))
        assert await names(one) == ["200"]


async def test_a_database_locked_by_another_process_is_a_retryable_store_error(tmp_path: Path) -> None:
    async with open_store(tmp_path, busy_timeout_ms=20) as store:
        with closing(sqlite3.connect(tmp_path / "rapida.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(StoreError) as away:
                async with store.write():
                    pass
            other.execute("ROLLBACK")
        assert away.value.retryable
        assert str(tmp_path) not in str(away.value)
        async with store.write() as tx:
            await tenants.create_organization(tx, "afterwards", NOON)


async def test_a_database_that_is_away_is_a_store_error(tmp_path: Path) -> None:
    before = set(threading.enumerate())
    store = Store(f"sqlite+aiosqlite:///{tmp_path / 'gone' / 'rapida.db'}")
    with pytest.raises(StoreError):
        await store.ping()
    await store.aclose()
    left = set(threading.enumerate()) - before
    assert not [thread for thread in left if "_connection_worker" in thread.name]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"no database at all" * 500, "is no database of ours"),
        (b"SQLite format 3\0", "is no database of ours"),
    ],
)
async def test_a_file_that_is_no_database_is_told_and_not_tried_again(
    tmp_path: Path, content: bytes, told: str
) -> None:
    (tmp_path / "rapida.db").write_bytes(content)
    async with aclosing(Store(f"sqlite+aiosqlite:///{tmp_path / 'rapida.db'}")) as store:
        with pytest.raises(StoreError, match=told) as refused:
            await store.ping()
    assert not refused.value.retryable


async def test_a_full_disk_is_named_as_such_and_nothing_of_the_transaction_is_kept(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        store.has_no_room()
        with pytest.raises(DiskFull, match="no space left on the disk of the database") as full:
            async with store.write() as tx:
                await tenants.create_organization(tx, "x" * 1_000_000, NOON)
        assert full.value.retryable
        assert await names(store) == []


def test_a_disk_that_fails_is_called_full_only_if_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The index of the write-ahead log cannot grow: SQLite calls that a failing disk."""
    failed = sqlite3.OperationalError("disk I/O error")
    failed.sqlite_errorcode = sqlite3.SQLITE_IOERR_SHMSIZE  # type: ignore[misc]
    said = [sqlite.explain(tmp_path / "rapida.db", failed)]
    monkeypatch.setattr(sqlite.shutil, "disk_usage", lambda path: SimpleNamespace(free=0))
    said.append(sqlite.explain(tmp_path / "rapida.db", failed))
    assert [type(each) for each in said] == [StoreError, DiskFull]


async def test_a_row_locked_too_long_on_postgresql_is_a_retryable_store_error(postgresql: Server) -> None:
    async with postgresql.migrated_database() as url:
        place = Place(url, Path())
        async with open_store(place) as one, open_store(place, busy_timeout_ms=50) as other:
            async with one.write() as holding:
                await alone(holding, "sweeping")
                with pytest.raises(StoreError) as away:
                    async with other.write() as tx:
                        await alone(tx, "sweeping")
                async with other.write() as tx:
                    await alone(tx, "something else")
            assert away.value.retryable
            async with other.write() as tx:
                await alone(tx, "sweeping")


async def test_a_server_that_ends_our_connections_is_a_store_error_and_then_forgotten(
    postgresql: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with postgresql.migrated_database() as url, open_store(Place(url, Path())) as store:
        with pytest.raises(StoreError):
            async with store.read() as tx:
                mine = await tx.scalar(text("SELECT pg_backend_pid()"))
                await postgresql.run(f"SELECT pg_terminate_backend({mine})")
                await tx.execute(text("SELECT 1"))
        assert await names(store) == []
        # One that died while it lay idle is replaced without anybody noticing.
        monkeypatch.setattr(postgres, "IDLE_S", 0.0)
        database = url.rpartition("/")[2].partition("?")[0]
        await postgresql.run(
            f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{database}'"
        )
        assert await names(store) == []


async def test_a_postgresql_that_is_not_there_or_does_not_let_us_in_is_a_store_error(
    postgresql: Server, tmp_path: Path
) -> None:
    absent = f"postgresql+asyncpg://postgres:hunter2@/none?host={tmp_path}"
    for url in (absent, postgresql.url_of("no_such_database")):
        async with open_store(Place(url, tmp_path)) as store:
            with pytest.raises(StoreError) as away:
                await store.ping()
            assert "hunter2" not in str(away.value)
            assert away.value.retryable is (url == absent)


async def test_a_value_the_driver_cannot_send_is_our_bug_and_not_an_absence(postgresql: Server) -> None:
    async with postgresql.migrated_database() as url, open_store(Place(url, Path())) as store:
        with pytest.raises(DBAPIError):
            async with store.read() as tx:
                await tx.execute(select(organizations).where(organizations.c.id == 2**70))


async def test_a_missing_driver_is_named_with_the_extra_that_brings_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "asyncpg", None)
    with pytest.raises(ExtraMissing, match=r"rapida\[postgres\]"):
        Store("postgresql+asyncpg://postgres@/none")


async def test_a_nul_is_kept_as_a_replacement_character_in_text_and_in_documents(store: Store) -> None:
    text_with_nul = "a\0b"
    lookalike = "\\u0000"
    async with store.write() as tx:
        organization_id = await tenants.create_organization(tx, text_with_nul, NOON)
        project = await tenants.create_project(tx, organization_id, "P", NOON)
        draft = an_assistant(variables={"nul": "\\\0", "lookalike": lookalike})
        made = await assistants.create(tx, project.id, draft, NOON)
        kept = await assistants.published(tx, made.id)
    assert await names(store) == ["a\ufffdb"]
    assert kept.variables["lookalike"] == lookalike
    assert kept.variables["nul"] == "\\\ufffd"


async def test_an_error_of_the_caller_is_not_taken_for_the_databases(store: Store) -> None:
    with pytest.raises(FileNotFoundError):
        async with store.write():
            raise FileNotFoundError


async def test_sqlite_writes_ahead(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store, store.read() as tx:
        assert await tx.scalar(text("PRAGMA journal_mode")) == "wal"
        assert await tx.scalar(text("PRAGMA synchronous")) == 1


def a_new_file_being_written(path: Path) -> sqlite3.Connection:
    """Another process's connection, in the middle of a write to a file that is not yet in WAL mode."""
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("CREATE TABLE theirs (a)")
    other.execute("BEGIN IMMEDIATE")
    return other


async def test_a_new_file_that_another_process_sets_up_is_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "rapida.db"
    with closing(a_new_file_being_written(path)) as other:
        async with aclosing(Store(f"sqlite+aiosqlite:///{path}")) as ours:
            waiting = asyncio.create_task(ours.ping())
            await asyncio.sleep(0.1)
            assert not waiting.done()
            other.execute("COMMIT")
            await waiting


async def test_a_new_file_that_another_process_keeps_is_told_of(tmp_path: Path) -> None:
    path = tmp_path / "rapida.db"
    with closing(a_new_file_being_written(path)):
        async with aclosing(Store(f"sqlite+aiosqlite:///{path}", busy_timeout_ms=30)) as ours:
            with pytest.raises(StoreError, match="locked by another process"):
                await ours.ping()


async def test_a_broken_constraint_is_the_nouns_to_explain(store: Store) -> None:
    with pytest.raises(IntegrityError):
        async with store.write() as tx:
            await tx.execute(insert(projects).values(organization_id=99, name="orphan", created_at=NOON))


async def test_the_id_of_a_deleted_row_is_never_given_again(store: Store) -> None:
    async with store.write() as tx:
        first = await tenants.create_organization(tx, "first", NOON)
        await tx.execute(delete(organizations))
        assert await tenants.create_organization(tx, "second", NOON) == first + 1


async def test_an_instant_comes_back_in_utc_and_sorts_whatever_its_zone(store: Store) -> None:
    india = timezone(timedelta(hours=5, minutes=30))
    there = datetime(2026, 1, 1, 3, 0, tzinfo=india)
    async with store.write() as tx:
        await tenants.create_organization(tx, "early", there)
        await tenants.create_organization(tx, "late", datetime(2025, 12, 31, 22, 0, 0, 1, tzinfo=UTC))
        found = await tx.execute(
            select(organizations.c.name, organizations.c.created_at).order_by(organizations.c.created_at)
        )
        rows = [tuple(row) for row in found]
    assert [name for name, _ in rows] == ["early", "late"]
    assert rows[0][1] == there
    assert rows[0][1].tzinfo is UTC


async def test_an_instant_without_a_zone_is_refused(store: Store) -> None:
    with pytest.raises(StatementError, match="needs a time zone"):
        async with store.write() as tx:
            await tenants.create_organization(tx, "naive", datetime(2026, 1, 1))


async def test_a_database_copied_elsewhere_opens_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    async with open_store(tmp_path / "a") as store, store.write() as tx:
        await tenants.create_organization(tx, "kept", NOON)
    shutil.copytree(tmp_path / "a", tmp_path / "b")
    async with open_store(tmp_path / "b") as copy:
        assert await names(copy) == ["kept"]
