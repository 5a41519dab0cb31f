"""`rapida db copy` as a person runs it: what is told, and when nothing is copied."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from tests.databases import sqlite_place
from tests.store.test_copying import fill
from typer.testing import CliRunner, Result

from rapida.cli import app as command
from rapida.node.clock import utc_now
from rapida.store import Store, servers
from rapida.store.servers import Server


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    """An installation with rows in every table."""
    (folder := tmp_path / "data").mkdir()

    async def made() -> None:
        store = Store((await sqlite_place(folder)).url)
        await fill(store)
        await store.aclose()

    asyncio.run(made())
    return folder


def copy(data_dir: Path, to: str) -> Result:
    environment = {"RAPIDA_DATA_DIR": str(data_dir), "RAPIDA_DATABASE_URL": ""}
    return CliRunner().invoke(command, ["db", "copy", "--to", to], env=environment)


def count(path: Path, table: str) -> int:
    with closing(sqlite3.connect(path)) as database:
        return int(database.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


def test_a_copy_tells_each_tables_rows_and_is_refused_a_second_time(data_dir: Path, tmp_path: Path) -> None:
    there = tmp_path / "there.db"
    first = copy(data_dir, f"sqlite:///{there}")
    assert first.exit_code == 0, first.output
    assert "conversations\t2\n" in first.output
    assert first.output.endswith("rows copied, and counted in both\n")
    assert count(there, "conversations") == 2
    second = copy(data_dir, f"sqlite:///{there}")
    assert second.exit_code == 1
    assert "is not empty" in second.output


def test_nothing_is_copied_while_a_server_runs(data_dir: Path, tmp_path: Path) -> None:
    async def beats() -> None:
        store = Store((await sqlite_place(data_dir)).url)
        async with store.write() as tx:
            await servers.beat(tx, Server("1", "this one", ()), utc_now())
        await store.aclose()

    asyncio.run(beats())
    refused = copy(data_dir, f"sqlite:///{tmp_path / 'there.db'}")
    assert refused.exit_code == 1
    assert "a server runs on this database" in refused.output
    assert not (tmp_path / "there.db").exists()


@pytest.mark.parametrize(
    ("to", "told"),
    [
        ("mysql://host/database", "write --to=postgresql://user@host/database"),
        ("{data_dir}", "names the database that is in use"),
    ],
)
def test_a_target_that_cannot_be_one_is_told(data_dir: Path, to: str, told: str) -> None:
    refused = copy(data_dir, to.replace("{data_dir}", f"sqlite:///{data_dir / 'rapida.db'}"))
    assert refused.exit_code == 1
    assert told in refused.output


def test_without_a_database_none_is_made(tmp_path: Path) -> None:
    refused = copy(tmp_path / "nothing", f"sqlite:///{tmp_path / 'there.db'}")
    assert refused.exit_code == 1
    assert "there is no database" in refused.output
    assert not (tmp_path / "nothing").exists()
