from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from rapida.errors import WireError
from rapida.telephony.twilio import webhook
from rapida.telephony.webhooks import Callback

CAPTURES = Path(__file__).parent / "captures"
VECTORS: list[dict[str, Any]] = json.loads((CAPTURES / "signature_vectors.json").read_text())["vectors"]

TOKEN = "12345"
URL = "https://voice.example.com/v1/talk/twilio/call/7"
WSS = "wss://voice.example.com/v1/talk/twilio/ctx/abc"


# Proof ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("vector", VECTORS, ids=[vector["name"] for vector in VECTORS])
def test_a_published_vector_is_proved_or_refused_as_twilio_says(vector: dict[str, Any]) -> None:
    params = vector["params"] if vector["kind"] == "form" else None
    body = vector["body"].encode() if vector["kind"] == "json" else None
    proved = webhook.signed(
        vector["presented_url"],
        params,
        body,
        vector["signature"],
        [vector["token"]],
        algorithm=vector["algorithm"],
    )
    assert proved is vector["twilio_python_validate"]
    if vector["twilio_python_validate"]:
        made = webhook.sign(vector["signed_url"], params, vector["token"], vector["algorithm"])
        assert made == vector["signature"]


def test_any_of_several_tokens_proves_and_an_empty_one_never_does() -> None:
    params = {"CallSid": "CA1"}
    made = webhook.sign(URL, params, "secondary")
    assert webhook.signed(URL, params, None, made, ["primary", "secondary"])
    assert not webhook.signed(URL, params, None, made, ["primary"])
    assert not webhook.signed(URL, params, None, made, [])
    assert not webhook.signed(URL, params, None, webhook.sign(URL, params, ""), [""])


@pytest.mark.parametrize("signature", ["", "=", "ü\ud800", "A" * 5000])
def test_a_signature_of_any_text_is_refused_without_an_error(signature: str) -> None:
    assert not webhook.signed(URL, {"a": "1"}, None, signature, [TOKEN])


def test_every_value_of_a_repeated_field_is_signed_once_in_order() -> None:
    once = webhook.sign(URL, {"e": ["b", "a", "b"]}, TOKEN)
    assert once == webhook.sign(URL + "eaeb", None, TOKEN)
    assert webhook.signed(URL, {"e": ["a", "b"]}, None, once, [TOKEN])


@pytest.mark.parametrize(
    ("written", "presented"),
    [
        ("wss://h.example:443/s", "wss://h.example/s"),
        ("wss://h.example/s", "wss://h.example:443/s"),
        ("https://u:p@h.example/s", "https://u:p@h.example:8443/s"),
        ("https://u:p@h.example:443/s", "https://u:p@h.example/s"),
        ("https://[2001:db8::1]/s", "https://[2001:db8::1]:8443/s"),
        ("https://[2001:db8::1]:443/s", "https://[2001:db8::1]/s"),
        ("http://h.example:80/s?a=1&b=", "http://h.example/s?a=1&b="),
    ],
)
def test_a_url_is_proved_whether_or_not_its_port_was_written(written: str, presented: str) -> None:
    assert webhook.signed(presented, None, None, webhook.sign(written, None, TOKEN), [TOKEN])


@pytest.mark.parametrize(
    ("written", "presented"),
    [
        ("https://h.example:8443/s", "https://h.example/s"),
        ("https://h.example/s/", "https://h.example/s"),
        ("wss://h.example/s", "https://h.example/s"),
        ("https://h.example/s?a=1", "https://h.example/s"),
    ],
)
def test_another_url_is_not_proved(written: str, presented: str) -> None:
    assert not webhook.signed(presented, None, None, webhook.sign(written, None, TOKEN), [TOKEN])


def test_a_body_needs_its_own_hash_in_the_url() -> None:
    body = b'{"a": 1}'
    right = "https://h.example/s?bodySHA256=" + webhook.sha256(body).hexdigest()
    for url, sent in (
        ("https://h.example/s", body),
        (right, b'{"a": 2}'),
        (right + "&bodySHA256=0", body),
        (right.replace("=", "=É"), body),
    ):
        assert not webhook.signed(url, None, sent, webhook.sign(url, None, TOKEN), [TOKEN])
    assert webhook.signed(right, None, body, webhook.sign(right, None, TOKEN), [TOKEN])


