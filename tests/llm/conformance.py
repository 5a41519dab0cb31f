"""What every brain must do, whoever makes it: a suite that each provider's test file runs.

A provider's test subclasses `LlmConformance` and gives one fixture, `model`: a *started* `LanguageModel` that
says something in the first turn, calls the tool `look` once in the second, and says something when the
result is there. Nothing here knows a provider.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import cast

import pytest

from rapida.call.events import Question
from rapida.call.tool_requests import ToolSpec
from rapida.llm.base import BrainEvent, CutShort, LanguageModel, StateEntered, TextDelta, ToolCall, Usage

from .talk import Talk

LOOK = ToolSpec("look", "Looks it up.", {"type": "object", "properties": {}})
ORDER = {StateEntered: -1, TextDelta: 0, Question: 1, ToolCall: 1, CutShort: 2, Usage: 2}
"""What comes before what in a reply: words are spoken while the rest is still on its way."""


class LlmConformance:
    """Subclass it as `Test…`, with the fixture `model`."""

    @pytest.fixture
    async def model(self) -> LanguageModel:
        raise AssertionError("the subclass gives the model")

    async def test_a_reply_is_words_then_what_it_wants_then_what_it_used(self, model: LanguageModel) -> None:
        talk = talk_with(model)
        for reply in (await talk.begins(), await talk.says("look it up")):
            ranks = [ORDER[type(event)] for event in reply]
            assert ranks == sorted(ranks)
            assert all(event.text for event in reply if isinstance(event, TextDelta))
            assert sum(isinstance(event, Usage) for event in reply) <= 1

    async def test_the_same_turn_asked_again_is_answered_again(self, model: LanguageModel) -> None:
        talk = talk_with(model)
        assert spoken(await talk.begins()) == spoken(await talk.ask()) != ""
        await talk.says("look it up")
        wanted = talk.tool
        await talk.ask()
        assert (talk.tool.name, talk.tool.arguments) == (wanted.name, wanted.arguments)

    async def test_a_tool_is_called_once_and_its_result_spoken_of(self, model: LanguageModel) -> None:
        talk = talk_with(model)
        await talk.begins()
        await talk.says("look it up")
        assert talk.tool.name == LOOK.name
        assert talk.tool.call_id
        assert isinstance(talk.arguments, dict)
        talk.result_comes('{"found": true}')
        reply = await talk.ask()
        assert talk.spoken
        assert not any(isinstance(event, ToolCall) and event.name == LOOK.name for event in reply)

    async def test_calls_do_not_hear_each_other(self, model: LanguageModel) -> None:
        one, other = talk_with(model), talk_with(model)
        first = spoken(await one.begins())
        await one.says("look it up")
        assert spoken(await other.begins()) == first

    async def test_two_calls_are_answered_at_once(self, model: LanguageModel) -> None:
        one, other = await asyncio.gather(talk_with(model).begins(), talk_with(model).begins())
        assert spoken(one) == spoken(other) != ""

    async def test_a_reply_given_up_in_the_middle_leaves_the_call_usable(self, model: LanguageModel) -> None:
        talk = talk_with(model)
        whole = spoken(await talk.begins())
        cut = cast(AsyncGenerator[BrainEvent], talk.brain.reply(talk.request))
        await anext(cut)
        await cut.aclose()
        assert spoken(await talk.ask()) == whole

    async def test_it_may_be_closed_twice(self, model: LanguageModel) -> None:
        await model.aclose()
        await model.aclose()


def talk_with(model: LanguageModel) -> Talk:
    return Talk(model.brain("You answer the telephone.", {}), (LOOK,))


def spoken(reply: list[BrainEvent]) -> str:
    return "".join(event.text for event in reply if isinstance(event, TextDelta))
