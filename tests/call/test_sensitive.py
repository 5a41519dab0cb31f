"""A number that nobody may see is nothing but tokens, and words that stand for it."""

from __future__ import annotations

import msgspec
import pytest

from rapida.call import commands as c
from rapida.call import events as e
from rapida.call.abilities import Abilities
from rapida.call.keypad import Keypad
from rapida.call.sensitive import SURPLUS, TERMINATOR, digit, words_for
from rapida.call.shared import Shared
from rapida.call.timers import Timer

from .driven_call import LONG, PLAIN, DrivenCall, Says, an_assistant, answered
from .questions import CARD, MENU, asked, everything, last_answer


def test_each_key_has_a_token_of_its_own() -> None:
    tokens = [TERMINATOR, SURPLUS, *(digit(nth) for nth in range(1, 33))]
    assert len(set(tokens)) == len(tokens)


def test_no_numbers_words_stand_within_another_ones() -> None:
    all_words = [words_for(collection_id) for collection_id in range(1, 120)]
    assert not [(one, other) for one in all_words for other in all_words if one is not other and one in other]


# Its collection


def test_sensitive_digits_are_judged_by_the_toolbox_and_stand_for_themselves() -> None:
    driven = asked(CARD, Says("Thank you."))
    (collect,) = driven.ordered(c.CollectSensitive)
    assert collect.question == CARD
    driven.caller_presses("4111111111111111", every_ms=50)
    driven.until_heard("Thank you.")
    assert [order.collection_id for order in driven.ordered(c.JudgeDigits)] == [collect.collection_id]
    assert last_answer(driven) == ("keys", f"[sensitive digits #{collect.collection_id}]")
    assert not driven.ordered(c.StopCollecting)


def test_the_digits_appear_in_no_event_order_or_entry() -> None:
    driven = asked(CARD, Says("Thank you."))
    driven.caller_presses("5500005555555559#", every_ms=50)
    driven.until_heard("Thank you.").run()
    assert b"5500005555555559" not in everything(driven)
    told = "".join(event.key for _, event in driven.events if isinstance(event, e.KeyPressed))
    assert told.replace("digit#", "").startswith("123456789101112")


@pytest.mark.parametrize("ends", ["#", ""])
def test_a_shorter_number_ends_with_the_terminator_or_a_pause(ends: str) -> None:
    driven = asked(CARD, Says("Thank you."))
    driven.caller_presses("411111111111" + ends, every_ms=50)
    driven.until_heard("Thank you.")
    assert len(driven.ordered(c.JudgeDigits)) == 1


def test_invalid_digits_are_asked_for_again_in_a_new_collection() -> None:
    driven = asked(CARD, Says("Thank you."), digits_valid=[False, True])
    driven.caller_presses("4111111111111112", every_ms=50)
    driven.until_heard("Once more?")
    first, second = driven.ordered(c.CollectSensitive)
    assert first.collection_id != second.collection_id
    driven.caller_presses("4111111111111111", every_ms=50)
    driven.until_heard("Thank you.")
    assert len(driven.asked) == 2


def test_invalid_digits_again_and_again_end_the_call() -> None:
    driven = asked(CARD, digits_valid=[False] * 9, assistant=an_assistant(unclear_limit=1))
    for _ in range(2):
        driven.caller_presses("4111111111111112", every_ms=50)
        driven.run(4000)
    driven.run()
    assert driven.end == "unclear"


def test_a_number_typed_over_the_goodbye_after_the_last_try_is_as_secret_as_before() -> None:
    driven = asked(CARD, digits_valid=[False], assistant=an_assistant(unclear_limit=0))
    driven.caller_presses("4111111111111112", every_ms=50)
    driven.until_playing("I am having trouble")
    driven.caller_presses("4111111111111111", every_ms=50)
    driven.until_heard("All right.")
    told = "".join(event.key for _, event in driven.events if isinstance(event, e.KeyPressed))
    assert "4111" not in told
    assert b"4111" not in everything(driven)
    assert last_answer(driven) == (
        "keys",
        f"[sensitive digits #{driven.ordered(c.JudgeDigits)[1].collection_id}]",
    )


def test_the_reason_of_an_end_that_is_planned_outlives_an_invalid_number() -> None:
    hurried = an_assistant(max_duration_s=12.0, warning_message="", idle={"timeout_s": 100.0})
    driven = asked(CARD, digits_valid=[False], assistant=hurried)
    driven.until_playing("Our time is up")
    driven.caller_presses("4111111111111112", every_ms=20)
    driven.run()
    assert driven.end == "max_duration"
    assert "Once more?" not in driven.said


