"""The audit: deeds are read back as they were written, newest first, by those they concern."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest

from rapida.store import Store, audit, tenants
from rapida.store.audit import AuditEntry
from rapida.store.db import Transaction
from tests.switchboard.ready_node import NOON


async def a_project(tx: Transaction, name: str = "Org") -> tuple[int, int]:
    organization_id = await tenants.create_organization(tx, name, NOON)
    return organization_id, (await tenants.create_project(tx, organization_id, name, NOON)).id


def deed(organization_id: int, project_id: int | None, action: str) -> AuditEntry:
    return AuditEntry(
        organization_id=organization_id,
        project_id=project_id,
        actor="user:1",
        action=action,
        subject="credential:1",
        at=NOON,
        detail={"changed": ["name"]},
    )


async def actions(
    tx: Transaction, organization_id: int, project_id: int, before: int | None = None, *, whole: bool = True
) -> list[str]:
    found = await audit.page(tx, organization_id, project_id, before, 10, whole=whole)
    return [each.entry.action for each in found]


async def test_a_deed_comes_back_as_it_was_written(store: Store) -> None:
    async with store.write() as tx:
        organization_id, project_id = await a_project(tx)
        written = deed(organization_id, project_id, "credential.replace")
        await audit.add(tx, written)
        [kept] = await audit.page(tx, organization_id, project_id, None, 10, whole=False)
    assert kept.entry == written


async def test_the_same_deed_is_found_again_from_an_instant_on(store: Store) -> None:
    async with store.write() as tx:
        entry = deed(*await a_project(tx), "recording.read")
        await audit.add(tx, entry)
        assert await audit.has_since(tx, entry, NOON)
        assert not await audit.has_since(tx, entry, NOON + timedelta(seconds=1))
        assert not await audit.has_since(tx, msgspec.structs.replace(entry, actor="key:99"), NOON)


async def test_a_project_sees_its_own_deeds_and_its_organizations_newest_first(store: Store) -> None:
    async with store.write() as tx:
        mine, project = await a_project(tx)
        sibling = (await tenants.create_project(tx, mine, "Sibling", NOON)).id
        theirs, foreign = await a_project(tx, "Foreign")
        for organization_id, project_id, action in (
            (mine, project, "one"),
            (mine, None, "of all"),
            (mine, sibling, "sibling's"),
            (theirs, foreign, "foreign"),
            (theirs, None, "foreign, of all"),
            (mine, project, "two"),
        ):
            await audit.add(tx, deed(organization_id, project_id, action))
        assert await actions(tx, mine, project) == ["two", "of all", "one"]
        assert await actions(tx, theirs, foreign) == ["foreign, of all", "foreign"]
        assert await actions(tx, mine, foreign) == ["of all"]
        assert await actions(tx, mine, project, whole=False) == ["two", "one"]
        assert await actions(tx, mine, foreign, whole=False) == []


async def test_pages_follow_one_another_without_a_gap(store: Store) -> None:
    async with store.write() as tx:
        organization_id, project_id = await a_project(tx)
        for number in range(5):
            await audit.add(tx, deed(organization_id, project_id, str(number)))
        first = await audit.page(tx, organization_id, project_id, None, 2, whole=True)
        assert [each.entry.action for each in first] == ["4", "3"]
        assert await actions(tx, organization_id, project_id, first[-1].id) == ["2", "1", "0"]


async def test_a_deed_that_fails_leaves_no_entry(store: Store) -> None:
    async with store.write() as tx:
        organization_id, project_id = await a_project(tx)

    async def a_deed_that_fails() -> None:
        async with store.write() as tx:
            await audit.add(tx, deed(organization_id, project_id, "credential.delete"))
            raise KeyError("the deed itself")

    with pytest.raises(KeyError):
        await a_deed_that_fails()
    async with store.read() as tx:
        assert await actions(tx, organization_id, project_id) == []
