"""The store's tests share a migrated database each, and the rows every other row hangs on."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest_asyncio

from rapida.store import Store
from tests.switchboard.office import Office, open_office, open_store


@pytest_asyncio.fixture
async def store(tmp_path: Path) -> AsyncGenerator[Store]:
    async with open_store(tmp_path) as opened:
        yield opened


@pytest_asyncio.fixture
async def office(tmp_path: Path) -> AsyncGenerator[Office]:
    async with open_office(tmp_path) as opened:
        yield opened
