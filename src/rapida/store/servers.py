"""Servers: the processes that hold calls, when each was last heard of, and the calls of the silent ones."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from msgspec import Struct
from sqlalchemy import and_, delete, insert, or_, select, update

from .db import Transaction
from .tables import contexts, servers


class LostCall(Struct, frozen=True):
    """A call whose server is gone."""

    context_id: UUID
    conversation_id: int
    heard_at: datetime | None
    """When its server was last heard of; None = that is forgotten."""


async def beat(tx: Transaction, server_id: str, now: datetime) -> None:
    """Say that a server is alive."""
    heard = await tx.execute(update(servers).where(servers.c.id == server_id).values(heard_at=now))
    if heard.rowcount == 0:
        await tx.execute(insert(servers).values(id=server_id, started_at=now, heard_at=now))


async def lost_calls(tx: Transaction, silent_since: datetime, claimed_before: datetime) -> list[LostCall]:
    """Calls of servers that have said nothing since `silent_since`, and calls claimed before
    `claimed_before` by a server that did not give its name.
    """
    found = await tx.execute(
        select(contexts.c.id, contexts.c.conversation_id, servers.c.heard_at)
        .outerjoin(servers, servers.c.id == contexts.c.holder)
        .where(
            contexts.c.status == "claimed",
            or_(
                and_(contexts.c.holder.is_(None), contexts.c.claimed_at <= claimed_before),
                and_(
                    contexts.c.holder.is_not(None),
                    # A server that has just started may have a call before its first word.
                    contexts.c.claimed_at <= silent_since,
                    or_(servers.c.heard_at.is_(None), servers.c.heard_at <= silent_since),
                ),
            ),
        )
    )
    return [LostCall(*row) for row in found]


async def forget(tx: Transaction, silent_since: datetime) -> None:
    """Drop servers that are gone."""
    await tx.execute(delete(servers).where(servers.c.heard_at <= silent_since))
