"""Projects and members: who works on what. Only people reach here; an API key stays in its project."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field, SecretStr

from ..node.node import Node
from ..store import tenants, users
from ..store.tenants import Project
from ..store.users import Role
from ..workspace import tenancy_changes
from ..workspace.people import NewUser, People
from .auth import CallerHere
from .forms import Cursor, Form, IfMatch, Limit, Name, Page, RowId, before, page, router


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
    async def list_projects(
        caller: CallerHere, limit: Limit = 50, cursor: Cursor = None
    ) -> Page[ProjectView]:
        """Oldest first; an API key sees its own."""
        async with node.store.read() as tx:
            if caller.user is None:
                return Page(items=[_project(await tenants.project(tx, caller.project_id))])
            found = await tenants.page(tx, caller.organization_id, before(cursor), limit + 1)
        return page(found, limit, lambda each: each.id, _project)

    @made.get("/v1/projects/{project_id}", operation_id="readProject", summary="Look a project up")
    async def read_project(project_id: RowId, caller: CallerHere, response: Response) -> ProjectView:
        """One of the organization's; an API key sees its own."""
        async with node.store.read() as tx:
            found = await tenancy_changes.own_project(tx, caller, project_id)
        response.headers["etag"] = tenancy_changes.project_etag(found)
        return _project(found)

    @made.post("/v1/projects", operation_id="createProject", summary="Add a project", status_code=201)
    async def create_project(form: ProjectForm, caller: CallerHere) -> ProjectView:
        """Choose it with the header `x-rapida-project`."""
        return _project(await tenancy_changes.create_project(node, caller, form.name))

    @made.patch("/v1/projects/{project_id}", operation_id="renameProject", summary="Rename a project")
    async def rename_project(
        project_id: RowId,
        form: ProjectForm,
        caller: CallerHere,
        response: Response,
        if_match: IfMatch = None,
    ) -> ProjectView:
        """Its number stays."""
        renamed = await tenancy_changes.rename_project(node, caller, project_id, form.name, if_match)
        response.headers["etag"] = tenancy_changes.project_etag(renamed)
        return _project(renamed)

    return made


def members(node: Node, people: People) -> APIRouter:
    """`/v1/members`."""
    made = router("Members")

    @made.get("/v1/members", operation_id="listMembers", summary="List the organization's members")
    async def list_members(caller: CallerHere, limit: Limit = 50, cursor: Cursor = None) -> Page[MemberView]:
        """Oldest first."""
        async with node.store.read() as tx:
            found = await users.members_page(tx, caller.organization_id, before(cursor), limit + 1)
        return page(found, limit, lambda each: each.user_id, _shown)

    @made.get("/v1/members/{user_id}", operation_id="readMember", summary="Look a member up")
    async def read_member(user_id: RowId, caller: CallerHere, response: Response) -> MemberView:
        """One of the organization's."""
        async with node.store.read() as tx:
            found = await users.member(tx, caller.organization_id, user_id)
        response.headers["etag"] = tenancy_changes.member_etag(found)
        return _shown(found)

    @made.post("/v1/members", operation_id="createMember", summary="Add a user", status_code=201)
    async def create_member(form: MemberDraft, caller: CallerHere) -> MemberView:
        """Nobody can give a role above their own."""
        caller.must_be(form.role, "giving that role")
        newcomer = NewUser(form.email, form.name, form.password.get_secret_value())
        user = await people.add(newcomer, caller.organization_id, form.role, caller.name)
        async with node.store.read() as tx:
            return _shown(await users.member(tx, caller.organization_id, user.id))

    @made.patch("/v1/members/{user_id}", operation_id="changeMember", summary="Change a member's role")
    async def change_member(
        user_id: RowId, form: RoleForm, caller: CallerHere, response: Response, if_match: IfMatch = None
    ) -> MemberView:
        """The last owner stays one."""
        changed = await tenancy_changes.change_role(node, caller, user_id, form.role, if_match)
        response.headers["etag"] = tenancy_changes.member_etag(changed)
        return _shown(changed)

    @made.delete(
        "/v1/members/{user_id}", operation_id="removeMember", summary="Remove a member", status_code=204
    )
    async def remove_member(user_id: RowId, caller: CallerHere, if_match: IfMatch = None) -> None:
        """Ends their sessions; the last owner stays."""
        await tenancy_changes.remove_member(node, caller, user_id, if_match)

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
