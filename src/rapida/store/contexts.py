"""Contexts: the one-use records that tie a webhook to its stream and its callbacks.

Here are the statements; how long a context lives and who may claim it is the switchboard's to decide.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Literal, NamedTuple
from uuid import UUID

import msgspec
from msgspec import Struct
from sqlalchemy import Row, and_, bindparam, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from ..errors import Conflict
from .conversations import Direction
from .db import Transaction
from .tables import contexts, intents

Status = Literal["pending", "claimed", "ended", "expired"]


class CarrierCall(NamedTuple):
    """A call as its carrier names it. A carrier's names hold within an account of its own."""

    carrier: str
    account: str
    call_id: str


class Context(Struct, frozen=True):
    """One context. `host` is the public host its URLs name; `attempt` counts the contexts of one call."""

    id: UUID
    conversation_id: int
    project_id: int
    assistant_id: int
    direction: Direction
    credential_id: int
    carrier: str
    """Its name in the catalogue of carriers."""
    carrier_account: str
    carrier_call_id: str | None
    attempt: int
    host: str
    created_at: datetime
    expires_at: datetime
    status: Status = "pending"
    verified: bool | None = None
    """Whether the stream's handshake was signed; None = not claimed yet."""
    call_status: str | None = None
    call_status_sequence: int | None = None
    call_status_reason: str | None = None
    claimed_at: datetime | None = None
    ended_at: datetime | None = None
    holder: str | None = None
    """The server that claimed it."""
    ask_at: datetime | None = None
    """When the carrier is to be asked what became of the call; None = it has said so, or nobody asks."""


_COLUMNS = [contexts.c[name] for name in Context.__struct_fields__]
# Prepared once: every call runs these.
_CREATE = insert(contexts)
_FIND = select(*_COLUMNS).where(contexts.c.id == bindparam("wanted"))
_NAMED = and_(
    contexts.c.carrier_account == bindparam("account"), contexts.c.carrier_call_id == bindparam("call_id")
)
_CALL = and_(contexts.c.carrier == bindparam("carrier"), _NAMED)
_OF_CALL = (
    select(*_COLUMNS).where(contexts.c.project_id == bindparam("project"), _CALL).order_by(contexts.c.attempt)
)
_AT_ASSISTANT = (
    select(*_COLUMNS)
    .where(contexts.c.assistant_id == bindparam("assistant"), _CALL)
    .order_by(contexts.c.attempt)
)
_LAST_ATTEMPT = select(func.coalesce(func.max(contexts.c.attempt), 0)).where(_NAMED)


async def create(tx: Transaction, context: Context) -> None:
    """Write a new context. Raises `Conflict` when this call already has one of the same attempt."""
    try:
        await tx.execute(_CREATE, msgspec.structs.asdict(context))
    except IntegrityError as taken:
        raise Conflict("the call already has a context of this attempt") from taken


async def find(tx: Transaction, context_id: UUID) -> Context | None:
    """The context, whatever its state."""
    row = (await tx.execute(_FIND, {"wanted": context_id})).first()
    return None if row is None else _context(row)


async def find_all(tx: Transaction, context_ids: Sequence[UUID]) -> list[Context]:
    """Those of the contexts that are there, in no order."""
    found = await tx.execute(select(*_COLUMNS).where(contexts.c.id.in_(context_ids)))
    return [_context(row) for row in found]


async def of_call(tx: Transaction, project_id: int, call: CarrierCall) -> list[Context]:
    """A project's contexts of a call, first attempt first.

    Another project may name the same account, which is only what a person typed: its contexts are not ours.
    """
    asked = {"project": project_id, **call._asdict()}
    return [_context(row) for row in await tx.execute(_OF_CALL, asked)]


async def at_assistant(tx: Transaction, assistant_id: int, call: CarrierCall) -> list[Context]:
    """An assistant's contexts of a call, first attempt first."""
    asked = {"assistant": assistant_id, **call._asdict()}
    return [_context(row) for row in await tx.execute(_AT_ASSISTANT, asked)]


async def last_attempt(tx: Transaction, account: str, call_id: str) -> int:
    """The highest attempt that any context of a call has, of any project and carrier; 0 = none has one."""
    asked = {"account": account, "call_id": call_id}
    return (await tx.execute(_LAST_ATTEMPT, asked)).scalar_one()


async def of_conversation(tx: Transaction, conversation_id: int) -> list[Context]:
    """All contexts of a conversation, first attempt first."""
    found = await tx.execute(
        select(*_COLUMNS).where(contexts.c.conversation_id == conversation_id).order_by(contexts.c.attempt)
    )
    return [_context(row) for row in found]


async def of_call_locked(tx: Transaction, project_id: int, call: CarrierCall) -> list[Context]:
    """The same as `of_call`, and nobody else changes them before this transaction ends."""
    asked = {"project": project_id, **call._asdict()}
    return [_context(row) for row in await tx.execute(_OF_CALL.with_for_update(key_share=True), asked)]


async def claim(tx: Transaction, context_id: UUID, holder: str, verified: bool, now: datetime) -> bool:
    """Take a pending, unexpired context; of any number of claimants, in any process, one gets True."""
    taken = await tx.execute(
        update(contexts)
        .where(contexts.c.id == context_id, contexts.c.status == "pending", contexts.c.expires_at > now)
        .values(status="claimed", claimed_at=now, verified=verified, holder=holder, ask_at=None)
    )
    return taken.rowcount == 1


