"""Tools inside a real call: run once, told to the model, and never to the caller."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any

import msgspec
import pytest
from structlog.testing import capture_logs

from rapida.call import happenings as h
from rapida.call.tool_requests import ToolSpec
from rapida.errors import ProviderUnavailable
from rapida.llm.base import BrainEvent, ReplyRequest, TextDelta, ToolCall
from rapida.llm.scripted import ScriptedReply
from rapida.tools.base import ToolCaller
from tests.engine.whole_call import WholeCall


class Table:
    """A tool that books a table, or breaks."""

    spec = ToolSpec("book", "Books a table.", {"type": "object"})
    deadline_ms = 0

    def __init__(self, fails: Exception | None = None) -> None:
        self.asked: list[dict[str, Any]] = []
        self._fails = fails

    async def run(self, arguments: Mapping[str, Any], caller: ToolCaller) -> str:
        self.asked.append(dict(arguments))
        if self._fails is not None:
            raise self._fails
        return "booked"


async def test_a_tool_runs_and_the_model_is_asked_again_with_its_result() -> None:
    table = Table()
    reply = ScriptedReply(tool="book", arguments='{"seats": 4}', then="It is booked.")
    async with WholeCall([reply], hears=["a table for four"], tools={"book": table}) as call:
        await call.until_heard("Welcome")
        call.caller_makes_a_sound(700)
        await call.until_heard("It is booked")
    assert table.asked == [{"seats": 4}]
    assert call.brain.requests[-1].memory[-1].text == "booked"
    [answered] = call.happened
    assert isinstance(answered, h.ToolAnswered)
    assert answered.took_ms is not None
    assert msgspec.structs.replace(answered, took_ms=None) == h.ToolAnswered("book", '{"seats": 4}', "booked")
    assert call.counted.tool_ends == ["answered"]


class Circling:
    """A model that calls a tool for as long as it is given one."""

    may_transfer = False
    follows_up = False
    opens = False
    missing = ()
    answers = ()

    def __init__(self) -> None:
        self.requests: list[ReplyRequest] = []

    async def reply(self, request: ReplyRequest) -> AsyncIterator[BrainEvent]:
        self.requests.append(request)
        if request.tools:
            yield ToolCall(f"call-{len(self.requests)}", "book", "{}")
        else:
            yield TextDelta("There is no table left.")


async def test_a_model_that_goes_in_circles_is_given_no_tools_the_last_time() -> None:
    table, circling = Table(), Circling()
    call = WholeCall(hears=["a table for four"], tools={"book": table}, brain=circling)
    async with call:
        await call.until_heard("Welcome")
        call.caller_makes_a_sound(700)
        await call.until_heard("no table left")
    assert [[tool.name for tool in request.tools] for request in circling.requests] == [
        ["book", "end_call"]
    ] * 8 + [[]]
    assert len(table.asked) == 8


async def test_a_failing_tool_is_told_to_the_model_and_not_to_the_caller() -> None:
    table = Table(ProviderUnavailable("kitchen", "nobody answers"))
    reply = ScriptedReply(tool="book", arguments='{"pin": "4711"}', then="I could not book it.")
    async with WholeCall([reply], hears=["a table"], tools={"book": table}) as call:
        await call.until_heard("Welcome")
        call.caller_makes_a_sound(700)
        with capture_logs() as logged:
            await call.until_heard("I could not")
    result = call.brain.requests[-1].memory[-1]
    assert (result.ok, "nobody answers" in result.text) == (False, True)
    [failed] = call.happened
    assert isinstance(failed, h.ToolFailed)
    assert (failed.end, failed.arguments, "nobody" in str(failed)) == ("failed", '{"pin": "4711"}', False)
    assert call.counted.tool_ends == ["failed"]
    # Neither what it was given nor what it answered: both may hold secrets.
    assert logged == [{"event": "tool_failed", "tool": "book", "end": "failed", "log_level": "warning"}]


@pytest.mark.parametrize("arguments", ["[1, 2]", '"four"', "null", '{"seats": ', "[" * 50_000])
async def test_arguments_that_are_none_are_told_to_the_model_and_break_nothing(arguments: str) -> None:
    table = Table()
    reply = ScriptedReply(tool="book", arguments=arguments, then="How many of you?")
    async with WholeCall([reply], hears=["a table"], tools={"book": table}) as call:
        await call.until_heard("Welcome")
        call.caller_makes_a_sound(700)
        await call.until_heard("How many")
    assert table.asked == []
    assert call.brain.requests[-1].memory[-1].ok is False


class Booking(Table):
    """A tool that takes its time, and must not be broken off."""

    def __init__(self) -> None:
        super().__init__()
        self.answered, self.booked = asyncio.Event(), asyncio.Event()

    async def run(self, arguments: Mapping[str, Any], caller: ToolCaller) -> str:
        self.asked.append(dict(arguments))
        await self.answered.wait()
        self.booked.set()
        return "booked"


async def test_a_tool_that_has_begun_finishes_although_the_caller_hangs_up() -> None:
    tool, reply = Booking(), ScriptedReply(tool="book", arguments="{}", then="Booked.")
    async with WholeCall([reply], hears=["a table"], tools={"book": tool}) as call:
        await call.until_heard("Welcome")
        call.caller_makes_a_sound(700)
        await call.run(60_000, until=lambda: bool(tool.asked))
        call.phone.hangs_up()
        await call.run(100)
        outcome = await asyncio.wait_for(call.task, 20)
        assert (outcome.reason, tool.booked.is_set()) == ("caller_hangup", False)
        tool.answered.set()
        await asyncio.wait_for(tool.booked.wait(), 20)
        await call.run(100)
    assert call.counted.tool_ends == ["answered"], "counted, although the call's record is closed"
