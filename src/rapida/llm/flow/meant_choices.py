"""Choices meant without their phrases: when a tool is asked for them, and what it told. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from ...call.commands import Message
from ...call.tool_requests import ToolSpec
from . import questions, slots, tool_use
from .numbers import tokens
from .script import Ask, Script

TOOL: Final = "choose_by_meaning"
"""It takes `said` and `choices`, and answers with JSON: `choice`, empty where none is meant, and `sure`."""


def worth_asking(script: Script, tools: Sequence[ToolSpec], ask: Ask, answer: Message) -> bool:
    """Whether the tool is asked: it is there, and what was said may mean one of the choices.

    Where a flow answers questions, what asks for a fact that it does not know means no choice. "Not billing"
    means none either: to what compares meanings it is like "billing".
    """
    if ask.kind != "choice" or answer.kind != "said" or all(each.name != TOOL for each in tools):
        return False
    asks_a_fact = questions.is_question(answer.text) and not questions.is_wish(answer.text)
    if script.questions and asks_a_fact:
        return False
    return len(tokens(answer.text)) >= questions.ENOUGH_WORDS and not slots.denied(ask, answer.text)


def arguments(ask: Ask, said: str) -> dict[str, Any]:
    """What the tool is asked."""
    choices = {name: [*choice.phrases, *choice.also] for name, choice in ask.choices.items()}
    return {"said": said, "choices": choices}


def told(ask: Ask, said: str, result: Message) -> tuple[str, bool]:
    """The choice that is meant by `said`, empty = none, and whether that is sure.

    To what compares meanings "I booked a table last week" is like "book a table": what tells of the past is
    asked back.
    """
    choice = tool_use.part(result.text, "choice") if result.ok else None
    if choice not in ask.choices:
        return "", False
    sure = tool_use.part(result.text, "sure") == "yes"
    return choice, sure and not questions.tells_of_the_past(said)
