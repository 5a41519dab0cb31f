"""What ends a line is its protocol's to say: every other character belongs to the text."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rapida.providers.line_streams import DONE, JsonEvents, Lines, join_halves

ODD = "a\u2028b\u2029c\u0085d\x0be\x0cf\x1cg\x1dh\x1ei\ufeffj"
"""Everything at which some language ends a line, or that it passes over."""


def events_of(*pieces: bytes) -> list[Any]:
    events = JsonEvents()
    return [*(value for piece in pieces for value in events.feed(piece)), *events.finish()]


def one_by_one(stream: bytes) -> list[bytes]:
    return [stream[at : at + 1] for at in range(len(stream))]


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_an_event_ends_where_its_standard_says_and_nowhere_else(end: bytes) -> None:
    stream = b"".join(
        b"data: " + json.dumps({"text": text}, ensure_ascii=False).encode() + end * 2
        for text in (ODD, "next")
    )
    assert events_of(stream) == [{"text": ODD}, {"text": "next"}]
    assert events_of(*one_by_one(stream)) == [{"text": ODD}, {"text": "next"}]


@given(st.text(), st.lists(st.integers(1, 9), max_size=40))
def test_any_text_in_a_value_survives_any_cut(text: str, sizes: list[int]) -> None:
    try:
        stream = b"data: " + json.dumps([text], ensure_ascii=False).encode() + b"\r\n\r\ndata:[DONE]\n\n"
    except UnicodeEncodeError:
        return  # half a character cannot be written
    pieces: list[bytes] = []
    for size in sizes:
        pieces, stream = [*pieces, stream[:size]], stream[size:]
    assert events_of(*pieces, stream) == [[text], DONE]


@pytest.mark.parametrize(
    ("stream", "values"),
    [
        (b"\xef\xbb\xbfdata: 1\n\n", [1]),
        (b": a comment\n\ndata: 1\n\n:\n\n", [1]),
        (b"event: message\nid: 7\nretry: 10\ndata: 1\n\n", [1]),
        (b"data:1\n\ndata:  2\n\n", [1, 2]),
        (b"data: 1", [1]),
        (b"data: 1\ndata: 2\n\n", [1, 2]),
        (b'data: {"a":\ndata: 1}\n\n', [{"a": 1}]),
        (b"data: null\n\ndata:\n\ndata\n\n", [None]),
        (b'error: {"code": 500}\n\ndata: 1\n\n', [{"error": {"code": 500}}, 1]),
        (b'event: error\ndata: "no"\n\n', [{"error": "no"}]),
        (b'event: error\ndata: {"error": "no"}\n\n', [{"error": "no"}]),
        (b'{"whole": [\n1,\n2]}\n', [{"whole": [1, 2]}]),
        (b'data: 1\n\n{"error": "no"}\n', [1, {"error": "no"}]),
        (b"data: [DONE]\n\n", [DONE]),
        (b"", []),
    ],
)
def test_what_servers_send_around_their_values_is_understood(stream: bytes, values: list[Any]) -> None:
    assert events_of(stream) == values
    assert events_of(*one_by_one(stream)) == values


@pytest.mark.parametrize(
    "stream", [b"data: {\n\n", b"data: nonsense\n\n", b"data: {", b"data: " + b"[" * 9999 + b"\n\n"]
)
def test_what_is_no_json_is_said_so(stream: bytes) -> None:
    with pytest.raises(ValueError, match="JSON"):
        events_of(stream)


def test_a_value_does_not_wait_for_the_blank_line_behind_it() -> None:
    assert JsonEvents().feed(b"data: 1\n") == [1]


def test_a_json_value_per_line_holds_what_is_no_line_feed() -> None:
    lines = Lines()
    wanted = json.dumps(ODD + "\r", ensure_ascii=False).encode()
    assert lines.feed(wanted + b"\r\n" + wanted[:5]) == [wanted + b"\r"]
    assert lines.feed(wanted[5:] + b"\n") == [wanted]
    assert lines.feed(b"rest\r") == []
    assert (lines.finish(), lines.finish()) == (b"rest", b"")


def test_a_line_without_an_end_is_not_kept_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rapida.providers.line_streams.LONGEST_BYTES", 100)
    lines = Lines()
    with pytest.raises(ValueError, match="too long"):
        for _ in range(11):
            lines.feed(b"x" * 10)


def test_halves_of_a_character_are_joined_and_a_lone_one_is_dropped() -> None:
    assert join_halves("a\ud83d\ude00b\ud83dc\ude00") == "a\U0001f600bc"
