"""What commands find out from the local installation: its demo and its journals."""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec

from ..assistant import Assistant
from ..errors import ConfigurationError, NotFound
from ..settings import Settings, load
from ..simulator.twilio.network import Account
from ..store import Store, assistants, credentials
from ..store.deployments import PhoneOptions
from ..telemetry.journal import Head
from ..vault.sealing import open_vault
from ..workspace.demo import Demo as Installed
from ..workspace.demo import find
from ..workspace.overrides import filled_for
from .addresses import find as find_address
from .local_store import reading
from .phone import DemoLine, phone_command


def demo_account() -> DemoLine | None:
    """The demo of the installation in the data directory; None where there is none, or it is off.

    It is only looked at: what a server has decided is not for a client to change. Raises `RapidaError`.
    """
    settings = load()
    installed = asyncio.run(_installed(settings))
    if installed is None or not installed.enabled:
        return None
    address = find_address(settings)
    return as_phone_demo(installed, address)


def as_phone_demo(installed: Installed, address: str) -> DemoLine:
    """The demo as the simulated phone wants it; its public host is `localhost` with the server's port."""
    port = address.rpartition(":")[2]
    account = Account(installed.account, installed.secret["account_token"])
    return DemoLine(account, f"localhost:{port}", installed.assistant_id, connect=address)


async def _installed(settings: Settings) -> Installed | None:
    async with reading(settings) as tx:
        # Where nothing is sealed there is no demo, and a vault would be made.
        if tx is None or not (sealed := await credentials.sample(tx)):
            return None
        return await find(tx, open_vault(settings.master_key, settings.data_dir, sealed))


def journal_of(settings: Settings, conversation_id: int) -> Path:
    """The journal of a conversation. Raises `NotFound`."""
    path = settings.data_dir / "journals" / f"{conversation_id}.jsonl"
    if not path.exists():
        raise NotFound("journal of conversation", conversation_id, f"looked in {path.parent}")
    return path


def assistant_version(settings: Settings, head: Head, version: int) -> Assistant:
    """Another version of a journal's assistant, as it would have answered that call. Raises `NotFound`."""

    async def read() -> Assistant:
        store = Store(settings.database_url)
        try:
            async with store.read() as tx:
                found = await assistants.version(tx, head.assistant.id, version)
                options = msgspec.convert(head.deployment, PhoneOptions)
                return filled_for(found, options, head.variables)
        finally:
            await store.aclose()

    if version < 1:
        raise ConfigurationError("a version is a number from 1 on")
    return asyncio.run(read())


phone = phone_command(demo_account)
"""`rapida phone`, which rings this installation's demo unless it is told whom to ring."""
