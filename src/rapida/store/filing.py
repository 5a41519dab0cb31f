"""Filing conversations that are over: their words are made findable, their figures are told to lists.

A conversation may end more than once: by the carrier's word, then by its own record, or anew after it was
given up. Each time it is marked, and filed again as it then stands.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from statistics import median_low
from typing import Any

from sqlalchemy import delete, insert, select, update

from ..call.happenings import BargeIn, FalseBargeIn, ProviderFailed, ToolAnswered, ToolFailed, kind_of
from . import spoken_words
from .conversation_list import Moments
from .db import Transaction
from .tables import conversations, events, figures, metrics

_MOMENTS: Mapping[str, tuple[str, ...]] = {
    kind_of(BargeIn): ("cut",),
    kind_of(FalseBargeIn): ("false_alarms",),
    kind_of(ProviderFailed): ("failed",),
    kind_of(ToolAnswered): ("tools",),
    kind_of(ToolFailed): ("tools", "failed"),
}
"""Which moments an event counts as."""


async def unfiled(tx: Transaction, limit: int, *, locked: bool = False) -> list[int]:
    """The newest conversations that are over and not filed; `locked`: not to be erased meanwhile."""
    newest = select(conversations.c.id).where(conversations.c.unfiled).order_by(conversations.c.id.desc())
    newest = newest.limit(limit)
    # What somebody is just writing about is left for the next time.
    found = await tx.execute(newest.with_for_update(skip_locked=True) if locked else newest)
    return list(found.scalars())


async def file(tx: Transaction, conversation_ids: Sequence[int]) -> None:
    """File conversations, again if they are filed. They must be locked."""
    at = conversations.c
    happened, waits = await _moments(tx, conversation_ids), await _waits(tx, conversation_ids)
    found = await tx.execute(select(at.id, at.project_id).where(at.id.in_(conversation_ids)).order_by(at.id))
    for number, project_id in found.all():
        await spoken_words.remove(tx, project_id, number)
        await spoken_words.add(tx, project_id, number)
        mine = sorted(waits[number])
        told = {"usual_ms": median_low(mine), "slowest_ms": mine[-1]} if mine else {}
        await tx.execute(update(conversations).where(at.id == number).values(unfiled=False, **told))
    rows = [{"conversation_id": each, **_row(happened[each])} for each in conversation_ids]
    await tx.execute(delete(figures).where(figures.c.conversation_id.in_(conversation_ids)))
    if rows:
        await tx.execute(insert(figures), rows)


def _row(counted: Counter[str]) -> dict[str, int]:
    return {name: counted[name] for name in Moments.__struct_fields__}


async def _moments(tx: Transaction, conversation_ids: Sequence[int]) -> dict[int, Counter[str]]:
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


async def _waits(tx: Transaction, conversation_ids: Sequence[int]) -> dict[int, list[int]]:
    """How long the caller waited for each reply, in milliseconds."""
    at = metrics.c
    found: Any = await tx.execute(
        select(at.conversation_id, at.value).where(
            at.conversation_id.in_(conversation_ids), at.name == "total_us", at.turn_id.is_not(None)
        )
    )
    waits: dict[int, list[int]] = defaultdict(list)
    for number, total_us in found:
        waits[number].append(round(total_us / 1000))
    return waits
