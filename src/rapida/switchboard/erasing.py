"""Erasing a conversation, its files too."""

from __future__ import annotations

import asyncio
from pathlib import Path

from ..errors import Conflict
from ..node.files import Paths
from ..node.node import Node
from ..store import erasing, filing
from ..workspace.actor import Actor
from .record_files import own


async def erase(node: Node, actor: Actor, conversation_id: int, data_dir: Path) -> None:
    """Delete what was said, heard and recorded in a conversation that is over, and whose numbers it had.

    Its files go first: should the database be away then, it can be asked again. Raises `NotFound`, also for a
    foreign one, `Conflict` while it goes on, or `StoreError`.
    """
    async with node.store.read() as tx:
        if (await own(tx, actor, conversation_id)).status != "ended":
            raise Conflict("the call is not over: end it first (POST …/hangup), then delete it")
    paths, now = Paths(data_dir), node.clock()
    await asyncio.to_thread(_unlink, paths.of(conversation_id))
    async with node.store.write() as tx:
        await own(tx, actor, conversation_id)
        await filing.file_now(tx, conversation_id)
        await erasing.erase(tx, conversation_id, now)
        await actor.note(tx, now, "conversation.delete", f"conversation:{conversation_id}")
    await node.store.overwrite()


def _unlink(files: tuple[Path, ...]) -> None:
    for file in files:
        file.unlink(missing_ok=True)
