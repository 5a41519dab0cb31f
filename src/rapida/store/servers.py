"""Servers: the processes that hold calls, when each was last heard of, which keys of the vault it has loaded,
and the calls of the silent ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct
from sqlalchemy import and_, delete, func, insert, or_, select, update

from .db import Transaction
from .tables import contexts, servers


class LostCall(Struct, frozen=True):
    """A call whose server is gone."""

    context_id: UUID
    conversation_id: int
    heard_at: datetime | None
    """When its server was last heard of; None = that is forgotten."""


class Server(Struct, frozen=True):
    """How a server is known: to the others, to people, and by the keys it has loaded (`Vault.marks`)."""

    id: str
    name: str
    key_marks: Sequence[str]


async def beat(tx: Transaction, server: Server, now: datetime) -> None:
    """Say that a server is alive."""
    heard = await tx.execute(update(servers).where(servers.c.id == server.id).values(heard_at=now))
    if heard.rowcount == 0:
        known = {"id": server.id, "name": server.name, "key_marks": list(server.key_marks)}
        await tx.execute(insert(servers).values(**known, started_at=now, heard_at=now))


async def leave(tx: Transaction, server_id: str) -> None:
    """A server has ended, with no call left."""
    await tx.execute(delete(servers).where(servers.c.id == server_id))


async def others(tx: Transaction, server_id: str, silent_since: datetime) -> int:
    """How many living servers there are besides this one."""
    counted = await tx.execute(
        select(func.count())
        .select_from(servers)
        .where(servers.c.id != server_id, servers.c.heard_at > silent_since)
    )
    return counted.scalar_one()


class LivingServer(Struct, frozen=True):
    """A server that was heard of lately, and how many calls it holds."""

    id: str
    name: str
    key_marks: Sequence[str]
    """As `Server` has them; none from a version that did not say."""
    started_at: datetime
    heard_at: datetime
    calls: int


async def living(tx: Transaction, silent_since: datetime) -> list[LivingServer]:
    """The living servers, oldest first."""
    held = (
        select(contexts.c.holder, func.count().label("calls"))
        .where(contexts.c.status == "claimed")
        .group_by(contexts.c.holder)
        .subquery()
    )
    found = await tx.execute(
        select(
            servers.c.id,
            func.coalesce(servers.c.name, servers.c.id),
            servers.c.key_marks,
            servers.c.started_at,
            servers.c.heard_at,
            func.coalesce(held.c.calls, 0),
        )
        .outerjoin(held, held.c.holder == servers.c.id)
        .where(servers.c.heard_at > silent_since)
        .order_by(servers.c.started_at, servers.c.id)
    )
    return [LivingServer(id_, name, marks or (), *rest) for id_, name, marks, *rest in found]


async def without_key(tx: Transaction, mark: str, silent_since: datetime) -> list[str]:
    """The names of living servers that have not loaded a key (one of `Vault.marks`)."""
    found = await tx.execute(
        select(servers.c.id, servers.c.name, servers.c.key_marks)
        .where(servers.c.heard_at > silent_since)
        .order_by(servers.c.started_at)
    )
    return [row.name or row.id for row in found if mark not in (row.key_marks or ())]


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
