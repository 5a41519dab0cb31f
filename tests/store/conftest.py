"""The store's tests share a migrated database each, and the rows every other row hangs on."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import pytest_asyncio

from rapida.store import Store
from tests.databases import Place, open_store
from tests.switchboard.office import Office, open_office


@pytest_asyncio.fixture
async def store(place: Place) -> AsyncGenerator[Store]:
    async with open_store(place) as opened:
        yield opened


@pytest_asyncio.fixture
async def office(place: Place) -> AsyncGenerator[Office]:
    async with open_office(place) as opened:
        yield opened
