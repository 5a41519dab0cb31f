"""The end of a server: it takes no new calls, and lets those it has, or has announced, come to their end."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from rapida import app
from rapida.settings import Settings
from rapida.simulator.twilio.chaos import Chaos
from rapida.simulator.twilio.script import AfterAgent, At, HangUp, Nothing, Step
from rapida.switchboard import awaited_callbacks as reports
from rapida.switchboard import refusals

from .carrier import Carrier, start_message
from .conftest import Log
from .process import logged, prepared, serving
from .server import InProcessServer, RunningServer, assistant, install, spoken, until

ANNOUNCED = "CA" + "3" * 32
LONG = "This goes on for quite a while, " * 6
LISTEN = Step(At(25), Nothing())
HANG_UP = Step(AfterAgent(1000), HangUp())
"""A longer silence than a stall of the server's process makes: the agent has finished."""


async def draining(served: RunningServer) -> None:
    async with asyncio.timeout(120):
        while (await served.get("/health/ready")).status_code != 503:
            await asyncio.sleep(0.02)


async def take_up(carrier: Carrier, url: str) -> bytes:
    """Open an announced stream late, hear the first sound, hang up."""
    socket = await carrier.plugs_in(url)
    await socket.send(start_message(carrier.account, ANNOUNCED))
    async with asyncio.timeout(120):
        while (message := json.loads(await socket.recv()))["event"] != "media":
            pass
    await socket.send(json.dumps({"event": "stop", "streamSid": "MZ1", "sequenceNumber": "9"}))
    await socket.close()
    for event in ("stream-started", "stream-stopped"):
        told = carrier.form(ANNOUNCED, CallStatus=None, StreamSid="MZ1", StreamEvent=event)
        await carrier.asks(f"/ctx/{url.rpartition('/')[2]}/event", told)
    await carrier.ends(url, ANNOUNCED)
    return message["media"]["payload"].encode()


async def test_sigterm_lets_live_and_announced_calls_finish_and_turns_new_ones_away(tmp_path: Path) -> None:
    async with (
        prepared(tmp_path / "data", assistant(greeting=LONG)) as place,
        serving(place, RAPIDA_OPEN_METRICS="true") as served,
        Carrier(served) as carrier,
    ):
        live = asyncio.create_task(served.ring(place.number, HANG_UP))
        async with asyncio.timeout(120):
            while "rapida_sockets_open 1.0" not in (await served.get("/metrics")).text:
                await asyncio.sleep(0.02)
        url = await carrier.announces(place.number, ANNOUNCED)
        served.terminate()
        await draining(served)
        assert (await served.get("/health/live")).status_code == 200
        turned_away = await served.ring(place.number)
        assert (turned_away.spoken, turned_away.webhooks[0].status) == ([refusals.BUSY], 200)
        assert await take_up(carrier, url)
        report = await live
        code, out = await served.ended()
        kept = [await served.recorded(conversation_id) for conversation_id in (1, 2)]
    assert (report.failure, report.end) == ("", "caller hung up")
    assert report.heard.sound == await spoken(LONG)
    assert {sent.status for sent in report.callbacks} == {204}, "callbacks are taken to the very last"
    assert code == 0, out
    assert "Traceback" not in out
    said = [(line["event"], line.get("conversation_id")) for line in logged(out.encode())]
    assert ("draining", None) in said, "no terminal: every line is JSON"
    assert {("call_ended", 1), ("call_ended", 2)} <= {*said}
    assert [each.conversation.end_reason for each in kept] == ["caller_hangup"] * 2


async def test_callbacks_that_come_some_time_after_the_last_call_are_taken(tmp_path: Path) -> None:
    late = Chaos(seed=1, late_callbacks_s=3)
    async with (
        prepared(tmp_path / "data", assistant(greeting=LONG)) as place,
        serving(place, RAPIDA_OPEN_METRICS="true") as served,
    ):
        live = asyncio.create_task(served.ring(place.number, Step(At(1), HangUp()), chaos=late))
        async with asyncio.timeout(120):
            while "rapida_sockets_open 1.0" not in (await served.get("/metrics")).text:
                await asyncio.sleep(0.02)
        served.terminate()
        code, out = await served.ended()
        report = await live
        kept = await served.recorded(1)
    assert (code, report.end) == (0, "caller hung up"), out
    assert {sent.event for sent in report.callbacks} == {"stream-started", "stream-stopped", "completed"}
    assert {sent.status for sent in report.callbacks} == {204}
    assert "reports_not_awaited" not in out
    assert kept.conversation.call_status == "completed"


async def test_callbacks_that_never_come_are_waited_for_within_a_bound_and_named(
    tmp_path: Path, logged: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Longer than a busy machine takes from the end of a call to the end of its server.
    monkeypatch.setattr(reports, "REPORTED_WITHIN_S", 3.0)
    settings = Settings(data_dir=tmp_path / "data", host="127.0.0.1", port=0)
    async with app.running(settings) as rapida:
        server = InProcessServer.of(rapida)
        number = await install(server.store, assistant())
        lost = Chaos(missing_callbacks=frozenset({"completed"}))
        report = await server.ring(number, Step(At(0.3), HangUp()), chaos=lost)
        (context,) = (await server.kept_of(report)).contexts
    assert [line["contexts"] for line in logged.of("reports_not_awaited")] == [[str(context.id)]]


async def test_a_second_signal_hangs_up_and_the_records_are_still_written(tmp_path: Path) -> None:
    async with (
        prepared(tmp_path / "data", assistant(greeting=LONG)) as place,
        serving(place, RAPIDA_OPEN_METRICS="true") as served,
    ):
        live = asyncio.create_task(served.ring(place.number, LISTEN))
        async with asyncio.timeout(120):
            while "rapida_sockets_open 1.0" not in (await served.get("/metrics")).text:
                await asyncio.sleep(0.02)
        served.terminate()
        await draining(served)
        served.terminate()
        code, out = await served.ended()
        report = await live
        kept = await served.recorded(1)
    assert (code, report.end) == (0, "agent hung up"), out
    assert "Traceback" not in out
    assert kept.conversation.end_reason == "drained"
    assert (kept.entries("agent")[0].cut, len(kept.recordings)) == (True, 1)


async def test_calls_that_outlast_the_bound_are_hung_up(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "data", host="127.0.0.1", port=0)
    async with app.running(settings, drain_s=0.3) as rapida:
        server = InProcessServer.of(rapida)
        number = await install(server.store, assistant(greeting=LONG))
        live = asyncio.create_task(server.ring(number, LISTEN))
        await until(lambda: server.metric("rapida_calls_active") == 1)
    report = await live
    assert report.end == "agent hung up"
    assert rapida.calls.busy == 0
    assert server.metric("rapida_calls_total", reason="drained") == 1
