"""Dials that nobody confirmed in time: what the carrier's own list says of them.

A single unexplained call between the two numbers is adopted. Otherwise the intent is `unknown`, its call is
not dialled again, and it stays so till a late callback.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ..store import Transaction, contexts, conversations, intents
from ..store.contexts import Context
from ..telephony.carrier import PlacedCall
from ..telephony.webhooks import TERMINAL
from .order import Order
from .settling import take_for_dialled

LISTED = (timedelta(seconds=-30), timedelta(seconds=60))
"""Between which moments around the dial the carrier must have created the call; its clock is not ours."""


@dataclass(frozen=True)
class Listed:
    """The calls that the carrier lists for the time of a dial."""

    calls: Sequence[PlacedCall]


@dataclass(frozen=True)
class Unlisted:
    """The carrier's list could not be asked for as long as it helps."""

    reason: str


async def explain(tx: Transaction, order: Order, found: Listed | Unlisted, now: datetime) -> None:
    """Write what the carrier's list says of an order's dial."""
    match found:
        case Listed(calls):
            await _take_listed(tx, order, calls, now)
        case Unlisted(reason):
            await _lose(tx, order, reason, now)


async def _take_listed(tx: Transaction, order: Order, listed: Sequence[PlacedCall], now: datetime) -> None:
    """Take the one listed call that nothing else explains for the order's; otherwise the order is lost."""
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
        await _lose(tx, order, found if unexplained else "the carrier lists no such call", now)
        return
    await take_for_dialled(tx, context, unexplained[0].call_id, now)
    await _adopt_status(tx, context, unexplained[0].status, now)


async def _lose(tx: Transaction, order: Order, found: str, now: datetime) -> None:
    known = order.intent.reason
    await intents.lose(tx, order.context.id, f"{known}; {found}" if known else found, now)


async def _adopt_status(tx: Transaction, context: Context, status: str, now: datetime) -> None:
    """What the carrier's list says of a call whose callbacks we missed."""
    last = status in TERMINAL
    await contexts.set_call_status(tx, context.id, status, None, "", last=last)
    await conversations.set_call_status(tx, context.conversation_id, status)
    if last:
        await contexts.end(tx, context.id, now)
        await conversations.end(tx, context.conversation_id, status, now)
        await intents.end(tx, [context.id], now)
