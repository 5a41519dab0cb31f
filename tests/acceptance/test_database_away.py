"""A database that is away: calls go on, and what they leave behind is written when it is back."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from pathlib import Path

import pytest
import pytest_asyncio
from structlog.testing import capture_logs

from rapida.simulator.twilio.script import AfterAgent, HangUp, Step, Tone, WhileAgent
from rapida.switchboard import records

from .server import GREETING, InProcessServer, assistant, opened, spoken, until

CONVERSATION = (Step(AfterAgent(200), Tone(300, 500)), Step(AfterAgent(200), HangUp()))


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Seconds until the next attempt are not what is tested here."""
    monkeypatch.setattr(records, "RETRY_S", (0.2,))


@pytest_asyncio.fixture
async def server(tmp_path: Path) -> AsyncIterator[InProcessServer]:
    async with impatient(tmp_path / "data") as made:
        yield made


def impatient(data_dir: Path) -> AbstractAsyncContextManager[InProcessServer]:
    """A server that waits for a lock only shortly: seconds of that are not what is tested here."""
    return opened(data_dir, busy_timeout_ms=100)


@contextmanager
def locked(server: InProcessServer) -> Iterator[None]:
    """Somebody else writes and writes: nobody can, until it ends."""
    other = sqlite3.connect(server.data_dir / "rapida.db", isolation_level=None)
    try:
        other.execute("BEGIN IMMEDIATE")
        yield
    finally:
        other.close()


async def call_while_away(server: InProcessServer, number: int) -> None:
    """The database goes when the stream is up and stays away to the end of the call and beyond."""
    ringing = asyncio.create_task(server.ring(number, *CONVERSATION))
    await until(lambda: server.metric("rapida_sockets_open") == 1)
    with locked(server):
        refused = await server.ring(number)
        assert (refused.webhooks[0].status, refused.spoken) == (200, [assistant().error_message])
        report = await ringing
        assert report.heard.sound == await spoken(GREETING) + await spoken("We open at nine.")
        assert {sent.status for sent in report.callbacks if sent.event != "stream-started"} == {503}
        await server.idle()
        await until(lambda: server.metric("rapida_outcomes_unwritten") == 1)
        assert [path.name for path in (server.data_dir / "unwritten").iterdir()] == ["1.json"]


async def test_a_call_goes_on_without_its_database_and_is_written_when_that_is_back(
    server: InProcessServer,
) -> None:
    number = await server.install(assistant(["We open at nine."], hears=["when do you open"]))
    await call_while_away(server, number)
    kept = await server.recorded(1)
    assert kept.said == [("agent", GREETING), ("caller", "when do you open"), ("agent", "We open at nine.")]
    assert (len(kept.timings), len(kept.recordings)) == (1, 1)
    assert kept.conversation.end_reason is not None
    await until(lambda: server.metric("rapida_outcomes_unwritten") == 0)
    assert list((server.data_dir / "unwritten").iterdir()) == []


@contextmanager
def full(server: InProcessServer) -> Iterator[None]:
    """The disk has no room: the database may not grow, and the outcome's file meets a device that is full."""
    (server.data_dir / "unwritten").mkdir(exist_ok=True)
    (server.data_dir / "unwritten" / "1.part").symlink_to("/dev/full")
    server.database.has_no_room()
    try:
        yield
    finally:
        server.database.has_room_again()


async def test_a_call_that_ends_on_a_full_disk_is_written_when_there_is_room_again(
    server: InProcessServer,
) -> None:
    long = "We open at nine. " * 2000  # more than what is free within the database's pages
    number = await server.install(assistant([long], hears=["when do you open"]))
    ringing = asyncio.create_task(server.ring(number, CONVERSATION[0], Step(WhileAgent(500), HangUp())))
    await until(lambda: server.metric("rapida_sockets_open") == 1)
    with capture_logs() as lines, full(server):
        await ringing
        await server.idle()
        await until(lambda: server.metric("rapida_outcomes_unwritten") == 1)
        (waits,) = [line for line in lines if line["event"] == "outcome_waits"]
        assert (waits["kept"], "no space left on the disk" in waits["reason"]) == ("memory", True)
    kept = await server.recorded(1)
    assert kept.said[:2] == [("agent", GREETING), ("caller", "when do you open")]
    assert (kept.conversation.status, kept.said[2][1]) == ("ended", long.strip())
    await until(lambda: server.metric("rapida_outcomes_unwritten") == 0)


async def test_what_could_not_be_written_before_a_restart_is_written_after_it(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    async with impatient(data_dir) as server:
        number = await server.install(assistant(["We open at nine."], hears=["when do you open"]))
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(records, "RETRY_S", (60.0,))
            await call_while_away(server, number)
    spooled = data_dir / "unwritten" / "1.json"
    assert spooled.exists()
    (data_dir / "unwritten" / "2.json").write_bytes(b"{torn")
    async with impatient(data_dir) as server:
        kept = await server.recorded(1)
        await until(lambda: not spooled.exists())
    assert kept.said[1:] == [("caller", "when do you open"), ("agent", "We open at nine.")]
    assert (data_dir / "unwritten" / "2.broken").exists(), "a broken file is put aside, and told"
