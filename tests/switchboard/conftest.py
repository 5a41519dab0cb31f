"""The switchboard's tests share one node each."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import pytest_asyncio

from tests.databases import Place
from tests.switchboard.calling_node import CallingNode, open_calling_node
from tests.switchboard.ready_node import ReadyNode, open_ready_node


@pytest_asyncio.fixture
async def ready(place: Place) -> AsyncGenerator[ReadyNode]:
    async with open_ready_node(place) as opened:
        yield opened


@pytest_asyncio.fixture
async def calling(place: Place) -> AsyncGenerator[CallingNode]:
    async with open_calling_node(place) as opened:
        yield opened
