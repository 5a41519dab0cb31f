"""Keys become answers, and sensitive digits become nothing but tokens."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from rapida.call import commands as c
from rapida.call import events as e
from rapida.call.abilities import Abilities
from rapida.call.keypad import Keypad
from rapida.call.shared import Shared

from .stage import LONG, PLAIN, Says, Stage, an_assistant, answered

MENU = e.Question(kind="choice", keys="12")
PIN = e.Question(kind="digits", min_digits=4, max_digits=4)
CARD = e.Question(
    kind="digits", min_digits=12, max_digits=16, sensitive=True, check="luhn", reprompt="Once more?"
)


def asked(question: e.Question, *replies: Says, text: str = "What is it?", **script: Any) -> Stage:
    """The agent has asked a question and been heard."""
    stage = answered(replies=[Says(text, question=question), *replies], **script)
    stage.caller_says("go on then", for_ms=600)
    return stage.until_heard(text)


def last_answer(stage: Stage) -> tuple[str, str]:
    message = stage.asked[-1].memory[-1]
    return message.kind, message.text


def everything(stage: Stage) -> bytes:
    """All that the core was told and ordered."""
    return msgspec.json.encode([[order for _, order in stage.orders], [event for _, event in stage.events]])


def test_a_key_that_answers_at_once_does() -> None:
    stage = asked(MENU)
    begins = stage.now_ms
    stage.caller_presses("2")
    stage.until(c.StartReply, 2)
    assert stage.now_ms == begins
    assert last_answer(stage) == ("keys", "2")


def test_the_full_length_answers_at_once() -> None:
    stage = asked(PIN)
    begins = stage.now_ms
    stage.caller_presses("1234", every_ms=200)
    stage.until(c.StartReply, 2)
    assert stage.now_ms == begins + 600
    assert last_answer(stage) == ("keys", "1234")


def test_the_terminator_answers_and_is_no_part_of_it() -> None:
    stage = asked(e.Question(kind="digits", max_digits=10))
    begins = stage.now_ms
    stage.caller_presses("123#", every_ms=200)
    stage.until(c.StartReply, 2)
    assert stage.now_ms == begins + 600
    assert last_answer(stage) == ("keys", "123")


def test_a_question_may_have_its_own_terminator() -> None:
    stage = asked(e.Question(kind="digits", max_digits=10, terminator="*"))
    stage.caller_presses("12#3*", every_ms=100)
    stage.until(c.StartReply, 2)
    assert last_answer(stage) == ("keys", "12#3")


def test_a_pause_after_the_last_key_answers() -> None:
    stage = asked(e.Question(kind="digits", max_digits=10))
    begins = stage.now_ms
    stage.caller_presses("123", every_ms=2000)
    stage.until(c.StartReply, 2)
    assert stage.now_ms == begins + 4000 + 2500
    assert last_answer(stage) == ("keys", "123")


def test_keys_answer_without_a_question_for_them_too() -> None:
    stage = answered(
        assistant=an_assistant(keypad={"terminator": "*", "inter_digit_ms": 1000, "max_digits": 3})
    )
    stage.caller_presses("123")
    stage.until(c.StartReply)
    assert last_answer(stage) == ("keys", "123")
    stage.until_heard("All right.").caller_presses("45*", every_ms=10)
    stage.until(c.StartReply, 2)
    assert last_answer(stage) == ("keys", "45")


def test_a_terminator_alone_is_no_answer_and_the_call_goes_on_waiting() -> None:
    stage = asked(PIN)
    stage.run(1000).caller_presses("#")
    stage.until_playing("Are you still there?")
    assert len(stage.asked) == 1
    assert stage.now_ms - stage.when(c.StartReply) < 12_000


def test_a_key_puts_off_the_idle_prompt() -> None:
    stage = asked(e.Question(kind="digits", max_digits=10), assistant=an_assistant(idle={"timeout_s": 3.0}))
    stage.run(2500).caller_presses("1")
    stage.until(c.StartReply, 2)
    assert "Are you still there?" not in stage.said


# Typed ahead


def test_digits_typed_while_the_model_thinks_are_kept_for_its_question() -> None:
    stage = asked(MENU, Says("Your pin?", question=PIN, after_ms=6000), Says("Thank you."))
    stage.caller_presses("11234", every_ms=300)
    stage.until_heard("Thank you.")
    assert [message.text for message in stage.asked[-1].memory if message.kind == "keys"] == ["1", "1234"]
    assert stage.when(c.StartReply, 2) - stage.when(c.StartReply, 1) == 6020  # with the question, not before
    assert "Your pin?" not in [line.heard for line in stage.transcript]


def test_keys_beyond_an_answer_stay_for_the_next_question() -> None:
    menu = Says("And then?", question=MENU)
    stage = asked(MENU, menu, menu, Says("Thank you."))
    stage.caller_presses("1", every_ms=10)
    stage.caller_presses("21", at=stage.now_ms + 20, every_ms=10)
    stage.until_heard("Thank you.")
    assert [message.text for message in stage.asked[-1].memory if message.kind == "keys"] == ["1", "2", "1"]


def test_digits_pressed_during_never_are_kept_and_answer_when_it_has_been_heard() -> None:
    text = "This call is recorded, as the law wants you to know. Press one or two."
    question = e.Question(keys="12", barge_in="never")
    stage = answered(replies=[Says(text, question=question), Says("Two it is.")])
    stage.caller_says("go on then", for_ms=600)
    stage.until_playing("This call", 500)
    stage.caller_presses("2")
    stage.until(c.StartReply, 2)
    assert stage.agent_line("This call").heard == text
    assert last_answer(stage) == ("keys", "2")
    assert stage.now_ms == stage.when(c.RecordEntry, -2)


def test_a_notice_that_must_be_heard_is_not_skipped_by_typing_ahead() -> None:
    text = "This call is recorded, as the law wants you to know. Press one or two."
    question = e.Question(keys="12", barge_in="never")
    stage = asked(MENU, Says(text, question=question), Says("Two it is."))
    stage.caller_presses("12", every_ms=50)
    stage.until_heard("Two it is.")
    assert stage.agent_line("This call").heard == text


def test_a_key_over_the_agent_takes_the_floor_and_counts() -> None:
    stage = answered(replies=[Says("Press one for repairs or two for opening hours.", question=MENU)])
    stage.caller_says("go on then", for_ms=600)
    stage.until_playing("Press one", 800)
    stage.caller_presses("1")
    stage.until(c.StartReply, 2)
    assert stage.agent_line("Press one").cut
    assert last_answer(stage) == ("keys", "1")


def test_a_caller_who_goes_over_from_typing_to_speaking_is_let_finish() -> None:
    stage = asked(e.Question(kind="digits", max_digits=10))
    stage.caller_presses("12")
    stage.caller_says("oh I would rather talk to somebody", for_ms=2200, at=stage.now_ms + 700)
    stage.until_heard("All right.").run(4000)
    assert last_answer(stage) == ("said", "oh I would rather talk to somebody")
    assert len(stage.asked) == 2


def test_even_if_that_goes_on_with_what_was_said_before() -> None:
    """The keys come between two stretches of one turn, while the model is thinking."""
    stage = answered(replies=[Says("Fine.", after_ms=6000)])
    stage.caller_says("I would like", for_ms=800)
    stage.until(c.StartReply)
    stage.caller_presses("12", at=stage.now_ms + 100)
    stage.caller_says("to talk to somebody", for_ms=1500, at=stage.now_ms + 900)
    stage.until_heard("All right.").run(4000)
    assert last_answer(stage) == ("said", "I would like to talk to somebody")


def test_and_if_the_agent_falls_silent_meanwhile() -> None:
    """Typed ahead while the model was thinking; the answer, which asks nothing, is talked over."""
    words = an_assistant(turn={"barge_in": "words"})
    stage = answered(replies=[Says("Fine, it shall be done.", after_ms=3000)], assistant=words)
    stage.caller_says("I would like", for_ms=800)
    stage.until(c.StartReply)
    stage.caller_presses("12#", at=stage.now_ms + 500, every_ms=50)
    stage.until_playing("Fine", 700)
    stage.caller_says("to talk to somebody", for_ms=1500)
    stage.until_heard("All right.").run(4000)
    assert last_answer(stage) == ("said", "to talk to somebody")


def test_and_if_a_question_comes_meanwhile_for_which_the_keys_would_do() -> None:
    stage = answered(replies=[Says("Press one or two.", question=MENU, after_ms=3000)])
    stage.caller_says("I would like", for_ms=800)
    stage.until(c.StartReply)
    stage.caller_presses("1", at=stage.now_ms + 500)
    stage.caller_says("to talk to somebody", for_ms=1500, at=stage.now_ms + 2000)
    stage.until_heard("All right.")
    assert last_answer(stage) == ("said", "I would like to talk to somebody")


def test_a_cough_while_typing_does_not_lose_the_digits() -> None:
    stage = asked(e.Question(kind="digits", max_digits=10))
    stage.caller_presses("12")
    stage.caller_says("", for_ms=300, at=stage.now_ms + 2300)
    stage.until(c.StartReply, 2)
    assert last_answer(stage) == ("keys", "12")


def test_words_spoken_while_typing_are_written_down_and_not_answered() -> None:
    stage = asked(PIN, stt_final_ms=500)
    stage.caller_says("it is one two", for_ms=800)
    stage.caller_presses("1234", at=stage.now_ms + 900, every_ms=50)
    stage.until_heard("All right.").run(1000)
    assert len(stage.asked) == 2
    assert last_answer(stage) == ("keys", "1234")
    assert ("said", "it is one two") in stage.caller_lines


def test_what_the_stt_still_owes_of_them_holds_nothing_up() -> None:
    stage = asked(PIN, stt_final_ms=100, assistant=an_assistant(deadlines={"transcript_final_ms": 9000}))
    stage.stt = "silent"
    stage.caller_says("it is one two", for_ms=800)
    stage.caller_presses("1234", at=stage.now_ms + 1100, every_ms=10)
    stage.until_heard("All right.")
    stage.stt = "answers"
    ends = stage.now_ms + 600
    stage.caller_says("thank you", for_ms=600)
    stage.until(c.StartReply, 3)
    assert stage.now_ms - ends < 720


def test_the_tones_of_typing_are_no_unclear_answer() -> None:
    stage = asked(e.Question(kind="digits", max_digits=10))
    begins = stage.now_ms
    for at in (0, 600):
        stage.caller_says("", for_ms=350, at=begins + at)
    stage.caller_presses("12", at=begins + 330, every_ms=600)
    stage.until(c.StartReply, 2)
    assert last_answer(stage) == ("keys", "12")
    assert stage.assistant.unclear_message not in stage.said


# Sensitive digits


def test_sensitive_digits_are_judged_by_the_toolbox_and_stand_for_themselves() -> None:
    stage = asked(CARD, Says("Thank you."))
    (collect,) = stage.ordered(c.CollectSensitive)
    assert collect.question == CARD
    stage.caller_presses("4111111111111111", every_ms=50)
    stage.until_heard("Thank you.")
    assert [order.collection_id for order in stage.ordered(c.JudgeDigits)] == [collect.collection_id]
    assert last_answer(stage) == ("keys", f"[sensitive digits #{collect.collection_id}]")
    assert not stage.ordered(c.StopCollecting)


def test_the_digits_appear_in_no_event_order_or_entry() -> None:
    stage = asked(CARD, Says("Thank you."))
    stage.caller_presses("5500005555555559#", every_ms=50)
    stage.until_heard("Thank you.").run()
    assert b"5500005555555559" not in everything(stage)
    told = "".join(event.key for _, event in stage.events if isinstance(event, e.KeyPressed))
    assert told.replace("digit#", "").startswith("123456789101112")


@pytest.mark.parametrize("ends", ["#", ""])
def test_a_shorter_number_ends_with_the_terminator_or_a_pause(ends: str) -> None:
    stage = asked(CARD, Says("Thank you."))
    stage.caller_presses("411111111111" + ends, every_ms=50)
    stage.until_heard("Thank you.")
    assert len(stage.ordered(c.JudgeDigits)) == 1


def test_invalid_digits_are_asked_for_again_in_a_new_collection() -> None:
    stage = asked(CARD, Says("Thank you."), digits_valid=[False, True])
    stage.caller_presses("4111111111111112", every_ms=50)
    stage.until_heard("Once more?")
    first, second = stage.ordered(c.CollectSensitive)
    assert first.collection_id != second.collection_id
    stage.caller_presses("4111111111111111", every_ms=50)
    stage.until_heard("Thank you.")
    assert len(stage.asked) == 2


def test_invalid_digits_again_and_again_end_the_call() -> None:
    stage = asked(CARD, digits_valid=[False] * 9, assistant=an_assistant(unclear_limit=1))
    for _ in range(2):
        stage.caller_presses("4111111111111112", every_ms=50)
        stage.run(4000)
    stage.run()
    assert stage.end == "unclear"


def test_a_number_typed_over_the_goodbye_after_the_last_try_is_as_secret_as_before() -> None:
    stage = asked(CARD, digits_valid=[False], assistant=an_assistant(unclear_limit=0))
    stage.caller_presses("4111111111111112", every_ms=50)
    stage.until_playing("I am having trouble")
    stage.caller_presses("4111111111111111", every_ms=50)
    stage.until_heard("All right.")
    told = "".join(event.key for _, event in stage.events if isinstance(event, e.KeyPressed))
    assert "4111" not in told
    assert b"4111" not in everything(stage)
    assert last_answer(stage) == (
        "keys",
        f"[sensitive digits #{stage.ordered(c.JudgeDigits)[1].collection_id}]",
    )


def test_the_reason_of_an_end_that_is_planned_outlives_an_invalid_number() -> None:
    hurried = an_assistant(max_duration_s=12.0, warning_message="", idle={"timeout_s": 100.0})
    stage = asked(CARD, digits_valid=[False], assistant=hurried)
    stage.until_playing("Our time is up")
    stage.caller_presses("4111111111111112", every_ms=20)
    stage.run()
    assert stage.end == "max_duration"
    assert "Once more?" not in stage.said


def test_a_number_typed_twice_over_a_question_that_must_be_heard_is_taken_once() -> None:
    """The first answer waits until the question has been heard; no key after it is a second one."""
    question = msgspec.structs.replace(CARD, barge_in="never")
    stage = answered(replies=[Says(LONG, question=question), Says("Thank you.")])
    stage.caller_says("go on then", for_ms=600)
    stage.until_playing("We are open")
    stage.caller_presses("4111111111111111", every_ms=20)
    stage.caller_presses("4111111111111111", at=stage.now_ms + 500, every_ms=20)
    stage.until_heard("Thank you.").run(5000)
    assert [line for line in stage.caller_lines if line[0] == "keys"] == [
        ("keys", f"[sensitive digits #{stage.ordered(c.CollectSensitive)[0].collection_id}]")
    ]
    assert len(stage.asked) == 2


def test_a_key_too_many_is_neither_judged_again_nor_kept() -> None:
    stage = asked(CARD, Says("Thank you."), digits_ms=4000)
    stage.caller_presses("41111111111111117", every_ms=1)
    stage.until_heard("Thank you.").run(6000)
    assert len(stage.ordered(c.JudgeDigits)) == 1
    assert len(stage.asked) == 2


def test_a_number_typed_once_more_after_it_was_taken_is_as_secret_as_before() -> None:
    stage = asked(CARD, Says("Thank you. And your menu?", question=MENU, after_ms=3000))
    stage.caller_presses("4111111111111111" * 2, every_ms=20)
    stage.run(1500)
    assert not stage.ordered(c.ReleaseKeys)
    keys = [event.key for _, event in stage.events if isinstance(event, e.KeyPressed)]
    assert len(keys) == 32
    assert all(key.startswith("digit#") for key in keys)
    stage.until_heard("your menu?")
    assert len(stage.ordered(c.ReleaseKeys)) == 1
    stage.caller_presses("1")
    stage.run(2000)
    assert last_answer(stage) == ("keys", "1")


def surplus(keys: str, then: str) -> Stage:
    """A card's number and what is typed right on, the next question asked at once; `then` answers it."""
    stage = asked(CARD, Says("Thank you. And your menu?", question=MENU), Says("Good."))
    stage.caller_presses("4111111111111111" + keys, every_ms=150)
    stage.run((16 + len(keys)) * 150 + 800)
    assert not stage.ordered(c.ReleaseKeys)
    stage.run(200)
    assert len(stage.ordered(c.ReleaseKeys)) == 1
    stage.caller_presses(then)
    stage.run(2000)
    return stage


