"""Intents: the wish to call somebody, from its acceptance to what became of it.

The row is the truth about a dial: every step is one conditional UPDATE, so that of any number of processes
one takes it. Whether a step may be taken is the switchboard's to decide.

    queued ──→ dialling ──→ dialled          the carrier has the call: by its answer, a callback or the socket
      │  ↑        │  ├────→ refused          the carrier will not place it
      │  └────────┘  ├────→ unknown ──→ dialled   (a late callback)
      │              └────→ expired          its process stood still; the carrier was never asked
      ├──→ dialled                            it was put back, and the carrier has the call after all
      ├──→ refused                            somebody called it off; never dialled
      └──→ expired                            its time passed; never dialled

An unknown call's conversation is over for us, and waits again once the call is proved after all: both are
written here, with the step itself, because a call is lost and proved in more than one place.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

import msgspec
from msgspec import Struct
from sqlalchemy import ColumnElement, Row, bindparam, func, insert, or_, select, update

from ..call.happenings import DialFailed
from . import conversations, events
from .db import Transaction
from .tables import contexts, intents

Status = Literal["queued", "dialling", "dialled", "unknown", "expired", "refused"]
Undialled = Literal["refused", "expired"]
"""The carrier will not place the call or somebody called it off; or the time to dial it is over."""


class Intent(Struct, frozen=True):
    """One row. While it is `dialling`, `not_before` is when the carrier's list may be asked about it."""

    context_id: UUID
    project_id: int
    credential_id: int
    to_number: str
    from_number: str
    options: dict[str, Any]
    not_after: datetime
    created_at: datetime
    updated_at: datetime
    status: Status = "queued"
    reason: str | None = None
    attempts: int = 0
    dial_at: datetime | None = None
    not_before: datetime | None = None
    ended_at: datetime | None = None


UNFINISHED: Final[tuple[Status, ...]] = ("queued", "dialling")
"""The statuses of what has yet to be dialled, as far as the row knows."""
UNKNOWN: Final = "unknown"
"""Why the conversation of an unknown call ended."""
_COLUMNS = [intents.c[name] for name in Intent.__struct_fields__]
# Prepared once: every call runs these.
_CREATE = insert(intents)
_FIND = select(*_COLUMNS).where(intents.c.context_id == bindparam("wanted"))
_OPEN = (
    select(func.count())
    .select_from(intents)
    .where(intents.c.status.in_(("dialling", "dialled")), intents.c.ended_at.is_(None))
)
_OPEN_OF_PROJECT = _OPEN.where(intents.c.project_id == bindparam("project"))
_OPEN_OF_CREDENTIAL = _OPEN.where(intents.c.credential_id == bindparam("credential"))


async def create(tx: Transaction, intent: Intent) -> None:
    """Write a new intent; its context must be there."""
    await tx.execute(_CREATE, msgspec.structs.asdict(intent))


async def find(tx: Transaction, context_id: UUID) -> Intent | None:
    """The intent of a context; None for an inbound call's."""
    row = (await tx.execute(_FIND, {"wanted": context_id})).first()
    return None if row is None else _intent(row)


async def of_conversation(tx: Transaction, conversation_id: int) -> Intent | None:
    """The intent that a conversation began with; None for an inbound call's."""
    found = await tx.execute(
        select(*_COLUMNS)
        .join(contexts, contexts.c.id == intents.c.context_id)
        .where(contexts.c.conversation_id == conversation_id)
    )
    row = found.first()
    return None if row is None else _intent(row)


async def begin(tx: Transaction, context_id: UUID, now: datetime, look_at: datetime) -> int:
    """Take a queued intent to dial it now: of all who try, one gets the number of this attempt; else 0.

    `look_at` is when the carrier may be asked what became of it, should we not hear.
    """
    taken = await _step(
        tx,
        context_id,
        ("queued",),
        now,
        intents.c.not_after > now,
        or_(intents.c.not_before.is_(None), intents.c.not_before <= now),
        status="dialling",
        dial_at=now,
        not_before=look_at,
        attempts=intents.c.attempts + 1,
    )
    if not taken:
        return 0
    found = await tx.execute(select(intents.c.attempts).where(intents.c.context_id == context_id))
    return found.scalar_one()


