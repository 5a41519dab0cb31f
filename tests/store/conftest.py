"""The store's tests share a migrated database each, and the rows every other row hangs on."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import pytest_asyncio

from rapida.store import Store
from tests.databases import Place, open_store
from tests.switchboard.ready_node import ReadyNode, open_ready_node


@pytest_asyncio.fixture
async def store(place: Place) -> AsyncGenerator[Store]:
    async with open_store(place) as opened:
        yield opened


@pytest_asyncio.fixture
async def ready(place: Place) -> AsyncGenerator[ReadyNode]:
    async with open_ready_node(place) as opened:
        yield opened
