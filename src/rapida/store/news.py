"""News of calls on their way from the server where they came in to the one that holds the call."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct
from sqlalchemy import delete, insert, select, update

from .db import Transaction
from .tables import news


class Sent(Struct, frozen=True):
    """News of one call, as some server sent them."""

    id: int
    context_id: UUID
    said: dict[str, Any]
    heard_at: datetime | None = None


async def send(tx: Transaction, context_id: UUID, said: dict[str, Any], now: datetime) -> int:
    """Leave news for whatever server holds a call; their id."""
    made = await tx.execute(
        insert(news).values(context_id=context_id, said=said, sent_at=now).returning(news.c.id)
    )
    return int(made.scalar_one())


async def after(tx: Transaction, last: int, most: int) -> list[Sent]:
    """What was sent after the news `last`, in order of their ids."""
    found = await tx.execute(
        select(news.c.id, news.c.context_id, news.c.said, news.c.heard_at)
        .where(news.c.id > last)
        .order_by(news.c.id)
        .limit(most)
    )
    return [Sent(*row) for row in found]


async def hear(tx: Transaction, ids: Collection[int], now: datetime) -> None:
    """The call has heard them."""
    await tx.execute(update(news).where(news.c.id.in_(ids)).values(heard_at=now))


async def is_heard(tx: Transaction, sent: int) -> bool:
    """Whether the call has heard news."""
    found = await tx.execute(select(news.c.heard_at).where(news.c.id == sent))
    return found.scalar_one_or_none() is not None


async def forget(tx: Transaction, before: datetime) -> None:
    """Drop old news: who has not heard them by then is gone."""
    await tx.execute(delete(news).where(news.c.sent_at < before))
