"""The connector: whatever happens on a stream's way in or at its end, its conversation is closed."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import pytest_asyncio

from rapida.audio import wav
from rapida.errors import ProviderUnavailable
from rapida.simulator.twilio.script import AfterAgent, At, HangUp, Nothing, Step
from rapida.sockets.handshake import decide
from rapida.sockets.session import WireCounts
from rapida.switchboard import calls_in_progress, connect, held_call
from rapida.switchboard import claims as contexts
from rapida.telephony.door import Admission, Handshake, Refusal
from rapida.tts.tone import Tone as Voice
from tests.acceptance.carrier import Carrier
from tests.acceptance.server import GREETING, InProcessServer, Kept, assistant, kept, opened, until

CALL = "CA" + "5" * 32
HANG_UP = Step(AfterAgent(100), HangUp())


@pytest_asyncio.fixture
async def server(tmp_path: Path) -> AsyncIterator[InProcessServer]:
    async with opened(tmp_path / "data") as made:
        yield made


async def handshake(server: InProcessServer, carrier: Carrier) -> Handshake:
    url = await carrier.announces(await server.install(assistant()), CALL)
    return Handshake(urlsplit(url).path, "", carrier.proof(url))


async def closed(server: InProcessServer) -> Kept:
    """What is kept of the only conversation, once it has ended; fails if it never does."""
    async with asyncio.timeout(120):
        while (found := await kept_now(server)).conversation.status != "ended":
            await asyncio.sleep(0.02)
    return found


async def kept_now(server: InProcessServer) -> Kept:
    return await kept(server.store, server.data_dir, 1)


async def refused(server: InProcessServer, asked: Handshake) -> Refusal:
    verdict = await server.rapida.connector.admit(asked)
    assert isinstance(verdict, Refusal)
    return verdict


async def test_a_claim_whose_check_is_given_up_is_given_back(
    server: InProcessServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connect, "ABANDONED_S", 0.05)
    async with Carrier(server) as carrier:
        asked = await handshake(server, carrier)
        claim = server.database.holds_the_next_answer()
        # What the check's time-out does, at the worst moment.
        check = asyncio.create_task(decide(server.rapida.connector.admit, asked, WireCounts()))
        await claim.committed.wait()
        check.cancel()
        await asyncio.wait({check})
        claim.answered.set()
        kept = await closed(server)
        assert kept.conversation.end_reason == "no_stream"
        assert kept.contexts[0].status == "ended"
        assert server.rapida.calls.busy == 0


async def test_a_claim_of_which_the_database_tells_no_more_is_given_back(server: InProcessServer) -> None:
    async with Carrier(server) as carrier:
        asked = await handshake(server, carrier)
        server.database.loses_the_next_answer()
        assert (await refused(server, asked)).status == 503
        kept = await closed(server)
        assert kept.conversation.end_reason == "no_stream"
        assert kept.contexts[0].status == "ended"


async def test_a_claim_that_another_stream_has_is_not_given_back(server: InProcessServer) -> None:
    async with Carrier(server) as carrier:
        asked = await handshake(server, carrier)
        assert isinstance(await server.rapida.connector.admit(asked), Admission)
        context = (await kept_now(server)).contexts[0]
        assert context.claimed_at is not None
        earlier = context.claimed_at - timedelta(seconds=1)
        await contexts.close(server.rapida.node, context, "no_stream", earlier, claimed_at=earlier)
        assert (await kept_now(server)).contexts[0].status == "claimed"


async def test_books_that_the_database_does_not_take_are_closed_when_it_is_back(
    server: InProcessServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contexts, "CLOSE_AGAIN_S", 0.01)
    async with Carrier(server) as carrier:
        asked = await handshake(server, carrier)
        assert isinstance(await server.rapida.connector.admit(asked), Admission)
        context = (await kept_now(server)).contexts[0]
        node = server.rapida.node
        server.database.refuses_the_next_write()
        await contexts.close(node, context, "no_stream", node.clock())
        assert (await kept_now(server)).conversation.end_reason == "no_stream"


@pytest.fixture
def disk_is_back(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """The disk does not let a recording be closed before this is set."""
    back = threading.Event()
    close = wav.WavWriter.close

    def closes_late(self: wav.WavWriter) -> int:
        back.wait()
        return close(self)

    monkeypatch.setattr(wav.WavWriter, "close", closes_late)
    yield back
    back.set()


async def test_a_recording_that_hangs_does_not_hold_up_the_record_of_its_call(
    server: InProcessServer, disk_is_back: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(held_call, "RECORDED_WITHIN_S", 0.01)
    await server.ring(await server.install(assistant()), HANG_UP)
    kept = await server.recorded(1)
    assert (kept.said, kept.recordings) == ([("agent", GREETING)], [])
    disk_is_back.set()
    await server.ring(await server.install(assistant()), HANG_UP)
    await server.recorded(2)
    async with asyncio.timeout(120):
        while not (kept := await server.recorded(1)).recordings:
            await asyncio.sleep(0.01)
    assert len(kept.sound()[0]) > 0, "it is listed as soon as it is whole"


async def test_calls_that_are_cut_short_while_their_recordings_hang_are_written_down(
    server: InProcessServer, disk_is_back: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(held_call, "RECORDED_WITHIN_S", 600)
    monkeypatch.setattr(calls_in_progress, "CLEAN_UP_S", 0.01)
    await server.ring(await server.install(assistant()), HANG_UP)
    await server.rapida.calls.drain(0, asyncio.Event())
    kept = await server.recorded(1)
    assert (kept.said, kept.recordings) == ([("agent", GREETING)], [])


async def test_a_process_does_not_end_before_a_late_recording_is_listed(
    server: InProcessServer, disk_is_back: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(held_call, "RECORDED_WITHIN_S", 0.01)
    await server.ring(await server.install(assistant()), HANG_UP)
    await server.recorded(1)
    draining = asyncio.create_task(server.rapida.calls.drain(600, asyncio.Event()))
    await server.idle()
    await asyncio.wait({draining}, timeout=0.1)
    assert not draining.done()
    disk_is_back.set()
    await draining
    assert len((await server.recorded(1)).recordings) == 1


async def voice_fails(server: InProcessServer, monkeypatch: pytest.MonkeyPatch, in_time: bool) -> Kept:
    """Ring a number whose voice is not to be had, which shows only when the stream is up."""

    async def starts(_: Voice) -> None:
        await until(lambda: server.metric("rapida_calls_active") == 1)
        if not in_time:
            await asyncio.Event().wait()
        raise ProviderUnavailable("tone", "its host is away")

    monkeypatch.setattr(connect, "READY_S", 0.01)
    monkeypatch.setattr(Voice, "start", starts)
    report = await server.ring(await server.install(assistant()), Step(At(25), Nothing()))
    assert (report.failure, report.end, len(report.streams)) == ("", "agent hung up", 1)
    await server.idle()
    return await kept_now(server)


@pytest.mark.parametrize("in_time", [True, False], ids=["fails", "does not come up"])
async def test_a_provider_that_fails_a_stream_in_the_lobby_ends_the_call(
    server: InProcessServer, monkeypatch: pytest.MonkeyPatch, in_time: bool
) -> None:
    if not in_time:
        monkeypatch.setattr(held_call, "PROVIDERS_WITHIN_S", 0.3)
    kept = await voice_fails(server, monkeypatch, in_time)
    assert (kept.conversation.status, kept.conversation.end_reason) == ("ended", "provider_failure")
    assert kept.contexts[0].status == "ended"
    assert server.metric("rapida_calls_total", reason="provider_failure") == 1
    assert server.metric("rapida_calls_active") == 0