@pytest.mark.parametrize("keys", ["", "1", "2121"])
def test_surplus_digits_are_no_answer_to_what_is_asked_at_once(keys: str) -> None:
    stage = surplus(keys, "2")
    told = [event.key for _, event in stage.events if isinstance(event, e.KeyPressed)]
    assert len(told) == 16 + len(keys) + 1
    assert all(key.startswith("digit#") for key in told[:-1])
    assert [line for line in stage.caller_lines if line[0] == "keys"][1:] == [("keys", "2")]


def test_after_a_terminator_keys_answer_what_is_asked_at_once() -> None:
    stage = asked(CARD, Says("Thank you. And your menu?", question=MENU), Says("Good."))
    stage.caller_presses("4111111111111111#2", every_ms=150)
    stage.run(3500)
    assert [line for line in stage.caller_lines if line[0] == "keys"][1:] == [("keys", "2")]


def test_a_terminator_behind_the_last_digit_gives_the_keys_back_at_once() -> None:
    stage = asked(CARD, Says("Thank you. And your menu?", question=MENU), Says("Good."))
    stage.caller_presses("4111111111111111", every_ms=150)
    stage.run(15 * 150 + 800)
    assert not stage.ordered(c.ReleaseKeys)
    stage.caller_presses("#")
    stage.run(1)
    assert len(stage.ordered(c.ReleaseKeys)) == 1
    stage.caller_presses("2")
    stage.run(2000)
    assert [line for line in stage.caller_lines if line[0] == "keys"][1:] == [("keys", "2")]


