"""Words for tests of flows: a call that a flow answers, on a day that stays."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from rapida.call.tool_requests import ToolSpec
from rapida.llm.flow.brain import Flow, FlowOptions
from tests.llm.talk import Talk

WEDNESDAY = date(2026, 3, 11)


class FlowCall(Talk):
    """One call answered by a flow, on 11 March 2026."""

    def __init__(
        self, script: str, variables: Mapping[str, str] | None = None, tools: tuple[ToolSpec, ...] = ()
    ):
        flow = Flow(FlowOptions(script), today=lambda _zone: WEDNESDAY)
        super().__init__(flow.brain("", variables or {}), tools)
