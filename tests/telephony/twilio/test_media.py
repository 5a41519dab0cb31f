from __future__ import annotations

import base64
import json
import random
from pathlib import Path

import pytest

from rapida.errors import WireError
from rapida.telephony.stream import Codec, StreamStart
from rapida.telephony.twilio.media import MediaStreams
from tests.telephony.listening import Heard

CAPTURES = Path(__file__).parent / "captures"
STREAM, CALL, ACCOUNT = "MZ" + "0" * 31 + "1", "CA" + "0" * 31 + "1", "AC" + "0" * 31 + "1"


def start(**changes: object) -> dict[str, object]:
    body = {
        "accountSid": ACCOUNT,
        "callSid": CALL,
        "streamSid": STREAM,
        "tracks": ["inbound"],
        "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
        "customParameters": {"assistant_id": "7", "client_number": "+15550001"},
    }
    return {"event": "start", "sequenceNumber": "1", "streamSid": STREAM, "start": body | changes}


def media(timestamp: object = "99", payload: bytes = b"\x7f" * 160, **changes: object) -> dict[str, object]:
    body = {
        "track": "inbound",
        "chunk": "1",
        "timestamp": timestamp,
        "payload": base64.b64encode(payload).decode(),
    }
    return {"event": "media", "sequenceNumber": "2", "streamSid": STREAM, "media": body | changes}


def raw(message: object) -> bytes:
    return json.dumps(message).encode()


class Wire:
    """A codec, and what its listener was told."""

    def __init__(self, codec: Codec | None = None, *, started: bool = True) -> None:
        self.codec = codec or MediaStreams()
        self.heard = Heard()
        if started:
            self.brings(start())
            self.heard.told.clear()

    def brings(self, message: object) -> None:
        self.codec.receive(raw(message), self.heard)

    def refuses(self, message: object, close_code: int, saying: str) -> None:
        before = list(self.heard.told)
        with pytest.raises(WireError, match=saying) as refused:
            self.codec.receive(message if isinstance(message, bytes) else raw(message), self.heard)
        assert refused.value.close_code == close_code
        assert self.heard.told == before


# Reading ----------------------------------------------------------------------------------------------------


def test_a_captured_stream_is_read_as_it_came() -> None:
    heard, codec = Heard(), MediaStreams()
    for line in (CAPTURES / "capture_bidirectional_silence.jsonl").read_bytes().splitlines():
        codec.receive(memoryview(line), heard)
    assert [one[0] for one in heard.told] == ["start", "media", "media", "stop"]
    assert heard.told[0][1] == StreamStart(STREAM, CALL, ACCOUNT)
    sounds = [(one[1], len(one[2])) for one in heard.told if one[0] == "media" and isinstance(one[2], bytes)]
    assert sounds == [(155, 160), (1593, 160)]


def test_a_captured_stream_with_marks_is_read_as_it_came() -> None:
    heard, codec = Heard(), MediaStreams()
    for line in (CAPTURES / "capture_speech_mark_status.jsonl").read_bytes().splitlines():
        if "_http" not in json.loads(line):
            codec.receive(line, heard)
    assert [one[0] for one in heard.told] == ["start", "media", "mark", "stop"]
    assert heard.of("mark") == [("171",)]


def test_start_brings_the_parameters_as_text() -> None:
    wire = Wire(started=False)
    wire.brings(start(customParameters={"assistant_id": 7, "on": True, "none": None, "name": "Zoë"}))
    ((told,),) = wire.heard.of("start")
    assert isinstance(told, StreamStart)
    assert told.parameters == {"assistant_id": "7", "on": "true", "none": "null", "name": "Zoë"}


@pytest.mark.parametrize("timestamp", ["99", 99, 99.0])
def test_a_position_may_be_text_or_a_number(timestamp: object) -> None:
    wire = Wire()
    wire.brings(media(timestamp))
    assert wire.heard.of("media") == [(99, b"\x7f" * 160)]


@pytest.mark.parametrize("length", [1, 3, 80, 160, 4000])
def test_sound_of_any_length_is_passed_on_and_empty_sound_is_not(length: int) -> None:
    wire = Wire()
    wire.brings(media(payload=b"\x01" * length))
    wire.brings(media(payload=b""))
    assert wire.heard.of("media") == [(99, b"\x01" * length)]


def test_the_order_of_the_keys_does_not_matter() -> None:
    wire = Wire(started=False)
    for message in (start(), media()):
        wire.brings(dict(reversed(message.items())))
    assert [one[0] for one in wire.heard.told] == ["start", "media"]


