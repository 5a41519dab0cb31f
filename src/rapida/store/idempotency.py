"""Idempotency keys: one wish, asked for any number of times, is one intent.

A key belongs to a project and stands for one request's content for 24 hours; what the answer is follows from
the intent it made, so that a repeated request learns how things stand now.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct
from sqlalchemy import delete, insert, select
from sqlalchemy.exc import IntegrityError

from .db import Transaction
from .tables import idempotency_keys

KEPT_FOR = timedelta(hours=24)
"""How long a repeated request is the same one: a client that tries again does so within a day."""


class Used(Struct, frozen=True):
    """A key that was used before, what for, and the context it made."""

    fingerprint: str
    context_id: UUID
    created_at: datetime


async def find(tx: Transaction, project_id: int, key: str, now: datetime) -> Used | None:
    """What a key was used for in the last 24 hours."""
    found = await tx.execute(
        select(
            idempotency_keys.c.fingerprint, idempotency_keys.c.context_id, idempotency_keys.c.created_at
        ).where(
            idempotency_keys.c.project_id == project_id,
            idempotency_keys.c.key == key,
            idempotency_keys.c.created_at > now - KEPT_FOR,
        )
    )
    row = found.first()
    return None if row is None else Used(*row)


async def keep(
    tx: Transaction, project_id: int, key: str, fingerprint: str, context_id: UUID, now: datetime
) -> bool:
    """Use a key; False when another process has just used it."""
    await tx.execute(
        delete(idempotency_keys).where(
            idempotency_keys.c.project_id == project_id,
            idempotency_keys.c.key == key,
            idempotency_keys.c.created_at <= now - KEPT_FOR,
        )
    )
    try:
        async with tx.begin_nested():
            await tx.execute(
                insert(idempotency_keys).values(
                    project_id=project_id,
                    key=key,
                    fingerprint=fingerprint,
                    context_id=context_id,
                    created_at=now,
                )
            )
    except IntegrityError:
        return False
    return True


async def forget(tx: Transaction, now: datetime) -> int:
    """Drop the keys whose time is over; how many there were."""
    gone = await tx.execute(delete(idempotency_keys).where(idempotency_keys.c.created_at <= now - KEPT_FOR))
    return gone.rowcount
