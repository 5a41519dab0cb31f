"""This server among those that share the database: it says that it lives, and closes the calls of the dead.

A server that was killed cannot write how its calls ended, so another does, or the same one when it has been
started again: the conversation ends as `server_lost`, with whatever recording and journal lie in our data
directory. The carrier's last word on the call is still taken when it comes. With its first word a server
tells which keys of the vault it has, so that no secret is moved to one that another server lacks.
"""

from __future__ import annotations

import asyncio
import os
import socket
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import structlog

from ..audio.wav import NotWav
from ..engine.recorder import repair, shape_of
from ..errors import ConfigurationError, StoreError
from ..recurring import Recurring
from ..store import (
    Transaction,
    connected_numbers,
    contexts,
    conversations,
    credentials,
    live_news,
    recordings,
    servers,
)
from ..store.db import alone
from ..store.recordings import Recording
from ..store.servers import LostCall, Server
from ..vault.sealing import Vault
from .clock import LONGEST_CALL
from .files import Paths
from .node import Node
from .shared_bus import SharedBus

BEAT_S = 5.0
"""How often a server says that it lives: several times before `DEAD_AFTER` takes it for dead."""
DEAD_AFTER = timedelta(seconds=30)
"""Longer than a busy database makes anybody wait; the servers' clocks must agree better than that."""
SERVER_LOST = "server_lost"
ROTATION = "rotation"
"""What a server that starts and a rotation of the vault's keys do one after the other."""
_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class _Files:
    """What a call left in our data directory."""

    journal: Path | None
    recording: Recording | None


async def rotate(tx: Transaction, vault: Vault, now: datetime) -> credentials.Rewrapped:
    """Seal every secret with the vault's first key.

    Raises `ConfigurationError` while a living server has not loaded that key: it could not open them.
    """
    await alone(tx, ROTATION)
    if lacking := await servers.without_key(tx, vault.marks[0], now - DEAD_AFTER):
        raise ConfigurationError(
            f"the key {vault.key_id!r} is not loaded, or is another one, on {', '.join(lacking)}: add it to "
            "RAPIDA_MASTER_KEY there behind the old one, restart, and rotate then (a server that was killed "
            f"is forgotten after {DEAD_AFTER.total_seconds():.0f} s)"
        )
    moved, kept = await credentials.rewrap(tx, vault, now), await connected_numbers.rewrap(tx, vault)
    shut = sorted({*moved.shut, *kept.shut})
    return credentials.Rewrapped(moved.changed + kept.changed, tuple(shut))


class Peers:
    """Keeps this server among the living, and looks after those who are not."""

    def __init__(self, node: Node, paths: Paths, shared: SharedBus | None = None) -> None:
        """`shared` is told whether there are others."""
        self._node = node
        self._shared = shared
        self._paths = paths
        self._beat_at: datetime | None = None
        name = f"{socket.gethostname()} (process {os.getpid()})"
        self._server = Server(node.server_id, name, node.vault.marks)

    async def join(self) -> None:
        """Tell that we are there, before the first call. Raises `VaultError`.

        From here on no server seals with a key that we lack; a secret sealed so meanwhile is met here.
        """
        async with self._node.store.write() as tx:
            await alone(tx, ROTATION)
            await servers.beat(tx, self._server, self._node.clock())
            self._node.vault.verify(await credentials.sample(tx))
            others = await servers.others(tx, self._server.id, self._node.clock() - DEAD_AFTER)
        if self._shared is not None:
            self._shared.alone = others == 0

    async def leave(self) -> None:
        """Tell that we are gone, with no call left; else we would count as living for a while."""
        async with self._node.store.write() as tx:
            await servers.leave(tx, self._server.id)

    async def alone(self) -> bool:
        """Whether no other server is there. Raises `StoreError`."""
        async with self._node.store.read() as tx:
            silent_since = self._node.clock() - DEAD_AFTER
            return await servers.others(tx, self._server.id, silent_since) == 0

    async def run(self) -> None:
        """Look around now and then, until cancelled."""
        recurring = Recurring()
        while True:
            try:
                await self.look_around()
            except StoreError as away:
                if recurring.worth("away") is not None:
                    _log.warning("servers_not_seen", reason=str(away))
            else:
                if recurring.over("away"):
                    _log.info("database_is_back")
            await asyncio.sleep(BEAT_S)

    async def look_around(self) -> int:
        """Say that we live, and close the calls of servers that do not; how many there were."""
        now = self._node.clock()
        lost: list[LostCall] = []
        async with self._node.store.write() as tx:
            await servers.beat(tx, self._server, now)
            await live_news.forget(tx, now - live_news.KEPT_FOR)
            # Who was away, as when the database was, cannot know who else merely was.
            if self._beat_at is not None and now - self._beat_at < DEAD_AFTER:
                await alone(tx, "servers")
                lost = await servers.lost_calls(tx, now - DEAD_AFTER, now - LONGEST_CALL)
                for call in lost:
                    ended_at = call.heard_at or now
                    await contexts.end(tx, call.context_id, ended_at, ask_at=now)
                    await conversations.end(tx, call.conversation_id, SERVER_LOST, ended_at)
                await servers.forget(tx, now - DEAD_AFTER)
            others = await servers.others(tx, self._server.id, now - DEAD_AFTER)
        if self._shared is not None:
            self._shared.alone = others == 0
        self._beat_at = now
        for call in lost:
            _log.warning("call_lost", conversation_id=call.conversation_id)
            await self._keep_files(call.conversation_id, now)
        return len(lost)

    async def _keep_files(self, conversation_id: int, now: datetime) -> None:
        files = await asyncio.to_thread(self._files, conversation_id)
        async with self._node.store.write() as tx:
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
                size, place = path.stat().st_size, self._paths.relative(path)
                recording = Recording(place, duration_ms, size, shape_of(path))
            except (NotWav, OSError) as wrong:
                # Also if it is still being written: then its server merely stood still.
                _log.error("recording_not_mended", conversation_id=conversation_id, reason=str(wrong))
        return _Files(journal if journal.exists() else None, recording)
