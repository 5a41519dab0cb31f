"""A server whose master key is lost or wrong does not start, and leaves everything as it lies."""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path

import pytest
from alembic import command

from rapida import app
from rapida.errors import VaultError
from rapida.settings import Settings
from rapida.simulator.twilio.script import AfterAgent, HangUp, Step
from rapida.store import Store, credentials, migrate
from rapida.store.tables import servers
from rapida.vault.sealing import KEY_FILE

from .server import assistant, opened


def lost(data_dir: Path) -> None:
    (data_dir / KEY_FILE).unlink()


def another_of_the_same_name(data_dir: Path) -> None:
    key_id = (data_dir / KEY_FILE).read_text().partition(":")[0]
    (data_dir / KEY_FILE).write_text(f"{key_id}:{base64.b64encode(b'x' * 32).decode()}\n")


def lying(data_dir: Path) -> dict[str, bytes]:
    """Every file, but for the two that SQLite makes and removes beside an open database."""
    files = [path for path in data_dir.rglob("*") if path.is_file()]
    return {str(path): path.read_bytes() for path in files if not path.name.endswith(("-shm", "-wal"))}


@pytest.mark.parametrize("version", ["0003", "head"])
@pytest.mark.parametrize(
    ("befalls", "said"), [(lost, "is gone; restore it"), (another_of_the_same_name, "does not open")]
)
async def test_with_a_lost_or_wrong_key_nothing_starts_and_nothing_is_written(
    tmp_path: Path, befalls: Callable[[Path], None], said: str, version: str
) -> None:
    settings = Settings(data_dir=tmp_path / "data", host="127.0.0.1", port=0)
    async with opened(settings.data_dir):
        pass
    if version != "head":
        store = Store(settings.database_url)
        async with store.write() as tx:
            await tx.run_sync(lambda connection: command.downgrade(migrate.config(connection), version))
        await store.aclose()
    befalls(settings.data_dir)
    before = lying(settings.data_dir)
    with pytest.raises(VaultError, match=said):
        async with app.running(settings, drain_s=0.0):
            raise AssertionError("it started")
    assert lying(settings.data_dir) == before


async def test_a_server_that_ends_leaves_its_counts_behind_and_is_counted_among_the_living_no_more(
    tmp_path: Path,
) -> None:
    async with opened(tmp_path / "data") as server:
        await server.ring(await server.install(assistant()), Step(AfterAgent(100), HangUp()))
        await server.kept()
    store = Store(f"sqlite+aiosqlite:///{tmp_path / 'data' / 'rapida.db'}")
    async with store.read() as tx:
        (credential,) = await credentials.page(tx, 1, None, 2)
        uses = sum((await credentials.uses(tx, credential.id)).values())
        assert (await tx.execute(servers.select())).all() == []
    await store.aclose()
    assert uses >= 3, "the webhook, the socket and the last callback were proved"
