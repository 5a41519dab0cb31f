"""The switchboard's tests share one office each."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import pytest_asyncio

from tests.databases import Place
from tests.switchboard.desk import Desk, open_desk
from tests.switchboard.office import Office, open_office


@pytest_asyncio.fixture
async def office(place: Place) -> AsyncGenerator[Office]:
    async with open_office(place) as opened:
        yield opened


@pytest_asyncio.fixture
async def desk(place: Place) -> AsyncGenerator[Desk]:
    async with open_desk(place) as opened:
        yield opened
