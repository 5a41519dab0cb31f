"""A caller who goes on as the agent begins does not interrupt: one turn, answered once, as a whole."""

from __future__ import annotations

import pytest

from rapida.assistant import TurnTaking
from rapida.call import commands as c
from rapida.call import events as e
from rapida.call.abilities import Abilities

from .stage import LONG, Says, Stage, an_assistant, answered

FIRST, REST = "I would like to book", "a table for two"
BOTH = f"{FIRST} {REST}"


def begins_to_answer(heard_ms: int, **script: object) -> Stage:
    """The caller has paused, and has heard so much of an answer to half a sentence."""
    script.setdefault("replies", [Says(LONG, after_ms=10, per_word_ms=0), Says("For two, then.")])
    stage = answered(**script)
    stage.caller_says(FIRST, for_ms=900)
    return stage.until_playing("We are open", heard_ms)


@pytest.mark.parametrize("abilities", [Abilities(), Abilities(interims=True)])
@pytest.mark.parametrize("heard_ms", [0, 60, 250, 400])
def test_within_the_first_words_of_an_answer_the_same_turn_goes_on(
    abilities: Abilities, heard_ms: int
) -> None:
    stage = begins_to_answer(heard_ms, abilities=abilities)
    stage.caller_says(REST, for_ms=900)
    stage.until_heard("For two")
    assert stage.caller_lines == [("said", BOTH)]
    assert len({asked.turn_id for asked in stage.asked}) == 1
    assert len(stage.asked) == 2
    assert stage.memory[-1] == ("user", BOTH)


def test_the_phone_is_silent_after_a_tenth_of_a_second_of_voice() -> None:
    stage = begins_to_answer(100)
    began = stage.now_ms
    stage.caller_says(REST, for_ms=900)
    stage.until(c.TakeBackPlayout)
    assert stage.when(c.HoldPlayout, -1) == began
    assert stage.now_ms - began == pytest.approx(100, abs=20)


def test_what_was_heard_of_half_an_answer_is_shown_and_not_remembered() -> None:
    stage = begins_to_answer(400)
    stage.caller_says(REST, for_ms=900)
    stage.until_heard("For two")
    assert stage.agent_line("We are open").cut
    assert [role for role, _ in stage.memory] == ["assistant", "user"]


def test_later_it_is_an_interruption() -> None:
    stage = begins_to_answer(900)
    stage.caller_says("no wait a moment", for_ms=900)
    stage.until_heard("For two")
    assert stage.caller_lines == [("said", FIRST), ("said", "no wait a moment")]
    assert stage.memory[-2][0] == "assistant"


@pytest.mark.parametrize("for_ms", [60, 300, 900])
def test_a_sound_without_words_there_costs_a_moment_and_nothing_is_lost(for_ms: int) -> None:
    stage = begins_to_answer(200)
    stage.caller_says("", for_ms=for_ms)
    stage.until_heard("We are open").run(2000)
    assert not stage.agent_line("We are open").cut
    assert len(stage.asked) == 1
    assert stage.assistant.unclear_message not in stage.said


def test_a_phrase_that_the_new_question_names_is_an_answer_of_its_own() -> None:
    question = e.Question(kind="choice", phrases=("repairs", "opening hours"))
    stage = begins_to_answer(
        300, replies=[Says(LONG, after_ms=10, per_word_ms=0, question=question), Says("Fine.")]
    )
    stage.caller_says("opening hours", for_ms=800)
    stage.until_heard("Fine.")
    assert stage.caller_lines == [("said", FIRST), ("said", "opening hours")]
    assert stage.memory[-1] == ("user", "opening hours")


def test_words_that_the_stt_tells_late_are_answered_with_the_rest() -> None:
    stage = begins_to_answer(200, stt_final_ms=100)
    position = stage.position_at(stage.now_ms)
    stage.stt = "silent"
    stage.caller_says(REST, for_ms=900)
    stage.run(until=lambda: len(stage.ordered(c.ResumePlayout)) == 2)  # nothing has come of it in time
    stage.tell(e.TranscriptFinal(REST, position, position + 900))
    stage.until_heard("For two")
    assert stage.memory[-1] == ("user", BOTH)


def test_nobody_goes_on_with_what_must_be_heard_nor_with_keys() -> None:
    stage = answered(replies=[Says(LONG, question=e.Question(barge_in="never")), Says("Noted.")])
    stage.caller_says(FIRST, for_ms=900)
    stage.until_playing("We are open", 200)
    stage.caller_says(REST, for_ms=900)
    stage.until_heard("Noted.")
    assert not stage.ordered(c.TakeBackPlayout)
    assert not stage.agent_line("We are open").cut


# An answer hesitates

PATIENT = an_assistant(turn={"hesitation_ms": TurnTaking().hesitation_ms})


def test_an_answer_is_not_heard_sooner_than_a_moment_after_the_turn() -> None:
    stage = answered(assistant=PATIENT, replies=[Says("Fine.", after_ms=10)])
    ends = stage.now_ms + 800
    stage.caller_says(FIRST, for_ms=800)
    stage.until(c.StartReply)
    assert stage.now_ms - ends < 700 + 20  # the model is asked at once
    stage.until_playing("Fine.")
    assert 700 + 250 <= stage.now_ms - ends < 700 + 250 + 40


def test_a_slow_answer_waits_for_nothing() -> None:
    stage = answered(assistant=PATIENT, replies=[Says("Fine.", after_ms=600)])
    ends = stage.now_ms + 800
    stage.caller_says(FIRST, for_ms=800)
    stage.until_playing("Fine.")
    assert stage.now_ms - ends < 700 + 600 + 60


def test_who_goes_on_in_that_moment_hears_nothing() -> None:
    stage = answered(assistant=PATIENT, replies=[Says("For whom?", after_ms=10), Says("For two, then.")])
    begins = stage.now_ms
    stage.caller_says(FIRST, for_ms=900)
    stage.caller_says(REST, for_ms=900, at=begins + 900 + 850)
    stage.until_heard("For two")
    assert stage.agent_line("For whom").heard == ""
    assert stage.memory[-1] == ("user", BOTH)


def test_a_click_in_that_moment_only_puts_the_answer_off() -> None:
    stage = answered(assistant=PATIENT, replies=[Says("Fine.", after_ms=10)])
    begins = stage.now_ms
    stage.caller_says(FIRST, for_ms=900)
    stage.caller_says("", for_ms=60, at=begins + 900 + 920)
    stage.until_heard("Fine.")
    assert len(stage.asked) == 1


def test_keys_are_answered_without_hesitation() -> None:
    stage = answered(assistant=PATIENT, replies=[Says("Fine.", after_ms=10)])
    stage.caller_presses("1#", every_ms=50)
    stage.until(c.StartReply)
    asked = stage.now_ms
    stage.until_playing("Fine.")
    assert stage.now_ms - asked < 100
