"""Projects and members: who works on what. Only people reach here; an API key stays in its project."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field, SecretStr

from ..node.node import Node
from ..store import tenants, users
from ..store.tenants import Project
from ..store.users import Role
from ..workspace import tenancy_changes
from ..workspace.people import NewUser, People
from .auth import CallerHere
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
        return Page(items=[_project(each) for each in mine])

    @made.post("/v1/projects", operation_id="createProject", summary="Add a project", status_code=201)
    async def create_project(form: ProjectForm, caller: CallerHere) -> ProjectView:
        """Choose it with the header `x-rapida-project`."""
        return _project(await tenancy_changes.create_project(node, caller, form.name))

    @made.patch("/v1/projects/{project_id}", operation_id="renameProject", summary="Rename a project")
    async def rename_project(project_id: RowId, form: ProjectForm, caller: CallerHere) -> ProjectView:
        """Its number stays."""
        return _project(await tenancy_changes.rename_project(node, caller, project_id, form.name))

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
        newcomer = NewUser(form.email, form.name, form.password.get_secret_value())
        user = await people.add(newcomer, caller.organization_id, form.role, caller.name)
        async with node.store.read() as tx:
            return _shown(await users.member(tx, caller.organization_id, user.id))

    @made.patch("/v1/members/{user_id}", operation_id="changeMember", summary="Change a member's role")
    async def change_member(user_id: RowId, form: RoleForm, caller: CallerHere) -> MemberView:
        """The last owner stays one."""
        return _shown(await tenancy_changes.change_role(node, caller, user_id, form.role))

    @made.delete(
        "/v1/members/{user_id}", operation_id="removeMember", summary="Remove a member", status_code=204
    )
    async def remove_member(user_id: RowId, caller: CallerHere) -> None:
        """Ends their sessions; the last owner stays."""
        await tenancy_changes.remove_member(node, caller, user_id)

    return made


def _project(project: Project) -> ProjectView:
    return ProjectView(id=project.id, name=project.name, created_at=project.created_at)


def _shown(member: users.Member) -> MemberView:
    return MemberView(
        id=member.user_id,
        email=member.email,
        name=member.name,
        role=member.role,
        created_at=member.created_at,
    )
