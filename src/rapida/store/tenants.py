"""Organizations and projects: whose everything else is."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct
from sqlalchemy import insert, select

from .db import Transaction
from .tables import organizations, projects


class Project(Struct, frozen=True):
    """A project, the owner of every row below it."""

    id: int
    organization_id: int
    name: str


async def create_organization(tx: Transaction, name: str, now: datetime) -> int:
    """A new organization's id."""
    made = await tx.execute(
        insert(organizations).values(name=name, created_at=now).returning(organizations.c.id)
    )
    return made.scalar_one()


async def create_project(tx: Transaction, organization_id: int, name: str, now: datetime) -> Project:
    """A new project. Raises `IntegrityError` when the organization has one of that name."""
    made = await tx.execute(
        insert(projects)
        .values(organization_id=organization_id, name=name, created_at=now)
        .returning(projects.c.id)
    )
    return Project(made.scalar_one(), organization_id, name)


async def first_project(tx: Transaction) -> Project | None:
    """The oldest project, which a first start created."""
    found = await tx.execute(
        select(projects.c.id, projects.c.organization_id, projects.c.name).order_by(projects.c.id).limit(1)
    )
    row = found.first()
    return None if row is None else Project(row.id, row.organization_id, row.name)
