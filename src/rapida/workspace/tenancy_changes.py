"""Projects and members as people change them. What is done here reaches beyond one project.

New members are made in `people.py`, because a password belongs to each.
"""

from __future__ import annotations

from typing import Any

from ..errors import NotFound
from ..node.node import Node
from ..store import Transaction, tenants, users
from ..store.tenants import Project
from ..store.users import Member, Role
from .actor import Actor
from .etags import etag_of, must_match


async def create_project(node: Node, actor: Actor, name: str) -> Project:
    """A further project of the actor's organization. Raises `Conflict` for a name that is taken."""
    now = node.clock()
    async with node.store.write() as tx:
        project = await tenants.create_project(tx, actor.organization_id, name, now)
        subject, after = f"project:{project.id}", shown_project(project)
        await actor.note_for_all(tx, now, "project.create", subject, before=None, after=after)
    return project


async def rename_project(
    node: Node, actor: Actor, project_id: int, name: str, based_on: str | None = None
) -> Project:
    """Raises `NotFound`, also for another organization's project, `Conflict` for a name that is taken, and
    `Stale` where `based_on` is not the project's ETag.
    """
    now = node.clock()
    async with node.store.write() as tx:
        old = await own_project(tx, actor, project_id)
        must_match(based_on, shown_project(old), "the project")
        await tenants.rename_project(tx, project_id, name)
        new = await tenants.project(tx, project_id)
        told = {"before": shown_project(old), "after": shown_project(new)}
        await actor.note_for_all(tx, now, "project.rename", f"project:{project_id}", **told)
        return new


async def own_project(tx: Transaction, actor: Actor, project_id: int) -> Project:
    """A project that the actor may see: a person the organization's, a program its own. Raises `NotFound`."""
    project = await tenants.project(tx, project_id)
    mine = project.organization_id == actor.organization_id
    if not mine or (actor.user is None and project_id != actor.project_id):
        raise NotFound("project", project_id)
    return project


def shown_project(project: Project) -> dict[str, Any]:
    """What can be changed of a project."""
    return {"name": project.name}


def project_etag(project: Project) -> str:
    """How a project stands."""
    return etag_of(shown_project(project))


async def change_role(
    node: Node, actor: Actor, user_id: int, role: Role, based_on: str | None = None
) -> Member:
    """Give a member another role.

    Raises `NotFound`, `NotAllowed` when the member's role or the new one is above the actor's, `Conflict` for
    the last owner, `Stale` where `based_on` is not the member's ETag.
    """
    now = node.clock()
    async with node.store.write() as tx:
        old = await _touched(tx, actor, user_id, based_on)
        actor.must_be(role, "giving that role")
        await users.set_role(tx, actor.organization_id, user_id, role)
        new = await users.member(tx, actor.organization_id, user_id)
        told = {"before": shown_member(old), "after": shown_member(new)}
        await actor.note_for_all(tx, now, "member.change", f"user:{user_id}", **told)
        return new


async def remove_member(node: Node, actor: Actor, user_id: int, based_on: str | None = None) -> None:
    """End a membership, and the person's sessions. Raises as `change_role` does."""
    now = node.clock()
    async with node.store.write() as tx:
        old = await _touched(tx, actor, user_id, based_on)
        await users.leave(tx, actor.organization_id, user_id, now)
        told = {"before": shown_member(old), "after": None}
        await actor.note_for_all(tx, now, "member.remove", f"user:{user_id}", **told)


def shown_member(member: Member) -> dict[str, Any]:
    """What the audit has of a member."""
    return {"email": member.email, "name": member.name, "role": member.role}


def member_etag(member: Member) -> str:
    """How a member stands."""
    return etag_of(shown_member(member))


async def _touched(tx: Transaction, actor: Actor, user_id: int, based_on: str | None) -> Member:
    member = await users.member(tx, actor.organization_id, user_id)
    actor.must_be(member.role, "changing that member")
    must_match(based_on, shown_member(member), "the member")
    return member
