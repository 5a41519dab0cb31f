"""Assistants: versions stay as they are, and publishing chooses one."""

from __future__ import annotations

import asyncio

import msgspec
import pytest
from sqlalchemy import update

from rapida.assistant import Assistant, Idle, Provider, TurnTaking
from rapida.errors import Conflict, NotFound
from rapida.store import assistants
from rapida.store.tables import assistants as table
from tests.switchboard.ready_node import NOON, ReadyNode, an_assistant

RICH = an_assistant(
    variables={"name": "Ada"},
    turn=TurnTaking(silence_ms=900, barge_in="never"),
    idle=Idle(prompts=("One?", "Two?")),
    tools=(Provider("weather", {"deep": {"list": [1, 2.5, None]}}, credential_id=3),),
    greeting="Grüß Gott \U0001f44b",
)


async def made(ready: ReadyNode, draft: Assistant = RICH) -> Assistant:
    async with ready.node.store.write() as tx:
        return await assistants.create(tx, ready.project_id, draft, NOON)


async def test_a_new_assistant_is_published_as_its_first_version_and_comes_back_whole(
    ready: ReadyNode,
) -> None:
    created = await made(ready)
    async with ready.node.store.read() as tx:
        assert await assistants.published(tx, created.id) == created
    assert created.version == 1
    assert msgspec.structs.replace(created, id=0, version=0) == RICH


async def test_a_new_version_answers_only_when_published_and_the_old_one_stays(ready: ReadyNode) -> None:
    created = await made(ready)
    changed = msgspec.structs.replace(created, name="Night desk", greeting="Good evening")
    async with ready.node.store.write() as tx:
        second = await assistants.add_version(tx, changed, NOON, note="for the night")
        assert await assistants.published(tx, created.id) == created
        await assistants.publish(tx, created.id, second.version)
        assert (await assistants.published(tx, created.id)).greeting == "Good evening"
        assert await assistants.version(tx, created.id, 1) == created
        assert await assistants.version_and_note(tx, created.id, 2) == (second, "for the night")
        assert (await assistants.find(tx, created.id)).name == "Night desk"
    assert second.version == 2


@pytest.mark.parametrize("number", [0, 2, -1])
async def test_a_version_that_does_not_exist_cannot_be_published(ready: ReadyNode, number: int) -> None:
    created = await made(ready)
    with pytest.raises(NotFound, match=f"assistant version {created.id}/{number}"):
        async with ready.node.store.write() as tx:
            await assistants.publish(tx, created.id, number)


async def test_an_archived_or_unpublished_assistant_does_not_answer(ready: ReadyNode) -> None:
    created = await made(ready)
    async with ready.node.store.write() as tx:
        await tx.execute(update(table).where(table.c.id == created.id).values(published_version=None))
        with pytest.raises(NotFound, match="publish one"):
            await assistants.published(tx, created.id)
        await tx.execute(update(table).where(table.c.id == created.id).values(archived_at=NOON))
        with pytest.raises(NotFound, match=f"there is no assistant {created.id}"):
            await assistants.find(tx, created.id)


async def test_versions_saved_at_once_get_numbers_of_their_own(ready: ReadyNode) -> None:
    created = await made(ready)

    async def save() -> int:
        async with ready.node.store.write() as tx:
            return (await assistants.add_version(tx, created, NOON)).version

    assert sorted(await asyncio.gather(*(save() for _ in range(4)))) == [2, 3, 4, 5]


async def test_assistants_are_listed_newest_first_and_archived_ones_answer_and_count_no_more(
    ready: ReadyNode,
) -> None:
    one, two = await made(ready), await made(ready, msgspec.structs.replace(RICH, name="Two"))
    async with ready.node.store.write() as tx:
        front, *_ = reversed(await assistants.page(tx, ready.project_id, None, 10))
        assert [each.id for each in await assistants.page(tx, ready.project_id, None, 2)] == [two.id, one.id]
        assert await assistants.page(tx, ready.project_id, one.id, 9) == [front]
        assert (await assistants.hold(tx, one.id)).name == one.name
        await assistants.archive(tx, one.id, NOON)
        assert [each.id for each in await assistants.page(tx, ready.project_id, None, 2)] == [
            two.id,
            front.id,
        ]
        assert [each.id for each in await assistants.published_of(tx, ready.project_id)] == [
            front.id,
            two.id,
        ]
        with pytest.raises(NotFound):
            await assistants.hold(tx, two.id + 1)


async def test_a_name_is_one_assistants_of_the_project_until_that_is_archived(ready: ReadyNode) -> None:
    one = await made(ready, msgspec.structs.replace(RICH, name="Night desk"))
    async with ready.node.store.write() as tx:
        await assistants.take_name(tx, ready.project_id, one.name, one.id)
        await assistants.take_name(tx, ready.project_id + 1, one.name)
        with pytest.raises(Conflict, match="choose another name"):
            await assistants.take_name(tx, ready.project_id, one.name)
        await assistants.archive(tx, one.id, NOON)
        await assistants.take_name(tx, ready.project_id, one.name)


async def test_versions_are_listed_newest_first_with_their_notes(ready: ReadyNode) -> None:
    one = await made(ready)
    async with ready.node.store.write() as tx:
        await assistants.add_version(tx, one, NOON, note="Kinder")
        found = await assistants.versions(tx, one.id)
    assert [(each.version, each.note) for each in found] == [(2, "Kinder"), (1, "")]
