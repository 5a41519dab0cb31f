"""Marking a conversation: the tags and the note that people give it."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import UNSET, UnsetType

from ..errors import Conflict
from ..node.node import Node
from ..store import conversations, tags
from ..store.conversations import Conversation
from ..store.db import Transaction
from ..store.erasing import is_erased, subject_of
from ..workspace.actor import Actor
from ..workspace.etags import must_match
from .record_files import own


async def mark(
    node: Node,
    actor: Actor,
    conversation_id: int,
    wanted: Sequence[str] | UnsetType = UNSET,
    note: str | UnsetType | None = UNSET,
    based_on: str | None = None,
) -> None:
    """Set the tags of a conversation, its note, or both; what is not given stays.

    Raises `NotFound`, also for a foreign one, `Conflict` where it was deleted, `Stale` where `based_on` is
    not the ETag of its `marks`, or `StoreError`.
    """
    now = node.clock()
    async with node.store.write() as tx:
        before = await own(tx, actor, conversation_id)
        if await is_erased(tx, conversation_id):
            raise Conflict("the conversation was deleted: nothing can be written about it any more")
        old = await marks(tx, before)
        must_match(based_on, old, "the marks")
        if wanted is not UNSET:
            await tags.put(tx, before.project_id, before.id, sorted(set(wanted)))
        if note is not UNSET:
            await conversations.set_note(tx, before.id, note or None)
        new = await marks(tx, await conversations.find(tx, conversation_id))
        if new != old:
            await actor.note(tx, now, "conversation.mark", subject_of(before.id), before=old, after=new)


async def marks(tx: Transaction, conversation: Conversation) -> dict[str, object]:
    """What people have written about a conversation."""
    kept = (await tags.of_conversations(tx, [conversation.id]))[conversation.id]
    return {"tags": kept, "note": conversation.note}