def test_a_number_typed_twice_over_a_question_that_must_be_heard_is_taken_once() -> None:
    """The first answer waits until the question has been heard; no key after it is a second one."""
    question = msgspec.structs.replace(CARD, barge_in="never")
    driven = answered(replies=[Says(LONG, question=question), Says("Thank you.")])
    driven.caller_says("go on then", for_ms=600)
    driven.until_playing("We are open")
    driven.caller_presses("4111111111111111", every_ms=20)
    driven.caller_presses("4111111111111111", at=driven.now_ms + 500, every_ms=20)
    driven.until_heard("Thank you.").run(5000)
    assert [line for line in driven.caller_lines if line[0] == "keys"] == [
        ("keys", f"[sensitive digits #{driven.ordered(c.CollectSensitive)[0].collection_id}]")
    ]
    assert len(driven.asked) == 2


def test_a_key_too_many_is_neither_judged_again_nor_kept() -> None:
    driven = asked(CARD, Says("Thank you."), digits_ms=4000)
    driven.caller_presses("41111111111111117", every_ms=1)
    driven.until_heard("Thank you.").run(6000)
    assert len(driven.ordered(c.JudgeDigits)) == 1
    assert len(driven.asked) == 2


def test_a_number_typed_once_more_after_it_was_taken_is_as_secret_as_before() -> None:
    driven = asked(CARD, Says("Thank you. And your menu?", question=MENU, after_ms=3000))
    driven.caller_presses("4111111111111111" * 2, every_ms=20)
    driven.run(1500)
    assert not driven.ordered(c.ReleaseKeys)
    keys = [event.key for _, event in driven.events if isinstance(event, e.KeyPressed)]
    assert len(keys) == 32
    assert all(key.startswith("digit#") for key in keys)
    driven.until_heard("your menu?")
    assert len(driven.ordered(c.ReleaseKeys)) == 1
    driven.caller_presses("1")
    driven.run(2000)
    assert last_answer(driven) == ("keys", "1")


def surplus(keys: str, then: str) -> DrivenCall:
    """A card's number and what is typed right on, the next question asked at once; `then` answers it."""
    driven = asked(CARD, Says("Thank you. And your menu?", question=MENU), Says("Good."))
    driven.caller_presses("4111111111111111" + keys, every_ms=150)
    driven.run((16 + len(keys)) * 150 + 800)
    assert not driven.ordered(c.ReleaseKeys)
    driven.run(200)
    assert len(driven.ordered(c.ReleaseKeys)) == 1
    driven.caller_presses(then)
    driven.run(2000)
    return driven


@pytest.mark.parametrize("keys", ["", "1", "2121"])
def test_surplus_digits_are_no_answer_to_what_is_asked_at_once(keys: str) -> None:
    driven = surplus(keys, "2")
    told = [event.key for _, event in driven.events if isinstance(event, e.KeyPressed)]
    assert len(told) == 16 + len(keys) + 1
    assert all(key.startswith("digit#") for key in told[:-1])
    assert [line for line in driven.caller_lines if line[0] == "keys"][1:] == [("keys", "2")]


def test_after_a_terminator_keys_answer_what_is_asked_at_once() -> None:
    driven = asked(CARD, Says("Thank you. And your menu?", question=MENU), Says("Good."))
    driven.caller_presses("4111111111111111#2", every_ms=150)
    driven.run(3500)
    assert [line for line in driven.caller_lines if line[0] == "keys"][1:] == [("keys", "2")]


def test_a_terminator_behind_the_last_digit_gives_the_keys_back_at_once() -> None:
    driven = asked(CARD, Says("Thank you. And your menu?", question=MENU), Says("Good."))
    driven.caller_presses("4111111111111111", every_ms=150)
    driven.run(15 * 150 + 800)
    assert not driven.ordered(c.ReleaseKeys)
    driven.caller_presses("#")
    driven.run(1)
    assert len(driven.ordered(c.ReleaseKeys)) == 1
    driven.caller_presses("2")
    driven.run(2000)
    assert [line for line in driven.caller_lines if line[0] == "keys"][1:] == [("keys", "2")]


def test_surplus_digits_do_not_hold_up_the_next_sensitive_question() -> None:
    pin = e.Question(kind="digits", min_digits=4, max_digits=4, sensitive=True)
    driven = asked(CARD, Says("And your PIN?", question=pin), Says("Good."))
    driven.caller_presses("4111111111111111", every_ms=150)
    driven.until_playing("And your PIN?")
    driven.caller_presses("1234", every_ms=150)
    driven.until_heard("Good.").run(3000)
    assert len(driven.ordered(c.CollectSensitive)) == len(driven.ordered(c.JudgeDigits)) == 2
    assert len(driven.ordered(c.ReleaseKeys)) == 1


