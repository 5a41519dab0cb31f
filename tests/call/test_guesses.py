"""A reply that was begun on words which might still change: heard only when they did not."""

from __future__ import annotations

from typing import Any

import pytest

from rapida.call import commands as c
from rapida.call import events as e
from rapida.call.abilities import Abilities, ToolFacts

from .driven_call import DrivenCall, Says, an_assistant, answered

GUESSING = an_assistant(turn={"speculate": True})
INTERIMS = Abilities(interims=True, tools={"look": ToolFacts()})


def guessing(*replies: Says, **script: Any) -> DrivenCall:
    driven = answered(assistant=GUESSING, abilities=INTERIMS, replies=list(replies), **script)
    driven.caller_says("book a table", for_ms=600)
    return driven


def test_a_stable_partial_starts_the_model_early() -> None:
    driven = guessing(Says("For how many?"))
    ends = driven.now_ms + 600
    driven.until(c.StartReply)
    assert driven.asked[0].speculative
    assert driven.now_ms - ends == 100 + 250
    assert driven.memory[-1] == ("user", "book a table")


def test_nothing_is_spoken_before_the_turn_is_confirmed() -> None:
    driven = guessing(Says("For how many?"))
    ends = driven.now_ms + 600
    driven.until(c.StartSynthesis, 2)
    assert 700 <= driven.now_ms - ends < 720


def test_right_costs_no_second_request() -> None:
    driven = guessing(Says("For how many?"))
    driven.until_heard("For how many?")
    assert len(driven.asked) == 1
    assert driven.memory[-1] == ("user", "book a table")
    assert not driven.ordered(c.CancelReply)


def test_right_means_equal_whatever_the_punctuation() -> None:
    driven = guessing(Says("For how many?"))
    position = driven.position_at(driven.now_ms)
    driven.until(c.StartReply)
    driven.tell(e.TranscriptFinal("Book a table!", position, position + 600))
    driven.until_heard("For how many?")
    assert len(driven.asked) == 1


def test_wrong_is_cancelled_and_asked_again() -> None:
    replies = [Says("For how many?", after_ms=2000), Says("A cable car?")]
    driven = answered(assistant=GUESSING, abilities=INTERIMS, replies=replies)
    driven.caller_says("book a cable car", for_ms=600, interims="book a table")
    driven.until_heard("A cable car?")
    assert [asked.speculative for asked in driven.asked] == [True, False]
    assert [order.reply_id for order in driven.ordered(c.CancelReply)] == [driven.asked[0].reply_id]
    assert "For how many?" not in driven.said


def test_no_tool_starts_before_the_turn_is_confirmed() -> None:
    driven = guessing(Says(tools=[("look", "{}")]), Says("I saw it."))
    ends = driven.now_ms + 600
    driven.until(c.StartTool)
    assert 700 <= driven.now_ms - ends < 720
    driven.until_heard("I saw it.")


def test_a_guess_restarts_at_most_three_times_a_turn() -> None:
    slow = [Says("Wait.", after_ms=7000) for _ in range(6)]
    driven = answered(assistant=GUESSING, abilities=INTERIMS, replies=slow)
    position = driven.position_at(driven.now_ms)
    driven.caller_says("", for_ms=6000)
    driven.run(300)
    words = ["one", "two", "three", "four", "five", "six"]
    for count in range(1, 7):
        driven.tell(e.TranscriptChanged(" ".join(words[:count]), position, position + 300 * count))
        driven.run(600)
    assert len(driven.asked) == 4
    assert len(driven.ordered(c.CancelReply)) == 3


def test_the_question_of_a_guess_counts_once_the_turn_is_confirmed() -> None:
    question = e.Question(kind="digits", max_digits=4)
    driven = guessing(Says("Your pin?", question=question), Says("Thank you."))
    driven.until_heard("Your pin?")
    driven.caller_presses("1234")
    driven.until_heard("Thank you.")
    assert driven.memory[-1] == ("user", "1234")


def test_a_guess_that_ends_the_call_ends_it_once_it_is_right() -> None:
    driven = guessing(Says("Goodbye.", tools=[("end_call", "{}")]))
    driven.run()
    assert driven.end == "agent_hangup"


@pytest.mark.parametrize("fails", [True, False])
def test_a_guess_that_fails_is_only_forgotten(fails: bool) -> None:
    driven = guessing(Says(fails=fails), Says("For how many?"))
    driven.until_heard("For how many?")
    assert [asked.speculative for asked in driven.asked] == [True, False]


def test_a_guess_that_stalls_is_only_forgotten() -> None:
    assistant = an_assistant(turn={"speculate": True, "silence_ms": 1500}, deadlines={"first_token_ms": 400})
    driven = answered(
        assistant=assistant, abilities=INTERIMS, replies=[Says(stalls=True), Says("For how many?")]
    )
    driven.caller_says("book a table", for_ms=600)
    driven.until_heard("For how many?")
    assert driven.end is None


def test_a_guess_at_words_that_come_to_nothing_is_cancelled() -> None:
    driven = answered(assistant=GUESSING, abilities=INTERIMS, replies=[Says("Boo?", after_ms=5000)])
    position = driven.position_at(driven.now_ms)
    driven.caller_says("", for_ms=600)
    driven.run(300)
    driven.tell(e.TranscriptChanged("boo", position, position + 300))
    driven.run(300)
    assert driven.asked[-1].speculative
    driven.tell(e.TranscriptChanged("", position, position + 500))
    driven.until_heard("I did not catch that")
    assert len(driven.asked) == len(driven.ordered(c.CancelReply)) == 1


def test_the_time_a_guess_saved_is_its_request_and_first_token() -> None:
    """The request goes out at 350 ms, the first token comes at 550 ms, the turn is confirmed at 700 ms."""
    driven = guessing(Says("For how many?", after_ms=200))
    driven.until_heard("For how many?")
    (stages,) = [order.stages for order in driven.ordered(c.RecordStages)]
    assert stages.saved_us == 200_000
    assert stages.token_us == 0


def test_a_token_that_comes_after_the_turn_is_confirmed_was_asked_for_that_much_earlier() -> None:
    driven = guessing(Says("For how many?", after_ms=1000))
    driven.until_heard("For how many?")
    (stages,) = [order.stages for order in driven.ordered(c.RecordStages)]
    assert stages.saved_us + stages.token_us == 1_000_000


def test_a_second_guess_is_measured_by_itself() -> None:
    driven = answered(
        assistant=GUESSING, abilities=INTERIMS, replies=[Says("One?"), Says("Two?", after_ms=200)]
    )
    position = driven.position_at(driven.now_ms)
    driven.caller_says("one two", for_ms=1500)
    driven.run(300)
    driven.tell(e.TranscriptChanged("one", position, position + 300))
    driven.until_heard("Two?")
    assert [asked.speculative for asked in driven.asked] == [True, True]
    (stages,) = [order.stages for order in driven.ordered(c.RecordStages)]
    assert stages.saved_us == 200_000


def test_a_warning_said_while_the_model_guesses_does_not_lose_the_turn() -> None:
    assistant = an_assistant(turn={"speculate": True}, max_duration_s=60.0, warning_before_s=50.0)
    driven = answered(assistant=assistant, abilities=INTERIMS, replies=[Says("For how many?")])
    warning_at = driven.when(c.ResumePlayout) + 10_000
    driven.caller_says("book a table", for_ms=600, at=warning_at - 1100)
    driven.until_heard("half a minute").until_heard("For how many?")
    assert len(driven.asked) == 1
