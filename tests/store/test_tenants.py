"""Organizations and projects."""

from __future__ import annotations

import pytest

from rapida.errors import Conflict, NotFound
from rapida.store import Store, tenants
from tests.switchboard.ready_node import NOON


async def test_the_first_project_is_the_oldest(store: Store) -> None:
    async with store.write() as tx:
        assert await tenants.first_project(tx) is None
        organization_id = await tenants.create_organization(tx, "Org", NOON)
        first = await tenants.create_project(tx, organization_id, "One", NOON)
        await tenants.create_project(tx, organization_id, "Two", NOON)
        assert await tenants.first_project(tx) == first


async def test_two_projects_of_an_organization_cannot_share_a_name(store: Store) -> None:
    async with store.write() as tx:
        one = await tenants.create_organization(tx, "Org", NOON)
        other = await tenants.create_organization(tx, "Other", NOON)
        await tenants.create_project(tx, one, "Same", NOON)
        await tenants.create_project(tx, other, "Same", NOON)
    with pytest.raises(Conflict, match="called 'Same'"):
        async with store.write() as tx:
            await tenants.create_project(tx, one, "Same", NOON)


async def test_names_change_and_a_projects_stays_its_own(store: Store) -> None:
    async with store.write() as tx:
        organization_id = await tenants.create_organization(tx, "Org", NOON)
        one = await tenants.create_project(tx, organization_id, "One", NOON)
        two = await tenants.create_project(tx, organization_id, "Two", NOON)
        await tenants.rename_organization(tx, organization_id, "Renamed")
        await tenants.rename_project(tx, two.id, "Second")
    async with store.read() as tx:
        assert (await tenants.organization(tx, organization_id)).name == "Renamed"
        projects = await tenants.projects_of(tx, organization_id)
        with pytest.raises(NotFound):
            await tenants.organization(tx, organization_id + 1)
    assert [(each.id, each.name) for each in projects] == [(one.id, "One"), (two.id, "Second")]
    with pytest.raises(Conflict, match="called 'One'"):
        async with store.write() as tx:
            await tenants.rename_project(tx, two.id, "One")
