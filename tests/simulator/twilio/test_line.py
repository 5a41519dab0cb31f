"""Whole calls over a real loopback socket to a minimal app: what the app sees, and what the report says."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path

import pytest
from twilio.request_validator import RequestValidator

from rapida.simulator.twilio import sounds
from rapida.simulator.twilio.chaos import MALFORMED, Chaos
from rapida.simulator.twilio.line import Line, place_call
from rapida.simulator.twilio.report import CallReport
from rapida.simulator.twilio.script import (
    AfterAgent,
    At,
    HangUp,
    Keys,
    PlayUlaw,
    Script,
    Step,
    Wait,
    WhileAgent,
)

from .app import ACCOUNT, HOST, App, Talk, connect_then, listen, serving
from .test_wire import captured, shape

GREETING = sounds.noise(300, dbfs=-20, seed=1)
LONG = sounds.noise(20_000, dbfs=-20, seed=2)
WORDS = sounds.noise(200, dbfs=-20, seed=3)

SHORT = Script((Step(At(0.15), HangUp()),))


def line_to(app: App, chaos: Chaos | None = None) -> Line:
    return Line(
        ACCOUNT,
        f"https://{HOST}/voice",
        f"https://{HOST}/status",
        connect=app.address,
        chaos=chaos or Chaos(),
    )


async def call(app: App, script: Script = SHORT, chaos: Chaos | None = None) -> CallReport:
    async with serving(app):
        async with asyncio.timeout(120):
            return await place_call(line_to(app, chaos), script)


async def greet_and_hang_up(talk: Talk) -> None:
    await talk.until("start")
    await talk.play(GREETING)
    await talk.mark("greeting")
    await talk.until("mark", name="greeting")


SILENT_FRAME = "/" * 213 + "w=="


async def echo(talk: Talk) -> None:
    """Say all that the caller says, up to the first silence after it."""
    spoken = False
    while True:
        payload = (await talk.until("media"))["media"]["payload"]
        await talk.send("media", media={"payload": payload})
        if spoken and payload == SILENT_FRAME:
            break
        spoken = spoken or payload != SILENT_FRAME
    await talk.mark("said")
    await talk.until("mark", name="said")


async def test_the_agent_greets_and_hangs_up() -> None:
    app = App(answer=greet_and_hang_up)
    report = await call(app, Script())
    assert (report.status, report.end, report.failure) == ("completed", "agent hung up", "")
    assert report.heard.sound == GREETING
    assert [(mark.name, mark.cleared) for mark in report.heard.marks] == [("greeting", False)]
    assert report.reached_end


async def test_the_webhook_and_all_callbacks_are_proved_and_in_twilios_order() -> None:
    app = App()
    report = await call(app)
    assert report.end == "caller hung up"
    assert [(request.path, request.proved) for request in app.requests] == [
        ("/voice", True),
        ("/event", True),
        ("/event", True),
        ("/status", True),
    ]
    events = [form.get("StreamEvent") or form["CallStatus"] for form in app.callbacks]
    assert events == ["stream-started", "stream-stopped", "completed"]
    assert app.callbacks[-1]["SequenceNumber"] == "0"
    assert {form["CallSid"] for form in app.callbacks} == {report.call_sid}
    assert [sent.status for sent in report.callbacks] == [204, 204, 204]
    # Only the seed's own attribute would be warned of; this document has none.
    assert report.faults == []


async def test_the_upgrade_has_twilios_headers_and_none_that_twilio_lacks() -> None:
    app = App()
    await call(app)
    captured_headers = json.loads((Path(__file__).parent / "ws_upgrade_headers.json").read_text())
    headers = dict(app.talks[0].headers)
    assert set(headers) == {name for name, _ in captured_headers["headers"]}
    assert not set(headers) & set(captured_headers["absent"])
    assert headers["user-agent"] == "Twilio.TmeWs/1.0"
    assert headers["accept-encoding"] == "gzip"
    assert headers["host"] == HOST
    expected = RequestValidator(ACCOUNT.token).compute_signature(f"wss://{HOST}/media/one", {})
    assert headers["x-twilio-signature"] == expected


async def test_every_message_on_the_socket_has_the_captured_shape() -> None:
    async def answer(talk: Talk) -> None:
        await talk.until("start")
        await talk.play(GREETING)
        await talk.mark("171")
        await listen(talk)

    app = App(answer=answer)
    report = await call(app, Script((Step(AfterAgent(20), Keys("5")), Step(Wait(), HangUp()))))
    (talk,) = app.talks
    events = [message["event"] for message in talk.received]
    assert events[:2] == ["connected", "start"]
    assert events[-1] == "stop"
    for event in ("connected", "media", "mark", "stop"):
        assert {json.dumps(shape(message), sort_keys=True) for message in talk.of(event)} == {
            json.dumps(shape(captured(event)[0]), sort_keys=True)
        }
    (start,) = talk.of("start")
    assert start["start"] == {
        **captured("start")[0]["start"],
        "accountSid": ACCOUNT.sid,
        "callSid": report.call_sid,
        "streamSid": start["streamSid"],
        "customParameters": {"assistant_id": "1", "client_number": "+14155550123"},
    }
    (digit,) = talk.of("dtmf")
    assert digit["dtmf"] == {"track": "inbound_track", "digit": "5"}
    numbered = [int(message["sequenceNumber"]) for message in talk.received[1:]]
    assert numbered == list(range(1, len(numbered) + 1))
    timestamps = [int(message["media"]["timestamp"]) for message in talk.of("media")]
    assert timestamps == [102 + 20 * frame for frame in range(len(timestamps))]


async def test_an_echo_is_heard_byte_for_byte() -> None:
    app = App(answer=echo)
    report = await call(app, Script((Step(At(0.3), PlayUlaw(WORDS)),)))
    assert WORDS in report.heard.sound
    assert report.streams[0].spoken.startswith(report.heard.sound)
    assert report.heard.repeats() == ()


async def test_a_barge_in_clears_what_was_not_heard_and_its_marks_come_back() -> None:
    async def answer(talk: Talk) -> None:
        await talk.until("start")
        await talk.play(LONG)
        await talk.mark("long")
        while await talk.until("media"):
            if talk.received[-1]["media"]["payload"] != SILENT_FRAME:
                break
        await talk.send("clear")
        await talk.until("mark", name="long")
        await talk.play(GREETING)
        await talk.mark("again")
        await talk.until("mark", name="again")

    app = App(answer=answer)
    report = await call(app, Script((Step(WhileAgent(300), PlayUlaw(WORDS)),)))
    heard = report.heard
    assert [(mark.name, mark.cleared) for mark in heard.marks] == [("long", True), ("again", False)]
    assert len(heard.clears) == 1
    before = heard.sound[: -len(GREETING)]
    assert LONG.startswith(before)
    assert 0 < len(before) < len(LONG)
    assert heard.sound.endswith(GREETING)
    assert report.failure == ""


async def test_a_conversation_by_keys_follows_the_agent() -> None:
    async def answer(talk: Talk) -> None:
        await talk.until("start")
        for digit in "12":
            await talk.play(GREETING)
            await talk.mark(digit)
            await talk.until("dtmf", digit=digit)

    app = App(answer=answer)
    steps = tuple(Step(AfterAgent(300), Keys(digit)) for digit in "12")
    report = await call(app, Script(steps))
    assert [said.label for said in report.streams[0].said] == ["press 1", "press 2"]
    assert report.heard.sound == GREETING * 2
    assert report.reached_end


async def test_after_the_stream_the_next_verb_is_performed() -> None:
    app = App(twiml=[connect_then("<Say>Goodbye.</Say><Hangup/>")], answer=greet_and_hang_up)
    report = await call(app, Script())
    assert report.spoken == ["Goodbye."]
    assert report.end == "agent hung up"


async def test_a_transfer_is_reported_and_its_action_asked() -> None:
    dial = f'<Dial action="https://{HOST}/voice">+14155550199</Dial>'
    app = App(
        twiml=[connect_then(dial), "<Response><Say>Welcome back.</Say></Response>"], answer=greet_and_hang_up
    )
    report = await call(app, Script())
    assert report.dialled[0].targets == ("+14155550199",)
    (first, second) = [request for request in app.requests if request.path == "/voice"]
    assert "DialCallStatus" not in first.form
    assert second.form["DialCallStatus"] == "completed"
    assert (report.spoken, report.end, report.failure) == (["Welcome back."], "transferred", "")


async def test_a_spoken_refusal_is_no_conversation() -> None:
    app = App(twiml=["<Response><Say>We are busy.</Say><Hangup/></Response>"])
    report = await call(app)
    assert (report.status, report.end) == ("completed", "refused")
    assert (
        report.failure
        == 'the call ended completed (refused) without a conversation; the caller was told "We are busy."'
    )


async def test_reject_ends_an_unanswered_call() -> None:
    report = await call(App(twiml=['<Response><Reject reason="busy"/></Response>']))
    assert (report.status, report.end) == ("busy", "refused")


@pytest.mark.parametrize(
    ("app", "code"),
    [
        (App(statuses=[404]), 11200),
        (App(content_type="application/json"), 12300),
        (App(content_type=""), 12300),
        (App(twiml=['\n<?xml version="1.0"?><Response/>']), 12100),
        (App(twiml=["<Response><Fly/></Response>"]), 12200),
        (App(twiml=[connect_then().replace("wss://", "ws://")]), 31922),
        (App(twiml=[f"<Response><Redirect>https://{HOST}/voice</Redirect></Response>"]), 11200),
    ],
    ids=["404", "json", "no type", "leading blank", "unknown verb", "ws", "redirect loop"],
)
async def test_a_bad_webhook_is_an_application_error_with_twilios_code(app: App, code: int) -> None:
    report = await call(app)
    assert [fault.code for fault in report.errors] == [code]
    assert report.end == "application error"
    assert str(code) in report.failure


async def test_a_webhook_that_nobody_answers_is_11205() -> None:
    report = await place_call(Line(ACCOUNT, f"https://{HOST}/voice", connect="127.0.0.1:1"), SHORT)
    assert [fault.code for fault in report.errors] == [11205]


async def test_a_refused_upgrade_is_31920_told_to_the_stream_callback_and_the_next_verb_runs() -> None:
    app = App(twiml=[connect_then("<Say>Sorry.</Say>")], refuse_upgrade=True)
    report = await call(app)
    assert [fault.code for fault in report.errors] == [31920]
    assert "answered 403" in report.errors[0].detail
    assert (report.spoken, report.end) == (["Sorry."], "stream lost")
    assert [form.get("StreamEvent") for form in app.callbacks] == ["stream-error", None]
    assert "31920" in app.callbacks[0]["StreamError"]


async def test_a_socket_closed_with_an_error_code_is_31921() -> None:
    async def answer(talk: Talk) -> None:
        await talk.until("start")
        await talk.ws.close(1011, "broken")

    app = App(answer=answer)
    report = await call(app, Script())
    assert [fault.code for fault in report.errors] == [31921]
    assert "1011" in report.errors[0].detail
    assert report.end == "stream lost"


async def test_messages_that_break_the_protocol_are_counted_and_the_call_goes_on() -> None:
    async def answer(talk: Talk) -> None:
        await talk.until("start")
        await talk.send("media", media={"payload": "AAAA"}, sequenceNumber="1")
        await talk.ws.send_bytes(GREETING)
        await talk.play(GREETING)
        await talk.mark("end")
        await talk.until("mark")

    report = await call(App(answer=answer), Script())
    assert [fault.code for fault in report.warnings] == [31951, 31950]
    assert report.heard.sound == GREETING
    assert report.reached_end


async def test_an_agent_that_hangs_up_before_the_caller_is_done_is_a_failure_that_names_the_step() -> None:
    script = Script((Step(At(5.0), Keys("9")),))
    report = await call(App(answer=greet_and_hang_up), script)
    assert report.failure == "agent hung up while the caller still wanted to: press 9"


async def test_sound_still_buffered_when_the_stream_ends_was_not_heard() -> None:
    async def answer(talk: Talk) -> None:
        await talk.until("start")
        await talk.play(LONG)
        await talk.until("media")

    report = await call(App(answer=answer), Script())
    assert LONG.startswith(report.heard.sound)
    assert len(report.heard.sound) < len(LONG) / 4


# ---- chaos


async def test_copies_of_the_webhook_are_identical_requests() -> None:
    app = App()
    report = await call(app, chaos=Chaos(webhook_copies=3))
    copies = [request for request in app.requests if request.path == "/voice"]
    assert len(copies) == 3
    assert len({(c.headers["i-twilio-idempotency-token"], json.dumps(c.form)) for c in copies}) == 1
    assert len(report.twiml) == 3


@pytest.mark.parametrize("signature", ["forged", "missing"])
async def test_signatures_are_forged_or_left_out_each_by_itself(signature: str) -> None:
    app = App()
    await call(app, chaos=replace(Chaos(), webhook_signature=signature))
    assert [request.proved for request in app.requests] == [False, True, True, True]
    app = App()
    await call(app, chaos=replace(Chaos(), callback_signature=signature))
    assert [request.proved for request in app.requests] == [True, False, False, False]
    app = App()
    await call(app, chaos=replace(Chaos(), socket_signature=signature))
    honest = RequestValidator(ACCOUNT.token).compute_signature(f"wss://{HOST}/media/one", {})
    sent = dict(app.talks[0].headers).get("x-twilio-signature")
    assert (sent is None) == (signature == "missing")
    assert sent != honest


async def test_callbacks_are_duplicated_reordered_and_lost() -> None:
    def events(app: App) -> list[str]:
        return [form.get("StreamEvent") or form["CallStatus"] for form in app.callbacks]

    app = App()
    await call(app, chaos=Chaos(duplicate_callbacks=True))
    assert events(app) == ["stream-started"] * 2 + ["stream-stopped"] * 2 + ["completed"] * 2
    tokens = [r.headers["i-twilio-idempotency-token"] for r in app.requests if r.path != "/voice"]
    assert len(set(tokens)) == 3
    app = App()
    await call(app, chaos=Chaos(reorder_callbacks=True))
    assert events(app) == ["stream-stopped", "stream-started", "completed"]
    app = App()
    await call(app, chaos=Chaos(missing_callbacks=frozenset({"completed", "stream-started"})))
    assert events(app) == ["stream-stopped"]


async def test_late_callbacks_all_arrive_in_the_end() -> None:
    app = App()
    report = await call(app, chaos=Chaos(seed=2, late_callbacks_s=0.3))
    assert len(app.callbacks) == len(report.callbacks) == 3


async def test_a_dropped_socket_ends_without_stop_or_close_frame() -> None:
    closed: list[int] = []

    async def answer(talk: Talk) -> None:
        while (got := await talk.ws.receive())["type"] != "websocket.disconnect":
            talk.received.append(json.loads(got["text"]))
        closed.append(got["code"])

    app = App(answer=answer)
    report = await call(app, Script(), Chaos(drop_socket_at_s=0.4))
    assert report.end == "stream lost"
    assert [fault.code for fault in report.errors] == [31921]
    assert app.talks[0].of("stop") == []
    assert closed in ([1005], [1006])


async def test_malformed_messages_reach_the_app() -> None:
    app = App()
    script = Script((Step(At(1.0 + 0.2 * len(MALFORMED)), HangUp()),))
    await call(app, script, Chaos(malformed=tuple(MALFORMED)))
    (talk,) = app.talks
    assert talk.binary == 3
    assert len(talk.of("weather")) == 1
    assert len(talk.of("start")) == 2
    assert any("event" not in message for message in talk.received)
    assert max(len(json.dumps(message)) for message in talk.received) > 65_536
