from __future__ import annotations

import base64
import json

import pytest

from rapida.errors import WireError
from rapida.telephony.loopback.stream import LoopbackStream
from rapida.telephony.stream import Codec, StreamStart
from tests.telephony.listening import Heard

START = {"start": {"account": "home", "call": "call-1", "stream": "s1", "parameters": {"assistant_id": "7"}}}


def heard(*messages: object, codec: Codec | None = None) -> list[tuple[object, ...]]:
    listener, codec = Heard(), codec or LoopbackStream("call-1", "home")
    for message in messages:
        codec.receive(json.dumps(message).encode(), listener)
    return listener.told


def test_a_stream_is_heard_from_its_start_to_its_stop() -> None:
    sound = {"ulaw": base64.b64encode(b"\x01\x02").decode(), "at_ms": 120}
    assert heard(START, {"sound": sound}, {"key": "5"}, {"played": "m1"}, {"stop": True}) == [
        ("start", StreamStart("s1", "call-1", "home", parameters={"assistant_id": "7"})),
        ("media", 120, b"\x01\x02"),
        ("digit", "5"),
        ("mark", "m1"),
        ("stop",),
    ]


@pytest.mark.parametrize("message", [{"key": 5}, ["stop"], "stop", {"sound": {"ulaw": "?", "at_ms": 1}}])
def test_what_is_no_message_breaks_the_protocol(message: object) -> None:
    with pytest.raises(WireError):
        heard(START, message)


def test_nothing_comes_before_the_start() -> None:
    with pytest.raises(WireError, match="begins with its start"):
        heard({"key": "5"})


@pytest.mark.parametrize(("call", "account"), [("call-2", "home"), ("call-1", "away")])
def test_the_stream_of_another_call_is_refused(call: str, account: str) -> None:
    with pytest.raises(WireError, match="another call"):
        heard(START, codec=LoopbackStream(call, account))


def test_orders_are_json_of_one_key() -> None:
    codec = LoopbackStream()
    assert json.loads(codec.media(b"\xff\x00")) == {"play": base64.b64encode(b"\xff\x00").decode()}
    assert json.loads(codec.mark('a "b"')) == {"mark": 'a "b"'}
    assert json.loads(codec.clear()) == {"clear": True}
