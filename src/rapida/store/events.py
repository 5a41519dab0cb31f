"""Events: what happened around a conversation that is no turn: a failover, a refused tool, a stream error."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import insert, select

from .db import Transaction
from .tables import events


class Happening(Struct, frozen=True, omit_defaults=True):
    """One event. `name` is a few words in snake case, `detail` holds no secret."""

    at: datetime
    name: str
    detail: dict[str, Any] = {}


async def add(tx: Transaction, conversation_id: int, happenings: Sequence[Happening]) -> None:
    """Append events."""
    if happenings:
        await tx.execute(
            insert(events),
            [
                {"conversation_id": conversation_id, "at": each.at, "name": each.name, "detail": each.detail}
                for each in happenings
            ],
        )


async def has(tx: Transaction, conversation_id: int, name: str) -> bool:
    """Whether an event of this name happened around a conversation."""
    wanted = events.c.conversation_id == conversation_id, events.c.name == name
    return (await tx.execute(select(events.c.id).where(*wanted).limit(1))).first() is not None


async def of_conversation(tx: Transaction, conversation_id: int) -> list[Happening]:
    """All events of a conversation, oldest first."""
    found = await tx.execute(
        select(events.c.at, events.c.name, events.c.detail)
        .where(events.c.conversation_id == conversation_id)
        .order_by(events.c.at, events.c.id)
    )
    return [Happening(row.at, row.name, row.detail) for row in found]
