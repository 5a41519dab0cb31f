"""Erasing a conversation: whatever tells who spoke and what was said; ids, times and cost stay.

What comes after it (a carrier's report, a recording that was late) asks here first, and is not written.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime

from msgspec import Struct
from sqlalchemy import delete, literal, select, tuple_, update

from . import spoken_words
from .columns import Instant
from .db import Transaction
from .tables import (
    audit,
    callbacks,
    contexts,
    conversations,
    events,
    idempotency_keys,
    intents,
    recordings,
    tags,
    talks,
    turns,
)

_AT = conversations.c


class ErasedUpTo(Struct, frozen=True):
    """How far somebody has read what was erased."""

    at: datetime = datetime.fromtimestamp(0, UTC)
    conversation_id: int = 0


async def erase(tx: Transaction, conversation_id: int, now: datetime) -> bool:
    """Empty everything of a conversation that a person could be known by; False when it was erased before."""
    # Everyone who writes about it holds its row (`is_erased`): what they wrote is seen from here on.
    row = select(_AT.project_id, _AT.erased_at).where(_AT.id == conversation_id).with_for_update()
    project_id, erased_at = (await tx.execute(row)).one()
    await spoken_words.remove(tx, project_id, conversation_id)
    await tx.execute(
        update(conversations)
        .where(conversations.c.id == conversation_id)
        .values(
            caller="",
            callee="",
            arguments={},
            metadata={},
            answers=None,
            note=None,
            journal_path=None,
            erased_at=now,
        )
    )
    for table in (turns, events, recordings, tags):
        await tx.execute(delete(table).where(table.c.conversation_id == conversation_id))
    of_it = select(contexts.c.id).where(contexts.c.conversation_id == conversation_id).scalar_subquery()
    await tx.execute(update(callbacks).where(callbacks.c.context_id.in_(of_it)).values(fields={}))
    await tx.execute(
        update(contexts).where(contexts.c.conversation_id == conversation_id).values(call_status_reason=None)
    )
    # What people wrote about it stands in the audit too, before and after.
    subject = subject_of(conversation_id)
    await tx.execute(update(audit).where(audit.c.subject == subject).values(detail={}))
    # A key of its asker's choice may say whom it is about, and repeats of a request that old are none.
    await tx.execute(delete(idempotency_keys).where(idempotency_keys.c.context_id.in_(of_it)))
    await tx.execute(delete(talks).where(talks.c.context_id.in_(of_it)))
    await tx.execute(
        update(intents)
        .where(intents.c.context_id.in_(of_it))
        .values(to_number="", from_number="", reason=None, options={})
    )
    return erased_at is None


async def begun_before(tx: Transaction, project_id: int, before: datetime, limit: int) -> list[int]:
    """The oldest conversations of a project that are over, began before then and are not erased."""
    late = (_AT.project_id == project_id, _AT.created_at < before, _AT.erased_at.is_(None))
    oldest = select(_AT.id).where(*late, _AT.status == "ended").order_by(_AT.created_at)
    return list((await tx.execute(oldest.limit(limit))).scalars())


async def erased_after(
    tx: Transaction, after: ErasedUpTo, until: datetime, limit: int
) -> tuple[list[int], ErasedUpTo]:
    """What was erased next, on any server, before `until`; and up to where that is."""
    later = tuple_(_AT.erased_at, _AT.id) > tuple_(literal(after.at, Instant), after.conversation_id)
    asked = select(_AT.id, _AT.erased_at).where(_AT.erased_at.is_not(None), later, _AT.erased_at < until)
    found = (await tx.execute(asked.order_by(_AT.erased_at, _AT.id).limit(limit))).all()
    return [row.id for row in found], ErasedUpTo(found[-1].erased_at, found[-1].id) if found else after


def subject_of(conversation_id: int) -> str:
    """How the audit names a conversation."""
    return f"conversation:{conversation_id}"


async def over(tx: Transaction, conversation_ids: Collection[int]) -> set[int]:
    """Those conversations that have ended, and are not erased."""
    asked = select(_AT.id).where(
        _AT.id.in_(conversation_ids), _AT.ended_at.is_not(None), _AT.erased_at.is_(None)
    )
    return set((await tx.scalars(asked)).all())


async def is_erased(tx: Transaction, conversation_id: int) -> bool:
    """Whether a conversation was erased; if not, it is not before this transaction ends."""
    erased_at = select(conversations.c.erased_at).where(conversations.c.id == conversation_id)
    # The weakest lock that an erasing waits for: those who change the row do not wait for it.
    held = erased_at.with_for_update(read=True, key_share=True)
    return (await tx.execute(held)).scalar() is not None
