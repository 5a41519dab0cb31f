"""A caller who goes on as the agent begins does not interrupt: one turn, answered once, as a whole."""

from __future__ import annotations

import pytest

from rapida.assistant import TurnTaking
from rapida.call import commands as c
from rapida.call import events as e
from rapida.call.abilities import Abilities

from .driven_call import LONG, DrivenCall, Says, an_assistant, answered

FIRST, REST = "I would like to book", "a table for two"
BOTH = f"{FIRST} {REST}"


def begins_to_answer(heard_ms: int, **script: object) -> DrivenCall:
    """The caller has paused, and has heard so much of an answer to half a sentence."""
    script.setdefault("replies", [Says(LONG, after_ms=10, per_word_ms=0), Says("For two, then.")])
    driven = answered(**script)
    driven.caller_says(FIRST, for_ms=900)
    return driven.until_playing("We are open", heard_ms)


@pytest.mark.parametrize("abilities", [Abilities(), Abilities(interims=True)])
@pytest.mark.parametrize("heard_ms", [0, 60, 250, 400])
def test_within_the_first_words_of_an_answer_the_same_turn_goes_on(
    abilities: Abilities, heard_ms: int
) -> None:
    driven = begins_to_answer(heard_ms, abilities=abilities)
    driven.caller_says(REST, for_ms=900)
    driven.until_heard("For two")
    assert driven.caller_lines == [("said", BOTH)]
    assert len({asked.turn_id for asked in driven.asked}) == 1
    assert len(driven.asked) == 2
    assert driven.memory[-1] == ("user", BOTH)


def test_the_phone_is_silent_after_a_tenth_of_a_second_of_voice() -> None:
    driven = begins_to_answer(100)
    began = driven.now_ms
    driven.caller_says(REST, for_ms=900)
    driven.until(c.TakeBackPlayout)
    assert driven.when(c.HoldPlayout, -1) == began
    assert driven.now_ms - began == pytest.approx(100, abs=20)


def test_what_was_heard_of_half_an_answer_is_shown_and_not_remembered() -> None:
    driven = begins_to_answer(400)
    driven.caller_says(REST, for_ms=900)
    driven.until_heard("For two")
    assert driven.agent_line("We are open").cut
    assert [role for role, _ in driven.memory] == ["assistant", "user"]


def test_later_it_is_an_interruption() -> None:
    driven = begins_to_answer(900)
    driven.caller_says("no wait a moment", for_ms=900)
    driven.until_heard("For two")
    assert driven.caller_lines == [("said", FIRST), ("said", "no wait a moment")]
    assert driven.memory[-2][0] == "assistant"


@pytest.mark.parametrize("for_ms", [60, 300, 900])
def test_a_sound_without_words_there_costs_a_moment_and_nothing_is_lost(for_ms: int) -> None:
    driven = begins_to_answer(200)
    driven.caller_says("", for_ms=for_ms)
    driven.until_heard("We are open").run(2000)
    assert not driven.agent_line("We are open").cut
    assert len(driven.asked) == 1
    assert driven.assistant.unclear_message not in driven.said


def test_a_phrase_that_the_new_question_names_is_an_answer_of_its_own() -> None:
    question = e.Question(kind="choice", phrases=("repairs", "opening hours"))
    driven = begins_to_answer(
        300, replies=[Says(LONG, after_ms=10, per_word_ms=0, question=question), Says("Fine.")]
    )
    driven.caller_says("opening hours", for_ms=800)
    driven.until_heard("Fine.")
    assert driven.caller_lines == [("said", FIRST), ("said", "opening hours")]
    assert driven.memory[-1] == ("user", "opening hours")


def test_words_that_the_stt_tells_late_are_answered_with_the_rest() -> None:
    driven = begins_to_answer(200, stt_final_ms=100)
    position = driven.position_at(driven.now_ms)
    driven.stt = "silent"
    driven.caller_says(REST, for_ms=900)
    driven.run(until=lambda: len(driven.ordered(c.ResumePlayout)) == 2)  # nothing has come of it in time
    driven.tell(e.TranscriptFinal(REST, position, position + 900))
    driven.until_heard("For two")
    assert driven.memory[-1] == ("user", BOTH)


def test_nobody_goes_on_with_what_must_be_heard_nor_with_keys() -> None:
    driven = answered(replies=[Says(LONG, question=e.Question(barge_in="never")), Says("Noted.")])
    driven.caller_says(FIRST, for_ms=900)
    driven.until_playing("We are open", 200)
    driven.caller_says(REST, for_ms=900)
    driven.until_heard("Noted.")
    assert not driven.ordered(c.TakeBackPlayout)
    assert not driven.agent_line("We are open").cut


# An answer hesitates

PATIENT = an_assistant(turn={"hesitation_ms": TurnTaking().hesitation_ms})


def test_an_answer_is_not_heard_sooner_than_a_moment_after_the_turn() -> None:
    driven = answered(assistant=PATIENT, replies=[Says("Fine.", after_ms=10)])
    ends = driven.now_ms + 800
    driven.caller_says(FIRST, for_ms=800)
    driven.until(c.StartReply)
    assert driven.now_ms - ends < 700 + 20  # the model is asked at once
    driven.until_playing("Fine.")
    assert 700 + 250 <= driven.now_ms - ends < 700 + 250 + 40


def test_a_slow_answer_waits_for_nothing() -> None:
    driven = answered(assistant=PATIENT, replies=[Says("Fine.", after_ms=600)])
    ends = driven.now_ms + 800
    driven.caller_says(FIRST, for_ms=800)
    driven.until_playing("Fine.")
    assert driven.now_ms - ends < 700 + 600 + 60


def test_who_goes_on_in_that_moment_hears_nothing() -> None:
    driven = answered(assistant=PATIENT, replies=[Says("For whom?", after_ms=10), Says("For two, then.")])
    begins = driven.now_ms
    driven.caller_says(FIRST, for_ms=900)
    driven.caller_says(REST, for_ms=900, at=begins + 900 + 850)
    driven.until_heard("For two")
    assert driven.agent_line("For whom").heard == ""
    assert driven.memory[-1] == ("user", BOTH)


def test_a_click_in_that_moment_only_puts_the_answer_off() -> None:
    driven = answered(assistant=PATIENT, replies=[Says("Fine.", after_ms=10)])
    begins = driven.now_ms
    driven.caller_says(FIRST, for_ms=900)
    driven.caller_says("", for_ms=60, at=begins + 900 + 920)
    driven.until_heard("Fine.")
    assert len(driven.asked) == 1


def test_keys_are_answered_without_hesitation() -> None:
    driven = answered(assistant=PATIENT, replies=[Says("Fine.", after_ms=10)])
    driven.caller_presses("1#", every_ms=50)
    driven.until(c.StartReply)
    asked = driven.now_ms
    driven.until_playing("Fine.")
    assert driven.now_ms - asked < 100