def test_the_agents_own_track_is_not_the_callers_sound() -> None:
    wire = Wire()
    wire.brings(media(track="outbound"))
    assert wire.heard.told == []


def test_unknown_events_and_fields_are_ignored() -> None:
    wire = Wire(started=False)
    wire.brings({"event": "connected", "protocol": "Call", "version": "9.9.9", "new": [1]})
    wire.brings({"event": "weather", "media": 7})
    wire.brings(start(region="us1"))
    wire.brings({"event": "weather"})
    assert [one[0] for one in wire.heard.told] == ["start"]


@pytest.mark.parametrize("missing", ["mediaFormat", "customParameters", "tracks", "streamSid"])
def test_a_start_without_an_optional_field_is_accepted(missing: str) -> None:
    message = start()
    body = message["start"]
    assert isinstance(body, dict)
    del body[missing]
    wire = Wire(started=False)
    wire.brings(message)
    assert isinstance(wire.heard.told[0][1], StreamStart)


def test_a_key_is_passed_on() -> None:
    wire = Wire()
    for digit in "0159*#A":
        wire.brings(
            {"event": "dtmf", "streamSid": STREAM, "dtmf": {"track": "inbound_track", "digit": digit}}
        )
    assert wire.heard.of("digit") == [(digit,) for digit in "0159*#A"]


def test_a_digit_may_be_a_number() -> None:
    wire = Wire()
    wire.brings({"event": "dtmf", "streamSid": STREAM, "dtmf": {"digit": 5}})
    assert wire.heard.of("digit") == [("5",)]


def test_stop_is_said_once_and_nothing_after_it() -> None:
    wire = Wire()
    for message in ({"event": "stop", "streamSid": STREAM}, {"event": "stop", "streamSid": STREAM}, media()):
        wire.brings(message)
    assert wire.heard.told == [("stop",)]


# Refusing ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("event", ["media", "dtmf", "mark", "stop"])
def test_nothing_may_come_before_start(event: str) -> None:
    messages: dict[str, dict[str, object]] = {
        "media": media(),
        "dtmf": {"event": "dtmf", "streamSid": STREAM, "dtmf": {"digit": "1"}},
        "mark": {"event": "mark", "mark": {"name": "1"}},
        "stop": {"event": "stop", "streamSid": STREAM},
    }
    Wire(started=False).refuses(messages[event], 1008, f"a {event} message before start")


