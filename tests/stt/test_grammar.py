"""What each kind of question admits, and how it is read back."""

from __future__ import annotations

from typing import Literal

import pytest

from rapida.call.events import Question
from rapida.stt.grammar import NO, YES, grammar_for


def read(question: Question, recognised: str) -> str:
    grammar = grammar_for(question)
    assert grammar is not None
    return grammar.read(recognised)


@pytest.mark.parametrize("answer", [*YES, *NO])
def test_yes_and_no_are_heard_in_many_words(answer: str) -> None:
    assert read(Question(kind="yes_no"), answer) == answer


def test_a_yes_or_no_question_may_have_answers_of_its_own() -> None:
    assert read(Question(kind="yes_no", phrases=("Go ahead!",)), "go ahead") == "Go ahead!"


@pytest.mark.parametrize("kind", ["choice", "free"])
def test_a_choice_is_read_back_as_it_was_written(kind: Literal["choice", "free"]) -> None:
    question = Question(kind=kind, phrases=("Sales Department", "Room 5", "the Smiths’ table"))
    assert read(question, "sales department") == "Sales Department"
    assert read(question, "room five") == "Room 5"
    assert read(question, "the smiths table") == "the Smiths’ table"


@pytest.mark.parametrize("part", ["talk to a", "talk", "a person", "talk to a person please", ""])
def test_part_of_a_phrase_is_no_answer(part: str) -> None:
    question = Question(kind="choice", phrases=("talk to a person", "book a table"))
    assert read(question, "talk to a person") == "talk to a person"
    assert read(question, part) == ""


@pytest.mark.parametrize("question", [Question(), Question(kind="choice"), Question(phrases=("—", "?"))])
def test_what_admits_anything_has_no_grammar(question: Question) -> None:
    assert grammar_for(question) is None


def test_digits_are_read_as_numerals_within_their_bounds() -> None:
    question = Question(kind="digits", min_digits=2, max_digits=3)
    assert read(question, "one oh") == "10"
    assert read(question, "nine zero two") == "902"
    assert read(question, "one") == ""
    assert read(question, "one two three four") == ""
    assert read(question, "one potato") == ""


def test_digits_without_bounds_are_one_to_sixteen() -> None:
    assert read(Question(kind="digits"), "seven") == "7"
    assert read(Question(kind="digits"), " ".join(["one"] * 16)) == "1" * 16
    assert read(Question(kind="digits"), " ".join(["one"] * 17)) == ""


def test_a_phone_number_has_at_least_seven_digits() -> None:
    assert read(Question(kind="phone"), "five five five zero one three two") == "5550132"
    assert read(Question(kind="phone"), "five five five zero one three") == ""


@pytest.mark.parametrize(
    "date",
    [
        "today",
        "next friday",
        "monday",
        "march third",
        "march the third",
        "the twenty first of may",
        "the fifth",
    ],
)
def test_dates_are_heard_as_they_are_said(date: str) -> None:
    assert read(Question(kind="date"), date) == date


@pytest.mark.parametrize("no_date", ["march", "march the", "next", "the twenty", "of may", ""])
def test_half_a_date_is_none(no_date: str) -> None:
    assert read(Question(kind="date"), no_date) == ""


def test_the_words_of_a_grammar_are_all_told() -> None:
    grammar = grammar_for(Question(kind="choice", phrases=("one more time", "don't know")))
    assert grammar is not None
    assert grammar.words == ("one", "more", "time", "don't", "know")
    date = grammar_for(Question(kind="date"))
    assert date is not None
    assert {"today", "thirtieth", "december", "of"} <= set(date.words)


def test_nothing_of_a_phrase_can_reach_the_grammar_as_syntax() -> None:
    grammar = grammar_for(Question(kind="choice", phrases=("yes; public <x> = [no] | (a)*",)))
    assert grammar is not None
    assert grammar.rule == "yes public x no a"
