"""A backup of an installation in use: whole, opened by its own key, and for nobody else to read."""

from __future__ import annotations

import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text
from typer.testing import CliRunner, Result

from rapida import app
from rapida.cli import app as command
from rapida.cli import backup as backup_module
from rapida.cli.local_store import opened
from rapida.settings import Settings
from rapida.store import credentials
from rapida.vault import sealing


@pytest.fixture
async def data_dir(tmp_path: Path) -> Path:
    """An installation that has been started once, with a recording."""
    async with app.running(Settings(data_dir=tmp_path / "data", port=0), drain_s=0.0):
        pass
    (tmp_path / "data" / "recordings" / "1.wav").write_bytes(b"RIFF")
    return tmp_path / "data"


def backup(data_dir: Path, to: Path, *more: str, **environment: str) -> Result:
    return CliRunner().invoke(
        command, ["backup", str(to), *more], env={"RAPIDA_DATA_DIR": str(data_dir), **environment}
    )


def test_the_key_goes_by_the_vaults_name() -> None:
    assert backup_module.KEY_FILE == sealing.KEY_FILE


async def test_a_backup_taken_while_somebody_writes_can_be_started_from(
    data_dir: Path, tmp_path: Path
) -> None:
    to = tmp_path / "copy"
    with closing(sqlite3.connect(data_dir / "rapida.db", isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("UPDATE organizations SET name = 'half done'")
        result = backup(data_dir, to, "--with-key")
        writer.execute("ROLLBACK")
    assert (result.exit_code, result.stdout) == (0, f"copied {data_dir} to {to}\n")
    assert (to / "recordings" / "1.wav").read_bytes() == b"RIFF"
    for path, mode in ((to, 0o700), (to / "rapida.db", 0o600), (to / "master.key", 0o600)):
        assert stat.S_IMODE(path.stat().st_mode) == mode
    async with opened(Settings(data_dir=to)) as node:
        async with node.store.read() as tx:
            sealed = await credentials.sample(tx)
            names = list(await tx.scalars(text("SELECT name FROM organizations")))
        node.vault.verify(sealed)
    assert (len(sealed), "half done" in names) == (1, False)


def test_what_a_backup_does_not_hold_is_said(data_dir: Path, tmp_path: Path) -> None:
    result = backup(data_dir, tmp_path / "copy", RAPIDA_DATABASE_URL="postgresql://me@db/calls")
    assert "the database is not in it: back it up with its own tools" in result.stdout
    assert f"the key is not in it: keep {data_dir / 'master.key'} apart" in result.stdout
    assert sorted(each.name for each in (tmp_path / "copy").iterdir()) == ["journals", "recordings"]
    (data_dir / "master.key").unlink()
    assert "the key is not in it" in backup(data_dir, tmp_path / "another", "--with-key").stdout


def test_nothing_is_written_over_and_nothing_into_itself(data_dir: Path, tmp_path: Path) -> None:
    full = tmp_path / "full"
    full.mkdir()
    (full / "theirs").touch()
    for to, told in ((full, "is not empty"), (data_dir / "copy", "lies within the data directory")):
        result = backup(data_dir, to)
        assert result.exit_code == 1
        assert told in result.stderr
    assert "there is no data directory" in backup(tmp_path / "none", tmp_path / "copy").stderr
    assert not (tmp_path / "copy").exists()
