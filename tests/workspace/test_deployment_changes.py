"""An assistant is put on the phone and taken off alike by whatever door."""

from __future__ import annotations

from typing import Any

import pytest

from rapida.errors import InvalidField, NotFound
from rapida.store import deployments
from rapida.workspace.deployment_changes import put, remove
from tests.switchboard.ready_node import ReadyNode
from tests.workspace.actors import a_stranger, an_actor, audited


def sent(ready: ReadyNode, **more: Any) -> dict[str, Any]:
    line = {"provider": "twilio", "credential_id": ready.credential_id, "phone_number": "+14155550100"}
    return {"telephony": line | more.pop("telephony", {}), **more}


async def test_an_assistant_is_put_on_the_phone_and_taken_off(ready: ReadyNode) -> None:
    actor = await an_actor(ready, "editor")
    placed = await put(ready.node, actor, ready.assistant_id, sent(ready, enabled=False))
    assert (placed.deployment.phone_number, placed.deployment.enabled) == ("+14155550100", False)
    await remove(ready.node, actor, ready.assistant_id)
    async with ready.node.store.read() as tx:
        assert await deployments.phone_of(tx, ready.assistant_id) is None
    with pytest.raises(NotFound):
        await remove(ready.node, actor, ready.assistant_id)
    assert [action for _, action, _ in await audited(ready)] == ["deployment.delete", "deployment.put"]


async def test_everything_that_is_wrong_is_named_at_once(ready: ReadyNode) -> None:
    wrong = sent(ready, telephony={"provider": "pigeon", "phone_number": "12"}, countries=["XX"], colour=1)
    with pytest.raises(InvalidField) as refused:
        await put(ready.node, await an_actor(ready), ready.assistant_id, wrong)
    named = {each.field for each in refused.value.all}
    assert named == {"telephony.provider", "telephony.phone_number", "countries[0]", "colour"}


async def test_another_projects_assistant_is_not_found(ready: ReadyNode) -> None:
    stranger = await a_stranger(ready)
    with pytest.raises(NotFound):
        await put(ready.node, stranger, ready.assistant_id, sent(ready))
    with pytest.raises(NotFound):
        await remove(ready.node, stranger, ready.assistant_id)
