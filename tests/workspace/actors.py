"""Actors of a node's project, as the API and the command line give them to what is tested."""

from __future__ import annotations

from rapida.store import audit, tenants
from rapida.store.users import Role
from rapida.workspace.actor import Actor
from tests.switchboard.ready_node import ReadyNode


async def an_actor(ready: ReadyNode, role: Role = "admin", name: str = "test") -> Actor:
    async with ready.node.store.read() as tx:
        project = await tenants.project(tx, ready.project_id)
    return Actor(project.organization_id, project.id, role, name)


async def a_stranger(ready: ReadyNode) -> Actor:
    """An admin of another project of the same organization."""
    async with ready.node.store.write() as tx:
        mine = await tenants.project(tx, ready.project_id)
        other = await tenants.create_project(tx, mine.organization_id, "Another", ready.clock.now)
    return Actor(mine.organization_id, other.id, "admin", "stranger")


async def audited(ready: ReadyNode) -> list[tuple[str, str, str]]:
    """(actor, action, subject) of the node's audit, newest first."""
    async with ready.node.store.read() as tx:
        mine = await tenants.project(tx, ready.project_id)
        kept = await audit.page(tx, mine.organization_id, mine.id, None, 50, whole=True)
    return [(each.entry.actor, each.entry.action, each.entry.subject) for each in kept]
