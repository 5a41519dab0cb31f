"""Dialling: one intent, taken from the queue, becomes a call, and nobody is ever called twice for it.

The carrier knows no idempotency key, so the row says `dialling` before the carrier is asked. Only an error
that proves the request never arrived (no connection, 429) puts the intent back into the queue. After any
other one, and after a crash, a callback or the media socket proves the call, since their addresses carry the
context's id; failing that the carrier's own list is asked, once it must show the call. A single unexplained
call between the two numbers is adopted; otherwise the intent is `unknown`, and stays so till a late callback.
After `not_after` the carrier is not asked any more, whatever held the process up.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

import msgspec
import structlog
from msgspec import Struct

from ..errors import ProviderError, ProviderRefused, StoreError, VaultError
from ..node.addresses import connecting, status_url
from ..node.carriers import Carriers
from ..node.node import Node
from ..store import Transaction, contexts, conversations, credentials, events, intents
from ..store.contexts import Context
from ..store.credentials import Credential
from ..store.intents import Intent
from ..telephony.carrier import Dial, PlacedCall
from ..telephony.twilio import webhook

_log = structlog.get_logger(__name__)

MOST_RING_S = 600
HEARD_WITHIN = timedelta(seconds=60)
"""How long after its ringing time a dial may stay without any sign of life."""
LISTED = (timedelta(seconds=-30), timedelta(seconds=60))
"""Between which moments around the dial the carrier must have created the call; its clock is not ours."""
LOOK_FOR = timedelta(hours=1)
"""How long the carrier's list is asked for, should the carrier be away."""
LIVES = timedelta(hours=24)
"""How long after its dial an outbound context may be claimed and reported on."""
UNHEARD_FOR = timedelta(seconds=20)
"""How long after its dial a call may go unreported before the carrier is asked about it: the first callback
comes within a few seconds, and a call that nobody reports on keeps its place."""
RETRY_S = (2.0, 5.0, 10.0, 30.0)
WRITE_RETRY_S = (0.1, 0.5, 2.0)

Moment = Callable[[], Awaitable[None]]
"""Returns when the time for a dial has come."""
Machine = Literal["ignore", "hang_up", "leave_message"]
_DETECTIONS: dict[Machine, Literal["no", "fast", "greeting_end"]] = {
    "ignore": "no",
    "hang_up": "fast",
    "leave_message": "greeting_end",
}


class DialOptions(Struct, frozen=True, omit_defaults=True):
    """How one call is placed; kept with its intent."""

    ring_s: int = 60
    time_limit_s: int = 0
    caller_id: str = ""
    machine: Machine = "ignore"
    message: str = ""
    language: str = ""
    send_digits: str = ""


@dataclass(frozen=True)
class Placed:
    """How an outbound call stands. `trouble`: the carrier refused it, or did not answer."""

    conversation_id: int
    context_id: UUID
    carrier_call_id: str | None
    status: intents.Status
    reason: str = ""
    trouble: Literal["", "refused", "away"] = ""


@dataclass(frozen=True)
class Order:
    """An intent that is ours to dial, and what it takes."""

    intent: Intent
    context: Context
    credential: Credential

    @property
    def options(self) -> DialOptions:
        return options_of(self.intent)

    def taken(self, attempt: int) -> Order:
        """The same for whoever took the intent: what becomes of this attempt changes no later one."""
        return replace(self, intent=msgspec.structs.replace(self.intent, attempts=attempt))


def options_of(intent: Intent) -> DialOptions:
    """An intent's options, as they were kept."""
    return msgspec.convert(intent.options, DialOptions)


