"""The audit: who changed, verified or took out what, written in the transaction of the deed itself."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import func, insert, select

from .db import Transaction
from .tables import audit


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


async def page(
    tx: Transaction, organization_id: int, project_id: int, before: int | None, limit: int, *, whole: bool
) -> list[Kept]:
    """The newest deeds in a project, and with `whole` those that concern its organization as a whole.

    `before` is an id.
    """
    here = audit.c.project_id == project_id
    wanted = select(audit.c.id, *_COLUMNS).where(
        audit.c.organization_id == organization_id, here | audit.c.project_id.is_(None) if whole else here
    )
    if before is not None:
        wanted = wanted.where(audit.c.id < before)
    found = await tx.execute(wanted.order_by(audit.c.id.desc()).limit(limit))
    return [Kept(row[0], AuditEntry(*list(row)[1:])) for row in found]
