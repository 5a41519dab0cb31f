"""PostgreSQL's own: how its address is read, and how its troubles are told.

What it does is in the tests of the store, which run on both.
"""

from __future__ import annotations

import errno
import socket
import ssl

import pytest
from sqlalchemy import make_url
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError, ProgrammingError

from rapida.errors import DiskFull, SettingsError
from rapida.store import postgres


@pytest.mark.parametrize(
    ("written", "driver"),
    [
        ("postgresql+asyncpg://me@db/calls?sslmode=require", {"ssl": "require"}),
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


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("ssl=require", "ssl is not taken behind its `?`; there is host, port, sslmode"),
        ("sslmode=on", "sslmode is one of disable, allow, prefer, require, verify-ca, verify-full"),
        ("sslmode=require&pool=3", "pool is not taken"),
    ],
)
def test_what_neither_the_driver_nor_the_queue_would_take_is_refused_by_name(written: str, told: str) -> None:
    with pytest.raises(SettingsError, match=r"^RAPIDA_DATABASE_URL: ") as refused:
        postgres.options(make_url(f"postgresql+asyncpg://me:hunter2@db/calls?{written}"), busy_timeout_ms=9)
    assert told in str(refused.value)
    assert "hunter2" not in str(refused.value)


def driver_said(sqlstate: str, kind: type[DBAPIError] = OperationalError) -> DBAPIError:
    original = Exception("with a password: hunter2")
    original.sqlstate = sqlstate  # type: ignore[attr-defined]
    return kind("SELECT 1", None, original)


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (ConnectionRefusedError(errno.ECONNREFUSED, "hunter2"), "cannot be reached: Connection refused"),
        (socket.gaierror(socket.EAI_NONAME, "Name or service not known"), "its host name is not known"),
        (TimeoutError(), "cannot be reached: no answer in time"),
        (ssl.SSLCertVerificationError(1, "hunter2"), "look at sslmode"),
        (ConnectionError("PostgreSQL server rejected SSL upgrade"), "speaks no TLS, which sslmode demands"),
        (driver_said("28P01"), "does not let us in: check the user and the password in it"),
        (driver_said("3D000"), "there is no such database"),
        (driver_said("42501", ProgrammingError), "make it the owner of the database"),
        (driver_said("53300"), "has no connection left: raise its max_connections"),
        (driver_said("55P03"), "a row stayed locked for too long"),
        (driver_said("57P03"), "is starting up"),
        (driver_said("57P01"), "was told to end"),
        (driver_said("40P01"), "broke the transaction off"),
        (driver_said("08006"), "broke the connection"),
        (driver_said(""), "broke the connection"),
    ],
)
def test_an_absence_is_told_with_the_setting_the_place_and_the_reason(
    error: BaseException, told: str
) -> None:
    explained = postgres.explain(postgres.where(make_url("postgresql://me:hunter2@db.lan/x")), error)
    assert explained is not None
    assert str(explained).startswith("RAPIDA_DATABASE_URL: PostgreSQL at db.lan:5432 ")
    assert told in str(explained)
    assert "hunter2" not in str(explained)


def test_a_full_disk_is_named_as_such_and_a_bug_is_no_absence() -> None:
    assert isinstance(postgres.explain("at db:1", driver_said("53100")), DiskFull)
    assert postgres.explain("at db:1", driver_said("42601", ProgrammingError)) is None
    assert postgres.explain("at db:1", driver_said("23505", IntegrityError)) is None


@pytest.mark.parametrize(
    ("url", "named"),
    [
        ("postgresql://me:hunter2@db.lan:99/x", "at db.lan:99"),
        ("postgresql://me@/x", "at localhost:5432"),
        ("postgresql://me@/x?host=/run/pg", "in /run/pg"),
        ("postgresql://me@/x?host=db.lan", "at db.lan:5432"),
    ],
)
def test_a_server_is_named_without_its_user(url: str, named: str) -> None:
    assert postgres.where(make_url(url)) == named
