"""One stream on a clock turned by hand: the frames' clock, marks, clear, the caller, and the chaos on it."""

from __future__ import annotations

import base64
import json
from itertools import pairwise
from typing import Any

import pytest

from rapida.simulator.twilio import sounds
from rapida.simulator.twilio.caller import Cue
from rapida.simulator.twilio.chaos import MALFORMED, Chaos
from rapida.simulator.twilio.script import AfterAgent, At, Wait
from rapida.simulator.twilio.stream import Stream
from rapida.simulator.twilio.wire import StreamFacts

SID = "MZ1"
FACTS = StreamFacts("AC1", "CA1", SID)
SPEECH = sounds.noise(400, dbfs=-20, seed=1)


def media(ulaw: bytes) -> str:
    payload = base64.b64encode(ulaw).decode()
    return json.dumps({"event": "media", "streamSid": SID, "media": {"payload": payload}})


def mark(name: str) -> str:
    return json.dumps({"event": "mark", "streamSid": SID, "mark": {"name": name}})


CLEAR = json.dumps({"event": "clear", "streamSid": SID})


def run(stream: Stream, until_s: float, from_s: float = 0.0) -> list[tuple[float, Any]]:
    """Tick at every deadline, as the socket does; returns (time, message)."""
    sent: list[tuple[float, Any]] = []
    while stream.deadline_s <= until_s and not stream.put_down:
        now_s = max(stream.deadline_s, from_s)
        sent += [(now_s, decode(message)) for message in stream.tick(now_s)]
    return sent


def decode(message: str | bytes) -> Any:
    try:
        return json.loads(message)
    except ValueError:
        return message


def of(sent: list[tuple[float, Any]], event: str) -> list[tuple[float, Any]]:
    return [
        (at_s, message) for at_s, message in sent if isinstance(message, dict) and message["event"] == event
    ]


def test_frames_stand_on_an_absolute_clock_from_about_100_ms() -> None:
    sent = of(run(Stream(FACTS), 60.0), "media")
    timestamps = [int(message["media"]["timestamp"]) for _, message in sent]
    assert timestamps == [102 + 20 * frame for frame in range(len(timestamps))]
    assert [at_s for at_s, _ in sent] == [timestamp / 1000 for timestamp in timestamps]
    assert len(sent) == 2995
    assert {len(base64.b64decode(message["media"]["payload"])) for _, message in sent} == {160}


def test_a_late_tick_catches_up_and_nothing_drifts() -> None:
    stream = Stream(FACTS)
    stream.tick(0.102)
    burst = [decode(message) for message in stream.tick(1.0)]
    assert [message["media"]["timestamp"] for message in burst] == [str(102 + 20 * k) for k in range(1, 45)]
    assert stream.deadline_s == pytest.approx(1.002)


def test_a_phone_that_stood_still_does_not_take_that_for_the_agents_silence() -> None:
    stream = Stream(FACTS, [Cue(AfterAgent(300), "hang up", hang_up=True)])
    stream.receive(media(SPEECH), 0.0)
    run(stream, 0.5)
    stream.tick(1.5)
    assert not stream.put_down
    stream.receive(media(SPEECH), 1.51)
    run(stream, 2.1, from_s=1.51)
    assert not stream.put_down
    run(stream, 2.3, from_s=2.1)
    assert stream.put_down
    assert stream.report(2.3).heard.sound == SPEECH * 2


def test_silence_is_sent_when_the_caller_says_nothing() -> None:
    (_, first), *_ = of(run(Stream(FACTS), 0.2), "media")
    assert base64.b64decode(first["media"]["payload"]) == b"\xff" * 160


def test_the_callers_words_go_out_whole_and_in_place() -> None:
    stream = Stream(FACTS, [Cue(At(0.5), "hello", SPEECH)])
    run(stream, 2.0)
    report = stream.report(2.0)
    # 0.502 is the first frame that is not before 0.5.
    begins = round((0.502 - report.spoken_from_s) * 8000)
    assert report.spoken[begins : begins + len(SPEECH)] == SPEECH
    assert report.said[0].starts_s == pytest.approx(0.502)


def test_a_mark_returns_at_the_moment_its_sound_ends_between_two_frames() -> None:
    stream = Stream(FACTS)
    run(stream, 1.0)
    assert stream.receive(media(b"\x22" * 400), 1.005) == []
    assert stream.receive(mark("end"), 1.005) == []
    returned = of(run(stream, 2.0, from_s=1.005), "mark")
    assert [(at_s, message["mark"]["name"]) for at_s, message in returned] == [(pytest.approx(1.055), "end")]


