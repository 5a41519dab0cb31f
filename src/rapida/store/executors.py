"""Executors: the processes that work off the queue, and when each was last heard of."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, insert, select, update

from .db import Transaction
from .tables import executors


async def beat(tx: Transaction, executor_id: str, now: datetime) -> None:
    """Say that an executor is alive."""
    heard = await tx.execute(update(executors).where(executors.c.id == executor_id).values(heard_at=now))
    if heard.rowcount == 0:
        await tx.execute(insert(executors).values(id=executor_id, started_at=now, heard_at=now))


async def silent(tx: Transaction, since: datetime) -> list[str]:
    """Executors that have not been heard of since then."""
    found = await tx.execute(select(executors.c.id).where(executors.c.heard_at <= since))
    return list(found.scalars())


async def forget(tx: Transaction, executor_id: str) -> None:
    """An executor is gone, and what it held has been taken over."""
    await tx.execute(delete(executors).where(executors.c.id == executor_id))
