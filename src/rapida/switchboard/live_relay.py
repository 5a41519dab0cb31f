"""Calls in progress at other servers of the database, for who follows them here; and ours, for theirs.

A server says in its own row which projects are followed there. The others see that at their next look, and
write what changes in calls of these projects into the database, a row for each moment. Where nobody follows,
nothing is written. The path of the sound is not touched: a call pays one append to a list.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import msgspec
import structlog

from ..errors import StoreError
from ..node.node import Node
from ..node.peers import DEAD_AFTER
from ..recurring import Recurring
from ..store import live_news
from .live_board import LiveBoard, ToldElsewhere

LOOK_EVERY_S = 0.25
"""How often changes are sent and looked for while somebody follows: speech is read at that pace."""
IDLE_EVERY_S = 1.0
"""How often it is looked whether somebody follows: one statement over the few rows of servers."""
LINGER_S = 10.0
"""How long a project stays followed when the last page has gone: a page that is loaded anew finds it warm."""
LATE_IDS = 100
"""So far back ids are looked at again: on PostgreSQL a lower one may be committed after a higher one."""
_log = structlog.get_logger(__name__)


class LiveRelay:
    """Carries what the board shows between the servers of one database. Belongs to the event loop."""

    def __init__(self, node: Node, board: LiveBoard, alone: Callable[[], bool]) -> None:
        """`alone` says whether no other server is there."""
        self._node = node
        self._board = board
        self._alone = alone
        self._follows: dict[int, int] = {}
        self._followed = False
        """Whether our row says that something is followed."""
        self._left_s: dict[int, float] = {}
        """Projects that nobody follows here any more, by project, and until when they count as followed."""
        self._met: set[tuple[str, int, int]] = set()
        """Who follows what since when, of those that have been shown all calls."""
        self._first = self._last = 0
        """Ids behind which something may concern us, and up to which it was looked for."""
        self._heard: dict[str, int] = {}
        """By server, the last that was heard of it: one server's rows are committed in their order."""

    async def run(self) -> None:
        """Send and look around, until cancelled."""
        recurring = Recurring()
        while True:
            busy = False
            try:
                busy = await self.look_around()
            except StoreError as away:
                if recurring.worth("away") is not None:
                    _log.warning("live_news_wait", reason=str(away))
            await asyncio.sleep(LOOK_EVERY_S if busy else IDLE_EVERY_S)

    async def look_around(self) -> bool:
        """Send what others follow and hear what is followed here; whether anybody follows.

        Raises `StoreError`.
        """
        if self._alone():
            self._met.clear()
            self._board.want(())
            self._board.keep_servers(())
            return False
        self._count_followers()
        now = self._node.clock()
        async with self._node.store.read() as tx:
            follows = await live_news.follows(tx, now - DEAD_AFTER)
        if follows.get(self._node.server_id) not in (None, self._follows):
            # From here on: what was told before concerns nobody here.
            await self._say_what_is_followed()
        if self._board.keep_servers(follows):
            # One that merely stood still must show its calls again.
            self._follows = dict.fromkeys(self._follows, time.time_ns())
        await self._send({each: there for each, there in follows.items() if each != self._node.server_id})
        if self._follows:
            await self._hear()
        return bool(self._met or self._follows)

    def _count_followers(self) -> None:
        now_s = asyncio.get_running_loop().time()
        here = {project for project, count in self._board.followed.items() if count}
        for project in here:
            self._left_s.pop(project, None)
            self._follows.setdefault(project, time.time_ns())
        for project in self._follows.keys() - here:
            if self._left_s.setdefault(project, now_s + LINGER_S) <= now_s:
                del self._follows[project], self._left_s[project]
                self._board.let_go(project)

    async def _say_what_is_followed(self) -> None:
        async with self._node.store.write() as tx:
            if not self._followed:
                self._first = self._last = await live_news.newest(tx)
            self._followed = bool(self._follows)
            await live_news.follow(tx, self._node.server_id, self._follows)

    async def _send(self, follows: dict[str, dict[int, int]]) -> None:
        met = {(each, project, at) for each, there in follows.items() for project, at in there.items()}
        anew = {project for _, project, _ in met - self._met}
        self._board.want({project for _, project, _ in met})
        # What is not sent for want of a database is made good by showing all calls anew.
        self._met = set()
        if (told := self._board.unsent(anew)) is not None:
            text = msgspec.json.encode(told).decode()
            async with self._node.store.write() as tx:
                await live_news.tell(tx, self._node.server_id, text, self._node.clock())
        self._met = met

    async def _hear(self) -> None:
        async with self._node.store.read() as tx:
            behind = max(self._first, self._last - LATE_IDS)
            found = await live_news.others_told(tx, self._node.server_id, behind)
        for each in found:
            if each.id > self._heard.get(each.server_id, 0):
                self._heard[each.server_id] = each.id
                told = msgspec.json.decode(each.told, type=ToldElsewhere)
                self._board.hear(each.server_id, told, self._follows)
            self._last = max(self._last, each.id)
