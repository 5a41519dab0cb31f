"""Actors of an office's project, as the API and the command line give them to what is tested."""

from __future__ import annotations

from rapida.store import audit, tenants
from rapida.store.users import Role
from rapida.workspace.actor import Actor
from tests.switchboard.office import Office


async def an_actor(office: Office, role: Role = "admin", name: str = "test") -> Actor:
    async with office.node.store.read() as tx:
        project = await tenants.project(tx, office.project_id)
    return Actor(project.organization_id, project.id, role, name)


async def a_stranger(office: Office) -> Actor:
    """An admin of another project of the same organization."""
    async with office.node.store.write() as tx:
        mine = await tenants.project(tx, office.project_id)
        other = await tenants.create_project(tx, mine.organization_id, "Another", office.clock.now)
    return Actor(mine.organization_id, other.id, "admin", "stranger")


async def audited(office: Office) -> list[tuple[str, str, str]]:
    """(actor, action, subject) of the office's audit, newest first."""
    async with office.node.store.read() as tx:
        mine = await tenants.project(tx, office.project_id)
        kept = await audit.page(tx, mine.organization_id, mine.id, None, 50, whole=True)
    return [(each.entry.actor, each.entry.action, each.entry.subject) for each in kept]