async def put_back(
    tx: Transaction, context_id: UUID, attempt: int, reason: str, not_before: datetime, now: datetime
) -> bool:
    """The carrier was not reached, or was too busy: the intent waits again, at least until `not_before`.

    Only for the attempt that is on: one that is told of late must not put back, and so repeat, a later one.
    """
    return await _step(
        tx,
        context_id,
        ("dialling",),
        now,
        intents.c.attempts == attempt,
        status="queued",
        reason=reason,
        not_before=not_before,
        dial_at=None,
    )


async def prove(tx: Transaction, context_id: UUID, now: datetime) -> bool:
    """The carrier has the call: its answer, a callback or the media socket says so.

    Even an intent that waits again is proved by it: whatever was thought to have failed has not.
    """
    if not await _step(
        tx,
        context_id,
        ("queued", "dialling", "unknown"),
        now,
        status="dialled",
        reason=None,
        not_before=None,
        dial_at=func.coalesce(intents.c.dial_at, now),
    ):
        return False
    await conversations.reopen(tx, context_id, UNKNOWN)
    return True


async def note(tx: Transaction, context_id: UUID, reason: str, now: datetime) -> None:
    """Keep why an intent is still `dialling`."""
    await _step(tx, context_id, ("dialling",), now, reason=reason)


async def close(
    tx: Transaction,
    context_id: UUID,
    status: Undialled,
    reason: str,
    now: datetime,
    before: Sequence[Status] = ("queued",),
) -> bool:
    """The call is never dialled. False when its intent does not stand as one of `before`."""
    return await _step(tx, context_id, before, now, status=status, reason=reason, ended_at=now)


async def lose(
    tx: Transaction,
    context_id: UUID,
    reason: str,
    now: datetime,
    before: Sequence[Status] = ("dialling",),
) -> bool:
    """Nobody can tell whether the call was placed: it is not placed again.

    Its context stays as it is, so that a late callback or socket can still prove the call. False when its
    intent does not stand as one of `before`.
    """
    if not await _step(tx, context_id, before, now, status="unknown", reason=reason):
        return False
    found = await tx.execute(select(contexts.c.conversation_id).where(contexts.c.id == context_id))
    conversation_id = found.scalar_one()
    await conversations.end(tx, conversation_id, UNKNOWN, now)
    await events.add(tx, conversation_id, [events.DatedHappening(now, DialFailed("unknown", reason))])
    return True


async def lose_unfinished(tx: Transaction, reason: str, now: datetime) -> int:
    """Lose whatever was to be dialled when this database was copied: it may have been dialled since."""
    found = await tx.scalars(select(intents.c.context_id).where(intents.c.status.in_(UNFINISHED)))
    lost = [await lose(tx, each, reason, now, UNFINISHED) for each in found.all()]
    return sum(lost)


async def end(tx: Transaction, context_ids: Sequence[UUID], now: datetime) -> None:
    """The calls of these contexts are over: they take no place any more."""
    if context_ids:
        await tx.execute(
            update(intents)
            .where(intents.c.context_id.in_(context_ids), intents.c.ended_at.is_(None))
            .values(ended_at=now)
        )


async def end_with_contexts(tx: Transaction, now: datetime, dialled_before: datetime) -> int:
    """Free the places of calls whose context is over, and of those that began too long ago to be one."""
    over = select(contexts.c.id).where(
        contexts.c.id == intents.c.context_id, contexts.c.ended_at.is_not(None)
    )
    changed = await tx.execute(
        update(intents)
        .where(
            intents.c.status == "dialled",
            intents.c.ended_at.is_(None),
            or_(over.exists(), intents.c.dial_at < dialled_before),
        )
        .values(ended_at=now)
    )
    return changed.rowcount