def test_a_mark_on_an_empty_buffer_and_those_of_a_clear_return_at_once() -> None:
    stream = Stream(FACTS)
    assert [decode(answer)["mark"]["name"] for answer in stream.receive(mark("a"), 0.5)] == ["a"]
    stream.receive(media(b"\x22" * 8000), 0.5)
    stream.receive(mark("b"), 0.5)
    stream.receive(mark("c"), 0.6)
    assert [decode(answer)["mark"]["name"] for answer in stream.receive(CLEAR, 0.7)] == ["b", "c"]
    report = stream.report(2.0)
    assert report.heard.sound == b"\x22" * 1600
    assert report.messages == (1, 3, 1)


def test_the_caller_answers_when_the_agent_has_been_heard() -> None:
    stream = Stream(
        FACTS, [Cue(AfterAgent(300), "press 5", keys="5"), Cue(Wait(0.1), "hang up", hang_up=True)]
    )
    stream.receive(media(SPEECH), 0.0)
    sent = run(stream, 5.0)
    ((digit_at_s, digit),) = of(sent, "dtmf")
    assert digit["dtmf"] == {"track": "inbound_track", "digit": "5"}
    assert 0.7 <= digit_at_s < 0.74
    assert stream.put_down
    assert stream.report(5.0).unfinished == ""


def test_every_breach_of_the_protocol_is_kept_as_a_warning_and_otherwise_ignored() -> None:
    stream = Stream(FACTS)
    stream.receive(b"\x00\x01", 0.5)
    stream.receive('{"event":"media","streamSid":"MZ1","media":{"payload":""},"sequenceNumber":"1"}', 0.6)
    stream.receive('{"event":"clear","streamSid":"MZ2"}', 0.7)
    faults = stream.report(1.0).faults
    assert [(fault.code, fault.at_s, fault.warning) for fault in faults] == [
        (31950, 0.5, True),
        (31951, 0.6, True),
        (31951, 0.7, True),
    ]
    assert stream.report(1.0).messages == (0, 0, 0)


def test_more_than_ten_minutes_of_sound_are_warned_of() -> None:
    stream = Stream(FACTS)
    for _ in range(61):
        stream.receive(media(b"\x22" * 80_000), 1.0)
    assert [fault.code for fault in stream.faults] == [31931]


def test_a_stall_holds_frames_back_and_lets_them_go_in_a_burst_with_their_timeline_whole() -> None:
    stream = Stream(FACTS, chaos=Chaos(stall_ms=233, stall_every_s=1.0))
    sent = of(run(stream, 2.5), "media")
    timestamps = [int(message["media"]["timestamp"]) for _, message in sent]
    assert timestamps == [102 + 20 * frame for frame in range(len(timestamps))]
    gaps = [after - before for (before, _), (after, _) in pairwise(sent)]
    assert sum(gap > 0.2 for gap in gaps) == 2
    assert sum(gap == 0 for gap in gaps) >= 20


@pytest.mark.parametrize("name", MALFORMED)
def test_each_malformed_message_is_sent_once_after_the_first_second(name: str) -> None:
    stream = Stream(FACTS, chaos=Chaos(malformed=(name,)))
    expected = decode(MALFORMED[name](FACTS))
    sent = run(stream, 3.0)
    assert [at_s for at_s, message in sent if message == expected] == [pytest.approx(1.002)]


def test_a_late_tick_sends_every_malformed_message_that_is_due() -> None:
    stream = Stream(FACTS, chaos=Chaos(malformed=tuple(MALFORMED)))
    run(stream, 0.9)
    sent = [decode(message) for message in stream.tick(1.0 + 0.2 * len(MALFORMED))]
    expected = [decode(message(FACTS)) for message in MALFORMED.values()]
    assert [message for message in sent if message in expected] == expected


def test_what_is_noted_reads_as_a_story() -> None:
    told: list[str] = []
    stream = Stream(FACTS, [Cue(AfterAgent(300), "press 5", keys="5")], note=told.append)
    stream.receive(media(SPEECH), 0.0)
    run(stream, 2.0)
    stream.receive(CLEAR, 2.0)
    assert told == ["the agent speaks", "caller: press 5", "the agent's sound was cleared"]
