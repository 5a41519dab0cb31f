"""A line that the caller types in place of saying it."""

from __future__ import annotations

import pytest

from rapida.call import commands as c
from rapida.call import events as e
from rapida.call.abilities import Abilities
from rapida.errors import IllegalEvent

from .driven_call import GREETING, LONG, DrivenCall, Says, an_assistant, answered
from .questions import PIN, asked, last_answer


def writes(driven: DrivenCall, text: str) -> None:
    driven.tell(e.CallerWrote(text))


def test_a_written_line_is_answered_at_once_as_if_it_were_said() -> None:
    driven = answered()
    begins = driven.now_ms
    writes(driven, "When are you open?")
    assert driven.when(c.StartReply) == begins
    assert last_answer(driven) == ("said", "When are you open?")
    assert driven.caller_lines[-1] == ("said", "When are you open?")


def test_a_written_line_takes_the_floor_and_only_what_was_heard_is_kept() -> None:
    driven = answered(replies=[Says(LONG), Says("All right.")])
    writes(driven, "When are you open?")
    driven.until_playing("We are open", 1000)
    writes(driven, "And on Sundays?")
    driven.until_heard("All right.")
    assert driven.agent_line("We are open").cut
    assert [order.by for order in driven.ordered(c.RecordBargeIn)] == ["words"]
    assert last_answer(driven) == ("said", "And on Sundays?")


def test_a_line_written_over_what_must_be_heard_is_answered_at_its_end() -> None:
    driven = DrivenCall(assistant=an_assistant(greeting_barge_in="never")).connect()
    driven.until_playing(GREETING[:10], 500)
    writes(driven, "Hello?")
    assert not driven.asked
    driven.until(c.StartReply)
    assert driven.agent_line(GREETING).heard == GREETING
    assert last_answer(driven) == ("said", "Hello?")


def test_a_line_written_while_the_model_thinks_is_answered_with_the_one_before_it() -> None:
    driven = answered(replies=[Says("Ten.", after_ms=3000), Says("All right.")])
    writes(driven, "When do you open?")
    driven.run(500)
    writes(driven, "I mean on Sundays.")
    driven.until_heard("All right.")
    assert [text for role, text in driven.memory if role == "user"] == [
        "When do you open?",
        "I mean on Sundays.",
    ]


def test_what_was_being_said_when_a_line_was_written_is_written_down() -> None:
    driven = answered(abilities=Abilities(interims=True))
    driven.caller_says("I would like to", for_ms=1500)
    driven.run(1200)
    writes(driven, "Never mind. When are you open?")
    assert [text for _, text in driven.caller_lines][-1] == "Never mind. When are you open?"
    assert driven.caller_lines[-2][1].startswith("I would")


def test_a_written_line_answers_a_question_for_digits() -> None:
    driven = asked(PIN)
    writes(driven, "1234")
    assert last_answer(driven) == ("said", "1234")


def test_a_call_in_writing_is_not_lost_for_its_silence() -> None:
    patient = an_assistant(idle={"timeout_s": 600.0})
    driven = DrivenCall(assistant=patient, abilities=Abilities(sends_sound=False))
    driven.connect(sends_sound=False).run(60_000)
    writes(driven, "Are you there?")
    driven.until_heard("All right.")
    assert driven.end is None


def test_without_sound_a_call_that_should_have_some_is_lost() -> None:
    driven = DrivenCall(assistant=an_assistant(idle={"timeout_s": 600.0})).connect(sends_sound=False)
    driven.run()
    assert driven.end == "stream_lost"


def test_nobody_writes_before_there_is_a_stream() -> None:
    with pytest.raises(IllegalEvent):
        writes(DrivenCall(), "Hello?")


def test_a_line_written_behind_the_order_to_hang_up_changes_nothing() -> None:
    driven = answered()
    driven.tell(e.HangUpRequested("operator"))
    writes(driven, "Wait!")
    assert not driven.asked