def look_at(options: DialOptions, now: datetime) -> datetime:
    """When a dial of now must have been heard of."""
    return now + timedelta(seconds=options.ring_s) + HEARD_WITHIN


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
        try:
            carrier = self._carriers.of(order.credential)
            if moment is not None:
                # What were loaded after it would let the first calls wait for it, and go out in a bunch.
                await carrier.ready()
                await moment()
            # Whatever stopped this process meanwhile: nobody is called when the time for it is over.
            if self._node.clock() >= order.intent.not_after:
                return await self._too_late(order)
            placed = await carrier.dial(_dial_of(order))
        except ProviderRefused as refused:
            return await self._refused(order, str(refused))
        except (ProviderError, VaultError) as away:
            return await self._away(order, away)
        await self._write(order, lambda tx, now: take_for_dialled(tx, order.context, placed.call_id, now))
        return self._stands(order, "dialled", carrier_call_id=placed.call_id)

    async def _too_late(self, order: Order) -> Placed:
        reason = "its time was over before the carrier could be asked"

        async def close(tx: Transaction, now: datetime) -> None:
            if await intents.expire(tx, order.context.id, reason, now, "dialling"):
                await close_undialled(tx, order.context, "expired", reason, now)

        await self._write(order, close)
        return self._stands(order, "expired", reason)

    async def _refused(self, order: Order, reason: str) -> Placed:
        async def close(tx: Transaction, now: datetime) -> None:
            if await intents.refuse(tx, order.context.id, reason, now):
                await close_undialled(tx, order.context, "refused", reason, now)

        await self._write(order, close)
        return self._stands(order, "refused", reason, trouble="refused")

    async def _away(self, order: Order, away: ProviderError | VaultError) -> Placed:
        reason = str(away)
        again = isinstance(away, VaultError) or bool(away.retryable)
        _log.warning("carrier_away", context_id=str(order.context.id), reason=reason, again=again)

        async def keep(tx: Transaction, now: datetime) -> None:
            if again:
                attempt = order.intent.attempts
                later = now + timedelta(seconds=RETRY_S[min(attempt, len(RETRY_S)) - 1])
                await intents.put_back(tx, order.context.id, attempt, reason, later, now)
            else:
                await intents.note(tx, order.context.id, reason, now)

        await self._write(order, keep)
        slow_down = getattr(away, "code", 0) in (429, 20429)
        status: intents.Status = "queued" if again else "dialling"
        return self._stands(order, status, reason, trouble="" if slow_down else "away")

    async def _write(self, order: Order, change: intents.Change) -> None:
        """Write what became of a dial. If the database stays away, the row says `dialling`, which is true."""
        for wait_s in (*WRITE_RETRY_S, None):
            try:
                async with self._node.store.write() as tx:
                    await change(tx, self._node.clock())
            except StoreError as away:
                if wait_s is None:
                    _log.error("dial_not_recorded", context_id=str(order.context.id), reason=str(away))
                    return
                await asyncio.sleep(wait_s)
            else:
                return

    def _stands(
        self,
        order: Order,
        status: intents.Status,
        reason: str = "",
        *,
        carrier_call_id: str | None = None,
        trouble: Literal["", "refused", "away"] = "",
    ) -> Placed:
        context = order.context
        return Placed(context.conversation_id, context.id, carrier_call_id, status, reason, trouble)

    # What nobody confirmed

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
            listed = await carrier.placed_since(intent.to_number, intent.from_number, since)
        except (ProviderError, VaultError) as away:
            if intent.dial_at + LOOK_FOR > self._node.clock():
                return RETRY_S[-1]
            await self._write(order, _loses(intent, f"the carrier's list could not be asked: {away}"))
            return None
        fitting = [each for each in listed if each.created_at is None or each.created_at <= until]
        await self._write(order, lambda tx, now: self._explain(tx, order, fitting, now))
        return None

    async def _explain(self, tx: Transaction, order: Order, listed: list[PlacedCall], now: datetime) -> None:
        intent, context = order.intent, order.context
        known = await contexts.bound(
            tx, context.carrier, context.carrier_account, [each.call_id for each in listed]
        )
        unexplained = [each for each in listed if each.call_id not in known]
        dial_at = intent.dial_at or now
        others = await intents.rivals(
            tx, intent, dial_at + LISTED[0] - LISTED[1], dial_at + LISTED[1] - LISTED[0]
        )
        if len(unexplained) != 1 or others:
            found = f"the carrier lists {len(unexplained)} calls that could be this one"
            await _loses(intent, found if unexplained else "the carrier lists no such call")(tx, now)
            return
        await take_for_dialled(tx, context, unexplained[0].call_id, now)
        await _adopt_status(tx, context, unexplained[0].status, now)


def _dial_of(order: Order) -> Dial:
    intent, context, options = order.intent, order.context, order.options
    return Dial(
        to_number=intent.to_number,
        from_number=intent.from_number,
        document=connecting(context, intent.to_number),
        status_url=status_url(context.host, context.id),
        ring_s=options.ring_s,
        detect_machine=_DETECTIONS[options.machine],
        time_limit_s=options.time_limit_s,
        caller_id=options.caller_id,
        send_digits=options.send_digits,
    )


async def take_for_dialled(tx: Transaction, context: Context, call_id: str, now: datetime) -> None:
    """The carrier has a context's call: write which, unless that is known, and that it was dialled."""
    if call_id:
        await contexts.bind(tx, context.id, call_id)
    if await intents.prove(tx, context.id, now):
        await contexts.extend(tx, context.id, now + LIVES, ask_at=now + UNHEARD_FOR)


async def close_undialled(tx: Transaction, context: Context, name: str, reason: str, now: datetime) -> None:
    """End the conversation of a call that nobody will ever have."""
    await contexts.end(tx, context.id, now)
    await conversations.end(tx, context.conversation_id, name, now)
    told = events.Happening(now, f"dial_{name}", {"reason": reason})
    await events.add(tx, context.conversation_id, [told])


def _loses(intent: Intent, found: str) -> intents.Change:
    async def lose(tx: Transaction, now: datetime) -> None:
        reason = f"{intent.reason}; {found}" if intent.reason else found
        await intents.lose(tx, intent.context_id, reason, now)

    return lose


async def _adopt_status(tx: Transaction, context: Context, status: str, now: datetime) -> None:
    """What the carrier's list says of a call whose callbacks we missed."""
    last = status in webhook.TERMINAL
    await contexts.set_call_status(tx, context.id, status, None, "", last=last)
    await conversations.set_call_status(tx, context.conversation_id, status)
    if last:
        await contexts.end(tx, context.id, now)
        await conversations.end(tx, context.conversation_id, status, now)
        await intents.end(tx, [context.id], now)