@pytest.mark.parametrize(
    ("url", "forms"),
    [
        (
            "wss://h.example/ctx/a",
            (
                "wss://h.example/ctx/a",
                "wss://h.example:443/ctx/a",
                "wss://h.example/ctx/a/",
                "wss://h.example:443/ctx/a/",
            ),
        ),
        (
            "wss://h.example:8443/ctx/a/",
            (
                "wss://h.example:8443/ctx/a/",
                "wss://h.example/ctx/a/",
                "wss://h.example:8443/ctx/a",
                "wss://h.example/ctx/a",
            ),
        ),
    ],
)
def test_a_handshake_is_tried_in_four_forms(url: str, forms: tuple[str, ...]) -> None:
    assert webhook.handshake_forms(url) == forms


def test_a_handshake_is_proved_by_the_form_that_was_signed() -> None:
    forms = webhook.handshake_forms(WSS)
    for form in forms:
        assert webhook.proved_form(forms, webhook.sign(form, None, TOKEN), ["other", TOKEN]) == form
    https = webhook.sign(WSS.replace("wss", "https"), None, TOKEN)
    assert webhook.proved_form(forms, https, [TOKEN]) is None


@pytest.mark.parametrize(
    ("settings", "pinned", "algorithm"),
    [
        (None, "", "HMAC_SHA1"),
        ("", "SK1", "HMAC_SHA1"),
        ("key=SK1,algorithm=HMAC_SHA256", "SK1", "HMAC_SHA256"),
        ("algorithm=HMAC_SHA256, key=SK1", "SK1", "HMAC_SHA256"),
        ("key=SK2,algorithm=HMAC_SHA256", "SK1", None),
        ("key=SK1,algorithm=HMAC_SHA256", "", None),
        ("key=,algorithm=HMAC_SHA256", "", None),
        ("key=SK1,algorithm=HMAC_MD5", "SK1", None),
        ("nonsense", "SK1", None),
    ],
)
def test_a_shared_key_counts_only_if_it_is_the_pinned_one(
    settings: str | None, pinned: str, algorithm: str | None
) -> None:
    assert webhook.algorithm_of(settings, pinned) == algorithm


def test_a_json_objects_plain_values_are_fields() -> None:
    told = webhook.json_fields(b'{"a":"x","b":2,"c":true,"d":null,"e":{"f":1}}')
    assert told == {"a": ["x"], "b": ["2"], "c": ["true"]}
    assert webhook.json_fields(b"") == {}


@pytest.mark.parametrize("raw", [b"{", b"[1]", b"\xff", b"[" * 100_000])
def test_a_body_that_is_no_json_object_is_a_wire_error(raw: bytes) -> None:
    with pytest.raises(WireError):
        webhook.json_fields(raw)


def test_a_form_keeps_empty_and_repeated_fields() -> None:
    assert webhook.form_fields(b"a=1&b=&a=2&c=S%C3%A3o+P") == {"a": ["1", "2"], "b": [""], "c": ["São P"]}


@pytest.mark.parametrize("raw", [b"a=%FF", b"\xff=1", b"&".join([b"a=1"] * 1001)])
def test_a_form_that_twilio_could_not_have_sent_is_a_wire_error(raw: bytes) -> None:
    with pytest.raises(WireError):
        webhook.form_fields(raw)


# Callbacks --------------------------------------------------------------------------------------------------


def test_a_captured_call_callback_is_read() -> None:
    form = json.loads((CAPTURES / "call_status_completed.json").read_text())["form"]
    told = webhook.read_callback(form)
    assert told == Callback(
        kind="call",
        call_id="CA" + "0" * 32,
        account_id="AC" + "0" * 32,
        status="completed",
        reason="",
        dedup_key="call:CA00000000000000000000000000000000:3:completed",
        sequence=3,
        at=datetime(2018, 3, 25, 9, 53, 19, tzinfo=UTC),
        answered_by="human",
        answerer="person",
        duration_s=49,
    )
    assert told.terminal


def test_a_captured_stream_callback_is_read() -> None:
    lines = (CAPTURES / "capture_speech_mark_status.jsonl").read_text().splitlines()
    told = webhook.read_callback(json.loads(lines[-1])["form"])
    assert (told.kind, told.status, told.stream_id) == ("stream", "stream-stopped", "MZ" + "0" * 31 + "2")
    assert told.dedup_key == f"stream:MZ{'0' * 31}2:stream-stopped"
    assert told.at == datetime(2024, 11, 29, 0, 9, 39, 602648, tzinfo=UTC)
    assert not told.terminal


