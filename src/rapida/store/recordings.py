"""Recordings: where a conversation's sound lies. The files belong to the engine's recorder."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct
from sqlalchemy import delete, insert, select

from .db import Transaction
from .erasing import is_erased
from .tables import recordings


class Recording(Struct, frozen=True):
    """One file; `path` is relative to the data directory. Left channel: the caller, right: the agent."""

    path: str
    duration_ms: int
    size_bytes: int
    shape: bytes = b""
    """How loud it was (`engine.recorder.shape_of`); empty where an older version kept it."""


async def add(tx: Transaction, conversation_id: int, recording: Recording, now: datetime) -> bool:
    """Note a recording; noted again, the same file is still one. False if the conversation was erased."""
    if await is_erased(tx, conversation_id):
        return False
    at = recordings.c
    await tx.execute(
        delete(recordings).where(at.conversation_id == conversation_id, at.path == recording.path)
    )
    await tx.execute(
        insert(recordings).values(
            conversation_id=conversation_id,
            path=recording.path,
            duration_ms=recording.duration_ms,
            size_bytes=recording.size_bytes,
            shape=recording.shape or None,
            created_at=now,
        )
    )
    return True


async def of_conversation(tx: Transaction, conversation_id: int) -> list[Recording]:
    """The recordings of a conversation, oldest first."""
    found = await tx.execute(
        select(recordings.c.path, recordings.c.duration_ms, recordings.c.size_bytes, recordings.c.shape)
        .where(recordings.c.conversation_id == conversation_id)
        .order_by(recordings.c.id)
    )
    return [Recording(row.path, row.duration_ms, row.size_bytes, row.shape or b"") for row in found]


async def shapes(tx: Transaction, conversation_ids: Sequence[int]) -> dict[int, bytes]:
    """The shapes of conversations' last recordings, where there are any."""
    at = recordings.c
    found = await tx.execute(
        select(at.conversation_id, at.shape)
        .where(at.conversation_id.in_(conversation_ids), at.shape.is_not(None))
        .order_by(at.id)
    )
    return {row.conversation_id: row.shape for row in found}
