"""A server killed with -9 in the middle of a call: the next one on its data directory closes the books."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner
from websockets.asyncio.client import ClientConnection

from rapida import cli
from rapida.call.events import Connected
from rapida.engine.recorder import DELAY_MS, WRITE_MS
from rapida.node import peers as servers
from rapida.replay import replay
from rapida.simulator.twilio.wire import StreamFacts, Writer

from .carrier import Carrier, start_message
from .process import Prepared, prepared, serving
from .server import Kept, RunningServer, assistant, kept, opened, until

HOST = "voice.example.com"
CALL = "CA" + "9" * 32
SPOKEN_MS = DELAY_MS + 2 * WRITE_MS


async def speak(server: RunningServer, carrier: Carrier, socket: ClientConnection) -> None:
    """Start a stream and speak, until some of the sound and the start of the call are on the disk."""
    await socket.send(start_message(carrier.account, CALL))
    writer = Writer(StreamFacts(carrier.account.sid, CALL, "MZ1"))
    for at_ms in range(0, SPOKEN_MS, 20):
        await socket.send(writer.media(at_ms, b"\x2a" * 160))
    recording = server.data_dir / "recordings" / "1.wav"
    journal = server.data_dir / "journals" / "1.jsonl"
    await until(lambda: recording.exists() and recording.stat().st_size > 1000)
    await until(lambda: journal.exists() and b'"Connected"' in journal.read_bytes())


async def until_closed(place: Prepared) -> Kept:
    """What is kept of the call, as soon as its files are."""
    async with asyncio.timeout(120):
        while not (found := await kept(place.store, place.data_dir, 1)).recordings:
            await asyncio.sleep(0.05)
    return found


async def replayed(place: Prepared) -> tuple[int, str]:
    """What the command says of the call, and its exit code."""
    told = {"RAPIDA_DATA_DIR": str(place.data_dir)}
    done = await asyncio.to_thread(CliRunner().invoke, cli.app, ["replay", "1"], env=told)
    return done.exit_code, done.output


async def test_the_call_of_a_killed_server_is_closed_by_the_next_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(servers, "BEAT_S", 0.2)
    monkeypatch.setattr(servers, "DEAD_AFTER", timedelta(seconds=1))
    async with prepared(tmp_path / "data", assistant(), demo=False) as place:
        async with (
            serving(place, PUBLIC_ASSISTANT_HOST=HOST) as doomed,
            aclosing(Carrier(doomed)) as carrier,
        ):
            url = await carrier.announces(place.number, CALL)
            async with await carrier.plugs_in(url) as socket:
                await speak(doomed, carrier, socket)
                doomed.process.kill()
                await doomed.process.communicate()
        assert (await kept(place.store, place.data_dir, 1)).conversation.status == "live"
        async with opened(place.data_dir, public_host=HOST) as server, Carrier(server) as carrier:
            over = await until_closed(place)
            assert (over.conversation.status, over.conversation.end_reason) == ("ended", "server_lost")
            assert over.contexts[0].status == "ended"
            caller, _ = over.sound()
            assert len(caller) >= WRITE_MS * 8
            assert caller.all(), "the caller was never silent"
            journal = over.journal()
            assert any(isinstance(event, Connected) for _, event in journal.events)
            shown = replay(journal)
            assert (shown.difference, shown.ends_early) == (None, True)
            code, told = await replayed(place)
            assert (code, "the journal ends before its call did" in told) == (0, True)
            # By now the carrier has noticed as well.
            await carrier.ends(url, CALL)
            late = await kept(place.store, place.data_dir, 1)
            assert (late.conversation.call_status, late.conversation.end_reason) == (
                "completed",
                "server_lost",
            )
