"""Marking a conversation: the tags and the note that people give it."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import UNSET, UnsetType

from ..errors import Conflict
from ..node.node import Node
from ..store import conversations, tags
from ..store.erasing import is_erased, subject_of
from ..workspace.actor import Actor
from .record_files import own


async def mark(
    node: Node,
    actor: Actor,
    conversation_id: int,
    wanted: Sequence[str] | UnsetType = UNSET,
    note: str | UnsetType | None = UNSET,
) -> None:
    """Set the tags of a conversation, its note, or both; what is not given stays.

    Raises `NotFound`, also for a foreign one, `Conflict` where it was deleted, or `StoreError`.
    """
    now = node.clock()
    async with node.store.write() as tx:
        before = await own(tx, actor, conversation_id)
        if await is_erased(tx, conversation_id):
            raise Conflict("the conversation was deleted: nothing can be written about it any more")
        told: dict[str, object] = {}
        if wanted is not UNSET:
            kept = sorted(set(wanted))
            told["tags"] = {
                "before": (await tags.of_conversations(tx, [before.id]))[before.id],
                "after": kept,
            }
            await tags.put(tx, before.project_id, before.id, kept)
        if note is not UNSET:
            told["note"] = {"before": before.note, "after": note or None}
            await conversations.set_note(tx, before.id, note or None)
        if told:
            await actor.note(tx, now, "conversation.mark", subject_of(before.id), **told)
