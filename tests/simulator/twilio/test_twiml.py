"""TwiML as strictly as Twilio reads it."""

from __future__ import annotations

import pytest
from twilio.twiml.voice_response import VoiceResponse

from rapida.simulator.twilio.faults import LineFault
from rapida.simulator.twilio.twiml import (
    Dialled,
    HungUp,
    Paused,
    Played,
    Redirected,
    Rejected,
    Spoken,
    StreamTo,
    check_type,
    parse,
    stream_url,
)

BASE = "https://voice.example.com/v1/talk/twilio/call/1"

SEED = b"""<?xml version="1.0" encoding="UTF-8"?>
<Response>
  <Connect>
    <Stream url="wss://voice.example.com/v1/talk/twilio/ctx/c1"
            name="1__2"
            statusCallback="https://voice.example.com/v1/talk/twilio/ctx/c1/event"
            statusCallbackEvent="initiated ringing answered completed">
      <Parameter name="assistant_id" value="1"/>
      <Parameter name="client_number" value="+14155550123"/>
    </Stream>
  </Connect>
</Response>"""


def code_of(body: bytes) -> int:
    with pytest.raises(LineFault) as raised:
        parse(body, BASE)
    return raised.value.code


def connect(inside: str) -> bytes:
    return f"<Response><Connect>{inside}</Connect></Response>".encode()


def test_the_seeds_document_is_read_whole_with_one_warning_for_its_unknown_attribute() -> None:
    document = parse(SEED, BASE)
    assert document.verbs == (
        StreamTo(
            url="wss://voice.example.com/v1/talk/twilio/ctx/c1",
            name="1__2",
            parameters={"assistant_id": "1", "client_number": "+14155550123"},
            status_callback="https://voice.example.com/v1/talk/twilio/ctx/c1/event",
        ),
    )
    assert document.warnings == (), "nothing that the product does on purpose"


def test_what_the_official_builder_writes_is_read() -> None:
    response = VoiceResponse()
    response.say("We are busy.  Goodbye.")
    response.pause(length=2)
    response.play(digits="12w3")
    response.dial("+14155550199", action="/after", caller_id="+14155550100")
    response.redirect("https://other.example.com/next", method="GET")
    response.reject(reason="busy")
    response.hangup()
    assert parse(str(response).encode(), BASE).verbs == (
        Spoken("We are busy. Goodbye."),
        Paused(2.0),
        Played("", "12w3"),
        Dialled(
            ("+14155550199",),
            {"action": "/after", "callerId": "+14155550100"},
            "https://voice.example.com/after",
        ),
        Redirected("https://other.example.com/next", "GET"),
        Rejected("busy"),
        HungUp(),
    )


def test_dial_names_numbers_and_sip_addresses_inside_it() -> None:
    (dialled,) = parse(
        b"<Response><Dial><Number>+1415</Number><Sip>sip:a@b</Sip></Dial></Response>", BASE
    ).verbs
    assert isinstance(dialled, Dialled)
    assert dialled.targets == ("+1415", "sip:a@b")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", 12100),
        (b"hello", 12100),
        (b"<Reply/>", 12100),
        (b"<Response><Say>you & me</Say></Response>", 12100),
        (b' <?xml version="1.0"?><Response/>', 12100),
        (b"<!DOCTYPE x [<!ENTITY a 'b'>]><Response><Say>&a;</Say></Response>", 12100),
        (b"<Response><Sing/></Response>", 12200),
        (b"<Response><Start><Stream url='wss://x'/></Start></Response>", 12200),
        (b"<Response><Dial/></Response>", 13224),
        (b"<Response><Pause length='long'/></Response>", 12200),
        (connect(""), 12200),
        (connect('<Stream url="wss://a/b"><Say>hi</Say></Stream>'), 12200),
        (connect('<Stream url="wss://a/b"><Parameter name="x"/></Stream>'), 12200),
        (connect(f'<Stream url="wss://a/b"><Parameter name="x" value="{"y" * 499}"/></Stream>'), 12200),
        (connect('<Stream url="wss://a/b" statusCallback="/event"/>'), 12200),
        (connect('<Stream url="https://a/b"/>'), 31922),
        (connect('<Stream url="ws://a/b"/>'), 31922),
        (connect("<Stream/>"), 31923),
        (connect('<Stream url="wss://"/>'), 31923),
        (connect('<Stream url="wss://a/b" track="both_tracks"/>'), 31941),
    ],
)
def test_each_fault_has_twilios_code(body: bytes, code: int) -> None:
    assert code_of(body) == code


def test_a_parameter_just_short_of_500_characters_passes() -> None:
    parse(connect(f'<Stream url="wss://a/b"><Parameter name="x" value="{"y" * 498}"/></Stream>'), BASE)


def test_a_query_on_the_stream_is_dropped_with_a_warning() -> None:
    warnings: list[str] = []
    assert stream_url("wss://a.example/b?token=1", BASE, warnings) == "wss://a.example/b"
    assert len(warnings) == 1


def test_a_relative_stream_belongs_to_the_webhooks_host() -> None:
    assert stream_url("/media", BASE, []) == "wss://voice.example.com/media"


@pytest.mark.parametrize("kind", ["text/xml", "application/xml; charset=utf-8", "TEXT/XML"])
def test_types_of_twiml_pass(kind: str) -> None:
    check_type(kind)


@pytest.mark.parametrize("kind", [None, "", "application/json", "text/plain"])
def test_other_types_are_12300(kind: str | None) -> None:
    with pytest.raises(LineFault) as raised:
        check_type(kind)
    assert raised.value.code == 12300
