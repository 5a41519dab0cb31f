"""Assistants are created, saved, published and retired alike by whatever door."""

from __future__ import annotations

from typing import Any

import pytest

from rapida.errors import Conflict, InvalidField, NotFound
from rapida.store import assistants
from rapida.workspace.assistant_changes import MOST_NOTE, create, publish, retire, save
from tests.switchboard.ready_node import ReadyNode
from tests.workspace.actors import a_stranger, an_actor, audited

SENT: dict[str, Any] = {
    "name": "Second",
    "greeting": "Good morning",
    "stt": {"name": "scripted"},
    "llm": {"name": "scripted"},
    "tts": {"name": "tone"},
}


async def published(ready: ReadyNode, assistant_id: int) -> str:
    async with ready.node.store.read() as tx:
        return (await assistants.published(tx, assistant_id)).greeting


async def test_a_saved_version_answers_only_once_it_is_published(ready: ReadyNode) -> None:
    actor = await an_actor(ready, "editor")
    first = await create(ready.node, actor, SENT | {"note": "first"})
    number = first.assistant.id
    assert (first.version, first.assistant.published_version) == (1, 1)
    second = await save(ready.node, actor, number, SENT | {"greeting": "Good evening"})
    assert (second.version, await published(ready, number)) == (2, "Good morning")
    await publish(ready.node, actor, number, 2)
    assert await published(ready, number) == "Good evening"
    subject = f"assistant:{number}"
    assert await audited(ready) == [
        ("test", "assistant.publish", subject),
        ("test", "assistant.save", subject),
        ("test", "assistant.create", subject),
    ]


async def test_everything_that_is_wrong_is_named_at_once_and_nothing_is_saved(ready: ReadyNode) -> None:
    sent = SENT | {"note": "x" * (MOST_NOTE + 1), "id": 7, "zone": "Mars/Olympus", "colour": "red"}
    with pytest.raises(InvalidField) as wrong:
        await create(ready.node, await an_actor(ready), sent)
    assert {each.field for each in wrong.value.all} == {"note", "id", "zone", "colour"}
    assert await audited(ready) == []


async def test_an_assistant_of_another_project_is_not_found_and_one_on_the_phone_not_retired(
    ready: ReadyNode,
) -> None:
    stranger = await a_stranger(ready)
    for change in (
        save(ready.node, stranger, ready.assistant_id, SENT),
        publish(ready.node, stranger, ready.assistant_id, 1),
        retire(ready.node, stranger, ready.assistant_id),
    ):
        with pytest.raises(NotFound):
            await change
    with pytest.raises(Conflict, match="on the phone"):
        await retire(ready.node, await an_actor(ready), ready.assistant_id)
