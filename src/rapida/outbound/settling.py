"""What becomes of asking the carrier for a call: one value for each end, one function that writes them all.

Each step is conditional on how the row stands, so that a result which comes late changes nothing. Only an
error that proves the request never arrived puts an intent back into the queue. Any other leaves it `dialling`
until a callback or the media socket proves the call, or the carrier's list explains it (`unconfirmed.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar, Literal

from ..call.happenings import DialFailed
from ..store import Store, Transaction, contexts, conversations, events, intents
from ..store.contexts import Context
from .order import Order, Placed

LIVES = timedelta(hours=24)
"""How long after its dial an outbound context may be claimed and reported on."""
UNHEARD_FOR = timedelta(seconds=20)
"""How long after its dial a call may go unreported before the carrier is asked about it: the first callback
comes within a few seconds, and a call that nobody reports on keeps its place."""
RETRY_S = (2.0, 5.0, 10.0, 30.0)
"""How long a call that did not reach its carrier waits after each attempt, and after every later one."""


@dataclass(frozen=True)
class Dialled:
    """The carrier has the call."""

    call_id: str


@dataclass(frozen=True)
class DialRefused:
    """The carrier will not place the call."""

    reason: str
    status: ClassVar[intents.Undialled] = "refused"


@dataclass(frozen=True)
class TooLate:
    """The time to dial was over before the carrier could be asked."""

    reason: str = "its time was over before the carrier could be asked"
    status: ClassVar[intents.Undialled] = "expired"


@dataclass(frozen=True)
class Away:
    """The carrier did not answer. `again`: the request never arrived, so the call may be dialled again."""

    reason: str
    again: bool
    slow_down: bool = False
    """The carrier is there and has asked for fewer calls: no trouble of this one."""


Result = Dialled | DialRefused | TooLate | Away
"""What becomes of asking the carrier for a call."""


async def settle(tx: Transaction, order: Order, result: Result, now: datetime) -> None:
    """Write what became of an order's dial."""
    context, attempt = order.context, order.intent.attempts
    match result:
        case Dialled(call_id):
            await take_for_dialled(tx, context, call_id, now)
        case DialRefused(reason) | TooLate(reason):
            await close_undialled(tx, context, result.status, reason, now, before=("queued", "dialling"))
        case Away(reason, again=True):
            later = now + timedelta(seconds=RETRY_S[min(attempt, len(RETRY_S)) - 1])
            await intents.put_back(tx, context.id, attempt, reason, later, now)
        case Away(reason):
            await intents.note(tx, context.id, reason, now)


def placed(order: Order, result: Result) -> Placed:
    """How an order stands with that result."""
    conversation_id, context_id = order.context.conversation_id, order.context.id
    match result:
        case Dialled(call_id):
            return Placed(conversation_id, context_id, call_id, "dialled")
        case DialRefused(reason):
            return Placed(
                conversation_id=conversation_id,
                context_id=context_id,
                carrier_call_id=None,
                status=result.status,
                reason=reason,
                trouble="refused",
            )
        case TooLate(reason):
            return Placed(conversation_id, context_id, None, result.status, reason)
        case Away(reason, again, slow_down):
            status: intents.Status = "queued" if again else "dialling"
            return Placed(
                conversation_id=conversation_id,
                context_id=context_id,
                carrier_call_id=None,
                status=status,
                reason=reason,
                trouble="" if slow_down else "away",
            )


async def take_for_dialled(tx: Transaction, context: Context, call_id: str, now: datetime) -> None:
    """The carrier has a context's call: write which, unless that is known, and that it was dialled."""
    if call_id:
        await contexts.bind(tx, context.id, call_id)
    if await intents.prove(tx, context.id, now):
        await contexts.extend(tx, context.id, now + LIVES, ask_at=now + UNHEARD_FOR)


async def close_undialled(
    tx: Transaction,
    context: Context,
    status: intents.Undialled,
    reason: str,
    now: datetime,
    *,
    before: Sequence[intents.Status] = ("queued",),
    end_reason: Literal["", "operator_hangup"] = "",
) -> bool:
    """Settle that a call is never dialled, and end its conversation as `end_reason` (else as the status).

    False, and nothing is written, when its intent does not stand as one of `before`.
    """
    if not await intents.close(tx, context.id, status, reason, now, before):
        return False
    end = end_reason or status
    await contexts.end(tx, context.id, now)
    await conversations.end(tx, context.conversation_id, end, now)
    failed = events.DatedHappening(now, DialFailed(end, reason))
    await events.add(tx, context.conversation_id, [failed])
    return True


async def lose_unfinished(store: Store, reason: str, now: datetime) -> int:
    """Lose whatever was to be dialled when a database was copied, since nobody knows what became of it.

    Returns how much that was. Raises `StoreError`.
    """
    async with store.write() as tx:
        return await intents.lose_unfinished(tx, reason, now)
