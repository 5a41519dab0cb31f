"""The files that a call leaves, as people take them out: each time is written into the audit.

Paths are relative to the data directory; whether a file is on this server is for the reader to see.
"""

from __future__ import annotations

from ..errors import NotFound
from ..node.node import Node
from ..store import Transaction, conversations, recordings
from ..store.conversations import Conversation
from ..workspace.actor import Actor


async def recording(node: Node, actor: Actor, conversation_id: int) -> str:
    """Where a conversation's recording lies. Raises `NotFound`, also for a foreign one, or `StoreError`."""
    now = node.clock()
    async with node.store.write() as tx:
        await own(tx, actor, conversation_id)
        found = await recordings.of_conversation(tx, conversation_id)
        if not found:
            raise NotFound("recording of conversation", conversation_id)
        await actor.note(tx, now, "recording.read", f"conversation:{conversation_id}")
    return found[-1].path


async def journal(node: Node, actor: Actor, conversation_id: int) -> str:
    """Where a conversation's journal lies. Raises as `recording` does."""
    now = node.clock()
    async with node.store.write() as tx:
        path = (await own(tx, actor, conversation_id)).journal_path
        if path is None:
            raise NotFound("journal of conversation", conversation_id)
        await actor.note(tx, now, "journal.read", f"conversation:{conversation_id}")
    return path


async def own(tx: Transaction, actor: Actor, conversation_id: int) -> Conversation:
    """A conversation of the actor's project. Raises `NotFound`."""
    conversation = await conversations.find(tx, conversation_id)
    actor.owns(conversation.project_id, "conversation", conversation_id)
    return conversation
