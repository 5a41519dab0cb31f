"""Deployments: one phone deployment per assistant, replaced whole."""

from __future__ import annotations

from rapida.store import assistants, deployments
from rapida.store.deployments import PhoneOptions
from tests.switchboard.ready_node import NOON, ReadyNode, an_assistant


async def test_putting_a_deployment_again_replaces_it_under_the_same_id(ready: ReadyNode) -> None:
    async with ready.node.store.write() as tx:
        first = await deployments.phone_of(tx, ready.assistant_id)
        second = await deployments.put_phone(
            tx,
            ready.project_id,
            ready.assistant_id,
            "twilio",
            None,
            NOON,
            enabled=False,
            phone_number="+15550002",
            options=PhoneOptions(concurrent_calls=3),
        )
        found = await deployments.phone_of(tx, ready.assistant_id)
    assert first is not None
    assert found == second
    assert second.id == first.id
    assert (second.enabled, second.credential_id, second.options.concurrent_calls) == (False, None, 3)


async def test_an_assistant_without_deployment_has_none_and_the_demos_is_known(ready: ReadyNode) -> None:
    async with ready.node.store.write() as tx:
        other = await assistants.create(tx, ready.project_id, an_assistant("Other"), NOON)
        assert await deployments.phone_of(tx, other.id) is None
        assert await deployments.demo(tx) is None
        made = await deployments.put_phone(
            tx, ready.project_id, other.id, "twilio", ready.credential_id, NOON, demo=True
        )
        await deployments.enable(tx, made.id, False, NOON)
        found = await deployments.demo(tx)
    assert found is not None
    assert (found.id, found.enabled) == (made.id, False)


async def test_the_users_of_a_credential_and_of_a_number_are_named_until_they_leave_the_phone(
    ready: ReadyNode,
) -> None:
    await ready.deploy(phone_number="+15550002")
    async with ready.node.store.write() as tx:
        other = await assistants.create(tx, ready.project_id, an_assistant("Other"), NOON)
        await deployments.put_phone(
            tx, ready.project_id, other.id, "twilio", ready.credential_id, NOON, phone_number="+15550002"
        )
        mine = await deployments.phone_of(tx, ready.assistant_id)
        assert mine is not None
        await deployments.hold(tx, mine.id)
        assert await deployments.using(tx, ready.credential_id) == ["Front desk", "Other"]
        assert await deployments.sharing(tx, mine) == ["Other"]
        assert [await deployments.remove_phone(tx, other.id) for _ in range(2)] == [True, False]
        assert await deployments.using(tx, ready.credential_id) == ["Front desk"]
        assert await deployments.sharing(tx, mine) == []
