"""API keys: what a program presents, scoped to one project and one role. Only the digest is kept."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import ColumnElement, Row, insert, select, update

from ..errors import Conflict, NotFound
from .db import Transaction, alone
from .tables import api_keys, projects
from .users import Role


class ApiKey(Struct, frozen=True):
    """One key, without its secret. `prefix` is its beginning."""

    id: int
    project_id: int
    name: str
    prefix: str
    role: Role
    created_at: datetime
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    last_used_at: datetime | None = None


_COLUMNS = [api_keys.c[name] for name in ApiKey.__struct_fields__]


class NewApiKey(Struct, frozen=True):
    """A key to be."""

    project_id: int
    name: str
    role: Role
    expires_at: datetime | None = None


async def create(tx: Transaction, draft: NewApiKey, prefix: str, secret_hash: str, now: datetime) -> ApiKey:
    """A new key. Raises `Conflict` when a key of the project that is still good has its name."""
    await alone(tx, f"API key names of project {draft.project_id}")
    same = select(api_keys.c.id).where(
        api_keys.c.project_id == draft.project_id, api_keys.c.name == draft.name, _is_good(now)
    )
    if (await tx.execute(same.limit(1))).first() is not None:
        raise Conflict(
            f"there is an API key called {draft.name!r} already: choose another name, or revoke it"
        )
    made = await tx.execute(
        insert(api_keys)
        .values(
            project_id=draft.project_id,
            name=draft.name,
            role=draft.role,
            expires_at=draft.expires_at,
            prefix=prefix,
            secret_hash=secret_hash,
            created_at=now,
        )
        .returning(api_keys.c.id)
    )
    return await find(tx, made.scalar_one())


async def find(tx: Transaction, key_id: int) -> ApiKey:
    """Raises `NotFound`."""
    row = (await tx.execute(select(*_COLUMNS).where(api_keys.c.id == key_id))).first()
    if row is None:
        raise NotFound("API key", key_id)
    return ApiKey(*row)


async def presented(tx: Transaction, secret_hash: str, now: datetime) -> tuple[ApiKey, int] | None:
    """A key that is still good, with its organization."""
    found = await tx.execute(
        select(*_COLUMNS, projects.c.organization_id)
        .join(projects, projects.c.id == api_keys.c.project_id)
        .where(api_keys.c.secret_hash == secret_hash, _is_good(now))
    )
    row = found.first()
    return None if row is None else _with_organization(row)


def _is_good(now: datetime) -> ColumnElement[bool]:
    """Neither revoked nor expired."""
    at = api_keys.c
    return at.revoked_at.is_(None) & (at.expires_at.is_(None) | (at.expires_at > now))


def _with_organization(row: Row[Any]) -> tuple[ApiKey, int]:
    return ApiKey(*list(row)[:-1]), row.organization_id


async def of_project(tx: Transaction, project_id: int) -> list[ApiKey]:
    """Every key of a project, newest first."""
    found = await tx.execute(
        select(*_COLUMNS).where(api_keys.c.project_id == project_id).order_by(api_keys.c.id.desc())
    )
    return [ApiKey(*row) for row in found]


async def page(tx: Transaction, project_id: int, before: int | None, limit: int) -> list[ApiKey]:
    """Some of them; `before` is an id."""
    wanted = select(*_COLUMNS).where(api_keys.c.project_id == project_id)
    if before is not None:
        wanted = wanted.where(api_keys.c.id < before)
    found = await tx.execute(wanted.order_by(api_keys.c.id.desc()).limit(limit))
    return [ApiKey(*row) for row in found]


async def revoke(tx: Transaction, key_id: int, now: datetime) -> None:
    """End a key for good."""
    await tx.execute(
        update(api_keys)
        .where(api_keys.c.id == key_id, api_keys.c.revoked_at.is_(None))
        .values(revoked_at=now)
    )


async def used(tx: Transaction, key_id: int, now: datetime) -> None:
    """Note that a key was used."""
    await tx.execute(update(api_keys).where(api_keys.c.id == key_id).values(last_used_at=now))
