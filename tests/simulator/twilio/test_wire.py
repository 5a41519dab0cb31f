"""Messages against the captures, and the strictness of Twilio's reading."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from rapida.simulator.twilio.faults import LineFault
from rapida.simulator.twilio.wire import Clear, Mark, Media, StreamFacts, Writer, read

HERE = Path(__file__).parent
SID = "MZ00000000000000000000000000000001"
FACTS = StreamFacts("AC" + "0" * 31 + "1", "CA" + "0" * 31 + "1", SID)


def captured(event: str) -> list[dict[str, Any]]:
    lines = [
        json.loads(line)
        for name in ("capture_bidirectional_silence.jsonl", "capture_speech_mark_status.jsonl")
        for line in (HERE / name).read_text().splitlines()
    ]
    found = [line for line in lines if line.get("event") == event]
    assert found
    return found


def shape(value: Any) -> Any:
    """A message's fields and their types, without its values."""
    if isinstance(value, dict):
        return {key: shape(inner) for key, inner in value.items()}
    return [shape(value[0])] if isinstance(value, list) else type(value).__name__


def test_connected_and_start_are_the_captured_messages() -> None:
    writer = Writer(FACTS)
    assert json.loads(writer.connected()) == captured("connected")[0]
    assert json.loads(writer.start()) == captured("start")[0]


def test_the_first_media_message_is_the_captured_one() -> None:
    real = captured("media")[0]
    writer = Writer(FACTS)
    writer.start()
    assert json.loads(writer.media(155, base64.b64decode(real["media"]["payload"]))) == real


@pytest.mark.parametrize("event", ["media", "mark", "stop"])
def test_every_message_has_the_captured_fields_and_types(event: str) -> None:
    writer = Writer(FACTS)
    ours = {"media": writer.media(171, b"\xff" * 160), "mark": writer.mark("171"), "stop": writer.stop()}
    for real in captured(event):
        assert shape(json.loads(ours[event])) == shape(real)


def test_numbers_run_through_all_messages_and_chunks_through_media_only() -> None:
    writer = Writer(FACTS)
    messages = [
        writer.start(),
        writer.media(102, b""),
        writer.mark("a"),
        writer.dtmf("5"),
        writer.media(122, b""),
    ]
    messages.append(writer.stop())
    read_back = [json.loads(message) for message in messages]
    assert [message["sequenceNumber"] for message in read_back] == ["1", "2", "3", "4", "5", "6"]
    assert [message["media"]["chunk"] for message in read_back if message["event"] == "media"] == ["1", "2"]


def test_digits_come_on_the_inbound_track() -> None:
    assert json.loads(Writer(FACTS).dtmf("#"))["dtmf"] == {"track": "inbound_track", "digit": "#"}


def test_parameters_arrive_as_strings() -> None:
    facts = StreamFacts("AC1", "CA1", SID, {"assistant_id": "7", "client_number": "+1415"})
    start = json.loads(Writer(facts).start())["start"]
    assert start["customParameters"] == {"assistant_id": "7", "client_number": "+1415"}


def message(**fields: Any) -> str:
    return json.dumps(fields)


def test_the_three_orders_are_read() -> None:
    payload = base64.b64encode(b"\x01\x02").decode()
    assert read(message(event="media", streamSid=SID, media={"payload": payload}), SID) == Media(b"\x01\x02")
    assert read(message(event="mark", streamSid=SID, mark={"name": "a"}), SID) == Mark("a")
    assert read(message(event="clear", streamSid=SID), SID) == Clear()


BROKEN = {
    "no JSON": '{"event"',
    "a list": "[]",
    "a number": "1",
    "no event": message(streamSid=SID),
    "unknown event": message(event="dtmf", streamSid=SID),
    "event is a list": message(event=["media"], streamSid=SID),
    "no stream": message(event="clear"),
    "another stream": message(event="clear", streamSid="MZ2"),
    "extra field": message(event="clear", streamSid=SID, sequenceNumber="1"),
    "extra inner field": message(event="media", streamSid=SID, media={"payload": "", "track": "outbound"}),
    "no payload": message(event="media", streamSid=SID, media={}),
    "payload a number": message(event="media", streamSid=SID, media={"payload": 7}),
    "payload not base64": message(event="media", streamSid=SID, media={"payload": "@@"}),
    "media not an object": message(event="media", streamSid=SID, media="AAAA"),
    "mark without name": message(event="mark", streamSid=SID, mark={}),
    "mark with an empty name": message(event="mark", streamSid=SID, mark={"name": ""}),
}


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN.keys())
def test_whatever_breaks_the_protocol_is_31951(broken: str) -> None:
    with pytest.raises(LineFault) as raised:
        read(broken, SID)
    assert raised.value.code == 31951


def test_a_binary_frame_is_31950() -> None:
    with pytest.raises(LineFault) as raised:
        read(b"\xff" * 160, SID)
    assert raised.value.code == 31950