def test_surplus_digits_do_not_hold_up_the_next_sensitive_question() -> None:
    pin = e.Question(kind="digits", min_digits=4, max_digits=4, sensitive=True)
    stage = asked(CARD, Says("And your PIN?", question=pin), Says("Good."))
    stage.caller_presses("4111111111111111", every_ms=150)
    stage.until_playing("And your PIN?")
    stage.caller_presses("1234", every_ms=150)
    stage.until_heard("Good.").run(3000)
    assert len(stage.ordered(c.CollectSensitive)) == len(stage.ordered(c.JudgeDigits)) == 2
    assert len(stage.ordered(c.ReleaseKeys)) == 1


def test_a_number_typed_once_more_over_its_answer_neither_cuts_it_nor_is_told() -> None:
    stage = asked(CARD, Says("Thank you. " + LONG))
    stage.caller_presses("4111111111111111", every_ms=20)
    stage.until_playing("Thank you", for_ms=500)
    stage.caller_presses("4111111111111111", every_ms=50)
    stage.run(1500)
    assert not stage.ordered(c.ClearPlayout)
    keys = [event.key for _, event in stage.events if isinstance(event, e.KeyPressed)]
    assert len(keys) == 32
    assert all(key.startswith("digit#") for key in keys)


def test_a_judged_number_that_is_still_to_be_answered_keeps_the_keys() -> None:
    card = msgspec.structs.replace(CARD, barge_in="never")
    stage = answered(replies=[Says(LONG, question=card), Says("Thank you.", after_ms=3000)])
    stage.caller_says("go on then", for_ms=600)
    stage.until_playing(LONG[:10], for_ms=300)
    stage.caller_presses("4111111111111111", every_ms=20)
    stage.until_heard(LONG).run(500)
    stage.caller_presses("4111", every_ms=50)
    stage.run(1000)
    keys = [event.key for _, event in stage.events if isinstance(event, e.KeyPressed)]
    assert len(keys) == 20
    assert all(key.startswith("digit#") for key in keys)


