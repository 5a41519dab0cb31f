"""Who gets to see digits: a tool that was promised them, and nobody else."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping
from typing import Any, get_args

import pytest

from rapida.call.commands import CollectSensitive, JudgeDigits, ReleaseKeys, StartTool, StopCollecting
from rapida.call.events import DigitsJudged, Event, KeyPressed, Question, ToolFinished
from rapida.call.happenings import ToolEnd
from rapida.call.tool_requests import ToolSpec
from rapida.engine.toolbox import Toolbox, acceptable
from rapida.errors import ProviderRefused
from rapida.telemetry.metrics import TOOL_ENDS
from rapida.tools.base import ToolCaller

PIN = Question(kind="digits", min_digits=4, max_digits=4, sensitive=True, terminator="#")


class Till:
    """A tool that says what it was given."""

    spec = ToolSpec("pay", "Pays.", {"type": "object"})
    deadline_ms = 1000

    fails: Exception | None = None
    hangs = False

    async def run(self, arguments: Mapping[str, Any], caller: ToolCaller) -> str:
        self.given = arguments
        if self.hangs:
            await asyncio.Event().wait()
        if self.fails is not None:
            raise self.fails
        return f"paid with {arguments['pin']}"


class Box:
    def __init__(self) -> None:
        self.told: list[Event] = []
        self.ends: list[tuple[str, str]] = []
        self.kept: list[str] = []
        """What was told of arguments and answers when tools ended."""
        self.till = Till()
        self._tasks: list[asyncio.Task[None]] = []
        self.toolbox = Toolbox({"pay": self.till}, ToolCaller(7), self.told.append, self._spawn, self._ended)

    def _spawn(self, doing: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        self._tasks.append(asyncio.ensure_future(doing))
        return self._tasks[-1]

    def _ended(self, order: StartTool, end: ToolEnd, answer: str) -> None:
        self.ends.append((order.name, end))
        self.kept += [order.arguments, answer]

    def press(self, keys: str) -> list[str]:
        """What the core is told of some keys."""
        before = len(self.told)
        for key in keys:
            self.toolbox.press(key)
        return [event.key for event in self.told[before:] if isinstance(event, KeyPressed)]

    async def done(self) -> None:
        await asyncio.gather(*self._tasks)


@pytest.fixture
def box() -> Box:
    return Box()


def test_a_digit_too_many_spoils_nothing_although_it_came_before_the_order_to_judge(box: Box) -> None:
    box.toolbox.collect(CollectSensitive(1, PIN))
    assert box.press("42719") == ["digit#1", "digit#2", "digit#3", "digit#4", "digit#0"]
    box.toolbox.judge(JudgeDigits(1))
    assert box.told[-1] == DigitsJudged(1, valid=True)


def test_keys_are_tokens_from_the_question_to_its_release_and_keys_before_and_after(box: Box) -> None:
    assert box.press("5") == ["5"]
    box.toolbox.collect(CollectSensitive(1, PIN))
    assert box.press("4271") == ["digit#1", "digit#2", "digit#3", "digit#4"]
    box.toolbox.judge(JudgeDigits(1))
    assert box.told[-1] == DigitsJudged(1, valid=True)
    assert box.press("4271#") == ["digit#0"] * 4 + ["terminator"]
    box.toolbox.release(ReleaseKeys(1))
    assert box.press("5") == ["5"]


def test_an_invalid_number_is_forgotten_and_what_follows_it_is_no_clearer(box: Box) -> None:
    box.toolbox.collect(CollectSensitive(1, PIN))
    box.press("42")
    box.toolbox.judge(JudgeDigits(1))
    box.toolbox.judge(JudgeDigits(1))
    assert [event for event in box.told if isinstance(event, DigitsJudged)] == [DigitsJudged(1, valid=False)]
    assert box.press("9") == ["digit#0"]
    box.toolbox.collect(CollectSensitive(2, PIN))
    assert box.press("4") == ["digit#1"]
    box.toolbox.stop(StopCollecting(2))
    assert box.press("4") == ["4"]


async def test_a_tool_gets_the_digits_where_they_were_promised_and_the_model_does_not(box: Box) -> None:
    box.toolbox.collect(CollectSensitive(1, PIN))
    box.press("4271")
    box.toolbox.judge(JudgeDigits(1))
    box.press("9999")
    box.toolbox.release(ReleaseKeys(1))
    box.toolbox.start(StartTool(3, "pay", '{"pin":"[sensitive digits #1]"}', 1000))
    await box.done()
    assert box.till.given == {"pin": "4271"}
    assert box.told[-1] == ToolFinished(3, "paid with [sensitive digits #1]")


@pytest.mark.parametrize(
    ("fails", "end"),
    [
        (None, "answered"),
        (ProviderRefused("till", "4271 is no pin"), "failed"),
        (ValueError("4271 is too short"), "misused"),
    ],
)
async def test_how_a_tool_ends_is_told_by_its_name(box: Box, fails: Exception | None, end: str) -> None:
    box.till.fails = fails
    box.toolbox.collect(CollectSensitive(1, PIN))
    box.press("4271")
    box.toolbox.judge(JudgeDigits(1))
    box.toolbox.start(StartTool(3, "pay", '{"pin":"[sensitive digits #1]"}', 1000))
    await box.done()
    finished = box.told[-1]
    assert isinstance(finished, ToolFinished)
    assert (finished.ok, "4271" in finished.result) == (end == "answered", False)
    assert box.ends == [("pay", end)]
    answer = "paid with [sensitive digits #1]" if end == "answered" else ""
    assert box.kept == ['{"pin":"[sensitive digits #1]"}', answer]


async def test_a_tool_that_is_not_done_at_its_deadline_is_broken_off(box: Box) -> None:
    box.till.hangs = True
    box.toolbox.start(StartTool(3, "pay", "{}", 0))
    await box.done()
    assert box.told[-1] == ToolFinished(3, "The tool did not answer in time.", ok=False)
    assert box.ends == [("pay", "late")]


def test_every_end_of_a_tool_has_its_own_name_in_the_metrics() -> None:
    assert get_args(ToolEnd) == TOOL_ENDS


@pytest.mark.parametrize(
    ("digits", "valid"),
    [("4111111111111111", True), ("4111111111111112", False), ("411", False), ("", False)],
)
def test_a_card_number_has_its_length_and_its_check_digit(digits: str, valid: bool) -> None:
    card = Question(kind="digits", min_digits=12, max_digits=16, check="luhn")
    assert acceptable(digits, card) is valid
