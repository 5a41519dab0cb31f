"""Pages of facts: written anew they have another version, and vectors of an old one are not kept."""

from __future__ import annotations

from datetime import timedelta

import pytest

from rapida.errors import NotFound
from rapida.store import knowledge
from rapida.store.knowledge import FactsPage, StoredPassage
from tests.switchboard.ready_node import NOON, ReadyNode

PARKING = StoredPassage("Parking", "Behind the house.", ("Where can I park",))
HOURS = StoredPassage("Hours", "On weekdays.")


async def put(ready: ReadyNode, *passages: StoredPassage, name: str = "facts", minutes: int = 0) -> FactsPage:
    async with ready.node.store.write() as tx:
        now = NOON + timedelta(minutes=minutes)
        return await knowledge.put(tx, ready.project_id, name, "the text", passages, now)


async def test_a_page_is_found_by_its_name_with_its_passages_in_order(ready: ReadyNode) -> None:
    page = await put(ready, PARKING, HOURS)
    async with ready.node.store.read() as tx:
        assert await knowledge.find(tx, ready.project_id, "facts") == page
        assert await knowledge.passages(tx, page.id) == [PARKING, HOURS]
        assert await knowledge.text_of(tx, page.id) == "the text"
        with pytest.raises(NotFound, match="there is no page of facts 'fact': there is facts"):
            await knowledge.find(tx, ready.project_id, "fact")
        with pytest.raises(NotFound, match="there is none"):
            await knowledge.find(tx, ready.project_id + 1, "facts")


async def test_a_page_that_is_written_anew_has_another_version_and_no_old_passage(ready: ReadyNode) -> None:
    first = await put(ready, PARKING, HOURS)
    second = await put(ready, HOURS, minutes=1)
    assert (second.id, second.version) == (first.id, first.version + 1)
    async with ready.node.store.read() as tx:
        assert await knowledge.passages(tx, first.id) == [HOURS]
        assert await knowledge.of_project(tx, ready.project_id) == [second]


async def test_vectors_are_kept_for_the_version_that_they_were_made_of(ready: ReadyNode) -> None:
    first = await put(ready, PARKING, HOURS)
    async with ready.node.store.write() as tx:
        assert await knowledge.keep_vectors(tx, first, "m", [b"one.", b"two."])
    async with ready.node.store.read() as tx:
        kept = await knowledge.passages(tx, first.id)
    assert [(each.model, each.vector) for each in kept] == [("m", b"one."), ("m", b"two.")]
    await put(ready, PARKING, minutes=1)
    async with ready.node.store.write() as tx:
        assert not await knowledge.keep_vectors(tx, first, "m", [b"one.", b"two."])
        [passage] = await knowledge.passages(tx, first.id)
    assert passage.vector is None


async def test_a_page_can_be_removed(ready: ReadyNode) -> None:
    await put(ready, PARKING)
    async with ready.node.store.write() as tx:
        await knowledge.remove(tx, ready.project_id, "facts")
        assert await knowledge.of_project(tx, ready.project_id) == []
        with pytest.raises(NotFound):
            await knowledge.remove(tx, ready.project_id, "facts")
