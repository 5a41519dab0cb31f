"""The local installation, opened for a command: its database up to date, its vault, its first project."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from ..demo import front_desk
from ..settings import Settings, load, prepare_data_dir
from ..store import Store, credentials
from ..switchboard.demo import bootstrap
from ..switchboard.exchange import Exchange
from ..switchboard.hosts import Hosts
from ..vault import open_vault


@asynccontextmanager
async def opened(settings: Settings | None = None) -> AsyncGenerator[Exchange]:
    """What `rapida serve` would open, beside a running server or without one. Raises `RapidaError`."""
    settings = settings or load()
    data_dir = prepare_data_dir(settings.data_dir)
    store = Store(settings.database_url)
    try:
        async with store.read() as tx:
            sealed = await credentials.sample(tx)
        vault = await asyncio.to_thread(open_vault, settings.master_key, data_dir, sealed)
        await store.migrate()
        exchange = Exchange(store, vault, Hosts(settings.public_host, f"localhost:{settings.port}"))
        await bootstrap(store, vault, front_desk(0), public_host=settings.public_host, now=exchange.clock())
        yield exchange
    finally:
        await store.aclose()
