"""Timelines drawn from journals: places on the recording's axis, what was heard, and what became of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from rapida.call import commands as c
from rapida.call import events as e
from rapida.call.happenings import CarrierReported
from rapida.telemetry.journal import Entry, Reading, read
from rapida.timeline.draw import CallFacts, draw
from rapida.timeline.shapes import Hold, Mute, ReplyTimes, SpokenLine, Timeline

JOURNALS = Path(__file__).parents[1] / "journals"
STAGES = c.Stages(200_000, 0, 500_000, 100_000, 0, 50_000, 10_000, 40_000, 900_000, saved_us=30_000)


def journal(name: str) -> Reading:
    return read(JOURNALS / f"{name}.jsonl")


def drawn(*entries: Entry, facts: CallFacts | None = None) -> Timeline:
    """Of a call whose caller sound began 100 ms before its zero."""
    begins: tuple[Entry, ...] = ((0, e.SoundStarted(100)),)
    return draw(replace(journal("barge-in"), entries=(*begins, *entries)), facts or CallFacts())


def agent_line(timeline: Timeline, containing: str) -> SpokenLine:
    (found,) = (line for line in timeline.lines if line.speaker == "agent" and containing in line.text)
    return found


def says(utterance_id: int, text: str, duration_ms: int, segment_id: int = 90) -> tuple[Entry, ...]:
    return (
        (0, c.StartSynthesis(segment_id, utterance_id, text)),
        (0, e.SynthesisEnded(segment_id, duration_ms)),
    )


def test_a_line_that_was_cut_ends_where_it_was_taken_back_and_shows_which_words_were_heard() -> None:
    line = agent_line(draw(journal("barge-in"), CallFacts()), "very long")
    assert (line.start_ms, line.end_ms, line.cut) == (2340, 3380, True)
    assert line.heard == "This is a very long answer that goes on and on"
    assert [word.text for word in line.words if word.heard] == line.heard.split()
    heard = [word for word in line.words if word.heard]
    assert (heard[0].start_ms, heard[0].end_ms) == (2340, 2440)
    assert all(word.end_ms is not None and word.end_ms <= 3380 for word in heard)
    assert {word.start_ms for word in line.words if not word.heard} == {None, 3280}


def test_a_hold_says_who_ended_it_and_how() -> None:
    barge_in = draw(journal("barge-in"), CallFacts())
    assert barge_in.holds == (Hold(3080, 3980, "barge_in", "", 4),)
    backchannel = draw(journal("backchannel"), CallFacts())
    assert backchannel.holds == (Hold(3080, 3980, "false_barge_in", "", 4, repeated_ms=100),)


def test_a_line_that_went_on_after_a_hold_has_a_hole_in_its_sound() -> None:
    line = agent_line(draw(journal("backchannel"), CallFacts()), "very long")
    assert [(span.start_ms, span.end_ms) for span in line.sound] == [(2340, 3380), (3980, 6100)]
    assert all(word.heard for word in line.words)


def test_a_callers_line_lies_where_its_sound_was_and_a_backchannel_is_one_too() -> None:
    timeline = draw(journal("backchannel"), CallFacts())
    caller = [line for line in timeline.lines if line.speaker == "caller"]
    assert [(line.text, line.kind, line.start_ms, line.end_ms) for line in caller] == [
        ("tell me", "said", 580, 1380),
        ("okay", "backchannel", 2880, 3780),
    ]
    assert [(span.start_ms, span.end_ms) for span in timeline.speech] == [(580, 1380), (2880, 3780)]


def test_a_replys_boundaries_end_at_its_mark_and_begin_with_the_callers_last_sound() -> None:
    timeline = draw(journal("barge-in"), CallFacts())
    assert timeline.replies[0] == ReplyTimes(4, (1380, 1580, 1580, 2080, 2080, 2080, 2080, 2340, 2380), 0)
    mark = e.MarkReturned(0, 1, 40, at_us=1_900_000)
    (reply,) = drawn((2_000_000, mark), (2_000_000, c.RecordStages(7, STAGES))).replies
    assert reply == ReplyTimes(7, (1100, 1300, 1300, 1800, 1900, 1900, 1950, 1960, 2000), 30)


def test_secret_keys_stay_tokens_and_the_mute_has_its_two_ends() -> None:
    timeline = draw(journal("sensitive-digits"), CallFacts())
    assert [key.key for key in timeline.keys] == ["digit#1", "digit#2", "digit#3", "digit#4", "digit#0"]
    assert timeline.mutes == (Mute(100, 290, 1290),)
    assert (timeline.end_reason, timeline.whole) == ("agent_hangup", True)


def test_the_axis_is_that_of_the_recording_and_its_zero_is_a_moment_of_the_day() -> None:
    timeline = draw(journal("barge-in"), CallFacts())
    assert timeline.started_at == "2026-11-22T11:59:59.900000+00:00"
    assert timeline.duration_ms == 5290
    # The arrival that was least late tells: here the second is 40 ms sooner than the first.
    early = drawn((1_000_000, e.SoundReached(1140)), (2_000_000, e.CarrierStopped()))
    assert (early.started_at, early.duration_ms) == ("2026-11-22T11:59:59.860000+00:00", 2140)


def test_a_call_in_progress_is_drawn_as_far_as_it_has_come() -> None:
    timeline = drawn(
        *says(1, "One two three four.", 1600),
        (0, e.SoundSent(1, 1600, 1_600_000)),
        (300_000, e.VoiceRose(400)),
        (500_000, c.HoldPlayout()),
        (900_000, e.SoundReached(1000)),
    )
    (line,) = timeline.lines
    assert (line.id, line.text, line.heard) == (0, "One two three four.", "One two")
    assert timeline.holds == (Hold(600, None, "open", "", 0),)
    assert [(span.start_ms, span.end_ms) for span in timeline.speech] == [(400, 1000)]
    assert (timeline.whole, timeline.end_reason) == (False, "")


@pytest.mark.parametrize(
    ("entries", "verdict", "by"),
    [
        (((600_000, c.RecordBargeIn("words")), (600_000, c.ClearPlayout(1))), "barge_in", "words"),
        (((600_000, c.ClearPlayout(1)), (600_000, c.RecordBargeIn("key"))), "barge_in", "key"),
        (((600_000, c.ClearPlayout(1)),), "went_on", ""),
        (((600_000, c.RecordFalseBargeIn()), (600_000, c.ResumePlayout(1, 200))), "false_barge_in", ""),
        (((600_000, c.ResumePlayout(1)),), "false_barge_in", ""),
    ],
)
def test_what_became_of_a_hold_is_told_by_the_core(entries: tuple[Entry, ...], verdict: str, by: str) -> None:
    reading = journal("barge-in")
    reading = replace(reading, head=type(reading.head)(**{**_fields(reading.head), "format": 2}))
    began: tuple[Entry, ...] = (
        *says(1, "One two three four.", 1600),
        (0, e.SoundSent(1, 1600, 1_600_000)),
        (500_000, c.HoldPlayout()),
    )
    (hold,) = draw(replace(reading, entries=(*began, *entries)), CallFacts()).holds
    assert (hold.verdict, hold.by, hold.start_ms, hold.end_ms) == (verdict, by, 500, 600)


def _fields(head: object) -> dict[str, object]:
    return {name: getattr(head, name) for name in type(head).__struct_fields__}  # pyright: ignore[reportAttributeAccessIssue]


def test_a_key_cuts_in_without_a_hold_before_it() -> None:
    timeline = drawn(
        *says(1, "One two three four.", 1600),
        (0, e.SoundSent(1, 1600, 1_600_000)),
        (600_000, c.ClearPlayout(1)),
        (600_000, c.RecordBargeIn("key")),
    )
    assert timeline.holds == (Hold(700, 700, "barge_in", "key", 0),)


def test_a_hold_while_nothing_sounds_is_none() -> None:
    assert drawn((0, c.HoldPlayout()), (500_000, c.ResumePlayout(0))).holds == ()


def test_a_retried_segment_counts_once() -> None:
    timeline = drawn(
        (0, c.StartSynthesis(5, 1, "Good day.")),
        (100, c.CancelSynthesis(5)),
        (100, c.StartSynthesis(6, 1, "Good day.")),
        (200, e.SynthesisEnded(6, 800)),
        (300, e.SoundSent(1, 800, 800_000)),
        (900_000, c.RecordEntry(2, 0, c.Entry("agent", "Good day.", heard="Good day."))),
    )
    assert [line.text for line in timeline.lines] == ["Good day."]


def test_a_late_word_amends_its_line_and_widens_it() -> None:
    timeline = drawn(
        (900_000, e.TranscriptFinal("tell", 300, 800)),
        (900_000, c.RecordEntry(3, 1, c.Entry("caller", "tell"))),
        (1_000_000, e.TranscriptFinal("me", 900, 1200)),
        (1_000_000, c.RecordEntry(3, 1, c.Entry("caller", "tell me"))),
    )
    (line,) = timeline.lines
    assert (line.text, line.start_ms, line.end_ms) == ("tell me", 300, 1200)


def test_a_line_stands_at_its_words_and_not_at_a_cough_before_them() -> None:
    timeline = drawn(
        (400_000, c.FinishTranscription(1, 100, 400, e.Question())),
        (1_500_000, c.FinishTranscription(2, 900, 1400, e.Question())),
        (1_600_000, e.TranscriptFinal("tell me", 950, 1350)),
        (1_600_000, c.RecordEntry(3, 1, c.Entry("caller", "tell me"))),
    )
    (line,) = timeline.lines
    assert (line.start_ms, line.end_ms) == (950, 1350)


def test_tools_and_failures_have_their_places_and_their_ends() -> None:
    timeline = drawn(
        (1_000_000, c.StartTool(8, "lookup", '{"a": 1}', 15_000)),
        (2_000_000, e.SynthesisFailed(5, "the stream broke", True, "elevenlabs")),
        (3_000_000, e.ToolFinished(8, "found", True)),
        (3_500_000, c.StartTool(9, "book", "{}", 15_000)),
        (4_000_000, e.TranscriptionFailed("gone", "deepgram")),
    )
    first, second = timeline.tools
    assert (first.name, first.start_ms, first.end_ms, first.ok, first.result) == (
        "lookup",
        1100,
        3100,
        True,
        "found",
    )
    assert (second.end_ms, second.ok) == (None, None)
    assert [(each.family, each.provider, each.at_ms, each.for_good) for each in timeline.failures] == [
        ("tts", "elevenlabs", 2100, False),
        ("stt", "deepgram", 4100, True),
    ]


def test_the_carriers_callbacks_stand_where_they_came() -> None:
    at = datetime(2026, 11, 22, 12, 0, 3, tzinfo=UTC)
    facts = CallFacts(
        [
            (at, CarrierReported("call", "in-progress", sequence=1)),
            (at + timedelta(seconds=1), CarrierReported("stream", "stopped", reason="31921")),
        ]
    )
    timeline = drawn((5_000_000, e.CarrierStopped()), facts=facts)
    assert [(each.at_ms, each.about, each.status, each.reason) for each in timeline.callbacks] == [
        (3100, "call", "in-progress", ""),
        (4100, "stream", "stopped", "31921"),
    ]
