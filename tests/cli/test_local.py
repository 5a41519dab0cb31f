"""Commands beside a server or without one: what they may change of the installation, what they only see."""

from __future__ import annotations

import asyncio
import base64
from datetime import timedelta
from pathlib import Path

import pytest
from alembic import command
from tests.databases import open_store, sqlite_place
from typer.testing import CliRunner, Result

from rapida.cli import app
from rapida.cli.demo_call import keep_from_public
from rapida.cli.local import demo_account
from rapida.demo import front_desk
from rapida.errors import VaultError
from rapida.node.clock import utc_now
from rapida.node.peers import DEAD_AFTER
from rapida.settings import Settings
from rapida.store import Store, credentials, migrate, servers
from rapida.store.servers import Server
from rapida.store.tables import deployments
from rapida.vault.sealing import KEY_FILE, open_vault
from rapida.workspace.demo import bootstrap

HOST = "calls.example.com"
PUBLIC = "PUBLIC_ASSISTANT_HOST"


@pytest.fixture
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the commands find their installation; nothing is there yet."""
    monkeypatch.chdir(tmp_path)
    for name in (PUBLIC, "RAPIDA_MASTER_KEY", "RAPIDA_DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("RAPIDA_DATA_DIR", str(tmp_path / "data"))
    return tmp_path / "data"


async def start(data_dir: Path, public_host: str | None = None) -> None:
    """What the start of a server leaves behind."""
    data_dir.mkdir(mode=0o700, exist_ok=True)
    async with open_store(data_dir) as store:
        async with store.read() as tx:
            vault = open_vault(None, data_dir, await credentials.sample(tx))
        await bootstrap(store, vault, front_desk(0), public_host=public_host, now=utc_now())


async def age(data_dir: Path) -> None:
    """Give the database the schema of an older version."""
    async with open_store(data_dir) as store, store.write() as tx:
        await tx.run_sync(lambda connection: command.downgrade(migrate.config(connection), "0003"))


def lose_the_key(data_dir: Path) -> None:
    """Put another key of the same name in its place."""
    key_id = (data_dir / KEY_FILE).read_text().partition(":")[0]
    (data_dir / KEY_FILE).write_text(f"{key_id}:{base64.b64encode(b'x' * 32).decode()}\n")


def lying(data_dir: Path) -> dict[str, bytes]:
    """Every file, but for the two that SQLite makes and removes beside an open database."""
    files = [path for path in data_dir.rglob("*") if path.is_file()]
    return {str(path): path.read_bytes() for path in files if not path.name.endswith(("-shm", "-wal"))}


async def deployed(data_dir: Path) -> list[object]:
    async with open_store(data_dir) as store, store.read() as tx:
        return list((await tx.execute(deployments.select())).all())


async def rapida(*words: str) -> Result:
    return await asyncio.to_thread(CliRunner().invoke, app, list(words))


@pytest.mark.parametrize("server_host", [None, HOST])
async def test_administration_leaves_the_demo_as_the_server_switched_it_whatever_its_own_environment_says(
    data_dir: Path, server_host: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    await start(data_dir, server_host)
    before = await deployed(data_dir)
    monkeypatch.setenv(PUBLIC, "" if server_host else HOST)
    for words in (("keys", "list"), ("users", "list"), ("vault", "status")):
        done = await rapida(*words)
        assert done.exit_code == 0, done.output
    assert await deployed(data_dir) == before


async def test_administration_with_a_wrong_key_changes_nothing_the_schema_neither(data_dir: Path) -> None:
    await start(data_dir)
    await age(data_dir)
    lose_the_key(data_dir)
    before = lying(data_dir)
    assert (await rapida("keys", "list")).exit_code == 1
    assert lying(data_dir) == before


@pytest.mark.parametrize("server_host", [None, HOST])
async def test_the_phone_sees_the_demo_only_where_the_server_has_it_on_and_changes_nothing(
    data_dir: Path, server_host: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    await start(data_dir, server_host)
    monkeypatch.setenv(PUBLIC, "" if server_host else HOST)
    before = lying(data_dir)
    demo = await asyncio.to_thread(demo_account)
    assert (demo is None) == (server_host is not None)
    assert lying(data_dir) == before


async def test_the_phone_brings_no_database_up_to_date_and_makes_no_key(data_dir: Path) -> None:
    assert await asyncio.to_thread(demo_account) is None
    assert not data_dir.exists()
    data_dir.mkdir()
    await sqlite_place(data_dir)  # prepared, and without a demo
    before = lying(data_dir)
    assert await asyncio.to_thread(demo_account) is None
    assert lying(data_dir) == before
    await start(data_dir)
    await age(data_dir)
    before = lying(data_dir)
    assert await asyncio.to_thread(demo_account) is None
    assert lying(data_dir) == before


async def test_the_phone_says_so_when_the_demos_key_is_lost(data_dir: Path) -> None:
    await start(data_dir)
    lose_the_key(data_dir)
    with pytest.raises(VaultError, match="does not open"):
        await asyncio.to_thread(demo_account)


async def test_the_demo_keeps_from_the_database_of_a_living_public_server(data_dir: Path) -> None:
    settings = Settings(data_dir=data_dir)
    await keep_from_public(settings)
    await start(data_dir, HOST)
    await keep_from_public(settings)  # that server has ended
    server = Server("one", "machine (process 7)", ("k1:mark",))
    async with open_store(data_dir) as store:
        await alive(store, server)
        refused = await rapida("demo")
        assert refused.exit_code == 1
        assert "machine (process 7)" in refused.stderr
        assert "RAPIDA_DATA_DIR" in refused.stderr
        async with store.write() as tx:
            await servers.leave(tx, server.id)
        await alive(store, server, ago=DEAD_AFTER)
        await keep_from_public(settings)  # it was killed
    await start(data_dir)
    async with open_store(data_dir) as store:
        await alive(store, server)
    await keep_from_public(settings)  # it is not public


async def alive(store: Store, server: Server, ago: timedelta = timedelta()) -> None:
    async with store.write() as tx:
        await servers.beat(tx, server, utc_now() - ago)
