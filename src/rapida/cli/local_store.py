"""The local installation's database, opened for a command: to administer it, or only to look at it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from ..demo import facts, front_desk
from ..node.addresses import Addresses
from ..node.node import Node
from ..settings import Settings, load, prepare_data_dir
from ..store import Store, Transaction, credentials, migrate
from ..vault.sealing import open_vault
from ..workspace.demo import install


@asynccontextmanager
async def opened(settings: Settings | None = None) -> AsyncGenerator[Node]:
    """The database up to date, its vault and its first project, beside a running server or without one.

    Raises `RapidaError`, and has changed nothing then if the vault did not open.
    """
    settings = settings or load()
    data_dir = prepare_data_dir(settings.data_dir)
    store = Store(settings.database_url)
    try:
        async with store.read() as tx:
            sealed = await credentials.sample(tx)
        vault = await asyncio.to_thread(open_vault, settings.master_key, data_dir, sealed)
        await store.migrate()
        node = Node(store, vault, Addresses(settings.public_host, f"localhost:{settings.port}"))
        await install(store, vault, front_desk(0), node.clock(), facts=facts())
        yield node
    finally:
        await store.aclose()


@asynccontextmanager
async def reading(settings: Settings) -> AsyncGenerator[Transaction | None]:
    """The database as it is, for a command that changes nothing. Raises `StoreError`.

    None = no server of this version has prepared one here.
    """
    if settings.configured_database_url is None and not (settings.data_dir / "rapida.db").exists():
        yield None
        return
    store = Store(settings.database_url)
    try:
        async with store.read() as tx:
            yield tx if await tx.run_sync(migrate.is_current) else None
    finally:
        await store.aclose()
