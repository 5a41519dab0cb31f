"""Reports: what the carrier has yet to say about calls that are over here.

A call's stream ends before the carrier says so, and the carrier's last callbacks come a moment later. They
are taken by the server behind the address, so the rows say whether they came: the call's terminal status, and
both ends of each stream that was claimed or whose beginning was reported.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from uuid import UUID

import structlog

from .. import telephony
from ..errors import StoreError
from ..store import Store, callbacks, contexts
from ..store.callbacks import Received
from ..store.contexts import Context
from ..telephony.webhooks import STREAM_STARTED, STREAM_STOPPED, TERMINAL

_log = structlog.get_logger(__name__)

REPORTED_WITHIN_S = 10.0
"""How long after a call its reports are waited for: they come within a second, from a carrier in need of a
retry within some. Whose number has no status callback waits in vain."""
LOOK_EVERY_S = 0.1
"""How often the reports are looked for while a server ends: nobody but the process waits for it."""


class AwaitedCallbacks:
    """The calls of this process that were over only just now. Belongs to the event loop."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._over: dict[UUID, float] = {}
        """Context → until when, by the loop's clock, its reports are waited for."""

    def call_over(self, context_id: UUID) -> None:
        """A call that this process held, or had a place for, is over here."""
        now = asyncio.get_running_loop().time()
        while self._over and (first := next(iter(self._over))) and self._over[first] <= now:
            del self._over[first]
        self._over.pop(context_id, None)  # the dict stays in the order of its instants
        self._over[context_id] = now + REPORTED_WITHIN_S

    async def taken(self, within_s: float, hurried: asyncio.Event) -> None:
        """Until the last report has come, its time is over, or the process hurries; logs what is missing."""
        clock = asyncio.get_running_loop().time
        now = clock()
        until = min(now + within_s, max(self._over.values(), default=now))
        awaited = [each for each, at in self._over.items() if at > now]
        missing = await self._missing(awaited)
        while missing and not hurried.is_set() and clock() < until:
            with suppress(TimeoutError):
                await asyncio.wait_for(hurried.wait(), LOOK_EVERY_S)
            missing = await self._missing(missing)
        if missing:
            _log.warning("reports_not_awaited", contexts=[str(each) for each in missing])

    async def _missing(self, awaited: Sequence[UUID]) -> list[UUID]:
        """Those of whose call, or stream, the end was not reported; all, while the database is away."""
        if not awaited:
            return []
        try:
            async with self._store.read() as tx:
                found = await contexts.find_all(tx, awaited)
                told = await callbacks.of_contexts(tx, awaited, "stream")
        except StoreError:
            return list(awaited)
        # Of a conversation without a telephone nobody reports.
        theirs = [each for each in found if each.carrier in telephony.CATALOGUE]
        return [each.id for each in theirs if not _reported(each, told)]


def _reported(context: Context, told: Sequence[Received]) -> bool:
    """Of a stream that was claimed both ends are reported, in whatever order, by a carrier that does so."""
    over = context.call_status in TERMINAL
    if not telephony.carrier(context.carrier).webhooks.reports_streams:
        return over
    mine = [each.fields for each in told if each.context_id == context.id]
    began, ended = (
        {each.get("stream_id") for each in mine if each.get("status") == status}
        for status in (STREAM_STARTED, STREAM_STOPPED)
    )
    streamed = context.claimed_at is None or bool(began)
    return over and streamed and began <= ended
