"""A backup put back: it opens, it can be started from, and nobody is called a second time."""

from __future__ import annotations

import asyncio
import shutil
import stat
from pathlib import Path

import pytest
from tests.acceptance.calling_server import installed
from tests.store.test_intents import stands, wish
from tests.switchboard.ready_node import HOST, NOON, SID, TOKEN, HandClock, ReadyNode
from typer.testing import CliRunner, Result

from rapida.cli import app as command
from rapida.cli.local_store import opened
from rapida.cli.restore import REASON
from rapida.node.clock import utc_now
from rapida.settings import Settings
from rapida.simulator.twilio.network import Account
from rapida.store import conversations, intents, servers
from rapida.store.servers import Server


async def run(data_dir: Path, *arguments: str, **environment: str) -> Result:
    """The command, in a thread, since it runs a loop of its own."""
    settings = {"RAPIDA_DATA_DIR": str(data_dir), "RAPIDA_DATABASE_URL": "", "RAPIDA_MASTER_KEY": ""}
    return await asyncio.to_thread(CliRunner().invoke, command, list(arguments), env=settings | environment)


@pytest.fixture
async def data_dir(tmp_path: Path) -> Path:
    """An installation that calls people: one waits, one is being dialled, one has been dialled."""
    async with opened(Settings(data_dir=tmp_path / "data", public_host=HOST)) as node:
        own = await installed(node.store, node.vault, Account(SID, TOKEN))
        project, credential, assistant = own
        ready = ReadyNode(node, node.store, HandClock(utc_now()), [], project, assistant, credential)  # pyright: ignore[reportArgumentType]
        for number in (1, 2, 3):
            await wish(ready, number)
        async with node.store.write() as tx:
            _, second, third = [each.context_id for each in await intents.late(tx, utc_now())]
            for each in (second, third):
                assert await intents.begin(tx, each, NOON, NOON)
            assert await intents.prove(tx, third, NOON)
    (tmp_path / "data" / "recordings").mkdir(exist_ok=True)
    (tmp_path / "data" / "recordings" / "1.wav").write_bytes(b"RIFF")
    return tmp_path / "data"


async def test_what_was_restored_opens_and_what_was_to_be_dialled_is_unknown(
    data_dir: Path, tmp_path: Path
) -> None:
    copy, back = tmp_path / "copy", tmp_path / "back"
    assert (await run(data_dir, "backup", str(copy), "--with-key")).exit_code == 0
    told = await run(back, "restore", str(copy))
    assert told.exit_code == 0, told.output
    assert "2 calls that were to be dialled are unknown now" in told.output
    assert sorted(each.name for each in back.iterdir()) == ["master.key", "rapida.db", "recordings"]
    assert (back / "recordings" / "1.wav").read_bytes() == b"RIFF"
    assert stat.S_IMODE(back.stat().st_mode) == 0o700
    async with opened(Settings(data_dir=back)) as node, node.store.read() as tx:
        all_of_them = await intents._list(tx, most=10)
        assert [each.status for each in all_of_them] == ["unknown", "unknown", "dialled"]
        assert [each.reason for each in all_of_them[:2]] == [REASON, REASON]
        first = await stands(tx, all_of_them[0].context_id)
        context = await intents.find(tx, first.context_id)
        assert context is not None
        assert await intents.next_queued(tx, first.credential_id, 10, utc_now()) == []
        assert {(await conversations.find(tx, number)).end_reason for number in (1, 2)} == {"unknown"}
    again = await run(back, "restore", str(copy))
    assert (again.exit_code, "is not empty" in again.stderr) == (1, True)


async def test_without_its_key_nothing_is_put_in_place(data_dir: Path, tmp_path: Path) -> None:
    copy, back = tmp_path / "copy", tmp_path / "back"
    await run(data_dir, "backup", str(copy))
    keyless = await run(back, "restore", str(copy))
    assert (keyless.exit_code, "put the master.key that was kept apart into it" in keyless.stderr) == (
        1,
        True,
    )
    other = f"k9:{'A' * 43}="
    wrong = await run(back, "restore", str(copy), RAPIDA_MASTER_KEY=other)
    assert wrong.exit_code == 1, wrong.output
    assert list(back.iterdir()) == []
    right = (data_dir / "master.key").read_text().strip()
    assert (await run(back, "restore", str(copy), RAPIDA_MASTER_KEY=right)).exit_code == 0
    assert not (back / "master.key").exists()


async def test_what_is_no_backup_or_of_a_database_elsewhere_is_refused(
    data_dir: Path, tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    assert "is no backup" in (await run(tmp_path / "back", "restore", str(tmp_path / "empty"))).stderr
    await run(
        data_dir, "backup", str(tmp_path / "files"), "--with-key", RAPIDA_DATABASE_URL="postgresql://db/calls"
    )
    elsewhere = await run(tmp_path / "back", "restore", str(tmp_path / "files"))
    assert "restore that one by its own tools, and set RAPIDA_DATABASE_URL" in elsewhere.stderr
    database = shutil.copy(data_dir / "rapida.db", tmp_path / "restored.db")
    url = f"sqlite:///{database}"
    async with opened(
        Settings(data_dir=data_dir, configured_database_url=f"sqlite+aiosqlite:///{database}")
    ) as node:
        async with node.store.write() as tx:
            await servers.beat(tx, Server("abc", "host:8080", ["mark"]), utc_now())
        running = await run(tmp_path / "back", "restore", str(tmp_path / "files"), RAPIDA_DATABASE_URL=url)
        assert "a server runs on this database" in running.stderr
        async with node.store.write() as tx:
            await servers.leave(tx, "abc")
    done = await run(tmp_path / "back", "restore", str(tmp_path / "files"), RAPIDA_DATABASE_URL=url)
    assert (done.exit_code, "2 calls" in done.output) == (0, True)
