"""An inbound call from its webhook to its record, on both carriers of the media socket."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pytest
from msgspec.structs import replace
from typer.testing import CliRunner

from rapida import cli
from rapida.app import Door
from rapida.audio import g711
from rapida.call.commands import RecordEntry
from rapida.call.happenings import CarrierReported
from rapida.node.clock import utc_now
from rapida.replay import replay
from rapida.simulator.twilio.script import AfterAgent, At, HangUp, Step, Tone
from rapida.store import assistants, deployments
from rapida.store.deployments import PhoneOptions
from rapida.switchboard import connect
from rapida.telephony.door import Admission, Handshake
from rapida.tts.base import Sound
from rapida.tts.tone import Tone as Voice

from .carrier import Carrier
from .server import (
    GREETING,
    InProcessServer,
    assistant,
    first_sound_s,
    opened,
    parts_of,
    sounding,
    spoken,
    until,
    watched,
    wrong,
)

SPEECH = Tone(300, 600)


async def test_the_greeting_is_made_ready_from_the_webhook_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    speak = Voice.synthesize

    def noted(voice: Voice, text: str) -> AsyncIterator[Sound]:
        asked.append(text)
        return speak(voice, text)

    monkeypatch.setattr(Voice, "synthesize", noted)
    async with opened(tmp_path / "data") as server:
        number = await server.install(assistant())
        async with Carrier(server) as carrier:
            await carrier.announces(number, "CA" + "1" * 32)
            await until(lambda: bool(asked))
        assert asked == [GREETING]
        report = await server.ring(number, Step(AfterAgent(200), HangUp()))
        assert asked == [GREETING] * 2  # of this call, too, it is spoken once only
    assert report.heard.sound == await spoken(GREETING)


@pytest.mark.parametrize("door", ["picows", "asgi"])
async def test_a_whole_call_is_heard_kept_and_replayable(tmp_path: Path, door: Door) -> None:
    async with opened(tmp_path / "data", door=door) as server:
        number = await server.install(assistant(["We open at nine."], hears=["when do you open"]))
        async with watched() as machine:
            report = await server.ring(number, Step(AfterAgent(200), SPEECH), Step(AfterAgent(200), HangUp()))
        kept = await server.kept()
        ended = server.metric("rapida_calls_total", reason="caller_hangup")
        answered = server.metric("rapida_turn_stage_seconds_count", stage="total")
        sockets = (server.closed(1000) + server.closed(1005), server.metric("rapida_calls_active"))
    greeting, answer = await spoken(GREETING), await spoken("We open at nine.")

    # What the phone lived through and heard.
    assert (report.failure, report.end, report.status) == ("", "caller hung up", "completed")
    assert wrong(report) == []
    assert report.heard.sound == greeting + answer
    assert [mark.cleared for mark in report.heard.marks].count(True) == 0

    # What is kept of it.
    conversation = kept.conversation
    assert kept.said == [("agent", GREETING), ("caller", "when do you open"), ("agent", "We open at nine.")]
    assert [(each.heard, each.cut) for each in kept.entries("agent")] == [
        (GREETING, False),
        ("We open at nine.", False),
    ]
    assert (conversation.status, conversation.end_reason) == ("ended", "caller_hangup")
    assert conversation.call_status == "completed"
    assert (conversation.caller, conversation.callee) == (report.from_number, report.to_number)
    assert conversation.usage is not None
    assert conversation.usage["spoken_characters"] == len(GREETING) + len("We open at nine.")
    assert conversation.usage["heard_ms"] == report.streams[0].frames_sent * 20
    (timing,) = kept.timings
    assert sum(parts_of(timing.stages)) == timing.stages.total_us > 320_000
    (context,) = kept.contexts
    assert (context.status, context.carrier_call_id, context.verified) == ("ended", report.call_sid, True)
    carrier = [told.status for told in kept.happened(CarrierReported)]
    assert sorted(carrier) == ["completed", "stream-started", "stream-stopped"]

    # The recording: zero is the carrier's timestamp 0; both sides stand where they were said and heard.
    left, right = kept.sound()
    spoken_at = round(report.streams[0].spoken_from_s * 8000)
    caller = g711.decode_block(report.streams[0].spoken)
    assert np.array_equal(left[spoken_at : spoken_at + len(caller)], caller)
    heard = g711.decode_block(report.heard.ulaw)
    assert np.array_equal(sounding(right), sounding(heard))
    assert abs(first_sound_s(right) - first_sound_s(heard)) < 0.25 + machine.stalled_s

    # The journal: a new core, told the same, orders the same.
    shown = replay(kept.journal())
    assert shown.difference is None
    assert shown.commands > 10
    assert (ended, answered, sockets) == (1, 1, (1, 0))


@pytest.mark.parametrize(
    "options", [{}, {"greeting": "Good day.", "announcement": "This call is recorded."}], ids=["plain", "own"]
)
async def test_a_call_is_replayed_from_the_command_line_with_its_own_version_and_with_another(
    server: InProcessServer, options: dict[str, Any]
) -> None:
    first = assistant(["We open at nine."], hears=["when do you open"])
    number = await server.install(first, options=PhoneOptions(**options))
    report = await server.ring(number, Step(AfterAgent(200), SPEECH), Step(AfterAgent(200), HangUp()))
    assert report.failure == ""
    journal = (await server.kept()).journal()
    turn_id = next(
        order.turn_id
        for _, order in journal.commands
        if isinstance(order, RecordEntry) and order.entry.speaker == "caller"
    )
    async with server.store.write() as tx:
        patient = replace(first, id=number, turn=replace(first.turn, silence_ms=3000))
        await assistants.add_version(tx, patient, utc_now())
        # What the phone says by now is nothing to a call of the past.
        found = await deployments.phone_of(tx, number)
        assert found is not None
        now, changed = utc_now(), PhoneOptions(greeting="Hello again.")
        await deployments.put_phone(
            tx, found.project_id, number, "twilio", found.credential_id, now, options=changed
        )

    async def replayed(*options: str) -> tuple[int, str]:
        told = {"RAPIDA_DATA_DIR": str(server.data_dir)}
        done = await asyncio.to_thread(CliRunner().invoke, cli.app, ["replay", "1", *options], env=told)
        return done.exit_code, done.output

    for same in (await replayed(), await replayed("--version", "1")):
        assert (same[0], "orders identical" in same[1], "recorded:" in same[1]) == (0, True, False)
    other = await replayed("--version", "2")
    assert (other[0], "identical up to the first difference" in other[1]) == (0, True)
    assert "recorded: RecordEntry" in other[1], "the patient version leaves the caller's turn open"
    assert f"\nturn {turn_id}, " in other[1]


async def test_a_caller_who_speaks_before_the_providers_are_ready_is_heard_and_answered(
    server: InProcessServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    ready = asyncio.Event()
    start = Voice.start

    async def starts_slowly(self: Voice) -> None:
        await ready.wait()
        await start(self)

    monkeypatch.setattr(Voice, "start", starts_slowly)
    number = await server.install(assistant(["We open at nine."], hears=["when do you open"]))
    ringing = asyncio.create_task(server.ring(number, Step(At(0.1), SPEECH), Step(AfterAgent(800), HangUp())))
    await until(lambda: server.metric("rapida_sockets_open") == 1)
    await asyncio.sleep(1.0)
    assert server.metric("rapida_calls_active") == 1
    ready.set()
    report = await ringing
    kept = await server.kept()
    assert (report.failure, wrong(report)) == ("", [])
    assert ("caller", "when do you open") in kept.said
    assert report.heard.sound.endswith(await spoken("We open at nine."))
    left, _ = kept.sound()
    spoken_at = round(report.streams[0].spoken_from_s * 8000)
    caller = g711.decode_block(report.streams[0].spoken)
    assert np.array_equal(left[spoken_at : spoken_at + len(caller)], caller)


async def test_a_stream_that_is_let_in_and_gone_again_leaves_no_live_conversation(
    server: InProcessServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connect, "ABANDONED_S", 0.2)
    number = await server.install(assistant())
    async with Carrier(server) as carrier:
        url = await carrier.announces(number, "CA" + "5" * 32)
        handshake = Handshake(urlsplit(url).path, "", carrier.proof(url))
        admitted = await server.rapida.connector.admit(handshake)
        assert isinstance(admitted, Admission)
        await server.idle()
    async with asyncio.timeout(120):
        while (kept := await server.kept(1)).conversation.status != "ended":
            await asyncio.sleep(0.02)
    assert kept.conversation.end_reason == "no_stream"
    assert kept.contexts[0].status == "ended"
