from __future__ import annotations

import json
from typing import Any

import pytest

from rapida.errors import ProviderRefused, ProviderUnavailable
from rapida.tools.base import Tool, ToolCaller
from rapida.tools.knowledge import SearchKnowledge, SearchKnowledgeOptions
from tests.tools.conformance import Arguments, ToolConformance
from tests.tools.in_memory import InMemory


def made(services: InMemory, **options: Any) -> SearchKnowledge:
    tool = SearchKnowledge(SearchKnowledgeOptions(**options))
    tool.serve_with(services)
    return tool


async def answer(tool: SearchKnowledge, question: str) -> dict[str, Any]:
    return json.loads(await tool.run({"question": question}, ToolCaller(1, project_id=7)))


class TestSearchKnowledge(ToolConformance):
    @pytest.fixture
    async def tool(self) -> Tool:
        return made(InMemory())

    @pytest.fixture
    def good(self) -> Arguments:
        return {"question": "where can I park"}

    @pytest.fixture
    def bad(self) -> Arguments:
        return {"question": " "}


async def test_the_passage_that_fits_is_the_answer_and_further_ones_are_given() -> None:
    services = InMemory()
    told = await answer(made(services, most=2), "where can I park?")
    assert told["found"] == "yes"
    assert told["answer"] == "You can park behind the house."
    assert told["passages"][0]["title"] == "Parking"
    assert len(told["passages"]) == 2
    assert services.searched == [(7, "facts", "minilm")]


async def test_what_no_passage_answers_is_not_answered_with_the_nearest() -> None:
    told = await answer(made(InMemory()), "who won the match?")
    assert told == {"found": "no", "answer": "", "passages": []}


async def test_a_page_that_is_not_there_is_refused_with_those_there_are() -> None:
    with pytest.raises(ProviderRefused, match="there is no page of facts 'fact': there is facts"):
        await answer(made(InMemory(), page="fact"), "where can I park?")


async def test_without_the_platform_there_is_nothing_to_search() -> None:
    with pytest.raises(ProviderUnavailable):
        await answer(SearchKnowledge(SearchKnowledgeOptions()), "where can I park?")
