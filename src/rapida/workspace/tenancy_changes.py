"""Projects and members as people change them. What is done here reaches beyond one project.

New members are made in `people.py`, because a password belongs to each.
"""

from __future__ import annotations

from ..errors import NotFound
from ..node.node import Node
from ..store import Transaction, tenants, users
from ..store.tenants import Project
from ..store.users import Member, Role
from .actor import Actor


async def create_project(node: Node, actor: Actor, name: str) -> Project:
    """A further project of the actor's organization. Raises `Conflict` for a name that is taken."""
    now = node.clock()
    async with node.store.write() as tx:
        project = await tenants.create_project(tx, actor.organization_id, name, now)
        await actor.note_for_all(tx, now, "project.create", f"project:{project.id}", name=name)
    return project


async def rename_project(node: Node, actor: Actor, project_id: int, name: str) -> Project:
    """Raises `NotFound`, also for another organization's project, or `Conflict` for a name that is taken."""
    now = node.clock()
    async with node.store.write() as tx:
        project = await tenants.project(tx, project_id)
        if project.organization_id != actor.organization_id:
            raise NotFound("project", project_id)
        await tenants.rename_project(tx, project_id, name)
        await actor.note_for_all(tx, now, "project.rename", f"project:{project_id}", name=name)
        return await tenants.project(tx, project_id)


async def change_role(node: Node, actor: Actor, user_id: int, role: Role) -> Member:
    """Give a member another role.

    Raises `NotFound`, `NotAllowed` when the member's role or the new one is above the actor's, `Conflict` for
    the last owner.
    """
    now = node.clock()
    async with node.store.write() as tx:
        await _touched(tx, actor, user_id)
        actor.must_be(role, "giving that role")
        await users.set_role(tx, actor.organization_id, user_id, role)
        await actor.note_for_all(tx, now, "member.change", f"user:{user_id}", role=role)
        return await users.member(tx, actor.organization_id, user_id)


async def remove_member(node: Node, actor: Actor, user_id: int) -> None:
    """End a membership, and the person's sessions. Raises as `change_role` does."""
    now = node.clock()
    async with node.store.write() as tx:
        await _touched(tx, actor, user_id)
        await users.leave(tx, actor.organization_id, user_id, now)
        await actor.note_for_all(tx, now, "member.remove", f"user:{user_id}")


async def _touched(tx: Transaction, actor: Actor, user_id: int) -> None:
    member = await users.member(tx, actor.organization_id, user_id)
    actor.must_be(member.role, "changing that member")
