"""PostgreSQL's own: how its address is read. What it does is in the tests of the store, which run on both."""

from __future__ import annotations

import pytest
from sqlalchemy import make_url

from rapida.store import postgres


@pytest.mark.parametrize(
    ("written", "driver"),
    [
        ("postgresql+asyncpg://me@db/calls?sslmode=require", {"ssl": "require"}),
        ("postgresql+asyncpg://me@db/calls?ssl=require", {"ssl": "require"}),
        ("postgresql+asyncpg://me@db/calls", {}),
    ],
)
def test_an_address_as_libpq_writes_it_is_understood(written: str, driver: dict[str, str]) -> None:
    url, _ = postgres.options(make_url(written), busy_timeout_ms=5000)
    assert dict(url.query) == driver


def test_a_lock_is_not_waited_for_longer_than_asked() -> None:
    _, more = postgres.options(make_url("postgresql+asyncpg://db/calls"), busy_timeout_ms=2500)
    assert more["connect_args"]["server_settings"]["lock_timeout"] == "2500"
    assert more["connect_args"]["timeout"] == 2.5
