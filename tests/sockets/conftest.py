"""Every test of the media door runs on both."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.sockets.both import Door, MediaServer, opened


@pytest.fixture(params=["picows", "asgi"])
def door(request: pytest.FixtureRequest) -> Door:
    return request.param


@pytest.fixture
async def server(door: Door) -> AsyncIterator[MediaServer]:
    async with opened(door) as server:
        yield server
