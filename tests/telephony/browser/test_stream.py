"""The browser's stream: what it says, what it is told, and what breaks it."""

from __future__ import annotations

import json
from base64 import b64encode
from typing import Any

import pytest

from rapida.errors import WireError
from rapida.telephony.browser.stream import MOST_CHARACTERS, MOST_FRAMES, BrowserStream
from tests.telephony.listening import Heard

FRAME = b"\x7f" * 160
START = {"event": "start"}


def text(**told: Any) -> bytes:
    return json.dumps(told).encode()


@pytest.fixture
def heard() -> Heard:
    return Heard()


def begun(heard: Heard, *, sound: bool = True) -> BrowserStream:
    stream = BrowserStream("context", sound=sound)
    stream.receive(text(**START), heard)
    return stream


def test_sound_lies_where_the_sound_before_it_ends(heard: Heard) -> None:
    stream = begun(heard)
    stream.receive_sound(FRAME, heard)
    stream.receive_sound(3 * FRAME, heard)
    stream.receive(text(event="media", media={"payload": b64encode(FRAME).decode()}), heard)
    assert heard.of("media") == [(0, FRAME), (20, 3 * FRAME), (80, FRAME)]


def test_keys_lines_marks_and_the_end_are_told_in_the_phones_shape(heard: Heard) -> None:
    stream = begun(heard)
    stream.receive(text(event="dtmf", dtmf={"digit": "5"}), heard)
    stream.receive(text(event="say", say={"text": " When are\nyou open? "}), heard)
    stream.receive(text(event="mark", mark={"name": "m1"}), heard)
    stream.receive(text(event="stop"), heard)
    assert [one[0] for one in heard.told] == ["start", "digit", "text", "mark", "stop"]
    assert heard.of("digit") == [("5",)]
    assert heard.of("text") == [("When are you open?",)]
    assert heard.of("mark") == [("m1",)]


def test_an_empty_line_says_nothing(heard: Heard) -> None:
    begun(heard).receive(text(event="say", say={"text": " \n"}), heard)
    assert heard.of("text") == []


def test_nothing_is_heard_behind_the_stop(heard: Heard) -> None:
    stream = begun(heard)
    stream.receive(text(event="stop"), heard)
    stream.receive_sound(FRAME, heard)
    stream.receive(text(event="say", say={"text": "Wait!"}), heard)
    assert [one[0] for one in heard.told] == ["start", "stop"]


def test_orders_are_in_the_phones_shape_and_sound_is_sound() -> None:
    stream = BrowserStream("context")
    assert stream.media(FRAME) is FRAME
    assert json.loads(stream.mark('a "mark"')) == {"event": "mark", "mark": {"name": 'a "mark"'}}
    assert json.loads(stream.clear()) == {"event": "clear"}


@pytest.mark.parametrize("size", [0, 1, 159, 161, 160 * (MOST_FRAMES + 1)])
def test_sound_that_is_no_whole_number_of_frames_breaks_the_stream(heard: Heard, size: int) -> None:
    with pytest.raises(WireError, match="frames of 160 bytes"):
        begun(heard).receive_sound(b"\xff" * size, heard)


@pytest.mark.parametrize(
    "message",
    [
        b"[]",
        b'{"event":"party"}',
        text(event="dtmf", dtmf={"digit": "E"}),
        text(event="dtmf", dtmf={}),
        text(event="say", say={"text": "x" * (MOST_CHARACTERS + 1)}),
        text(event="media", media={"payload": "?"}),
        text(**START),
    ],
)
def test_a_message_that_is_none_of_a_browsers_breaks_the_stream(heard: Heard, message: bytes) -> None:
    with pytest.raises(WireError) as broken:
        begun(heard).receive(message, heard)
    assert broken.value.close_code == 1008


@pytest.mark.parametrize("message", [b"{", b"\xff", b"{" * 100_000])
def test_what_is_no_json_is_unsupported(heard: Heard, message: bytes) -> None:
    with pytest.raises(WireError) as broken:
        begun(heard).receive(message, heard)
    assert broken.value.close_code == 1003


def test_nothing_comes_before_the_start(heard: Heard) -> None:
    stream = BrowserStream("context")
    with pytest.raises(WireError, match="begins with its start"):
        stream.receive_sound(FRAME, heard)
    with pytest.raises(WireError, match="begins with its start"):
        stream.receive(text(event="stop"), heard)


def test_a_conversation_in_writing_takes_no_sound(heard: Heard) -> None:
    with pytest.raises(WireError, match="in writing"):
        begun(heard, sound=False).receive_sound(FRAME, heard)
