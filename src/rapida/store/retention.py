"""Retention: for how long projects keep their conversations."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, insert, select

from .db import Transaction
from .tables import retention


async def days(tx: Transaction, project_id: int) -> int | None:
    """None = for ever."""
    return (await tx.execute(select(retention.c.days).where(retention.c.project_id == project_id))).scalar()


async def put(tx: Transaction, project_id: int, kept_days: int | None, now: datetime) -> None:
    """Set it; None = for ever."""
    await tx.execute(delete(retention).where(retention.c.project_id == project_id))
    if kept_days is not None:
        await tx.execute(insert(retention).values(project_id=project_id, days=kept_days, updated_at=now))


async def all_limited(tx: Transaction) -> list[tuple[int, int]]:
    """Every project that keeps conversations for so many days: (project, days)."""
    found = await tx.execute(select(retention.c.project_id, retention.c.days))
    return [(row.project_id, row.days) for row in found]
