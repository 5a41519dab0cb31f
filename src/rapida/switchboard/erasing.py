"""Erasing conversations, their files too: what a person deletes, and what a project keeps no longer.

The files lie on the server that held the call. Each server therefore also looks now and then which
conversations were erased by others, and deletes what it has of them.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta

import structlog

from ..errors import Conflict, ProviderError, StoreError
from ..node.call_files import CallFiles
from ..node.node import Node
from ..recurring import Recurring
from ..store import erasing, filing, retention, tenants
from ..store.erasing import ErasedUpTo
from ..workspace.actor import Actor
from .record_files import own

AT_ONCE = 20
"""Conversations that one pass of the retention erases: each takes a SQLite file for some 10 ms."""
BREATH_S = 2.0
"""Between two passes while there is more: 864,000 conversations a day."""
LOOK_S = 300.0
"""How often a server looks for what is older than its project keeps it."""
SETTLED = timedelta(minutes=1)
"""Older than this, whatever another server erased is committed, and its clock no more behind than that."""
FILES_AT_ONCE = 500
"""Erased conversations whose files are looked for in one go."""
_log = structlog.get_logger(__name__)


async def erase(node: Node, actor: Actor, conversation_id: int, files: CallFiles) -> None:
    """Delete what was said, heard and recorded in a conversation that is over, and whose numbers it had.

    Its files go first: should the database be away then, it can be asked again. Raises `NotFound`, also for a
    foreign one, `Conflict` while it goes on, `ProviderUnavailable` for a file store, or `StoreError`.
    """
    async with node.store.read() as tx:
        if (await own(tx, actor, conversation_id)).status != "ended":
            raise Conflict("the call is not over: end it first (POST …/hangup), then delete it")
    await _erase(node, actor, conversation_id, files)
    await node.store.overwrite()


async def _erase(node: Node, actor: Actor, conversation_id: int, files: CallFiles) -> None:
    now = node.clock()
    await files.erase([conversation_id])
    async with node.store.write() as tx:
        await own(tx, actor, conversation_id)
        await filing.file_now(tx, conversation_id)
        if await erasing.erase(tx, conversation_id, now):
            told = {"before": {"erased_at": None}, "after": {"erased_at": now.isoformat()}}
            await actor.note(tx, now, "conversation.delete", erasing.subject_of(conversation_id), **told)


class Retention:
    """Erases what projects keep no longer, on whichever server comes first."""

    def __init__(self, node: Node, files: CallFiles) -> None:
        self._node = node
        self._files = files
        self._files_up_to = ErasedUpTo()

    async def run(self) -> None:
        """Look now and then, until cancelled."""
        recurring = Recurring()
        while True:
            pause_s = LOOK_S
            try:
                await self.forget_files()
                if await self.erase_some():
                    pause_s = BREATH_S
            except (StoreError, ProviderError) as away:
                if recurring.worth("away") is not None:
                    _log.warning("retention_waits", reason=str(away))
            await asyncio.sleep(pause_s)

    async def erase_some(self) -> int:
        """Erase the oldest that are kept no longer; how many there were. Raises `StoreError`."""
        now = self._node.clock()
        async with self._node.store.read() as tx:
            late: list[tuple[Actor, int]] = []
            for project_id, days in await retention.all_limited(tx):
                project = await tenants.project(tx, project_id)
                actor = Actor(project.organization_id, project_id, "owner", "retention")
                before = now - timedelta(days=days)
                found = await erasing.begun_before(tx, project_id, before, AT_ONCE - len(late))
                late += [(actor, number) for number in found]
        for actor, number in late:
            await _erase(self._node, actor, number, self._files)
        if late:
            await self._node.store.overwrite()
        return len(late)

    async def forget_files(self) -> None:
        """Delete the files that this server has of what was erased on others. Raises `StoreError`."""
        until = self._node.clock() - SETTLED
        while True:
            async with self._node.store.read() as tx:
                erased, up_to = await erasing.erased_after(tx, self._files_up_to, until, FILES_AT_ONCE)
            if not erased:
                return
            await self._files.forget(erased)
            self._files_up_to = up_to
