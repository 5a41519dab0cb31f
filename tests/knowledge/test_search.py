"""Pages that are searched: read and embedded once, and again when they were written anew."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import numpy as np
import pytest

from rapida.embeddings.base import Embedder, Vectors
from rapida.errors import NotFound
from rapida.knowledge import refreshing
from rapida.knowledge.passages import Passage
from rapida.knowledge.search import Knowledge, stored
from rapida.store import knowledge as rows
from tests.switchboard.ready_node import NOON, ReadyNode

FACTS = (
    Passage("Parking", "Behind the house."),
    Passage("Hours", "On weekdays."),
    Passage("Pay", "By card."),
)


class SpellingEmbedder:
    """An embedder that counts what it is asked: a text is the letters that are in it."""

    model = "letters"
    answers_at = (0.5, 0.5)
    chosen_at = ((1.0, 1.0), (1.0, 1.0))

    def __init__(self) -> None:
        self.embedded: list[str] = []

    async def start(self) -> None: ...

    async def aclose(self) -> None: ...

    async def embed(self, texts: Sequence[str]) -> Vectors:
        self.embedded += texts
        counts = np.array(
            [[text.lower().count(chr(97 + n)) for n in range(26)] for text in texts], np.float32
        )
        return counts / np.linalg.norm(counts, axis=1, keepdims=True)


def knowledge_of(ready: ReadyNode, embedder: Embedder | None) -> Knowledge:
    async def find(name: str) -> Embedder | None:
        assert name == "letters"
        return embedder

    return Knowledge(ready.node.store, find)


async def put(ready: ReadyNode, passages: Sequence[Passage] = FACTS) -> None:
    async with ready.node.store.write() as tx:
        await rows.put(tx, ready.project_id, "facts", "", stored(passages), NOON)


@pytest.fixture
async def ready_with_facts(ready: ReadyNode) -> ReadyNode:
    await put(ready)
    return ready


async def titles(
    knowledge: Knowledge, ready: ReadyNode, question: str, embeddings: str = "letters"
) -> list[str]:
    found = await knowledge.search(ready.project_id, "facts", question, embeddings=embeddings, most=1)
    return [each.passage.title for each in found]


async def test_passages_are_embedded_once_by_whichever_server_is_asked_first(
    ready_with_facts: ReadyNode,
) -> None:
    embedder, ready = SpellingEmbedder(), ready_with_facts
    knowledge = knowledge_of(ready, embedder)
    assert await titles(knowledge, ready, "behind the house") == ["Parking"]
    assert await titles(knowledge, ready, "hours: on weekdays") == ["Hours"]
    assert len(embedder.embedded) == len(FACTS) + 2
    another = SpellingEmbedder()
    assert await titles(knowledge_of(ready, another), ready, "by card") == ["Pay"]
    assert another.embedded == ["by card"], "the vectors stood in the database"


async def test_a_page_that_was_prepared_has_nothing_left_to_embed_but_the_question(
    ready_with_facts: ReadyNode,
) -> None:
    embedder, ready = SpellingEmbedder(), ready_with_facts
    knowledge = knowledge_of(ready, embedder)
    await knowledge.prepare(ready.project_id, "facts", embeddings="letters")
    embedder.embedded.clear()
    assert await titles(knowledge, ready, "by card") == ["Pay"]
    assert embedder.embedded == ["by card"]


async def test_a_page_that_was_written_anew_is_read_anew(ready_with_facts: ReadyNode) -> None:
    ready = ready_with_facts
    knowledge = knowledge_of(ready, SpellingEmbedder())
    assert await titles(knowledge, ready, "behind the house") == ["Parking"]
    await put(ready, [Passage("Garage", "Behind the house."), FACTS[1]])
    assert await titles(knowledge, ready, "behind the house") == ["Garage"]


async def test_a_page_in_use_that_was_written_anew_is_embedded_before_it_is_asked(
    ready_with_facts: ReadyNode,
) -> None:
    embedder, ready = SpellingEmbedder(), ready_with_facts
    knowledge = knowledge_of(ready, embedder)
    await knowledge.refresh()
    assert embedder.embedded == [], "nobody uses it"
    await knowledge.prepare(ready.project_id, "facts", embeddings="letters")
    embedder.embedded.clear()
    await knowledge.refresh()
    assert embedder.embedded == [], "it is as it was"
    await put(ready, [Passage("Garage", "Behind the house.")])
    keeping = asyncio.create_task(refreshing.run(knowledge, look_s=0.001))
    async with asyncio.timeout(60):
        while not embedder.embedded:
            await asyncio.sleep(0.001)
    keeping.cancel()
    await asyncio.gather(keeping, return_exceptions=True)
    await knowledge.refresh()
    embedder.embedded.clear()
    assert await titles(knowledge, ready, "behind the house") == ["Garage"]
    assert embedder.embedded == ["behind the house"]


async def test_of_a_page_that_is_gone_nothing_is_kept_and_the_others_are_made_ready(
    ready_with_facts: ReadyNode,
) -> None:
    embedder, ready = SpellingEmbedder(), ready_with_facts
    knowledge = knowledge_of(ready, embedder)
    await knowledge.prepare(ready.project_id, "facts", embeddings="letters")
    async with ready.node.store.write() as tx:
        await rows.remove(tx, ready.project_id, "facts")
    embedder.embedded.clear()
    await knowledge.refresh()
    assert embedder.embedded == []
    with pytest.raises(NotFound):
        await titles(knowledge, ready, "by card")


async def test_without_an_embedder_words_are_searched(ready_with_facts: ReadyNode) -> None:
    knowledge = knowledge_of(ready_with_facts, None)
    assert await titles(knowledge, ready_with_facts, "the house") == ["Parking"]
    assert await titles(knowledge, ready_with_facts, "card", embeddings="") == ["Pay"]


async def test_a_page_that_is_not_there_is_not_found(ready: ReadyNode) -> None:
    with pytest.raises(NotFound, match="there is none"):
        await knowledge_of(ready, None).search(ready.project_id, "facts", "parking")
