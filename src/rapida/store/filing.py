"""Filing conversations that are over: their words are made findable, their figures told and counted.

A conversation may end more than once: by the carrier's word, then by its own record, or anew after it was
given up. Each time it is marked, and filed again as it then stands; what it had added to the statistics is
taken back in the same transaction.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from statistics import median_low
from typing import Any

import msgspec
from sqlalchemy import delete, insert, select, update

from ..call.commands import Stages
from ..call.happenings import BargeIn, FalseBargeIn, ProviderFailed, ToolAnswered, ToolFailed, kind_of
from . import contributions, spoken_words, statistics
from .contributions import Contribution, Finished, quarter_of
from .conversation_list import Moments
from .conversations import COLUMNS, Conversation
from .db import Transaction, alone
from .statistics import Place
from .tables import contexts, conversations, events, figures, metrics
from .turns import stages_by_turn

_MOMENTS: Mapping[str, tuple[str, ...]] = {
    kind_of(BargeIn): ("cut",),
    kind_of(FalseBargeIn): ("false_alarms",),
    kind_of(ProviderFailed): ("failed",),
    kind_of(ToolAnswered): ("tools",),
    kind_of(ToolFailed): ("tools", "failed"),
}
"""Which moments an event counts as."""
_AT = conversations.c
FILING = "filing"
"""What is done by one server at a time (`db.alone`)."""


async def unfiled(tx: Transaction, limit: int, *, locked: bool = False) -> list[int]:
    """The newest conversations that are over and not filed; `locked`: not to be erased meanwhile."""
    newest = select(_AT.id).where(_AT.unfiled).order_by(_AT.id.desc()).limit(limit)
    # What somebody is just writing about is left for the next time.
    found = await tx.execute(newest.with_for_update(skip_locked=True) if locked else newest)
    return list(found.scalars())


async def file(tx: Transaction, conversation_ids: Sequence[int]) -> None:
    """File conversations, again if they are filed. They must be locked, and nobody else may be filing."""
    happened, replies = await _happened(tx, conversation_ids), await _replies(tx, conversation_ids)
    carriers, before = await _carriers(tx, conversation_ids), await _counted(tx, conversation_ids)
    changes: list[tuple[Place, Contribution]] = []
    found = await tx.execute(select(*COLUMNS).where(_AT.id.in_(conversation_ids)).order_by(_AT.id))
    for call in (Conversation(*row) for row in found.all()):
        number = call.id
        await _index(tx, call)
        if call.erased_at is not None and number in before:
            continue  # its events are gone, and it was counted when they were not
        counted = _contribution(call, carriers.get(number, ""), happened[number], replies[number])
        changes.append((_place(call), contributions.change(before.get(number, Contribution()), counted)))
        await _tell(tx, number, happened[number], replies[number], counted)
    await tx.execute(update(conversations).where(_AT.id.in_(conversation_ids)).values(unfiled=False))
    await statistics.add(tx, changes)


async def file_now(tx: Transaction, conversation_id: int) -> None:
    """File a conversation unless it is filed: it is about to lose what it is counted by."""
    await alone(tx, FILING)
    found = await tx.execute(select(_AT.id).where(_AT.id == conversation_id, _AT.unfiled).with_for_update())
    await file(tx, list(found.scalars()))


def _place(call: Conversation) -> Place:
    at = quarter_of(call.created_at)
    return Place(call.project_id, at, call.assistant_id, call.assistant_version)


def _contribution(
    call: Conversation, carrier: str, moments: Counter[str], replies: Sequence[Stages]
) -> Contribution:
    if call.status != "ended":
        return Contribution()  # it waits again
    return contributions.of(
        Finished(
            direction=call.direction,
            end_reason=call.end_reason,
            started_at=call.started_at,
            ended_at=call.ended_at,
            usage=call.usage,
            carrier=carrier,
            moments=moments,
            replies=replies,
        )
    )


async def _index(tx: Transaction, call: Conversation) -> None:
    await spoken_words.remove(tx, call.project_id, call.id)
    await spoken_words.add(tx, call.project_id, call.id)


async def _tell(
    tx: Transaction, number: int, moments: Counter[str], replies: Sequence[Stages], counted: Contribution
) -> None:
    """Write what lists tell of a conversation, and what it adds to the statistics."""
    waits = sorted(round(each.total_us / 1000) for each in replies)
    told = {"usual_ms": median_low(waits), "slowest_ms": waits[-1]} if waits else {}
    if told:
        await tx.execute(update(conversations).where(_AT.id == number).values(**told))
    row = {name: moments[name] for name in Moments.__struct_fields__}
    await tx.execute(delete(figures).where(figures.c.conversation_id == number))
    await tx.execute(
        insert(figures).values(conversation_id=number, counted=msgspec.to_builtins(counted), **row)
    )


async def _happened(tx: Transaction, conversation_ids: Sequence[int]) -> dict[int, Counter[str]]:
    kind = events.c.happening["kind"].as_string()
    found = await tx.execute(
        select(events.c.conversation_id, kind).where(
            events.c.conversation_id.in_(conversation_ids), kind.in_(_MOMENTS)
        )
    )
    counted: dict[int, Counter[str]] = defaultdict(Counter)
    for number, name in found:
        counted[number].update(_MOMENTS[name])
    return counted


async def _replies(tx: Transaction, conversation_ids: Sequence[int]) -> dict[int, list[Stages]]:
    at = metrics.c
    found: Any = await tx.execute(
        select(at.conversation_id, at.turn_id, at.name, at.value)
        .where(at.conversation_id.in_(conversation_ids), at.turn_id.is_not(None))
        .order_by(at.id)
    )
    measured: dict[int, list[tuple[int, str, float]]] = defaultdict(list)
    for number, *measure in found:
        measured[number].append(tuple(measure))
    replies = {number: list(stages_by_turn(rows).values()) for number, rows in measured.items()}
    return defaultdict(list, replies)


async def _carriers(tx: Transaction, conversation_ids: Sequence[int]) -> dict[int, str]:
    at = contexts.c
    found = await tx.execute(
        select(at.conversation_id, at.carrier).where(at.conversation_id.in_(conversation_ids))
    )
    return {row.conversation_id: row.carrier for row in found}


async def _counted(tx: Transaction, conversation_ids: Sequence[int]) -> dict[int, Contribution]:
    """What conversations added when they were filed before."""
    at = figures.c
    found = await tx.execute(
        select(at.conversation_id, at.counted).where(
            at.conversation_id.in_(conversation_ids), at.counted.is_not(None)
        )
    )
    return {row[0]: msgspec.convert(row[1], Contribution, strict=False) for row in found}
