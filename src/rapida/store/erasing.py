"""Erasing a conversation: whatever tells who spoke and what was said; ids, times and cost stay."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, select, update

from .db import Transaction
from .tables import callbacks, contexts, conversations, events, idempotency_keys, intents, recordings, turns


async def erase(tx: Transaction, conversation_id: int, now: datetime) -> None:
    """Empty everything of a conversation that a person could be known by."""
    for table in (turns, events, recordings):
        await tx.execute(delete(table).where(table.c.conversation_id == conversation_id))
    of_it = select(contexts.c.id).where(contexts.c.conversation_id == conversation_id).scalar_subquery()
    await tx.execute(update(callbacks).where(callbacks.c.context_id.in_(of_it)).values(fields={}))
    # A key of its asker's choice may say whom it is about, and repeats of a request that old are none.
    await tx.execute(delete(idempotency_keys).where(idempotency_keys.c.context_id.in_(of_it)))
    await tx.execute(
        update(intents)
        .where(intents.c.context_id.in_(of_it))
        .values(to_number="", from_number="", reason=None, options={})
    )
    await tx.execute(
        update(conversations)
        .where(conversations.c.id == conversation_id)
        .values(caller="", callee="", arguments={}, metadata={}, journal_path=None, erased_at=now)
    )
