import asyncio
from typing import Any

import pytest

from rapida import llm
from rapida.call.commands import Message
from rapida.errors import ProviderRefused, ProviderUnavailable
from rapida.llm.base import BrainEvent, LanguageModel, ReplyRequest, TextDelta, ToolCall
from rapida.llm.scripted import ScriptedModel, ScriptedOptions, ScriptedReply
from rapida.providers.build import build

from .conformance import LOOK, LlmConformance


class TestScripted(LlmConformance):
    @pytest.fixture
    async def model(self) -> LanguageModel:
        looks = ScriptedReply("Wait.", tool=LOOK.name, then="There it is.")
        return ScriptedModel(ScriptedOptions((ScriptedReply("Hello there."), looks), delta_chars=4))


def brain_of(**options: Any) -> Any:
    return build(llm.CATALOGUE, "scripted", options).brain("", {})


async def reply(brain: Any, turn_id: int, *memory: Message) -> list[BrainEvent]:
    return [event async for event in brain.reply(ReplyRequest(turn_id, memory))]


async def test_each_turn_takes_the_next_reply_and_after_the_last_the_first() -> None:
    brain = brain_of(replies=[{"text": "One."}, {"text": "Two."}])
    assert [await reply(brain, turn) for turn in (1, 2, 3)] == [
        [TextDelta("One.")],
        [TextDelta("Two.")],
        [TextDelta("One.")],
    ]


async def test_the_same_turn_asked_again_gets_the_same_reply() -> None:
    brain = brain_of(replies=[{"text": "One."}, {"text": "Two."}])
    assert await reply(brain, 1) == await reply(brain, 1) == [TextDelta("One.")]
    assert [request.turn_id for request in brain.requests] == [1, 1]


async def test_text_may_come_in_pieces() -> None:
    assert await reply(brain_of(replies=[{"text": "Hello"}], delta_chars=2), 1) == [
        TextDelta("He"),
        TextDelta("ll"),
        TextDelta("o"),
    ]


async def test_a_tool_is_called_once_and_its_result_answered() -> None:
    brain = brain_of(replies=[{"text": "Wait.", "tool": "look", "arguments": '{"n": 1}', "then": "Found."}])
    text, call = await reply(brain, 1)
    assert text == TextDelta("Wait.")
    assert isinstance(call, ToolCall)
    assert (call.name, call.arguments) == ("look", '{"n": 1}')
    assert await reply(brain, 1, Message("tool", "x", call_id=call.call_id)) == [TextDelta("Found.")]


@pytest.mark.parametrize(
    ("ends", "error"), [("unavailable", ProviderUnavailable), ("refused", ProviderRefused)]
)
async def test_it_fails_on_request_after_its_text(ends: str, error: type[Exception]) -> None:
    got: list[BrainEvent] = []
    with pytest.raises(error):
        async for event in brain_of(replies=[{"text": "Hm.", "ends": ends}]).reply(ReplyRequest(1, ())):
            got.append(event)
    assert got == [TextDelta("Hm.")]


async def test_it_stalls_on_request_until_it_is_cancelled() -> None:
    events = brain_of(replies=[{"text": "Hm.", "ends": "stalls"}]).reply(ReplyRequest(1, ()))
    assert await anext(events) == TextDelta("Hm.")
    waiting = asyncio.ensure_future(anext(events))
    await asyncio.sleep(0)
    assert not waiting.done()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
