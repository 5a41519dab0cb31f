"""Pages that are searched: read and embedded once, and again when they were written anew."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from rapida.embeddings.base import Embedder, Vectors
from rapida.errors import NotFound
from rapida.knowledge.passages import Passage
from rapida.knowledge.search import Knowledge, stored
from rapida.store import knowledge as rows
from tests.switchboard.office import NOON, Office

FACTS = (
    Passage("Parking", "Behind the house."),
    Passage("Hours", "On weekdays."),
    Passage("Pay", "By card."),
)


class Letters:
    """An embedder that counts what it is asked: a text is the letters that are in it."""

    model = "letters"
    answers_at = (0.5, 0.5)

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


def knowledge_of(office: Office, embedder: Embedder | None) -> Knowledge:
    async def find(name: str) -> Embedder | None:
        assert name == "letters"
        return embedder

    return Knowledge(office.node.store, find)


async def put(office: Office, passages: Sequence[Passage] = FACTS) -> None:
    async with office.node.store.write() as tx:
        await rows.put(tx, office.project_id, "facts", "", stored(passages), NOON)


@pytest.fixture
async def office_with_facts(office: Office) -> Office:
    await put(office)
    return office


async def titles(
    knowledge: Knowledge, office: Office, question: str, embeddings: str = "letters"
) -> list[str]:
    found = await knowledge.search(office.project_id, "facts", question, embeddings=embeddings, most=1)
    return [each.passage.title for each in found]


async def test_passages_are_embedded_once_by_whichever_server_is_asked_first(office_with_facts: Office):
    embedder, office = Letters(), office_with_facts
    knowledge = knowledge_of(office, embedder)
    assert await titles(knowledge, office, "behind the house") == ["Parking"]
    assert await titles(knowledge, office, "hours: on weekdays") == ["Hours"]
    assert len(embedder.embedded) == len(FACTS) + 2
    another = Letters()
    assert await titles(knowledge_of(office, another), office, "by card") == ["Pay"]
    assert another.embedded == ["by card"], "the vectors stood in the database"


async def test_a_page_that_was_prepared_has_nothing_left_to_embed_but_the_question(
    office_with_facts: Office,
):
    embedder, office = Letters(), office_with_facts
    knowledge = knowledge_of(office, embedder)
    await knowledge.prepare(office.project_id, "facts", embeddings="letters")
    embedder.embedded.clear()
    assert await titles(knowledge, office, "by card") == ["Pay"]
    assert embedder.embedded == ["by card"]


async def test_a_page_that_was_written_anew_is_read_anew(office_with_facts: Office):
    office = office_with_facts
    knowledge = knowledge_of(office, Letters())
    assert await titles(knowledge, office, "behind the house") == ["Parking"]
    await put(office, [Passage("Garage", "Behind the house."), FACTS[1]])
    assert await titles(knowledge, office, "behind the house") == ["Garage"]


async def test_without_an_embedder_words_are_searched(office_with_facts: Office):
    knowledge = knowledge_of(office_with_facts, None)
    assert await titles(knowledge, office_with_facts, "the house") == ["Parking"]
    assert await titles(knowledge, office_with_facts, "card", embeddings="") == ["Pay"]


async def test_a_page_that_is_not_there_is_not_found(office: Office):
    with pytest.raises(NotFound, match="there is none"):
        await knowledge_of(office, None).search(office.project_id, "facts", "parking")
