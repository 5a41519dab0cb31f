"""The forms against real callbacks that were captured."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

from rapida.simulator.twilio.fields import CallFacts, Party, inbound_fields, status_fields, stream_fields
from rapida.simulator.twilio.wire import StreamFacts

HERE = Path(__file__).parent
ANN = Party("+10000000000", "NEW YORK", "NY", "10004", "US")
BEA = Party("+550000000000", "São Paulo", "SP", "", "BR")
FACTS = CallFacts("AC" + "0" * 32, "CA" + "0" * 32, "outbound-api", ANN, BEA)


def test_a_completed_callback_is_the_captured_one_and_newer_twilios_sip_code() -> None:
    real = json.loads((HERE / "call_status_completed.json").read_text())["form"]
    now = datetime(2018, 3, 25, 9, 53, 19, tzinfo=UTC)
    ours = status_fields(FACTS, "completed", 3, now=now, duration_s=49, answered_by="human")
    assert ours.pop("SipResponseCode") == "200"
    assert ours == real


def test_a_stream_callback_has_the_captured_fields_and_spelling_of_time() -> None:
    first = (HERE / "capture_speech_mark_status.jsonl").read_text().splitlines()[0]
    real = json.loads(first)["form"]
    facts = StreamFacts(real["AccountSid"], real["CallSid"], real["StreamSid"])
    now = datetime(2024, 11, 29, 0, 9, 39, 602648, tzinfo=UTC)
    ours = stream_fields(facts, "", "stream-started", now=now)
    assert ours.pop("Timestamp") == "2024-11-29T00:09:39.602648000Z"
    assert real.pop("Timestamp") == "2024-11-29T00:09:39.602648368Z"
    assert ours == real


def test_only_a_terminal_status_tells_a_duration() -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    assert "CallDuration" not in status_fields(FACTS, "ringing", 0, now=now, duration_s=0)
    busy = status_fields(FACTS, "busy", 2, now=now, duration_s=0)
    assert (busy["CallDuration"], busy["SipResponseCode"]) == ("0", "486")
    assert "Duration" not in busy


def test_an_inbound_webhook_carries_the_standard_set_and_whatever_is_added() -> None:
    facts = CallFacts(
        account_sid="AC1",
        call_sid="CA1",
        direction="inbound",
        caller=Party("anonymous"),
        called=BEA,
        extra={"ForwardedFrom": "+1415"},
    )
    form = inbound_fields(facts)
    assert {
        "AccountSid",
        "ApiVersion",
        "CallSid",
        "CallStatus",
        "Direction",
        "From",
        "To",
        "Caller",
        "Called",
    } <= set(form)
    assert (form["CallStatus"], form["From"], form["ForwardedFrom"]) == ("ringing", "anonymous", "+1415")
    assert "StirVerstat" not in form
    assert form["FromCity"] == ""
