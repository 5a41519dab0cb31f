"""Credentials are kept, replaced, verified and deleted alike by whatever door."""

from __future__ import annotations

import pytest
from msgspec import UNSET

from rapida.errors import Conflict, InvalidField, NotAllowed, NotFound, ProviderRefused
from rapida.store import credentials
from rapida.workspace.credential_changes import Change, ask_provider, delete, keep, replace
from tests.switchboard.calling_node import CallingNode
from tests.switchboard.ready_node import TOKEN, ReadyNode
from tests.workspace.actors import a_stranger, an_actor, audited

OTHER = {"account_sid": "AC" + "5" * 32, "account_token": "canary-token"}
HOST = "https://llm.example.com/v1"


async def secret_of(ready: ReadyNode, credential_id: int) -> dict[str, str]:
    async with ready.node.store.read() as tx:
        found = await credentials.find(tx, credential_id)
    return ready.node.vault.open(found.place, found.sealed)


def test_a_change_names_what_it_sets() -> None:
    assert Change().named == []
    assert Change(value={}, base_url=None).named == ["base_url", "value"]
    assert Change(name="Main").base_url is UNSET


async def test_a_secret_is_kept_renamed_and_replaced(ready: ReadyNode) -> None:
    actor = await an_actor(ready, "editor")
    kept = await keep(ready.node, actor, "twilio", "Second", OTHER, None)
    assert (kept.account, await secret_of(ready, kept.id)) == (OTHER["account_sid"], OTHER)
    renamed = await replace(ready.node, actor, kept.id, Change(name="Spare"))
    assert (renamed.name, await secret_of(ready, kept.id)) == ("Spare", OTHER)
    newer = OTHER | {"account_token": "newer"}
    replaced = await replace(ready.node, actor, kept.id, Change(value=newer))
    assert (replaced.name, await secret_of(ready, kept.id)) == ("Spare", newer)
    await delete(ready.node, actor, kept.id)
    done = [action for _, action, _ in await audited(ready)]
    assert done == ["credential.delete", *["credential.replace"] * 2, "credential.create"]


async def test_only_an_admin_who_enters_the_secret_again_lets_it_go_to_another_host(ready: ReadyNode) -> None:
    editor, admin = await an_actor(ready, "editor"), await an_actor(ready)
    with pytest.raises(NotAllowed, match="another host"):
        await keep(ready.node, editor, "openai", "Key", {"api_key": "canary"}, HOST)
    kept = await keep(ready.node, admin, "openai", "Key", {"api_key": "canary"}, HOST)
    for base_url in (None, "https://other.example.com/v1"):
        with pytest.raises(NotAllowed, match="another host"):
            await replace(ready.node, editor, kept.id, Change(base_url=base_url))
        with pytest.raises(InvalidField) as wrong:
            await replace(ready.node, admin, kept.id, Change(base_url=base_url))
        assert wrong.value.field == "value"


async def test_a_credential_in_use_or_of_another_project_is_not_deleted(ready: ReadyNode) -> None:
    with pytest.raises(Conflict, match="in use by the phone deployment"):
        await delete(ready.node, await an_actor(ready), ready.credential_id)
    with pytest.raises(NotFound):
        await delete(ready.node, await a_stranger(ready), ready.credential_id)
    assert (await secret_of(ready, ready.credential_id))["account_token"] == TOKEN


async def test_what_the_provider_says_of_a_secret_is_written_down(calling: CallingNode) -> None:
    ready, twilio = calling.ready, calling.twilio
    actor = await an_actor(ready, "editor")
    twilio.status, twilio.body = 200, {"status": "active", "friendly_name": "Engines"}
    verified = await ask_provider(ready.node, actor, ready.credential_id, {"twilio": twilio.url})
    assert (verified.at, verified.account_name) == (ready.clock.now, "Engines")
    twilio.status, twilio.body = 401, {"code": 20003, "message": "no", "status": 401}
    with pytest.raises(ProviderRefused):
        await ask_provider(ready.node, actor, ready.credential_id, {"twilio": twilio.url})
    async with ready.node.store.read() as tx:
        assert (await credentials.find(tx, ready.credential_id)).verified_at == ready.clock.now
    assert [action for _, action, _ in await audited(ready)] == ["credential.verify"] * 2
