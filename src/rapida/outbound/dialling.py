"""Dialling: one intent, taken from the queue, becomes a call, and nobody is ever called twice for it.

The carrier knows no idempotency key, so the row says `dialling` before the carrier is asked. What becomes of
asking is a value of `settling.py`, which also writes it. After `not_after` the carrier is not asked any more,
whatever held the process up. A dial that nobody confirmed is looked up in the carrier's own list, once that
must show the call.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import TypeVar
from uuid import UUID

import structlog

from ..errors import ProviderError, ProviderRefused, ProviderUnavailable, StoreError, VaultError
from ..node.carriers import Carriers
from ..node.node import Node
from ..store import Transaction, contexts, credentials, intents
from .order import HEARD_WITHIN, MOST_RING_S, Order, Placed, look_at, options_of
from .settling import RETRY_S, Away, Dialled, DialRefused, Result, TooLate, placed, settle
from .unconfirmed import LISTED, Listed, Unlisted, explain

_log = structlog.get_logger(__name__)

LOOK_FOR = timedelta(hours=1)
"""How long the carrier's list is asked for, should the carrier be away."""
WRITE_RETRY_S = (0.1, 0.5, 2.0)
"""After which waits a failed write is tried again: the carrier is not asked twice, the database is. What is
never written is looked up in the carrier's list."""

Moment = Callable[[], Awaitable[None]]
"""Returns when the time for a dial has come."""
_T = TypeVar("_T")
Write = Callable[[Transaction, Order, _T, datetime], Awaitable[None]]
"""Writes what became of an order's dial, in a transaction of now: `settle` a result, `explain` a listing."""


class Dialler:
    """Asks the carrier to place calls, and finds out about those it never confirmed."""

    def __init__(self, node: Node, carriers: Carriers) -> None:
        self._node = node
        self._carriers = carriers
        self._dialling: set[asyncio.Task[Placed]] = set()

    async def load(self, context_id: UUID) -> Order | None:
        """What an intent needs; None when it, or its credential, is gone."""
        async with self._node.store.read() as tx:
            intent, context = await intents.find(tx, context_id), await contexts.find(tx, context_id)
            if intent is None or context is None:
                return None
            credential = await credentials.find_if_any(tx, intent.credential_id)
        return None if credential is None else Order(intent, context, credential)

    async def dial(self, order: Order, moment: Moment | None = None) -> Placed:
        """Place the call of an intent that was just taken (see `Order.taken`), once its moment has come.

        It is finished even if nobody waits for it.
        """
        task = asyncio.create_task(self._dial(order, moment))
        self._dialling.add(task)
        task.add_done_callback(self._dialling.discard)
        return await asyncio.shield(task)

    async def idle(self) -> None:
        """Until no dial is in progress."""
        if self._dialling:
            await asyncio.wait(self._dialling)

    async def ringing(self) -> dict[UUID, float]:
        """The calls that may still be answered, and for how many seconds. Raises `StoreError`."""
        now = self._node.clock()
        async with self._node.store.read() as tx:
            unanswered = await intents.ringing(tx, now - timedelta(seconds=MOST_RING_S) - HEARD_WITHIN)
        until = {each.context_id: look_at(options_of(each), each.dial_at or now) for each in unanswered}
        return {each: (at - now).total_seconds() for each, at in until.items() if at > now}

    async def _dial(self, order: Order, moment: Moment | None) -> Placed:
        result = await self._ask(order, moment)
        if isinstance(result, Away):
            told = {"context_id": str(order.context.id), "reason": result.reason, "again": result.again}
            _log.warning("carrier_away", **told)
        await self._write(settle, order, result)
        return placed(order, result)

    async def _ask(self, order: Order, moment: Moment | None) -> Result:
        """Ask the carrier for the call, at its moment."""
        try:
            carrier = self._carriers.of(order.credential)
            if moment is not None:
                # Loaded after the moment, it would keep the first calls waiting, and let them go in a bunch.
                await carrier.ready()
                await moment()
            # Whatever stopped this process meanwhile: nobody is called when the time for it is over.
            if self._node.clock() >= order.intent.not_after:
                return TooLate()
            return Dialled((await carrier.dial(order.to_dial())).call_id)
        except ProviderRefused as refused:
            return DialRefused(str(refused))
        except VaultError as shut:
            return Away(str(shut), again=True)
        except ProviderError as away:
            slow_down = isinstance(away, ProviderUnavailable) and away.slow_down
            return Away(str(away), again=bool(away.retryable), slow_down=slow_down)

    async def _write(self, write: Write[_T], order: Order, became: _T) -> None:
        """Write what became of a dial. If the database stays away, the row says `dialling`, which is true."""
        for wait_s in (*WRITE_RETRY_S, None):
            try:
                async with self._node.store.write() as tx:
                    await write(tx, order, became, self._node.clock())
            except StoreError as away:
                if wait_s is None:
                    _log.error("dial_not_recorded", context_id=str(order.context.id), reason=str(away))
                    return
                await asyncio.sleep(wait_s)
            else:
                return

    async def look(self, order: Order) -> float | None:
        """Ask the carrier's list about a dial that nobody confirmed in time.

        None = it is settled; else after how many seconds to ask again.
        """
        intent = order.intent
        if intent.status != "dialling" or intent.dial_at is None:
            return None
        since, until = (intent.dial_at + each for each in LISTED)
        try:
            carrier = self._carriers.of(order.credential)
            calls = await carrier.placed_since(intent.to_number, intent.from_number, since)
        except (ProviderError, VaultError) as away:
            if intent.dial_at + LOOK_FOR > self._node.clock():
                return RETRY_S[-1]
            await self._write(explain, order, Unlisted(f"the carrier's list could not be asked: {away}"))
            return None
        fitting = [each for each in calls if each.created_at is None or each.created_at <= until]
        await self._write(explain, order, Listed(fitting))
        return None
