"""This server among those that share the database: it says that it lives, and closes the calls of the dead.

A server that was killed cannot write how its calls ended, so another does, or the same one when it has been
started again: the conversation ends as `server_lost`, with whatever recording and journal lie in our data
directory. The carrier's last word on the call is still taken when it comes.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import structlog

from ..audio.wav import NotWav
from ..engine.recorder import repair
from ..errors import StoreError
from ..store import contexts, conversations, recordings, servers
from ..store.db import alone
from ..store.recordings import Recording
from ..store.servers import LostCall
from .connect import Paths
from .contexts import LONGEST_CALL
from .exchange import Exchange

BEAT_S = 5.0
DEAD_AFTER = timedelta(seconds=30)
"""Longer than a busy database makes anybody wait; the servers' clocks must agree better than that."""
SERVER_LOST = "server_lost"
_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class _Files:
    """What a call left in our data directory."""

    journal: Path | None
    recording: Recording | None


class Watch:
    """Keeps this server among the living, and looks after those who are not."""

    def __init__(self, exchange: Exchange, paths: Paths) -> None:
        self._exchange = exchange
        self._paths = paths
        self._beat_at: datetime | None = None

    async def run(self) -> None:
        """Look around now and then, until cancelled."""
        while True:
            try:
                await self.look_around()
            except StoreError as away:
                _log.warning("servers_not_seen", reason=str(away))
            await asyncio.sleep(BEAT_S)

    async def look_around(self) -> int:
        """Say that we live, and close the calls of servers that do not; how many there were."""
        now = self._exchange.clock()
        lost: list[LostCall] = []
        async with self._exchange.store.write() as tx:
            await servers.beat(tx, self._exchange.server_id, now)
            # Who was away, as when the database was, cannot know who else merely was.
            if self._beat_at is not None and now - self._beat_at < DEAD_AFTER:
                await alone(tx, "servers")
                lost = await servers.lost_calls(tx, now - DEAD_AFTER, now - LONGEST_CALL)
                for call in lost:
                    ended_at = call.heard_at or now
                    await contexts.end(tx, call.context_id, ended_at)
                    await conversations.end(tx, call.conversation_id, SERVER_LOST, ended_at)
                await servers.forget(tx, now - DEAD_AFTER)
        self._beat_at = now
        for call in lost:
            _log.warning("call_lost", conversation_id=call.conversation_id)
            await self._keep_files(call.conversation_id, now)
        return len(lost)

    async def _keep_files(self, conversation_id: int, now: datetime) -> None:
        files = await asyncio.to_thread(self._files, conversation_id)
        async with self._exchange.store.write() as tx:
            if files.journal is not None:
                await conversations.keep_journal(tx, conversation_id, self._paths.relative(files.journal))
            if files.recording is not None:
                await recordings.add(tx, conversation_id, files.recording, now)

    def _files(self, conversation_id: int) -> _Files:
        journal = self._paths.journal(conversation_id)
        path = self._paths.recording(conversation_id)
        recording = None
        if path.exists():
            try:
                duration_ms = repair(path)
                recording = Recording(self._paths.relative(path), duration_ms, path.stat().st_size)
            except (NotWav, OSError) as wrong:
                _log.error("recording_not_mended", conversation_id=conversation_id, reason=str(wrong))
        return _Files(journal if journal.exists() else None, recording)
