"""What servers tell one another of calls in progress, and which of them wants to hear of which project."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct
from sqlalchemy import delete, insert, select, update

from .db import Transaction
from .tables import live_news, servers

KEPT_FOR = timedelta(seconds=10)
"""How long what was told is kept: forty looks of a server that stood still."""


class Told(Struct, frozen=True):
    """What one server told at one moment."""

    id: int
    server_id: str
    told: str


async def follows(tx: Transaction, silent_since: datetime) -> dict[str, dict[int, int]]:
    """By living server, the projects followed there, each with when that began (ns)."""
    found = await tx.execute(select(servers.c.id, servers.c.follows).where(servers.c.heard_at > silent_since))
    read: dict[str, dict[int, int]] = {}
    for server_id, told in found:
        by_project: Mapping[str, Any] = told or {}
        read[server_id] = {int(project): int(began) for project, began in by_project.items()}
    return read


async def follow(tx: Transaction, server_id: str, projects: Mapping[int, int]) -> None:
    """Say which projects are followed at a server, and since when (ns)."""
    told = {str(project): began for project, began in projects.items()} or None
    await tx.execute(update(servers).where(servers.c.id == server_id).values(follows=told))


async def tell(tx: Transaction, server_id: str, told: str, now: datetime) -> None:
    """Leave what a server has to tell for those that follow."""
    await tx.execute(insert(live_news).values(server_id=server_id, told=told, sent_at=now))


async def newest(tx: Transaction) -> int:
    """The last id there is; 0 = none."""
    found = await tx.execute(select(live_news.c.id).order_by(live_news.c.id.desc()).limit(1))
    return found.scalar_one_or_none() or 0


async def others_told(tx: Transaction, server_id: str, last: int) -> list[Told]:
    """What other servers told after the id `last`, in order."""
    found = await tx.execute(
        select(live_news.c.id, live_news.c.server_id, live_news.c.told)
        .where(live_news.c.id > last, live_news.c.server_id != server_id)
        .order_by(live_news.c.id)
    )
    return [Told(*row) for row in found]


async def forget(tx: Transaction, before: datetime) -> None:
    """Drop what was told before a moment."""
    await tx.execute(delete(live_news).where(live_news.c.sent_at < before))
