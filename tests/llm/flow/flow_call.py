"""Words for tests of flows: a call that a flow answers, on a day that stays."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date

from rapida.call.tool_requests import ToolSpec
from rapida.llm.base import ToolCall
from rapida.llm.flow.brain import Flow, FlowOptions
from rapida.tools.base import Tool, ToolCaller
from tests.llm.talk import Talk

WEDNESDAY = date(2026, 3, 11)


class FlowCall(Talk):
    """One call answered by a flow, on 11 March 2026."""

    def __init__(
        self, script: str, variables: Mapping[str, str] | None = None, tools: tuple[ToolSpec, ...] = ()
    ):
        flow = Flow(FlowOptions(script), today=lambda _zone: WEDNESDAY)
        super().__init__(flow.brain("", variables or {}), tools)


class ServedFlowCall(FlowCall):
    """The same with real tools, which answer at once."""

    def __init__(self, script: str, variables: Mapping[str, str], *tools: Tool):
        self.by_name = {tool.spec.name: tool for tool in tools}
        super().__init__(script, variables, tuple(tool.spec for tool in tools))

    async def hears(self, text: str) -> str:
        """What the agent says to a turn, tools included."""
        await self.says(text)
        return await self.to_the_end()

    async def to_the_end(self) -> str:
        said = [self.spoken]
        while calls := [
            each for each in self.last if isinstance(each, ToolCall) and each.name in self.by_name
        ]:
            arguments = json.loads(calls[0].arguments)
            self.result_comes(await self.by_name[calls[0].name].run(arguments, ToolCaller(1)))
            await self.ask()
            said.append(self.spoken)
        return " ".join(filter(None, said))

    @property
    def over(self) -> str:
        """What the agent ended the call with; "" while it goes on."""
        return next((each.name for each in self.last if isinstance(each, ToolCall)), "")