# What waits -----------------------------------------------------------------------------------------------


async def open_calls(tx: Transaction, *, project_id: int = 0, credential_id: int = 0) -> int:
    """How many calls are being dialled or under way, for a project or for a credential."""
    if credential_id:
        counted = await tx.execute(_OPEN_OF_CREDENTIAL, {"credential": credential_id})
    else:
        counted = await tx.execute(_OPEN_OF_PROJECT, {"project": project_id})
    return counted.scalar_one()


async def waiting_lanes(tx: Transaction) -> list[tuple[int, int]]:
    """(project, credential) of everything that waits to be dialled."""
    found = await tx.execute(
        select(intents.c.project_id, intents.c.credential_id).where(intents.c.status == "queued").distinct()
    )
    return [(row.project_id, row.credential_id) for row in found]


async def next_queued(tx: Transaction, credential_id: int, most: int, now: datetime) -> list[UUID]:
    """The intents of a credential that may be dialled, oldest first."""
    found = await tx.execute(
        select(intents.c.context_id)
        .where(
            intents.c.credential_id == credential_id,
            intents.c.status == "queued",
            or_(intents.c.not_before.is_(None), intents.c.not_before <= now),
        )
        .order_by(intents.c.created_at, intents.c.context_id)
        .limit(most)
    )
    return list(found.scalars())


async def late(tx: Transaction, now: datetime, most: int = 500) -> list[Intent]:
    """Queued intents whose time is over."""
    return await _list(tx, intents.c.status == "queued", intents.c.not_after <= now, most=most)


async def unclear(tx: Transaction, now: datetime, most: int = 500) -> list[Intent]:
    """Intents that were being dialled and of which nothing was heard in time."""
    return await _list(
        tx,
        intents.c.status == "dialling",
        or_(intents.c.not_before.is_(None), intents.c.not_before <= now),
        most=most,
    )


async def ringing(tx: Transaction, since: datetime, most: int = 500) -> list[Intent]:
    """Intents dialled since a moment of whose call neither the end nor the media socket has been heard of."""
    unanswered = select(contexts.c.id).where(contexts.c.status == "pending")
    return await _list(
        tx,
        intents.c.status.in_(("dialling", "dialled")),
        intents.c.ended_at.is_(None),
        intents.c.dial_at > since,
        intents.c.context_id.in_(unanswered),
        most=most,
    )


async def rivals(tx: Transaction, intent: Intent, since: datetime, until: datetime) -> int:
    """How many other dials between the same numbers are as unclear as this one."""
    counted = await tx.execute(
        select(func.count())
        .select_from(intents)
        .where(
            intents.c.context_id != intent.context_id,
            intents.c.credential_id == intent.credential_id,
            intents.c.to_number == intent.to_number,
            intents.c.from_number == intent.from_number,
            intents.c.status.in_(("dialling", "unknown")),
            intents.c.dial_at.between(since, until),
        )
    )
    return counted.scalar_one()


async def _list(tx: Transaction, *where: ColumnElement[bool], most: int) -> list[Intent]:
    found = await tx.execute(select(*_COLUMNS).where(*where).order_by(intents.c.created_at).limit(most))
    return [_intent(row) for row in found]


async def _step(
    tx: Transaction,
    context_id: UUID,
    before: Sequence[Status],
    now: datetime,
    *where: ColumnElement[bool],
    **after: Any,
) -> bool:
    changed = await tx.execute(
        update(intents)
        .where(intents.c.context_id == context_id, intents.c.status.in_(before), *where)
        .values(updated_at=now, **after)
    )
    return changed.rowcount == 1


def _intent(row: Row[Any]) -> Intent:
    return Intent(*row)
