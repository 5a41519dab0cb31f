"""The demo: there from the first start, the same at every other, off when the server goes public."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from rapida.assistant import Assistant
from rapida.store import Store, assistants, deployments, knowledge, tenants
from rapida.store.tables import assistants as assistants_table
from rapida.store.tables import credentials as credentials_table
from rapida.store.tables import deployments as deployments_table
from rapida.vault.sealing import Keyring, Vault
from rapida.workspace.demo import Demo, bootstrap, find, install
from tests.databases import Place, open_store
from tests.switchboard.ready_node import NOON, an_assistant

DESK = an_assistant("Front desk", greeting="Hello")
LATER = NOON + timedelta(hours=1)
VAULT = Vault(Keyring({"k1": b"k" * 32}))


async def start(store: Store, assistant: Assistant = DESK, public_host: str | None = None) -> Demo:
    made = await bootstrap(store, VAULT, assistant, public_host=public_host, now=NOON)
    assert made is not None
    return made


async def everything(store: Store) -> list[object]:
    """All rows of the demo's tables."""
    async with store.read() as tx:
        return [(await tx.execute(table.select())).all() for table in (assistants_table, deployments_table)]


async def test_a_first_start_creates_a_demo_that_a_second_finds_again(place: Place) -> None:
    async with open_store(place) as store:
        first = await start(store)
        assert await start(store) == first
        async with store.read() as tx:
            answering = await assistants.published(tx, first.assistant_id)
            deployment = await deployments.phone_of(tx, first.assistant_id)
    assert msgspec.structs.replace(answering, id=0, version=0) == DESK
    assert deployment is not None
    assert (deployment.enabled, deployment.demo) == (True, True)
    assert first.secret["account_token"] not in repr(first)


async def test_every_install_has_its_own_credential(tmp_path: Path) -> None:
    made = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        async with open_store(tmp_path / name) as store:
            made.append(await start(store))
    assert made[0].account != made[1].account
    assert made[0].secret["account_token"] != made[1].secret["account_token"]
    assert made[0].account.startswith("AC")
    assert len(made[0].account) == 34


async def test_a_public_host_switches_the_demo_off_and_its_absence_on_again(place: Place) -> None:
    async with open_store(place) as store:
        for public_host, enabled in ((None, True), ("calls.example.org", False), (None, True)):
            made = await start(store, public_host=public_host)
            async with store.read() as tx:
                deployment = await deployments.phone_of(tx, made.assistant_id)
            assert deployment is not None
            assert (made.enabled, deployment.enabled) == (enabled, enabled)


async def test_where_no_server_has_started_the_demo_is_made_but_off(place: Place) -> None:
    async with open_store(place) as store:
        await install(store, VAULT, DESK, NOON)
        async with store.read() as tx:
            made = await find(tx, VAULT)
        assert made is not None
        assert not made.enabled
        assert await start(store) == replace(made, enabled=True)


@pytest.mark.parametrize("public_host", [None, "calls.example.org"])
async def test_beside_a_server_the_demo_stays_as_that_has_left_it(
    place: Place, public_host: str | None
) -> None:
    async with open_store(place) as store:
        started = await start(store, public_host=public_host)
        before = await everything(store)
        await install(store, VAULT, msgspec.structs.replace(DESK, greeting="Welcome"), LATER)
        async with store.read() as tx:
            assert await find(tx, VAULT) == started
        assert await everything(store) == before


async def test_an_upgrade_brings_the_new_front_desk_unless_a_person_changed_theirs(place: Place) -> None:
    newer = msgspec.structs.replace(DESK, greeting="Welcome")
    newest = msgspec.structs.replace(DESK, greeting="Good day")
    async with open_store(place) as store:
        made = await start(store)
        await start(store, newer)
        await start(store, newer)
        async with store.write() as tx:
            current = await assistants.published(tx, made.assistant_id)
            assert (current.version, current.greeting) == (2, "Welcome")
            mine = await assistants.add_version(
                tx, msgspec.structs.replace(current, greeting="Mine"), NOON, note="by hand"
            )
            await assistants.publish(tx, mine.id, mine.version)
        await start(store, newest)
        async with store.read() as tx:
            assert (await assistants.published(tx, made.assistant_id)).greeting == "Mine"


async def test_a_demo_that_a_person_replaced_is_left_alone(place: Place) -> None:
    async with open_store(place) as store:
        made = await start(store)
        async with store.write() as tx:
            owned = await assistants.find(tx, made.assistant_id)
            await deployments.put_phone(tx, owned.project_id, owned.id, "twilio", None, NOON, enabled=False)
        assert await bootstrap(store, VAULT, DESK, public_host=None, now=NOON) is None
        async with store.read() as tx:
            assert await find(tx, VAULT) is None
            deployment = await deployments.phone_of(tx, made.assistant_id)
            count = len((await tx.execute(assistants_table.select())).all())
    assert deployment is not None
    assert not deployment.enabled
    assert count == 1


async def test_two_servers_that_start_at_once_install_one_demo(place: Place) -> None:
    async with open_store(place) as one, open_store(place) as other:
        first, second = await asyncio.gather(start(one), start(other))
    assert first == second


async def test_a_demo_whose_row_was_altered_keeps_no_server_from_starting(place: Place) -> None:
    async with open_store(place) as store:
        made = await start(store)
        async with store.write() as tx:
            await tx.execute(credentials_table.update().values(base_url="https://thief.example.net"))
        assert await bootstrap(store, VAULT, DESK, public_host="calls.example.org", now=LATER) is None
        async with store.read() as tx:
            deployment = await deployments.phone_of(tx, made.assistant_id)
    assert deployment is not None
    assert not deployment.enabled, "it was switched off all the same"


async def test_the_demo_has_its_page_of_facts_which_stays_a_persons_once_it_is(place: Place) -> None:
    page = "- {title: Parking, text: Behind the house.}"
    newer = msgspec.structs.replace(DESK, greeting="Welcome")
    async with open_store(place) as store:
        await install(store, VAULT, DESK, NOON, facts=page)
        async with store.read() as tx:
            project = await tenants.first_project(tx)
            assert project is not None
            written = await knowledge.find(tx, project.id, "facts")
            assert [each.text for each in await knowledge.passages(tx, written.id)] == ["Behind the house."]
        await bootstrap(store, VAULT, newer, public_host=None, now=LATER, facts="- {title: A, text: b}")
        async with store.write() as tx:
            assert await knowledge.find(tx, project.id, "facts") == written
            await knowledge.remove(tx, project.id, "facts")
        await bootstrap(store, VAULT, newer, public_host=None, now=LATER, facts=page)
        async with store.read() as tx:
            assert await knowledge.of_project(tx, project.id) == [], "nothing new was published"
