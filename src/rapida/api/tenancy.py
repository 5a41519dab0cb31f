"""Projects and members: who works on what. Only people reach here; an API key stays in its project."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field, SecretStr

from ..errors import NotFound
from ..node.node import Node
from ..store import tenants, users
from ..store.users import Role
from ..workspace.people import Newcomer, People
from .auth import Caller, CallerHere
from .forms import Form, Name, Page, RowId, router


class ProjectForm(Form):
    """A project's name, unique in its organization."""

    name: Name


class ProjectView(BaseModel):
    """A project."""

    id: int
    name: str
    created_at: datetime


class MemberDraft(Form):
    """A new user of the organization; tell them their password and let them change it."""

    email: str = Field(max_length=255)
    name: Name
    password: Annotated[SecretStr, Field(max_length=256)]
    role: Role = "viewer"


class RoleForm(Form):
    """A member's new role."""

    role: Role


class MemberView(BaseModel):
    """A member; `id` is the user's."""

    id: int
    email: str
    name: str
    role: Role
    created_at: datetime


def projects(node: Node) -> APIRouter:
    """`/v1/projects`."""
    made = router("Projects")

    @made.get("/v1/projects", operation_id="listProjects", summary="List the organization's projects")
    async def list_projects(caller: CallerHere) -> Page[ProjectView]:
        """All of them; an API key sees its own."""
        async with node.store.read() as tx:
            found = await tenants.projects_of(tx, caller.organization_id)
        mine = [each for each in found if caller.user is not None or each.id == caller.project_id]
        return Page(
            items=[ProjectView(id=each.id, name=each.name, created_at=each.created_at) for each in mine]
        )

    @made.post("/v1/projects", operation_id="createProject", summary="Add a project", status_code=201)
    async def create_project(form: ProjectForm, caller: CallerHere) -> ProjectView:
        """Choose it with the header `x-rapida-project`."""
        now = node.clock()
        async with node.store.write() as tx:
            project = await tenants.create_project(tx, caller.organization_id, form.name, now)
            await caller.note_for_all(tx, now, "project.create", f"project:{project.id}", name=form.name)
        return ProjectView(id=project.id, name=project.name, created_at=project.created_at)

    @made.patch("/v1/projects/{project_id}", operation_id="renameProject", summary="Rename a project")
    async def rename_project(project_id: RowId, form: ProjectForm, caller: CallerHere) -> ProjectView:
        """Its number stays."""
        now = node.clock()
        async with node.store.write() as tx:
            project = await tenants.project(tx, project_id)
            if project.organization_id != caller.organization_id:
                raise NotFound("project", project_id)
            await tenants.rename_project(tx, project_id, form.name)
            await caller.note_for_all(tx, now, "project.rename", f"project:{project_id}", name=form.name)
        return ProjectView(id=project_id, name=form.name, created_at=project.created_at)

    return made


def members(node: Node, people: People) -> APIRouter:
    """`/v1/members`."""
    made = router("Members")

    @made.get("/v1/members", operation_id="listMembers", summary="List the organization's members")
    async def list_members(caller: CallerHere) -> Page[MemberView]:
        """Oldest first."""
        async with node.store.read() as tx:
            found = await users.of_organization(tx, caller.organization_id)
        return Page(items=[_shown(each) for each in found])

    @made.post("/v1/members", operation_id="createMember", summary="Add a user", status_code=201)
    async def create_member(form: MemberDraft, caller: CallerHere) -> MemberView:
        """Nobody can give a role above their own."""
        caller.must_be(form.role, "giving that role")
        newcomer = Newcomer(form.email, form.name, form.password.get_secret_value())
        user = await people.add(newcomer, caller.organization_id, form.role, caller.actor)
        async with node.store.read() as tx:
            return _shown(await users.member(tx, caller.organization_id, user.id))

    @made.patch("/v1/members/{user_id}", operation_id="changeMember", summary="Change a member's role")
    async def change_member(user_id: RowId, form: RoleForm, caller: CallerHere) -> MemberView:
        """The last owner stays one."""
        now = node.clock()
        async with node.store.write() as tx:
            member = await users.member(tx, caller.organization_id, user_id)
            _may_touch(caller, member)
            caller.must_be(form.role, "giving that role")
            await users.set_role(tx, caller.organization_id, user_id, form.role)
            await caller.note_for_all(tx, now, "member.change", f"user:{user_id}", role=form.role)
            return _shown(await users.member(tx, caller.organization_id, user_id))

    @made.delete(
        "/v1/members/{user_id}", operation_id="removeMember", summary="Remove a member", status_code=204
    )
    async def remove_member(user_id: RowId, caller: CallerHere) -> None:
        """Ends their sessions; the last owner stays."""
        now = node.clock()
        async with node.store.write() as tx:
            _may_touch(caller, await users.member(tx, caller.organization_id, user_id))
            await users.leave(tx, caller.organization_id, user_id, now)
            await caller.note_for_all(tx, now, "member.remove", f"user:{user_id}")

    return made


def _may_touch(caller: Caller, member: users.Member) -> None:
    caller.must_be(member.role, "changing that member")


def _shown(member: users.Member) -> MemberView:
    return MemberView(
        id=member.user_id,
        email=member.email,
        name=member.name,
        role=member.role,
        created_at=member.created_at,
    )