async def bind(tx: Transaction, context_id: UUID, call_id: str) -> bool:
    """Say which call an outbound context belongs to; False when it is known already."""
    others = contexts.alias()
    # A context of the same call may be there, of another project that names the same account.
    last = select(func.coalesce(func.max(others.c.attempt), 0)).where(
        others.c.carrier_account == contexts.c.carrier_account, others.c.carrier_call_id == call_id
    )
    bound = await tx.execute(
        update(contexts)
        .where(contexts.c.id == context_id, contexts.c.carrier_call_id.is_(None))
        .values(carrier_call_id=call_id, attempt=last.scalar_subquery() + 1)
    )
    return bound.rowcount == 1


async def extend(tx: Transaction, context_id: UUID, expires_at: datetime, ask_at: datetime) -> None:
    """Let a pending context live longer, or less long, and the carrier be asked about its call meanwhile."""
    await tx.execute(
        update(contexts)
        .where(contexts.c.id == context_id, contexts.c.status == "pending")
        .values(expires_at=expires_at, ask_at=ask_at)
    )


async def bound(tx: Transaction, carrier: str, account: str, call_ids: Iterable[str]) -> set[str]:
    """Those of an account's calls that belong to a context, of any project: none is another's dial."""
    found = await tx.execute(
        select(contexts.c.carrier_call_id).where(
            contexts.c.carrier == carrier,
            contexts.c.carrier_account == account,
            contexts.c.carrier_call_id.in_(tuple(call_ids)),
        )
    )
    return set(found.scalars())


async def set_call_status(
    tx: Transaction, context_id: UUID, status: str, sequence: int | None, reason: str, *, last: bool
) -> None:
    """Keep the carrier's word on the call, in the carrier's order; after its `last` nobody asks any more."""
    kept = {"call_status": status, "call_status_sequence": sequence, "call_status_reason": reason or None}
    if last:
        kept["ask_at"] = None
    await tx.execute(update(contexts).where(contexts.c.id == context_id).values(**kept))


async def end(tx: Transaction, context_id: UUID, now: datetime, ask_at: datetime | None = None) -> None:
    """The call, or the stream, of this context is over: nothing can claim it any more.

    `ask_at` is when the carrier is to be asked about the call, should it not have reported its end by then.
    """
    await tx.execute(
        update(contexts)
        .where(contexts.c.id == context_id, contexts.c.ended_at.is_(None))
        .values(status="ended", ended_at=now, ask_at=ask_at)
    )


async def expired(tx: Transaction, now: datetime) -> list[Context]:
    """Pending contexts whose time is over."""
    found = await tx.execute(
        select(*_COLUMNS).where(contexts.c.status == "pending", contexts.c.expires_at <= now)
    )
    return [_context(row) for row in found]


async def expire(tx: Transaction, context_id: UUID, now: datetime, ask_at: datetime | None = None) -> None:
    """Close a context that nobody claimed; `ask_at` as in `end`."""
    await tx.execute(
        update(contexts)
        .where(contexts.c.id == context_id, contexts.c.status == "pending")
        .values(status="expired", ended_at=now, ask_at=ask_at)
    )


async def unreported(tx: Transaction, now: datetime, most: int) -> list[Context]:
    """Contexts about whose call the carrier is to be asked by now, the longest due first."""
    found = await tx.execute(
        select(*_COLUMNS)
        .where(
            contexts.c.ask_at <= now, contexts.c.ask_at.is_not(None), contexts.c.carrier_call_id.is_not(None)
        )
        .order_by(contexts.c.ask_at)
        .limit(most)
    )
    return [_context(row) for row in found]


async def ask_again(tx: Transaction, context_id: UUID, due: datetime | None, ask_at: datetime | None) -> bool:
    """Change when the carrier is to be asked; False when that was not `due`: somebody else was quicker."""
    changed = await tx.execute(
        update(contexts).where(contexts.c.id == context_id, contexts.c.ask_at == due).values(ask_at=ask_at)
    )
    return changed.rowcount == 1


async def ask_soon(tx: Transaction, context_id: UUID, ask_at: datetime) -> None:
    """Let the carrier be asked about a call that is not over, whatever was intended."""
    await tx.execute(
        update(contexts)
        .where(contexts.c.id == context_id, contexts.c.ended_at.is_(None))
        .values(ask_at=ask_at)
    )


async def in_use(tx: Transaction, assistant_id: int, claimed_since: datetime, now: datetime) -> int:
    """How many calls an assistant has or is about to have; a claim older than `claimed_since` is no call."""
    # An outbound call that nobody has dialled yet takes no line.
    dialled = select(intents.c.context_id).where(
        intents.c.context_id == contexts.c.id, intents.c.status.in_(("dialling", "dialled"))
    )
    waiting = and_(
        contexts.c.status == "pending",
        contexts.c.expires_at > now,
        or_(contexts.c.direction == "inbound", dialled.exists()),
    )
    talking = and_(contexts.c.status == "claimed", contexts.c.claimed_at > claimed_since)
    counted = await tx.execute(
        select(func.count()).where(contexts.c.assistant_id == assistant_id, or_(waiting, talking))
    )
    return counted.scalar_one()


def _context(row: Row[Any]) -> Context:
    return Context(*row)
