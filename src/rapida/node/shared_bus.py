"""The bus between the servers of one database: news of a call reach whatever process holds it.

They travel as rows, on either database alike: nothing more has to be installed or reached, and a server that
was away for a moment misses nothing. Who holds calls looks for news several times a second, and only while
there is another server; that is soon enough for an order to hang up and for the carrier's last word.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import msgspec
import structlog

from ..errors import StoreError
from ..recurring import Recurring
from ..store import Store, contexts, news
from .call_bus import Hear, LocalBus, News
from .clock import Clock

LOOK_EVERY_S = 0.2
"""How often news are looked for; a look is one statement by primary key, some 0.3 ms."""
HEARD_WITHIN_S = 2.0
"""How long an asker waits for the holder's answer: ten looks of a healthy one."""
KEPT_FOR = timedelta(minutes=1)
"""How long news are kept for a holder that stands still."""
LATE_IDS = 200
"""So far back ids are looked at again: on PostgreSQL a lower one may be committed after a higher one."""
MOST_AT_ONCE = 1000
"""News read in one look: far more than come in a fifth of a second, and a bound for what piled up."""
_log = structlog.get_logger(__name__)


class SharedBus:
    """The bus of one of several processes. Belongs to the event loop."""

    def __init__(self, store: Store, server_id: str, clock: Clock) -> None:
        self._store = store
        self._server_id = server_id
        self._clock = clock
        self._local = LocalBus()
        self._last = 0
        self._told: set[int] = set()
        """Ids of news that a call of this process has heard, of those that may be looked at again."""
        self.alone = True
        """Whether no other server was there lately, so that nobody sends anything. `Peers` keeps it."""

    def __len__(self) -> int:
        return len(self._local)

    def join(self, context_id: UUID, hear: Hear) -> Callable[[], None]:
        return self._local.join(context_id, hear)

    def tell_own(self, news: News) -> None:
        self._local.tell_own(news)

    async def publish(self, context_id: UUID, news: News) -> None:
        """Send news to a call. While the database is away they reach the calls of this process only."""
        heard = await self._local.ask(context_id, news)
        if heard and self.alone:
            return
        try:
            await self._send(context_id, news)
        except StoreError as away:
            _log.warning("news_not_sent", context_id=str(context_id), reason=str(away))

    async def ask(self, context_id: UUID, news: News) -> bool:
        heard = await self._local.ask(context_id, news)
        # Who hears may only have announced the call, and another server may hold it.
        if heard and self.alone:
            return True
        sent = await self._send(context_id, news)
        return heard if sent is None else await self._is_heard(sent) or heard

    async def _send(self, context_id: UUID, said: News) -> int | None:
        """The id of news to another server; None where no other one has to do with this call."""
        async with self._store.read() as tx:
            context = await contexts.find(tx, context_id)
        elsewhere = context is not None and context.holder not in (None, self._server_id)
        # Before its stream is there, a call is awaited by the server that announced it.
        announced = context is not None and context.status == "pending" and context_id not in self._local
        if not elsewhere and not announced:
            return None
        now = self._clock()
        async with self._store.write() as tx:
            await news.forget(tx, now - KEPT_FOR)
            return await news.send(tx, context_id, msgspec.to_builtins(said), now)

    async def _is_heard(self, sent: int) -> bool:
        clock = asyncio.get_running_loop().time
        until = clock() + HEARD_WITHIN_S
        while True:
            async with self._store.read() as tx:
                if await news.is_heard(tx, sent):
                    return True
            if clock() >= until:
                return False
            await asyncio.sleep(LOOK_EVERY_S / 2)

    async def run(self) -> None:
        """Let the calls of this process hear what others send, until cancelled."""
        recurring = Recurring()
        while True:
            if len(self._local) and not self.alone:
                try:
                    await self.look_around()
                except StoreError as away:
                    if recurring.worth("away") is not None:
                        _log.warning("news_wait", reason=str(away))
            await asyncio.sleep(LOOK_EVERY_S)

    async def look_around(self) -> int:
        """Let calls hear what was sent since the last look; how many news were for them.

        A call hears each of its news in every process that knows it: the one that awaits its stream may have
        heard before the one that holds it. What no call here has heard yet is tried again.
        """
        async with self._store.read() as tx:
            found = await news.after(tx, self._last - LATE_IDS, MOST_AT_ONCE)
        told = [
            each
            for each in found
            if each.id not in self._told
            and await self._local.ask(each.context_id, msgspec.convert(each.said, News))  # pyright: ignore[reportArgumentType]
        ]
        if found:
            self._last = max(self._last, found[-1].id)
            self._told.update(each.id for each in told)
            self._told = {each for each in self._told if each > self._last - LATE_IDS}
        if unheard := [each.id for each in told if each.heard_at is None]:
            async with self._store.write() as tx:
                await news.hear(tx, unheard, self._clock())
        return len(told)
