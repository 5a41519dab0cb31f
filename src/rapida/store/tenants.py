"""Organizations and projects: whose everything else is."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import Select, insert, select, update
from sqlalchemy.exc import IntegrityError

from ..errors import Conflict, NotFound
from .db import Transaction
from .tables import organizations, projects


class Project(Struct, frozen=True):
    """A project, the owner of every row below it."""

    id: int
    organization_id: int
    name: str
    created_at: datetime


class Organization(Struct, frozen=True):
    """An organization, the owner of projects."""

    id: int
    name: str


async def create_organization(tx: Transaction, name: str, now: datetime) -> int:
    """A new organization's id."""
    made = await tx.execute(
        insert(organizations).values(name=name, created_at=now).returning(organizations.c.id)
    )
    return made.scalar_one()


async def organization(tx: Transaction, organization_id: int) -> Organization:
    """Raises `NotFound`."""
    found = await tx.execute(
        select(organizations.c.id, organizations.c.name).where(organizations.c.id == organization_id)
    )
    row = found.first()
    if row is None:
        raise NotFound("organization", organization_id)
    return Organization(row.id, row.name)


async def rename_organization(tx: Transaction, organization_id: int, name: str) -> None:
    """Give an organization another name."""
    await tx.execute(update(organizations).where(organizations.c.id == organization_id).values(name=name))


async def create_project(tx: Transaction, organization_id: int, name: str, now: datetime) -> Project:
    """A new project. Raises `Conflict` when the organization has one of that name."""
    try:
        made = await tx.execute(
            insert(projects)
            .values(organization_id=organization_id, name=name, created_at=now)
            .returning(projects.c.id)
        )
    except IntegrityError as taken:
        raise _name_taken(name) from taken
    return Project(made.scalar_one(), organization_id, name, now)


async def rename_project(tx: Transaction, project_id: int, name: str) -> None:
    """Give a project another name. Raises `Conflict` when the organization has one of that name."""
    try:
        await tx.execute(update(projects).where(projects.c.id == project_id).values(name=name))
    except IntegrityError as taken:
        raise _name_taken(name) from taken


async def project(tx: Transaction, project_id: int) -> Project:
    """Raises `NotFound`."""
    row = (await tx.execute(_projects().where(projects.c.id == project_id))).first()
    if row is None:
        raise NotFound("project", project_id)
    return Project(*row)


async def projects_of(tx: Transaction, organization_id: int) -> list[Project]:
    """The projects of an organization, oldest first."""
    found = await tx.execute(
        _projects().where(projects.c.organization_id == organization_id).order_by(projects.c.id)
    )
    return [Project(*row) for row in found]


async def page(tx: Transaction, organization_id: int, after: int | None, limit: int) -> list[Project]:
    """The projects of an organization, oldest first; `after` is an id."""
    wanted = _projects().where(projects.c.organization_id == organization_id)
    if after is not None:
        wanted = wanted.where(projects.c.id > after)
    found = await tx.execute(wanted.order_by(projects.c.id).limit(limit))
    return [Project(*row) for row in found]


async def first_project(tx: Transaction) -> Project | None:
    """The oldest project, which a first start created."""
    row = (await tx.execute(_projects().order_by(projects.c.id).limit(1))).first()
    return None if row is None else Project(*row)


def _projects() -> Select[*tuple[Any, ...]]:
    at = projects.c
    return select(at.id, at.organization_id, at.name, at.created_at)


def _name_taken(name: str) -> Conflict:
    return Conflict(f"the organization already has a project called {name!r}")
