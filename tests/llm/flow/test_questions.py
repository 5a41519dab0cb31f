"""A caller's own questions: told from answers, answered in between, and the call goes on where it was."""

from __future__ import annotations

import json

import pytest

from rapida.errors import ConfigurationError
from rapida.llm.flow import questions
from rapida.llm.flow.brain import parse
from tests.llm.flow.flow_call import FlowCall

BOOKING = """
failed: bye
questions: facts
states:
  day:
    ask: {slot: day, kind: date, anytime: true, question: "For what day?", retries: 1}
    next: name
  name:
    ask: {slot: name, kind: name, question: "What is your name?", confirm: "{{name}}?"}
    next: message
  message:
    ask: {slot: message, kind: free, question: "What is it about?"}
    next: facts
  facts:
    answer: {unknown: "I do not know that."}
    next: bye
  bye: {say: Bye., end: true}
"""
PARKING = "You can park behind the house."


async def begun(*said: str) -> FlowCall:
    call = FlowCall(BOOKING)
    await call.begins()
    for each in said:
        await call.says(each)
    return call


async def asks(call: FlowCall, question: str, answer: str) -> None:
    """A question that is looked up; `answer` is what the page of facts has of it."""
    await call.says(question)
    assert (call.tool.name, call.arguments, call.spoken) == ("search_knowledge", {"question": question}, "")
    call.result_comes(json.dumps({"found": "yes" if answer else "no", "answer": answer}))
    await call.ask()


@pytest.mark.parametrize(
    ("said", "question", "wish"),
    [
        ("Where can I park?", True, False),
        ("And how much is a cleaning", True, False),
        ("Do you open on Fridays?", True, False),
        ("Is there a lift", True, False),
        ("I was wondering if you speak Spanish", True, False),
        ("Can I come on Friday?", True, True),
        ("How about Thursday?", True, True),
        ("Would Friday be possible?", True, True),
        ("Friday.", False, False),
        ("On Friday at three.", False, False),
        ("Yes.", False, False),
        ("", False, False),
    ],
)
def test_a_question_is_told_from_a_wish_and_from_an_answer(said: str, question: bool, wish: bool) -> None:
    assert (questions.is_question(said), questions.is_wish(said)) == (question, wish)


async def test_a_question_in_between_is_answered_and_the_open_question_is_asked_again() -> None:
    call = await begun()
    await asks(call, "Where can I park?", PARKING)
    assert call.spoken == f"{PARKING} For what day?"
    assert call.question.kind == "date"
    await call.says("Friday.")
    assert call.spoken == "What is your name?"


async def test_what_nobody_knows_is_said_to_be_unknown_and_counts_as_no_miss() -> None:
    call = await begun()
    for _ in range(3):
        await asks(call, "Can I bring my dog?", "")
        assert call.spoken == "I do not know that. For what day?"
    await call.says("Friday.")
    assert call.spoken == "What is your name?"


async def test_a_question_that_names_a_day_is_no_answer_where_the_facts_know_of_it() -> None:
    call = await begun()
    await asks(call, "Are you open on Saturday?", "We are closed at the weekend.")
    assert call.spoken == "We are closed at the weekend. For what day?"
    await asks(call, "Is Friday all right?", "")
    assert call.spoken == "What is your name?", "no fact, and so an answer"


async def test_a_wish_in_the_form_of_a_question_is_an_answer() -> None:
    call = await begun("Can I come on Friday?")
    assert call.spoken == "What is your name?"


async def test_a_statement_that_answers_nothing_is_looked_up_and_missed_when_nothing_is_found() -> None:
    call = await begun()
    await asks(call, "I have a terrible toothache.", "Come at eight, without an appointment.")
    assert call.spoken == "Come at eight, without an appointment. For what day?"
    await asks(call, "blah blah blah", "")
    assert call.spoken == "Sorry, I did not catch that. For what day?"
    await call.says("Hm.")
    assert call.spoken == "Bye."


async def test_a_question_while_an_answer_is_confirmed_leaves_it_to_be_confirmed() -> None:
    call = await begun("Friday", "Anna Miller")
    assert call.spoken == "Anna Miller?"
    await asks(call, "Where can I park?", PARKING)
    assert call.spoken == f"{PARKING} Anna Miller?"
    await call.says("Yes.")
    assert call.spoken == "What is it about?"


async def test_a_state_answers_the_last_words_and_goes_on() -> None:
    call = await begun("Friday", "Anna Miller", "Yes")
    await asks(call, "Where can I park?", PARKING)
    assert call.spoken == f"{PARKING} Bye."


async def test_facts_that_cannot_be_searched_are_unknown() -> None:
    call = await begun()
    await call.says("Where can I park?")
    call.result_comes("search_knowledge: the facts cannot be read now", ok=False)
    await call.ask()
    assert call.spoken == "I do not know that. For what day?"


async def test_a_passage_is_said_as_it_stands() -> None:
    call = await begun()
    await asks(call, "Where can I park?", "Behind {{day}}.")
    assert call.spoken.startswith("Behind {{day}}.")


async def test_a_caller_who_goes_on_while_it_is_looked_up_is_heard() -> None:
    call = await begun()
    await call.says("Where can I park?")
    await call.says("Friday.")
    assert call.spoken == "What is your name?"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "questions: fact\nstates: {a: {say: x, next: b}, b: {end: true}}",
            "questions: there is no state 'fact'",
        ),
        (
            "questions: a\nstates: {a: {say: x, next: b}, b: {end: true}}",
            "questions: the state 'a' answers nothing: write `answer: {}` in it",
        ),
        (
            "questions: f\nstates: {a: {say: x, next: f}, f: {answer: {}}, b: {end: true}}",
            "state 'f': where to go on, when it is led to? Write `next: <state>`",
        ),
        ("states: {a: {answer: {}}, b: {end: true}}", "state 'a': where to go on? Write `next: <state>`"),
        (
            "states: {a: {answer: {tol: x}, next: b}, b: {end: true}}",
            "there is no field 'tol'; did you mean 'tool'?",
        ),
        ("states: {a: {answer: {}, end: true}}", "it does answer and end"),
    ],
)
def test_what_is_wrong_with_an_answer_is_told(text: str, told: str) -> None:
    with pytest.raises(ConfigurationError) as wrong:
        parse(text)
    assert told in str(wrong.value)


def test_a_state_that_only_answers_in_between_needs_no_next() -> None:
    assert parse(
        BOOKING.replace("next: facts", "next: bye").replace("    next: bye\n  bye:", "  bye:")
    ).states


@pytest.mark.parametrize(
    ("said", "past"),
    [
        ("I was at the dentist last year", True),
        ("we moved a while ago", True),
        ("I booked last week and I would like to cancel", False),
        ("can you help me, it broke yesterday", False),
        ("I forgot my umbrella", False),
    ],
)
def test_what_is_over_and_wants_nothing_tells_of_the_past(said: str, past: bool) -> None:
    assert questions.tells_of_the_past(said) == past
