"""Choices in other words: a tool is asked where phrases found none, and its word is taken or asked back."""

from __future__ import annotations

import json

import pytest

from rapida.call.tool_requests import ToolSpec
from rapida.errors import ConfigurationError
from rapida.llm.flow.brain import parse
from tests.llm.flow.flow_call import FlowCall

MENU = """
failed: bye
states:
  menu:
    ask:
      slot: topic
      kind: choice
      question: "How can I help?"
      choices:
        book: {phrases: [book an appointment], also: [see the dentist], says: a new appointment}
        cancel: {phrases: [cancel an appointment]}
    next: {book: booked, cancel: bye}
  booked: {say: Booked., next: bye}
  bye: {say: Bye., end: true}
"""
WITH_FACTS = MENU.replace("failed: bye", "failed: bye\nquestions: facts") + (
    "\n  facts: {answer: {unknown: Not known.}}\n"
)
TOOLS = tuple(ToolSpec(name, "", {}) for name in ("choose_by_meaning", "search_knowledge"))


async def begun(script: str = MENU, tools: tuple[ToolSpec, ...] = TOOLS) -> FlowCall:
    call = FlowCall(script, tools=tools)
    await call.begins()
    return call


async def told(call: FlowCall, choice: str, sure: str) -> None:
    """What the tool answers."""
    assert (call.tool.name, call.spoken) == ("choose_by_meaning", "")
    call.result_comes(json.dumps({"choice": choice, "sure": sure}))
    await call.ask()


async def nothing_known(call: FlowCall) -> None:
    """The page of facts has nothing of what was said."""
    assert call.tool.name == "search_knowledge"
    call.result_comes('{"answer": ""}')
    await call.ask()


async def test_what_is_surely_meant_is_taken() -> None:
    call = await begun()
    await call.says("I want to arrange a visit")
    assert call.arguments == {
        "said": "I want to arrange a visit",
        "choices": {
            "book": ["book an appointment", "see the dentist"],
            "cancel": ["cancel an appointment"],
        },
    }
    await told(call, "book", "yes")
    assert call.spoken == "Booked. Bye."


async def test_the_same_turn_asked_again_does_not_ask_the_tool_again() -> None:
    call = await begun()
    await call.says("I want to arrange a visit")
    await told(call, "book", "yes")
    await call.ask()
    assert call.spoken == "Booked. Bye."


@pytest.mark.parametrize(
    ("answer", "spoken"),
    [
        ("yes", "Booked. Bye."),
        ("no", "Let us try that again. How can I help?"),
        ("no, cancel an appointment", "Do you mean: cancel an appointment?"),
        ("hm", "Sorry, I did not catch that. Do you mean: a new appointment?"),
    ],
)
async def test_what_is_likely_meant_is_asked_back(answer: str, spoken: str) -> None:
    call = await begun()
    await call.says("I want to arrange a visit")
    await told(call, "book", "no")
    assert (call.spoken, call.question.kind) == ("Do you mean: a new appointment?", "yes_no")
    await call.says(answer)
    assert call.spoken == spoken


async def test_a_question_that_is_confirmed_anyway_is_confirmed_in_its_own_words() -> None:
    call = await begun(MENU.replace("kind: choice", 'kind: choice\n      confirm: "{{topic}}, right?"'))
    await call.says("I want to arrange a visit")
    await told(call, "book", "yes")
    assert call.spoken == "a new appointment, right?"


@pytest.mark.parametrize("result", ['{"choice": "", "sure": "no"}', '{"choice": "other"}', "nonsense"])
async def test_what_means_none_is_asked_again(result: str) -> None:
    call = await begun()
    await call.says("it is raining here")
    call.result_comes(result)
    await call.ask()
    assert call.spoken == "Sorry, I did not catch that. How can I help?"


async def test_a_tool_that_fails_is_as_one_that_found_nothing() -> None:
    call = await begun()
    await call.says("I want to arrange a visit")
    call.result_comes("choose_by_meaning: no meanings can be compared here", ok=False)
    await call.ask()
    assert call.spoken == "Sorry, I did not catch that. How can I help?"


@pytest.mark.parametrize("said", ["arrange it", "I do not want to arrange a visit", ""])
async def test_few_words_and_what_is_denied_mean_nothing_else(said: str) -> None:
    call = await begun()
    await call.says(said)
    assert call.spoken == "Sorry, I did not catch that. How can I help?"


async def test_without_the_tool_the_question_is_asked_again() -> None:
    call = await begun(tools=())
    await call.says("I want to arrange a visit")
    assert call.spoken == "Sorry, I did not catch that. How can I help?"


async def test_facts_are_looked_up_first_and_then_what_is_meant() -> None:
    call = await begun(WITH_FACTS)
    await call.says("Could you fit me in?")
    await nothing_known(call)
    await told(call, "book", "yes")
    assert call.spoken == "Booked. Bye."


async def test_a_wish_that_means_nothing_is_answered_as_a_question() -> None:
    call = await begun(WITH_FACTS)
    await call.says("Could you sing a song?")
    await nothing_known(call)
    await told(call, "", "no")
    assert call.spoken == "Not known. How can I help?"


async def test_a_question_of_fact_means_no_choice() -> None:
    call = await begun(WITH_FACTS)
    await call.says("Are you hiring assistants?")
    await nothing_known(call)
    assert call.spoken == "Not known. How can I help?"


def test_what_asks_back_names_only_the_value_and_variables() -> None:
    with pytest.raises(ConfigurationError, match=r"meant: .*neither the value nor a variable"):
        parse(f'meant: "You mean {{{{topic}}}}?"\n{MENU}')
