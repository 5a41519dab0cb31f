"""Tags: the words with which people mark conversations, to find them again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import delete, insert, select

from .db import Transaction
from .tables import tags


async def put(tx: Transaction, project_id: int, conversation_id: int, wanted: Sequence[str]) -> None:
    """Mark a conversation with these tags and no others."""
    await tx.execute(delete(tags).where(tags.c.conversation_id == conversation_id))
    rows = [{"project_id": project_id, "tag": tag, "conversation_id": conversation_id} for tag in wanted]
    if rows:
        await tx.execute(insert(tags), rows)


async def of_conversations(tx: Transaction, conversation_ids: Sequence[int]) -> dict[int, list[str]]:
    """The tags of conversations, in the order of the alphabet."""
    at = tags.c
    found = await tx.execute(
        select(at.conversation_id, at.tag).where(at.conversation_id.in_(conversation_ids)).order_by(at.tag)
    )
    marked: dict[int, list[str]] = defaultdict(list)
    for number, tag in found:
        marked[number].append(tag)
    return marked
