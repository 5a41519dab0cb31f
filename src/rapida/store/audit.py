"""The audit: who changed, verified or took out what, written in the transaction of the deed itself."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import func, insert, select

from .db import Transaction
from .tables import api_keys, audit, users


class AuditEntry(Struct, frozen=True):
    """One deed. `actor` is like `user:3`, `key:7` or `cli`, `subject` like `credential:5`; no secrets.

    `project_id` is None for what concerns the organization as a whole.
    """

    organization_id: int
    project_id: int | None
    actor: str
    action: str
    subject: str
    at: datetime
    detail: dict[str, Any] = {}


class Kept(Struct, frozen=True):
    """A deed as it was written down."""

    id: int
    entry: AuditEntry


_COLUMNS = [audit.c[name] for name in AuditEntry.__struct_fields__]


async def add(tx: Transaction, entry: AuditEntry) -> None:
    """Write a deed down."""
    await tx.execute(
        insert(audit).values({name: getattr(entry, name) for name in AuditEntry.__struct_fields__})
    )


async def has_since(tx: Transaction, entry: AuditEntry, since: datetime) -> bool:
    """Whether the same actor did the same with the same subject from `since` on."""
    same = (
        audit.c[name] == getattr(entry, name) for name in ("organization_id", "actor", "action", "subject")
    )
    found = await tx.execute(select(audit.c.id).where(audit.c.at >= since, *same).limit(1))
    return found.first() is not None


async def latest(
    tx: Transaction, project_id: int, action: str, subjects: Collection[str]
) -> dict[str, AuditEntry]:
    """The newest deed of a kind on each of some subjects."""
    newest = (
        select(func.max(audit.c.id))
        .where(audit.c.project_id == project_id, audit.c.action == action, audit.c.subject.in_(subjects))
        .group_by(audit.c.subject)
    )
    found = await tx.execute(select(*_COLUMNS).where(audit.c.id.in_(newest)))
    return {entry.subject: entry for entry in (AuditEntry(*row) for row in found)}


class DeedFilter(Struct, frozen=True):
    """Which deeds: of an actor, on a subject, of an action; None = of any.

    An action or a subject may be its first word alone: `credential` is whatever was done with one.
    """

    actor: str | None = None
    action: str | None = None
    subject: str | None = None


async def page(
    tx: Transaction,
    organization_id: int,
    project_id: int,
    before: int | None,
    limit: int,
    *,
    whole: bool,
    wanted: DeedFilter = DeedFilter(),  # noqa: B008 - it is frozen
) -> list[Kept]:
    """The newest deeds in a project, and with `whole` those that concern its organization as a whole.

    `before` is an id.
    """
    here = audit.c.project_id == project_id
    rows = select(audit.c.id, *_COLUMNS).where(
        audit.c.organization_id == organization_id, here | audit.c.project_id.is_(None) if whole else here
    )
    if before is not None:
        rows = rows.where(audit.c.id < before)
    if wanted.actor is not None:
        rows = rows.where(audit.c.actor == wanted.actor)
    for column, begins, parted in (
        (audit.c.action, wanted.action, "."),
        (audit.c.subject, wanted.subject, ":"),
    ):
        if begins is not None:
            rows = rows.where((column == begins) | column.startswith(begins + parted, autoescape=True))
    found = await tx.execute(rows.order_by(audit.c.id.desc()).limit(limit))
    return [Kept(row[0], AuditEntry(*list(row)[1:])) for row in found]


async def actors(tx: Transaction, names: Collection[str]) -> dict[str, str]:
    """What people call each of some actors: a user's name, or a key's."""
    found: dict[str, str] = {}
    for kind, rows in (("user", users), ("key", api_keys)):
        ids = [int(number) for each in names for of, _, number in [each.partition(":")] if of == kind]
        named = await tx.execute(select(rows.c.id, rows.c.name).where(rows.c.id.in_(ids)))
        found |= {f"{kind}:{row.id}": row.name for row in named}
    return found