def test_an_answer_without_a_question_gives_the_keys_back() -> None:
    stage = asked(CARD, Says("Thank you."), Says("Good."))
    stage.caller_presses("4111111111111111", every_ms=20)
    stage.until_heard("Thank you.").run(500)
    assert len(stage.ordered(c.ReleaseKeys)) == 1
    stage.caller_presses("2", every_ms=20)
    stage.run(8000)
    assert last_answer(stage) == ("keys", "2")


def test_what_was_typed_of_a_number_that_is_wanted_no_more_is_forgotten() -> None:
    stage = asked(CARD, Says("All the same."))
    stage.caller_presses("4111", every_ms=50)
    stage.caller_says("I would rather not", for_ms=900, at=stage.now_ms + 600)
    stage.until_heard("All the same.").run(4000)
    assert len(stage.ordered(c.StopCollecting)) == 1
    assert len(stage.asked) == 2
    assert last_answer(stage) == ("said", "I would rather not")


def test_tokens_of_a_number_answer_no_other_question() -> None:
    shared = Shared(PLAIN, Abilities())
    keypad = Keypad(shared)
    keypad.ask(CARD)
    for key in ("digit#1", "digit#2"):
        assert keypad.press(key, ahead=False) is None
    assert keypad.ask(e.Question(max_digits=2)) is None
    assert not keypad.typed


def test_a_judgement_of_a_collection_that_is_over_is_stale() -> None:
    stage = asked(CARD, Says("All the same."))
    (collect,) = stage.ordered(c.CollectSensitive)
    stage.caller_says("I would rather not", for_ms=900)
    stage.until_heard("All the same.")
    before = len(stage.orders)
    stage.tell(e.DigitsJudged(collect.collection_id, valid=True))
    assert len(stage.orders) == before


def test_hanging_up_ends_a_collection() -> None:
    stage = asked(CARD)
    stage.tell(e.CarrierStopped())
    assert len(stage.ordered(c.StopCollecting)) == 1
    assert isinstance(stage.orders[-1][1], c.EndCall)


def test_a_pause_before_any_digit_judges_nothing() -> None:
    stage = asked(MENU, Says("Your card?", question=CARD, after_ms=500))
    stage.caller_presses("13", every_ms=100)
    stage.until_heard("Your card?").run(3000)
    assert not stage.ordered(c.JudgeDigits)
