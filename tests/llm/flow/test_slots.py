from typing import Any

import pytest

from rapida.llm.flow import slots
from rapida.llm.flow.script import Ask, Choice
from tests.llm.flow.flow_call import WEDNESDAY

TOPICS = {
    "hours": Choice(("opening hours",), also=("when are you open",), key="1"),
    "account": Choice(("opening an account",), key="2", says="a new account"),
    "billing": Choice(("billing",), also=("an invoice",), key="3"),
}


def ask(kind: Any, **fields: Any) -> Ask:
    return Ask("it", kind, "What?", **fields)


def heard(question: Ask, text: str) -> str | None:
    return slots.read(question, text, typed=False, today=WEDNESDAY)


def typed(question: Ask, keys: str) -> str | None:
    return slots.read(question, keys, typed=True, today=WEDNESDAY)


@pytest.mark.parametrize(
    ("said", "verdict"),
    [
        ("yes", "yes"),
        ("Yeah, sure.", "yes"),
        ("that's right", "yes"),
        ("yes please", "yes"),
        ("no", "no"),
        ("no thank you", "no"),
        ("nope", "no"),
        ("that is not right", "no"),
        ("that isn't correct", "no"),
        ("yes, no problem", "yes"),
        ("no, that's right", "no"),
        ("right, wrong", None),
        ("yesterday", None),
        ("maybe", None),
        ("", None),
    ],
)
def test_yes_and_no_are_understood(said: str, verdict: str | None) -> None:
    assert slots.yes_or_no(said, typed=False) == verdict
    assert heard(ask("yes_no"), said) == verdict


def test_yes_and_no_can_be_typed() -> None:
    assert [typed(ask("yes_no"), keys) for keys in ("1", "2", "1#", "3", "12")] == [
        "yes",
        "no",
        "yes",
        None,
        None,
    ]


@pytest.mark.parametrize(
    ("said", "choice"),
    [
        ("opening hours", "hours"),
        ("Your opening hours, please!", "hours"),
        ("when are you open", "hours"),
        ("I would like to ask about billing", "billing"),
        ("a question about an invoice", "billing"),
        ("bilings", "billing"),
        ("hours", "hours"),
        ("opening", None),
        ("the weather", None),
        ("not billing", None),
        ("anything but the opening hours", None),
        ("I don't want billing", None),
        ("billing or opening hours", None),
        ("No, billing!", "billing"),
        ("please", None),
        ("", None),
    ],
)
def test_choices_are_understood_from_what_resembles_one_of_them_clearly(
    said: str, choice: str | None
) -> None:
    assert heard(ask("choice", choices=TOPICS), said) == choice


def test_choices_can_be_typed() -> None:
    question = ask("choice", choices=TOPICS)
    assert [typed(question, key) for key in "123"] == ["hours", "account", "billing"]
    assert typed(question, "4") is None


def test_digits_must_have_the_right_number() -> None:
    question = ask("digits", min_digits=3, max_digits=4)
    assert heard(question, "one two three") == "123"
    assert heard(question, "one two three four five") is None
    assert heard(question, "one two") is None
    assert typed(question, "1234#") == "1234"
    assert typed(ask("digits", max_digits=4), "123") is None, "without a minimum, exactly the maximum"


def test_digits_may_have_to_pass_a_check() -> None:
    question = ask("digits", min_digits=2, max_digits=16, check="luhn")
    assert typed(question, "4242424242424242") == "4242424242424242"
    assert typed(question, "4242424242424241") is None


def test_sensitive_digits_are_a_handle_that_only_the_keypad_gives() -> None:
    question = ask("digits", max_digits=4, sensitive=True)
    assert typed(question, "[sensitive digits #3]") == "[sensitive digits #3]"
    assert heard(question, "one two three four") is None


@pytest.mark.parametrize(
    ("said", "number"),
    [
        ("two oh two five five five oh one four three", "+12025550143"),
        ("+44 20 7946 0958", "+442079460958"),
        ("plus four nine three zero one two three four five six", "+4930123456"),
        ("one two", None),
        ("call me", None),
    ],
)
def test_telephone_numbers_are_kept_in_one_form(said: str, number: str | None) -> None:
    assert heard(ask("phone"), said) == number


def test_telephone_numbers_are_read_in_their_region() -> None:
    assert typed(ask("phone", region="DE"), "030123456") == "+4930123456"


def test_dates_are_kept_as_iso_dates() -> None:
    assert heard(ask("date"), "tomorrow") == "2026-03-12"
    assert typed(ask("date"), "1224#") == "2026-12-24"


def test_free_speech_is_taken_as_it_is() -> None:
    assert heard(ask("free"), "  anything at all ") == "anything at all"
    assert heard(ask("free"), " ") is None


@pytest.mark.parametrize(
    ("question", "value", "said"),
    [
        (ask("digits", max_digits=5), "12345", "one two three, four five"),
        (ask("phone"), "+12025550143", "two zero two, five five five, zero one four three"),
        (ask("phone", region="IT"), "+390612345678", "zero six, one two three four, five six seven eight"),
        (ask("phone", region="DE"), "+4930123456", "zero three zero, one two three, four five six"),
        (
            ask("phone"),
            "+442079460958",
            "plus four four, two zero, seven nine four six, zero nine five eight",
        ),
        (ask("date"), "2026-03-12", "Thursday, March twelfth"),
        (ask("choice", choices=TOPICS), "hours", "opening hours"),
        (ask("choice", choices=TOPICS), "account", "a new account"),
        (ask("yes_no"), "yes", "yes"),
        (ask("free"), "the blue one", "the blue one"),
    ],
)
def test_values_are_spoken_as_people_say_them(question: Ask, value: str, said: str) -> None:
    assert slots.say(question, value, WEDNESDAY) == said


def test_the_ear_is_told_what_to_expect() -> None:
    choice = slots.expect(ask("choice", choices=TOPICS, barge_in="never", silence_ms=900), "Again?")
    assert choice.phrases == ("opening hours", "opening an account", "billing")
    assert (choice.keys, choice.barge_in, choice.silence_ms) == ("123", "never", 900)
    assert (choice.reprompt, choice.takes_unclear, choice.max_digits) == ("Again?", True, 0)
    yes_no = slots.expect(ask("yes_no"), "")
    assert yes_no.keys == "12"
    assert "no thank you" in yes_no.phrases
    digits = slots.expect(ask("digits", max_digits=6, terminator="*", sensitive=True, check="luhn"), "")
    assert (digits.kind, digits.min_digits, digits.max_digits, digits.terminator) == ("digits", 6, 6, "*")
    assert digits.sensitive
    assert digits.check == "luhn"
    assert slots.expect(ask("date"), "").max_digits == 8
    assert slots.expect(ask("phone"), "").max_digits == 15