def test_a_number_typed_once_more_over_its_answer_neither_cuts_it_nor_is_told() -> None:
    driven = asked(CARD, Says("Thank you. " + LONG))
    driven.caller_presses("4111111111111111", every_ms=20)
    driven.until_playing("Thank you", for_ms=500)
    driven.caller_presses("4111111111111111", every_ms=50)
    driven.run(1500)
    assert not driven.ordered(c.ClearPlayout)
    keys = [event.key for _, event in driven.events if isinstance(event, e.KeyPressed)]
    assert len(keys) == 32
    assert all(key.startswith("digit#") for key in keys)


def test_a_judged_number_that_is_still_to_be_answered_keeps_the_keys() -> None:
    card = msgspec.structs.replace(CARD, barge_in="never")
    driven = answered(replies=[Says(LONG, question=card), Says("Thank you.", after_ms=3000)])
    driven.caller_says("go on then", for_ms=600)
    driven.until_playing(LONG[:10], for_ms=300)
    driven.caller_presses("4111111111111111", every_ms=20)
    driven.until_heard(LONG).run(500)
    driven.caller_presses("4111", every_ms=50)
    driven.run(1000)
    keys = [event.key for _, event in driven.events if isinstance(event, e.KeyPressed)]
    assert len(keys) == 20
    assert all(key.startswith("digit#") for key in keys)


def test_an_answer_without_a_question_gives_the_keys_back() -> None:
    driven = asked(CARD, Says("Thank you."), Says("Good."))
    driven.caller_presses("4111111111111111", every_ms=20)
    driven.until_heard("Thank you.").run(500)
    assert len(driven.ordered(c.ReleaseKeys)) == 1
    driven.caller_presses("2", every_ms=20)
    driven.run(8000)
    assert last_answer(driven) == ("keys", "2")


def test_what_was_typed_of_a_number_that_is_wanted_no_more_is_forgotten() -> None:
    driven = asked(CARD, Says("All the same."))
    driven.caller_presses("4111", every_ms=50)
    driven.caller_says("I would rather not", for_ms=900, at=driven.now_ms + 600)
    driven.until_heard("All the same.").run(4000)
    assert len(driven.ordered(c.StopCollecting)) == 1
    assert len(driven.asked) == 2
    assert last_answer(driven) == ("said", "I would rather not")


def test_tokens_of_a_number_answer_no_other_question() -> None:
    shared = Shared(PLAIN, Abilities())
    keypad = Keypad(shared)
    keypad.ask(CARD)
    for key in ("digit#1", "digit#2"):
        assert keypad.press(key, ahead=False) is None
    assert keypad.ask(e.Question(max_digits=2)) is None
    assert not keypad.typed


def test_a_judgement_of_a_collection_that_is_over_is_stale() -> None:
    driven = asked(CARD, Says("All the same."))
    (collect,) = driven.ordered(c.CollectSensitive)
    driven.caller_says("I would rather not", for_ms=900)
    driven.until_heard("All the same.")
    before = len(driven.orders)
    driven.tell(e.DigitsJudged(collect.collection_id, valid=True))
    assert len(driven.orders) == before


def test_hanging_up_ends_a_collection() -> None:
    driven = asked(CARD)
    driven.tell(e.CarrierStopped())
    assert len(driven.ordered(c.StopCollecting)) == 1
    assert isinstance(driven.orders[-1][1], c.EndCall)


def test_a_pause_before_any_digit_judges_nothing() -> None:
    driven = asked(MENU, Says("Your card?", question=CARD, after_ms=500))
    driven.caller_presses("13", every_ms=100)
    driven.until_heard("Your card?").run(3000)
    assert not driven.ordered(c.JudgeDigits)


def test_a_number_asked_for_while_surplus_digits_may_still_come_is_collected_and_not_released() -> None:
    shared = Shared(PLAIN, Abilities())
    keypad = Keypad(shared)
    keypad.ask(CARD)
    for nth in range(1, 17):
        assert keypad.press(f"digit#{nth}", ahead=False) is None
    first = [order.collection_id for order in shared.orders if isinstance(order, c.JudgeDigits)]
    assert keypad.judged(*first) == f"[sensitive digits #{first[0]}]"
    keypad.release()
    assert shared.timers.is_set(Timer.RELEASE), "a digit too many is waited for"
    keypad.ask(CARD)
    assert keypad.collecting
    assert not shared.timers.is_set(Timer.RELEASE)
    assert [type(order) for order in shared.orders] == [c.CollectSensitive, c.JudgeDigits, c.CollectSensitive]