@pytest.mark.parametrize(
    ("fields", "kind", "status", "reason", "terminal"),
    [
        ({"CallStatus": "in-progress"}, "call", "in-progress", "", False),
        ({"CallStatus": "no-answer", "SipResponseCode": "487"}, "call", "no-answer", "SIP 487", True),
        ({"CallStatus": "busy", "SipResponseCode": "486"}, "call", "busy", "SIP 486", True),
        ({"CallStatus": "failed", "ErrorCode": "13224"}, "call", "failed", "13224", True),
        ({"CallStatus": "canceled"}, "call", "canceled", "", True),
        ({"CallStatus": "tomorrow"}, "call", "tomorrow", "", False),
        ({"StreamEvent": "stream-error", "StreamError": "31951"}, "stream", "stream-error", "31951", False),
        ({"AnsweredBy": "machine_end_beep"}, "machine", "machine_end_beep", "", False),
        ({"AnsweredBy": "human", "CallStatus": "completed"}, "call", "completed", "", True),
        ({"RecordingStatus": "completed", "RecordingSid": "RE1"}, "recording", "completed", "", False),
        ({"RecordingSid": "RE1", "CallStatus": "completed"}, "call", "completed", "", True),
    ],
)
def test_a_callback_is_known_by_its_fields(
    fields: dict[str, str], kind: str, status: str, reason: str, terminal: bool
) -> None:
    told = webhook.read_callback({"CallSid": "CA1", **fields})
    assert (told.kind, told.status, told.reason, told.terminal) == (kind, status, reason, terminal)


@pytest.mark.parametrize(
    ("told", "answerer"),
    [
        ("human", "person"),
        ("unknown", ""),
        ("fax", "fax"),
        ("machine_start", "machine"),
        ("machine_end_beep", "machine"),
    ],
)
def test_who_answered_is_told_in_our_words_too(told: str, answerer: str) -> None:
    read = webhook.read_callback({"CallSid": "CA1", "AnsweredBy": told})
    assert (read.status, read.answered_by, read.answerer) == (told, told, answerer)


def test_a_callback_may_come_with_lists_and_odd_numbers() -> None:
    told = webhook.read_callback(
        {"CallSid": ["CA1"], "CallStatus": ["ringing"], "SequenceNumber": ["x"], "Timestamp": ["later"]}
    )
    assert (told.sequence, told.at, told.duration_s) == (None, None, None)


def test_repetitions_share_a_key_and_other_events_do_not() -> None:
    events = [
        {"CallSid": "CA1", "SequenceNumber": "1", "CallStatus": "ringing"},
        {"CallSid": "CA1", "SequenceNumber": "2", "CallStatus": "in-progress"},
        {"CallSid": "CA1", "StreamSid": "MZ1", "StreamEvent": "stream-started"},
        {"CallSid": "CA1", "StreamSid": "MZ1", "StreamEvent": "stream-stopped"},
        {"CallSid": "CA1", "AnsweredBy": "human"},
        {"CallSid": "CA1", "RecordingSid": "RE1", "RecordingStatus": "in-progress"},
    ]
    keys = [webhook.read_callback(event).dedup_key for event in events]
    assert len(set(keys)) == len(events)
    assert keys == [webhook.read_callback(event | {"New": "x"}).dedup_key for event in events]


@pytest.mark.parametrize("fields", [{}, {"CallSid": "CA1"}, {"CallStatus": "ringing"}, {"StreamEvent": "x"}])
def test_what_is_no_callback_is_a_wire_error(fields: dict[str, str]) -> None:
    with pytest.raises(WireError):
        webhook.read_callback(fields)


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2024-11-29T00:09:39.602648368Z", datetime(2024, 11, 29, 0, 9, 39, 602648, tzinfo=UTC)),
        ("2024-11-29T00:09:39.6Z", datetime(2024, 11, 29, 0, 9, 39, 600000, tzinfo=UTC)),
        ("2024-11-29T02:09:39+02:00", datetime(2024, 11, 29, 0, 9, 39, tzinfo=UTC)),
        ("Sun, 25 Mar 2018 09:53:19 +0000", datetime(2018, 3, 25, 9, 53, 19, tzinfo=UTC)),
        ("Sun, 25 Mar 2018 09:53:19 -0100", datetime(2018, 3, 25, 10, 53, 19, tzinfo=UTC)),
        ("", None),
        ("2024-13-40T99:00:00Z", None),
        ("Sun, 99 Mar 2018 09:53:19 +0000", None),
    ],
)
def test_both_formats_of_time_are_read(text: str, at: datetime | None) -> None:
    assert webhook.instant(text) == at
