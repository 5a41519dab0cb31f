"""When the caller has begun, has stopped, and has finished."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from rapida.call import commands as c
from rapida.call import events as e
from rapida.call.abilities import Abilities
from rapida.call.endpointing import VERDICT_MS
from rapida.errors import IllegalEvent

from .driven_call import DrivenCall, Says, an_assistant, answered

FRAME_MS = 20
"""Received sound is known to the frame."""


def turn_end(*verdicts: bool | None, **script: object) -> DrivenCall:
    return answered(abilities=Abilities(turn_end=True), verdicts=list(verdicts), **script)


def until_reply(driven: DrivenCall, for_ms: int = 800) -> int:
    """Speak now; the milliseconds from the true end of speech to the request for a reply."""
    ends = driven.now_ms + for_ms
    driven.caller_says("book a table", for_ms=for_ms)
    driven.until(c.StartReply)
    return driven.when(c.StartReply, -1) - ends


def test_the_turn_is_over_700_ms_after_the_true_end_of_speech() -> None:
    assert 700 <= until_reply(answered()) < 700 + FRAME_MS


def test_the_detectors_own_stop_time_is_part_of_the_silence() -> None:
    driven = answered(assistant=an_assistant(turn={"stop_ms": 500}))
    assert 700 <= until_reply(driven) < 700 + FRAME_MS


def test_silence_is_never_shorter_than_the_stop_time() -> None:
    driven = answered(assistant=an_assistant(turn={"silence_ms": 100, "stop_ms": 300}), stt_final_ms=0)
    assert 300 <= until_reply(driven) < 300 + 2 * FRAME_MS


def test_a_question_may_want_another_silence() -> None:
    driven = answered(replies=[Says("Your name?", question=e.Question(silence_ms=1500))])
    until_reply(driven)
    driven.until_heard("Your name?")
    ends = driven.now_ms + 800
    driven.caller_says("my name is Ann", for_ms=800)
    driven.until(c.StartReply, 2)
    assert 1500 <= driven.now_ms - ends < 1500 + FRAME_MS
    driven.until_heard("All right.")
    ends = driven.now_ms + 800
    driven.caller_says("and now the usual", for_ms=800)
    driven.until(c.StartReply, 3)
    assert 700 <= driven.now_ms - ends < 700 + FRAME_MS


def test_voice_shorter_than_200_ms_is_not_speech() -> None:
    driven = answered()
    driven.caller_says("", for_ms=180)
    driven.run(1500)
    assert not driven.ordered(c.FinishTranscription)
    assert driven.call.floor == "nobody"


def test_with_a_start_time_of_nothing_every_onset_counts() -> None:
    driven = answered(assistant=an_assistant(turn={"start_ms": 0}))
    driven.caller_says("no", for_ms=60)
    driven.run(1)
    assert driven.call.floor == "caller"
    driven.until(c.StartReply)
    assert driven.caller_lines == [("said", "no")]


def test_speech_begins_at_its_onset_and_stops_200_ms_after_its_end() -> None:
    driven = answered()
    begins, position = driven.now_ms, driven.position_at(driven.now_ms)
    driven.caller_says("book a table", for_ms=800)
    driven.until(c.FinishTranscription)
    (order,) = driven.ordered(c.FinishTranscription)
    assert (order.start_ms, order.end_ms) == (position, position + 800)
    assert 1000 <= driven.now_ms - begins < 1000 + FRAME_MS


def test_a_pause_shorter_than_the_stop_time_is_no_stop() -> None:
    driven = answered()
    driven.caller_says("book", for_ms=400)
    driven.caller_says("a table", for_ms=400, at=driven.now_ms + 550)
    driven.until(c.StartReply)
    assert len(driven.ordered(c.FinishTranscription)) == 1
    assert driven.caller_lines == [("said", "book a table")]


def test_a_pause_shorter_than_the_silence_does_not_end_the_turn() -> None:
    driven = answered()
    driven.caller_says("book", for_ms=400)
    driven.caller_says("a table", for_ms=400, at=driven.now_ms + 1000)
    driven.until(c.StartReply)
    assert len(driven.ordered(c.FinishTranscription)) == 2
    assert driven.caller_lines == [("said", "book a table")]


def test_a_blip_of_noise_neither_ends_nor_loses_the_turn() -> None:
    driven = answered(stt_final_ms=900)
    ends = driven.now_ms + 800
    driven.caller_says("book a table", for_ms=800)
    # The transcript comes at 1,900 ms, while a click of 150 ms has the detector's ear.
    driven.caller_says("", for_ms=150, at=ends + 1050)
    driven.until(c.StartReply)
    assert driven.now_ms == ends + 1200


def test_a_blip_before_the_silence_is_over_does_not_prolong_it() -> None:
    driven = answered()
    ends = driven.now_ms + 800
    driven.caller_says("book a table", for_ms=800)
    driven.caller_says("", for_ms=100, at=ends + 300)
    driven.until(c.StartReply)
    assert 700 <= driven.now_ms - ends < 700 + FRAME_MS


# The transcript


def test_the_reply_waits_for_the_final_transcript() -> None:
    assert until_reply(answered(stt_final_ms=1100)) == pytest.approx(1300, abs=FRAME_MS)


def test_an_stt_that_never_finishes_is_waited_for_until_its_p99_from_the_true_end_of_speech() -> None:
    driven = answered(stt="silent", abilities=Abilities(final_ms=1000, interims=True))
    ends = driven.now_ms + 800
    driven.caller_says("book a table", for_ms=800)
    driven.until(c.StartReply)
    assert driven.now_ms - ends == pytest.approx(1000, abs=FRAME_MS)
    assert driven.caller_lines == [("said", "book a table")]


def test_without_the_providers_own_p99_the_assistants_deadline_counts() -> None:
    driven = answered(stt="silent", assistant=an_assistant(deadlines={"transcript_final_ms": 2000}))
    ends = driven.now_ms + 800
    driven.caller_says("book a table", for_ms=800)
    driven.until_heard("I did not catch that")
    assert driven.when(c.StartSynthesis, -1) - ends == pytest.approx(2000, abs=FRAME_MS)


def test_the_stt_is_asked_with_the_question_it_is_to_answer() -> None:
    question = e.Question(kind="choice", phrases=("repairs", "opening hours"))
    driven = answered(replies=[Says("Repairs, or opening hours?", question=question)])
    until_reply(driven)
    driven.until_heard("Repairs")
    driven.caller_says("repairs", for_ms=600)
    driven.until(c.FinishTranscription, 2)
    assert [order.question for order in driven.ordered(c.FinishTranscription)] == [e.Question(), question]


# The turn-end model


def test_complete_answers_at_once_when_the_final_is_in() -> None:
    driven = turn_end(True, stt_final_ms=50)
    assert until_reply(driven) == pytest.approx(200 + 100, abs=FRAME_MS)


def test_complete_still_waits_for_the_final() -> None:
    assert until_reply(turn_end(True, stt_final_ms=400)) == pytest.approx(600, abs=FRAME_MS)


def test_the_model_is_asked_at_the_true_end_of_speech() -> None:
    driven = turn_end(True)
    ends = driven.position_at(driven.now_ms) + 800
    until_reply(driven)
    assert [order.end_ms for order in driven.ordered(c.JudgeTurnEnd)] == [ends]


def test_incomplete_waits_for_up_to_three_seconds() -> None:
    assert until_reply(turn_end(False)) == pytest.approx(3000, abs=FRAME_MS)


def test_new_speech_restarts_the_wait() -> None:
    driven = turn_end(False, True)
    begins = driven.now_ms
    driven.caller_says("book", for_ms=600)
    driven.caller_says("a table", for_ms=600, at=begins + 2600)
    driven.until(c.StartReply)
    assert driven.now_ms - (begins + 3200) == pytest.approx(400, abs=FRAME_MS)
    assert driven.caller_lines == [("said", "book a table")]


def test_a_blip_does_not_shorten_the_wait_for_more() -> None:
    driven = turn_end(False)
    ends = driven.now_ms + 800
    driven.caller_says("book a table", for_ms=800)
    driven.caller_says("", for_ms=100, at=ends + 1500)
    driven.until(c.StartReply)
    assert driven.now_ms - ends == pytest.approx(3000, abs=FRAME_MS)


def test_a_verdict_during_a_blip_counts_when_the_blip_is_over() -> None:
    driven = turn_end(True, stt_final_ms=10)
    ends = driven.now_ms + 800
    driven.caller_says("book a table", for_ms=800)
    driven.caller_says("", for_ms=150, at=ends + 250)
    driven.until(c.StartReply)
    assert driven.now_ms - ends == pytest.approx(400, abs=FRAME_MS)


def test_a_model_that_never_answers_leaves_it_to_silence() -> None:
    assert until_reply(turn_end(None)) == pytest.approx(700, abs=FRAME_MS)


def test_a_verdict_that_comes_after_the_turn_is_over_changes_nothing() -> None:
    driven = turn_end(False, verdict_ms=2000)
    assert until_reply(driven) == pytest.approx(700, abs=FRAME_MS)
    driven.until_heard("All right.").run(2500)
    assert len(driven.asked) == 1


def test_a_verdict_on_an_earlier_pause_is_stale() -> None:
    driven = turn_end(True, None, verdict_ms=700)
    begins = driven.now_ms
    driven.caller_says("book", for_ms=600)
    driven.caller_says("a table", for_ms=800, at=begins + 1000)
    driven.until(c.StartReply)
    assert driven.now_ms - (begins + 1800) == pytest.approx(700, abs=FRAME_MS)


# A model that reads


def reading(reads: Callable[[str], int | None], **script: object) -> DrivenCall:
    return answered(abilities=Abilities(turn_end=True, turn_end_reads=True), reads=reads, **script)


def test_words_that_end_a_sentence_shorten_the_pause() -> None:
    assert until_reply(reading(lambda text: 400, stt_final_ms=50)) == pytest.approx(400, abs=FRAME_MS)


def test_words_known_later_than_the_shortened_pause_are_answered_as_they_come() -> None:
    assert until_reply(reading(lambda text: 300, stt_final_ms=250)) == pytest.approx(450, abs=2 * FRAME_MS)


def test_words_that_go_on_lengthen_the_pause() -> None:
    assert until_reply(reading(lambda text: 2000)) == pytest.approx(2000, abs=FRAME_MS)


def test_words_that_go_on_lengthen_a_pause_that_was_over_already() -> None:
    assert until_reply(reading(lambda text: 2000, stt_final_ms=900)) == pytest.approx(2000, abs=FRAME_MS)


def test_words_that_tell_nothing_leave_it_to_silence() -> None:
    assert until_reply(reading(lambda text: None)) == pytest.approx(700, abs=FRAME_MS)
    late_ms = until_reply(reading(lambda text: None, stt_final_ms=900))
    assert 1100 <= late_ms <= 1100 + VERDICT_MS + FRAME_MS


def test_the_model_reads_all_that_the_turn_says_and_the_question_it_answers() -> None:
    question = e.Question(phrases=("book a table",))
    driven = reading(
        lambda text: 2000 if text.endswith("a") else 400,
        stt_final_ms=50,
        replies=[Says("Yes?", question=question)],
    )
    until_reply(driven)
    driven.until_heard("Yes?")
    begins = driven.now_ms
    driven.caller_says("book a", for_ms=600)
    driven.caller_says("table", for_ms=600, at=begins + 1500)
    driven.until(c.StartReply, 2)
    assert driven.now_ms - (begins + 2100) == pytest.approx(400, abs=FRAME_MS)
    assert [order.text for order in driven.ordered(c.JudgeTurnEnd)][1:] == ["book a", "book a table"]
    assert [order.question for order in driven.ordered(c.JudgeTurnEnd)] == [e.Question(), question, question]


def test_a_sound_without_words_is_not_read() -> None:
    driven = reading(lambda text: 400)
    driven.caller_says("", for_ms=800)
    driven.run(5000)
    assert driven.ordered(c.JudgeTurnEnd) == []


def test_a_verdict_on_words_before_the_caller_went_on_is_stale() -> None:
    driven = reading(lambda text: 2000 if text == "book" else None)
    begins = driven.now_ms
    driven.caller_says("book", for_ms=600)
    driven.caller_says("a table", for_ms=800, at=begins + 1000)
    driven.until(c.StartReply)
    assert driven.now_ms - (begins + 1800) == pytest.approx(700, abs=FRAME_MS)


# Learning this caller's pauses


def pausing(driven: DrivenCall, pause_ms: int, times: int) -> int:
    """Speak in pieces with pauses; the silence after the last until the reply."""
    at = driven.now_ms
    for _ in range(times):
        driven.caller_says("so", for_ms=400, at=at)
        at += 400 + pause_ms
    driven.until(c.StartReply)
    return driven.when(c.StartReply) - (at - pause_ms)


def test_a_minimum_is_learned_from_this_callers_pauses() -> None:
    driven = answered(assistant=an_assistant(turn={"learn_pauses": True}))
    assert pausing(driven, 650, 3) == pytest.approx(650 * 1.3, abs=2 * FRAME_MS)


def test_short_pauses_do_not_shorten_the_silence() -> None:
    driven = answered(assistant=an_assistant(turn={"learn_pauses": True}))
    assert pausing(driven, 300, 3) == pytest.approx(700, abs=FRAME_MS)


def test_nothing_is_learned_unless_it_is_asked_for() -> None:
    assert pausing(answered(), 650, 3) == pytest.approx(700, abs=FRAME_MS)


def test_what_is_learned_has_a_ceiling() -> None:
    driven = answered(assistant=an_assistant(turn={"learn_pauses": True, "silence_ms": 1400}))
    assert pausing(driven, 1390, 3) == pytest.approx(1500, abs=2 * FRAME_MS)


def test_the_time_between_two_turns_is_no_pause() -> None:
    driven = answered(assistant=an_assistant(turn={"learn_pauses": True}), replies=[Says("Mm.")])
    driven.caller_says("book a table", for_ms=800)
    driven.until_heard("Mm.")
    ends = driven.now_ms + 600
    driven.caller_says("for two people", for_ms=600)
    driven.until(c.StartReply, 2)
    assert driven.now_ms - ends == pytest.approx(700, abs=FRAME_MS)


# Edges that cannot be


def test_a_voice_cannot_rise_twice_nor_fall_without_having_risen() -> None:
    driven = answered()
    with pytest.raises(IllegalEvent):
        driven.tell(e.VoiceFell(5000))
    driven.tell(e.VoiceRose(5000))
    with pytest.raises(IllegalEvent):
        driven.tell(e.VoiceRose(5010))


def test_a_word_that_comes_whole_in_one_burst_is_speech() -> None:
    driven = answered()
    begins = driven.position_at(driven.now_ms)
    for event in (e.VoiceRose(begins, -25.0), e.VoiceFell(begins + 300), e.SoundReached(begins + 1100)):
        driven.tell(event)
    assert len(driven.ordered(c.FinishTranscription)) == 1
    asked = driven.ordered(c.FinishTranscription)[0]
    assert (asked.start_ms, asked.end_ms) == (begins, begins + 300)


def test_a_pause_inside_a_burst_ends_the_turn_before_the_next_words_begin() -> None:
    driven = answered()
    begins = driven.position_at(driven.now_ms)
    for event in (
        e.VoiceRose(begins, -25.0),
        e.VoiceFell(begins + 300),
        e.VoiceRose(begins + 1500, -25.0),
        e.VoiceFell(begins + 1800),
        e.SoundReached(begins + 2100),
    ):
        driven.tell(event)
    asked = [
        (order.start_ms - begins, order.end_ms - begins) for order in driven.ordered(c.FinishTranscription)
    ]
    assert asked == [(0, 300), (1500, 1800)]


def test_sound_that_comes_late_leaves_the_stt_its_usual_time() -> None:
    driven = answered(abilities=Abilities(final_ms=600), stt="is silent")
    begins = driven.position_at(driven.now_ms)
    for event in (e.VoiceRose(begins, -25.0), e.VoiceFell(begins + 300), e.SoundReached(begins + 1100)):
        driven.tell(event)
    asked_ms = driven.when(c.FinishTranscription, -1)
    driven.run(2000)
    settled = [at // 1000 for at, order in driven.orders if isinstance(order, c.RecordEntry)][-1]
    assert settled - asked_ms >= 400
