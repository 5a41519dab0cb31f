"""An assistant is put on the phone and taken off alike by whatever door."""

from __future__ import annotations

from typing import Any

import pytest

from rapida.errors import InvalidField, NotFound
from rapida.store import deployments
from rapida.workspace.deployment_changes import put, remove
from tests.switchboard.office import Office
from tests.workspace.actors import a_stranger, an_actor, audited


def sent(office: Office, **more: Any) -> dict[str, Any]:
    line = {"provider": "twilio", "credential_id": office.credential_id, "phone_number": "+14155550100"}
    return {"telephony": line | more.pop("telephony", {}), **more}


async def test_an_assistant_is_put_on_the_phone_and_taken_off(office: Office) -> None:
    actor = await an_actor(office, "editor")
    placed = await put(office.node, actor, office.assistant_id, sent(office, enabled=False))
    assert (placed.deployment.phone_number, placed.deployment.enabled) == ("+14155550100", False)
    await remove(office.node, actor, office.assistant_id)
    async with office.node.store.read() as tx:
        assert await deployments.phone_of(tx, office.assistant_id) is None
    with pytest.raises(NotFound):
        await remove(office.node, actor, office.assistant_id)
    assert [action for _, action, _ in await audited(office)] == ["deployment.delete", "deployment.put"]


async def test_everything_that_is_wrong_is_named_at_once(office: Office) -> None:
    wrong = sent(office, telephony={"provider": "pigeon", "phone_number": "12"}, countries=["XX"], colour=1)
    with pytest.raises(InvalidField) as refused:
        await put(office.node, await an_actor(office), office.assistant_id, wrong)
    named = {each.field for each in refused.value.all}
    assert named == {"telephony.provider", "telephony.phone_number", "countries[0]", "colour"}


async def test_another_projects_assistant_is_not_found(office: Office) -> None:
    stranger = await a_stranger(office)
    with pytest.raises(NotFound):
        await put(office.node, stranger, office.assistant_id, sent(office))
    with pytest.raises(NotFound):
        await remove(office.node, stranger, office.assistant_id)
