"""What every tool must do, whoever makes it: a suite that each tool's test file runs.

A tool's test subclasses `ToolConformance` and gives three fixtures: `tool`, ready to run; `good`, arguments
that it answers; and `bad`, arguments that it cannot take. Nothing here knows a tool.
"""

from __future__ import annotations

import asyncio
import re
from typing import Any

import pytest

from rapida.tools.base import Tool, ToolCaller
from rapida.tools.schema import Parameters

Arguments = dict[str, Any]
CALLER = ToolCaller(1)


class ToolConformance:
    """Subclass it as `Test…`, with the fixtures `tool`, `good` and `bad`."""

    @pytest.fixture
    async def tool(self) -> Tool:
        raise AssertionError("the subclass gives the tool")

    @pytest.fixture
    def good(self) -> Arguments:
        raise AssertionError("the subclass gives arguments")

    @pytest.fixture
    def bad(self) -> Arguments:
        raise AssertionError("the subclass gives arguments")

    async def test_a_model_can_be_told_of_it(self, tool: Tool, good: Arguments) -> None:
        assert re.fullmatch(r"[A-Za-z0-9_-]{1,64}", tool.spec.name)
        assert tool.spec.description
        Parameters(tool.spec.parameters).check(good)
        assert tool.deadline_ms >= 0

    async def test_it_answers_with_text(self, tool: Tool, good: Arguments) -> None:
        assert await run(tool, good)

    async def test_calls_may_use_it_at_once(self, tool: Tool, good: Arguments) -> None:
        one, other = await asyncio.gather(run(tool, good), run(tool, good, ToolCaller(2)))
        assert one
        assert other

    async def test_bad_arguments_go_back_to_the_model_and_leave_it_usable(
        self, tool: Tool, good: Arguments, bad: Arguments
    ) -> None:
        with pytest.raises(ValueError, match=r"\w+ \w+"):
            await run(tool, bad)
        assert await run(tool, good)

    async def test_it_leaves_its_arguments_as_they_were(self, tool: Tool, good: Arguments) -> None:
        before = dict(good)
        await run(tool, good)
        assert good == before


async def run(tool: Tool, arguments: Arguments, caller: ToolCaller = CALLER) -> str:
    async with asyncio.timeout(120):
        return await tool.run(arguments, caller)