@pytest.mark.parametrize(
    ("changes", "saying"),
    [
        ({"callSid": "CAother"}, "another call"),
        ({"accountSid": "ACother"}, "another call"),
        ({"streamSid": "MZother"}, "without one streamSid"),
        ({"callSid": None}, "callSid"),
        ({"mediaFormat": {"encoding": "audio/opus", "sampleRate": 8000, "channels": 1}}, "audio/opus"),
        ({"mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 16000}}, "16000 Hz"),
        ({"mediaFormat": {"channels": "2"}}, r"2 channel\(s\)"),
    ],
)
def test_a_start_of_another_call_or_format_is_refused(changes: dict[str, object], saying: str) -> None:
    Wire(MediaStreams(CALL, ACCOUNT), started=False).refuses(start(**changes), 1008, saying)


def test_a_start_of_the_expected_call_is_accepted_once() -> None:
    wire = Wire(MediaStreams(CALL, ACCOUNT))
    wire.refuses(start(), 1008, "a second start")


def test_a_message_of_another_stream_is_refused() -> None:
    Wire().refuses(media() | {"streamSid": "MZother"}, 1008, "another stream")


@pytest.mark.parametrize(
    ("message", "close_code"),
    [
        (b"", 1003),
        (b"hello", 1003),
        (b'{"event":"media"', 1003),
        (b"\xff\xfe", 1003),
        (b'{"event":"mark","mark":{"name":"\xff"}}', 1003),
        (b'{"event":"media","x":' + b"[" * 30_000 + b"]" * 30_000 + b"}", 1003),
        (b" " * (64 * 1024 + 1), 1009),
        (b"[]", 1008),
        (b"{}", 1008),
        (b'{"event":1}', 1008),
        (raw(media(-1)), 1008),
        (raw(media("9" * 400)), 1008),
        (raw(media() | {"media": {"timestamp": "99", "payload": "no base64!"}}), 1008),
        (b'{"event":"dtmf","dtmf":{"digit":"12"}}', 1008),
        (b'{"event":"dtmf","dtmf":{"digit":""}}', 1008),
    ],
)
def test_a_broken_message_is_refused_with_the_code_its_socket_is_closed_with(
    message: bytes, close_code: int
) -> None:
    Wire().refuses(message, close_code, ".")


def test_a_message_of_exactly_the_limit_is_read() -> None:
    wire = Wire()
    message = raw(media())
    wire.codec.receive(message + b" " * (64 * 1024 - len(message)), wire.heard)
    assert len(wire.heard.told) == 1


def test_what_the_listener_raises_is_not_the_wires_fault() -> None:
    class Broken(Heard):
        def on_media(self, position_ms: int, ulaw: bytes) -> None:
            raise ValueError("a bug")

    codec = MediaStreams()
    codec.receive(raw(start()), Broken())
    with pytest.raises(ValueError, match="a bug"):
        codec.receive(raw(media()), Broken())


# Sending ----------------------------------------------------------------------------------------------------


def test_what_is_sent_has_exactly_the_documented_fields() -> None:
    codec = Wire().codec
    assert json.loads(codec.media(b"\x00\x01\xff")) == {
        "event": "media",
        "streamSid": STREAM,
        "media": {"payload": "AAH/"},
    }
    assert json.loads(codec.mark('a"b\\ü')) == {
        "event": "mark",
        "streamSid": STREAM,
        "mark": {"name": 'a"b\\ü'},
    }
    assert json.loads(codec.clear()) == {"event": "clear", "streamSid": STREAM}


def test_a_stream_sid_is_escaped_where_it_is_sent() -> None:
    wire = Wire(started=False)
    wire.brings(start(streamSid='M"Z') | {"streamSid": 'M"Z'})
    assert [json.loads(sent)["streamSid"] for sent in (wire.codec.clear(), wire.codec.media(b"a"))] == [
        'M"Z',
        'M"Z',
    ]


@pytest.mark.parametrize("order", ["media", "mark", "clear"])
def test_speaking_to_a_stream_that_has_not_started_is_a_bug(order: str) -> None:
    codec = MediaStreams()
    orders = {"media": lambda: codec.media(b"a"), "mark": lambda: codec.mark("a"), "clear": codec.clear}
    with pytest.raises(RuntimeError, match="before its start"):
        orders[order]()


# Fuzz -------------------------------------------------------------------------------------------------------

SCRAPS = (
    b'"',
    b"{",
    b"}",
    b"[" * 5000,
    b"\\",
    b"\\ud800",
    b"\x00",
    b"\xff\xc0",
    b"null",
    b"-1",
    b"1e999",
    b'"event":"media",',
    b'"event":"start",',
    b"true",
    b"=" * 3,
    b"9" * 40,
    b',"streamSid":"MZ"',
    b":",
)


def mutated(dice: random.Random, seeds: list[bytes]) -> bytes:
    text = bytearray(dice.choice(seeds))
    for _ in range(dice.randrange(1, 5)):
        at = dice.randrange(len(text) + 1)
        match dice.randrange(5):
            case 0 if text:
                text[at % len(text)] = dice.randrange(256)
            case 1:
                del text[at : at + dice.randrange(1, 30)]
            case 2:
                text[at:at] = dice.choice(SCRAPS)
            case 3:
                other = dice.choice(seeds)
                text[at:] = other[dice.randrange(len(other)) :]
            case _:
                text[at : at + dice.randrange(1, 12)] = dice.choice(SCRAPS)
    return bytes(text)


def test_a_hundred_thousand_mutated_messages_raise_nothing_but_wire_errors() -> None:
    dice = random.Random(20)
    seeds = [
        raw(message)
        for message in (
            start(),
            media(),
            {"event": "connected", "protocol": "Call", "version": "1.0.0"},
            {"event": "dtmf", "streamSid": STREAM, "dtmf": {"track": "inbound_track", "digit": "5"}},
            {"event": "mark", "sequenceNumber": "4", "streamSid": STREAM, "mark": {"name": "m1"}},
            {"event": "stop", "streamSid": STREAM, "stop": {"accountSid": ACCOUNT, "callSid": CALL}},
        )
    ]
    refused = accepted = 0
    wire = Wire()
    for number in range(100_000):
        if number % 50 == 0:
            wire = Wire(started=number % 100 == 0)
        try:
            wire.codec.receive(mutated(dice, seeds), wire.heard)
            accepted += 1
        except WireError as broken:
            assert broken.close_code in (1003, 1008, 1009)
            refused += 1
    # Mutations that all fail, or all pass, would test one half of the codec only.
    assert refused > 50_000
    assert accepted > 5_000
