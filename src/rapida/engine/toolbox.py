"""The shell around the tools, and the only place that ever holds sensitive digits.

While a sensitive number is collected the core is told tokens; the digits wait here, under the collection's
number, and are put into a tool's arguments where the words that stand for them are (`call/sensitive.py`).
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from typing import Any

from ..call import sensitive
from ..call.commands import CollectSensitive, JudgeDigits, ReleaseKeys, StartTool, StopCollecting
from ..call.events import CallerWrote, DigitsJudged, Event, KeyPressed, Question, ToolFinished
from ..call.happenings import ToolEnd
from ..call.tool_requests import TOOL_LATE
from ..errors import ProviderError
from ..tools.base import Tool, ToolCaller
from .tasks import Spawn

Ended = Callable[[StartTool, ToolEnd, str], None]
"""Told of a tool that ended: what it was asked, how it ended, and its answer if it gave one."""


class Toolbox:
    """The tools of one call; `emit` gets their results and the keys, `ended` how each came to its end.

    `ended` is told what a tool was asked and what it answered, without sensitive digits, also when the call
    is over; of a failure not why, which may hold a secret.
    """

    def __init__(
        self,
        tools: Mapping[str, Tool],
        caller: ToolCaller,
        emit: Callable[[Event], None],
        spawn: Spawn,
        ended: Ended,
    ) -> None:
        self._tools = tools
        self._caller = caller
        self._emit = emit
        self._spawn = spawn
        self._ended = ended
        self._collecting: tuple[int, Question] | None = None
        self._complete = False
        """The digits are judged, and no further one belongs to them."""
        self._digits: dict[int, str] = {}
        self._begun: set[asyncio.Task[None]] = set()

    # Keys

    def press(self, key: str) -> None:
        """A key from the phone: told as it is, or as a token while digits are sensitive."""
        if self._collecting is None:
            self._emit(KeyPressed(key))
            return
        collection_id, question = self._collecting
        if key == question.terminator:
            self._emit(KeyPressed(sensitive.TERMINATOR))
            return
        if self._complete or 0 < question.max_digits <= len(self._digits[collection_id]):
            self._emit(KeyPressed(sensitive.SURPLUS))
            return
        self._digits[collection_id] += key
        self._emit(KeyPressed(sensitive.digit(len(self._digits[collection_id]))))

    def write(self, text: str) -> None:
        """A typed line, as it is; but while digits are sensitive its digits are keys, and no word is told."""
        if self._collecting is None:
            self._emit(CallerWrote(text))
            return
        for digit in filter(str.isdecimal, text):
            self.press(digit)
        self.press(self._collecting[1].terminator)

    def collect(self, order: CollectSensitive) -> None:
        self._collecting, self._complete = (order.collection_id, order.question), False
        self._digits[order.collection_id] = ""

    def judge(self, order: JudgeDigits) -> None:
        """Say whether the digits answer the question; invalid ones are forgotten at once."""
        if self._collecting is None or self._complete:
            return
        collection_id, question = self._collecting
        self._complete = True
        valid = acceptable(self._digits[collection_id], question)
        if not valid:
            del self._digits[collection_id]
        self._emit(DigitsJudged(order.collection_id, valid))

    def release(self, order: ReleaseKeys) -> None:
        """Keys are told as they are again; the judged digits stay for a tool."""
        self._collecting = None

    def stop(self, order: StopCollecting) -> None:
        self._collecting = None
        self._digits.pop(order.collection_id, None)

    # Tools

    def start(self, order: StartTool) -> None:
        """Run a tool to its end or its deadline, even past the end of the call: what it books is booked."""
        running = asyncio.create_task(self._run(order))
        self._begun.add(running)
        running.add_done_callback(self._begun.discard)
        self._spawn(_until_done(running))

    async def _run(self, order: StartTool) -> None:
        end: ToolEnd = "answered"
        try:
            async with asyncio.timeout(order.deadline_ms / 1000):
                arguments: dict[str, Any] = json.loads(self._with_digits(order.arguments) or "{}")
                tool = self._tools[order.name]
                result = await tool.run(arguments, self._caller)
        except TimeoutError:
            end, result = "late", TOOL_LATE
        except ProviderError as failed:
            end, result = "failed", str(failed)
        except ValueError as wrong:
            end, result = "misused", str(wrong)
        answer, ok = self._without_digits(result), end == "answered"
        self._ended(order, end, answer if ok else "")
        self._emit(ToolFinished(order.tool_id, answer, ok=ok))

    def _with_digits(self, arguments: str) -> str:
        for collection_id, digits in self._digits.items():
            arguments = arguments.replace(sensitive.words_for(collection_id), digits)
        return arguments

    def _without_digits(self, text: str) -> str:
        """A tool that repeats what it was given must not tell the model."""
        for collection_id, digits in self._digits.items():
            if digits:
                text = text.replace(digits, sensitive.words_for(collection_id))
        return text

    def close(self) -> None:
        """Forget every digit."""
        self._digits.clear()
        self._collecting = None


async def _until_done(running: asyncio.Task[None]) -> None:
    """The call's part in its tool: a bug in it ends the call, but the call's end is not the tool's."""
    await asyncio.shield(running)


def acceptable(digits: str, question: Question) -> bool:
    """Whether digits have the length the question wants and pass its check."""
    if not digits.isdigit() or not question.min_digits <= len(digits) <= question.max_digits:
        return False
    return question.check != "luhn" or _luhn(digits)


def _luhn(digits: str) -> bool:
    """ISO/IEC 7812-1 annex B: every second digit from the right is doubled; the sum ends in 0."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0
