"""`rapida serve` as a user starts it: a process of its own on a prepared data directory."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from asyncio import subprocess
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rapida.assistant import Assistant
from rapida.demo import front_desk
from rapida.node.clock import utc_now
from rapida.settings import Settings, prepare_data_dir
from rapida.simulator.twilio.network import Account
from rapida.store import Store, credentials
from rapida.vault.sealing import open_vault
from rapida.workspace.demo import bootstrap

from .server import RunningServer, install

COMMAND = str(Path(sys.executable).parent / "rapida")


@dataclass
class Prepared:
    """A data directory with one assistant of ours, and the account that may ring it."""

    data_dir: Path
    store: Store
    account: Account
    number: int


@asynccontextmanager
async def prepared(
    data_dir: Path, wanted: Assistant, *, url: str | None = None, **deployment: Any
) -> AsyncIterator[Prepared]:
    """Do what a first start does, and install an assistant; `url` names a database elsewhere."""
    settings = Settings(data_dir=prepare_data_dir(data_dir), configured_database_url=url)
    store = Store(settings.database_url)
    try:
        await store.migrate()
        async with store.read() as tx:
            vault = open_vault(None, data_dir, await credentials.sample(tx))
        demo = await bootstrap(store, vault, front_desk(0), public_host=None, now=utc_now())
        assert demo is not None
        account = Account(demo.account, demo.secret["account_token"])
        yield Prepared(data_dir, store, account, await install(store, wanted, **deployment))
    finally:
        await store.aclose()


@dataclass
class Served(RunningServer):
    """A server in a process of its own; `printed` is what it has said so far."""

    process: subprocess.Process
    printed: bytes

    def terminate(self) -> None:
        self.process.send_signal(signal.SIGTERM)

    async def ended(self, within_s: float = 120) -> tuple[int, str]:
        """The exit code, and all that was printed."""
        async with asyncio.timeout(within_s):
            rest, _ = await self.process.communicate()
        assert self.process.returncode is not None
        return self.process.returncode, (self.printed + rest).decode()


async def start(data_dir: Path, *options: str, **environment: str) -> subprocess.Process:
    """Start the command where no `.env` lies about."""
    return await subprocess.create_subprocess_exec(
        COMMAND,
        "serve",
        *options,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        cwd=data_dir.parent,
        env=_plain(os.environ) | {"RAPIDA_DATA_DIR": str(data_dir), "RAPIDA_PORT": "0"} | environment,
    )


def logged(printed: bytes) -> list[dict[str, Any]]:
    """A server's log lines. What stands between them is said to people: its one-time setup code."""
    return [json.loads(line) for line in printed.splitlines() if line.startswith(b"{")]


def _listening(printed: bytes) -> str | None:
    """Host and port, once the server has told them."""
    told = (line["address"] for line in logged(printed) if line["event"] == "listening")
    return next((address.removeprefix("http://") for address in told), None)


def _plain(environment: Mapping[str, str]) -> dict[str, str]:
    ours = ("RAPIDA_", "PUBLIC_ASSISTANT_HOST")
    return {name: value for name, value in environment.items() if not name.startswith(ours)}


@asynccontextmanager
async def serving(place: Prepared, *options: str, **environment: str) -> AsyncIterator[Served]:
    """A started server; what is left of it at the end is killed."""
    process = await start(place.data_dir, *options, **environment)
    assert process.stdout is not None
    printed = b""
    try:
        async with asyncio.timeout(180):
            while (address := _listening(printed)) is None:
                line = await process.stdout.readline()
                assert line, printed.decode()
                printed += line
        host = environment.get("PUBLIC_ASSISTANT_HOST") or f"localhost:{address.rpartition(':')[2]}"
        yield Served(
            store=place.store,
            data_dir=place.data_dir,
            account=place.account,
            host=host,
            address=address,
            process=process,
            printed=printed,
        )
    finally:
        if process.returncode is None:
            process.kill()
            await process.communicate()
