from __future__ import annotations

import json

import pytest

from rapida.errors import ProviderUnavailable
from rapida.tools.base import Tool, ToolCaller
from rapida.tools.choose_by_meaning import ChooseByMeaning, ChooseByMeaningOptions
from tests.tools.conformance import Arguments, ToolConformance
from tests.tools.in_memory import InMemory

MENU = {"book": ["see the dentist"], "cancel": ["call it off"]}


def made() -> ChooseByMeaning:
    tool = ChooseByMeaning(ChooseByMeaningOptions())
    tool.serve_with(InMemory())
    return tool


class TestChooseByMeaning(ToolConformance):
    @pytest.fixture
    async def tool(self) -> Tool:
        return made()

    @pytest.fixture
    def good(self) -> Arguments:
        return {"said": "I want to see the dentist", "choices": MENU}

    @pytest.fixture
    def bad(self) -> Arguments:
        return {"said": "I want to see the dentist", "choices": ["book"]}


async def test_the_choice_is_told_and_whether_it_is_sure() -> None:
    asked = {"said": "I want to see the dentist", "choices": MENU}
    told = await made().run(asked, ToolCaller(1))
    assert json.loads(told) == {"choice": "book", "sure": "yes"}
    told = await made().run({**asked, "said": "it is raining"}, ToolCaller(1))
    assert json.loads(told) == {"choice": "", "sure": "no"}


async def test_without_the_platform_nothing_is_compared() -> None:
    with pytest.raises(ProviderUnavailable):
        await ChooseByMeaning(ChooseByMeaningOptions()).run({"said": "x", "choices": MENU}, ToolCaller(1))
