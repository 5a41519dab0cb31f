"""Assistants are created, saved, published and retired alike by whatever door."""

from __future__ import annotations

from typing import Any

import pytest

from rapida.errors import Conflict, InvalidField, NotFound
from rapida.store import assistants
from rapida.workspace.assistant_changes import MOST_NOTE, create, publish, retire, save
from tests.switchboard.office import Office
from tests.workspace.actors import a_stranger, an_actor, audited

SENT: dict[str, Any] = {
    "name": "Second",
    "greeting": "Good morning",
    "stt": {"name": "scripted"},
    "llm": {"name": "scripted"},
    "tts": {"name": "tone"},
}


async def published(office: Office, assistant_id: int) -> str:
    async with office.node.store.read() as tx:
        return (await assistants.published(tx, assistant_id)).greeting


async def test_a_saved_version_answers_only_once_it_is_published(office: Office) -> None:
    actor = await an_actor(office, "editor")
    first = await create(office.node, actor, SENT | {"note": "first"})
    number = first.assistant.id
    assert (first.version, first.assistant.published_version) == (1, 1)
    second = await save(office.node, actor, number, SENT | {"greeting": "Good evening"})
    assert (second.version, await published(office, number)) == (2, "Good morning")
    await publish(office.node, actor, number, 2)
    assert await published(office, number) == "Good evening"
    subject = f"assistant:{number}"
    assert await audited(office) == [
        ("test", "assistant.publish", subject),
        ("test", "assistant.save", subject),
        ("test", "assistant.create", subject),
    ]


async def test_everything_that_is_wrong_is_named_at_once_and_nothing_is_saved(office: Office) -> None:
    sent = SENT | {"note": "x" * (MOST_NOTE + 1), "id": 7, "zone": "Mars/Olympus", "colour": "red"}
    with pytest.raises(InvalidField) as wrong:
        await create(office.node, await an_actor(office), sent)
    assert {each.field for each in wrong.value.all} == {"note", "id", "zone", "colour"}
    assert await audited(office) == []


async def test_an_assistant_of_another_project_is_not_found_and_one_on_the_phone_not_retired(
    office: Office,
) -> None:
    stranger = await a_stranger(office)
    for change in (
        save(office.node, stranger, office.assistant_id, SENT),
        publish(office.node, stranger, office.assistant_id, 1),
        retire(office.node, stranger, office.assistant_id),
    ):
        with pytest.raises(NotFound):
            await change
    with pytest.raises(Conflict, match="on the phone"):
        await retire(office.node, await an_actor(office), office.assistant_id)
