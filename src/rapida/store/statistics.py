"""Statistics: what the calls of a quarter of an hour add up to, for each version of each assistant.

They are written by whoever files a conversation (`filing.py`), one server at a time, and read without looking
at any conversation.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import ColumnElement, and_, delete, insert, select, update

from . import latencies
from .contributions import Contribution
from .db import Transaction
from .tables import statistics

_AT = statistics.c


class Place(Struct, frozen=True):
    """Where calls are counted: the quarter of an hour, the assistant and the version."""

    project_id: int
    at: datetime
    assistant_id: int
    version: int


class Counted(Struct, frozen=True):
    """What was counted in one place."""

    at: datetime
    assistant_id: int
    version: int
    counts: dict[str, int]
    packed: bytes
    """The latencies, for `latencies.unpack`."""


async def add(tx: Transaction, changes: Sequence[tuple[Place, Contribution]]) -> None:
    """Add contributions. Nobody else may be adding any."""
    summed: dict[Place, tuple[Counter[str], Counter[int]]] = defaultdict(lambda: (Counter(), Counter()))
    for place, change in changes:
        _add_each(summed[place][0], change.counts)
        _add_each(summed[place][1], change.latencies)
    for place, (counts, waits) in summed.items():
        await _add(tx, place, counts, waits)


async def _add(tx: Transaction, place: Place, counts: Counter[str], waits: Counter[int]) -> None:
    here = and_(*(_AT[name] == getattr(place, name) for name in Place.__struct_fields__))
    kept = (await tx.execute(select(_AT.counts, _AT.latencies).where(here))).first()
    if kept is not None:
        _add_each(counts, kept.counts)
        _add_each(waits, latencies.places(latencies.unpack([kept.latencies])))
    values = {
        "counts": {name: many for name, many in counts.items() if many},
        "latencies": latencies.pack(waits),
    }
    if not values["counts"]:
        await tx.execute(delete(statistics).where(here))
    elif kept is None:
        where = {name: getattr(place, name) for name in Place.__struct_fields__}
        await tx.execute(insert(statistics).values(**where, **values))
    else:
        await tx.execute(update(statistics).where(here).values(**values))


async def read(
    tx: Transaction,
    project_id: int,
    since: datetime,
    until: datetime,
    assistant_id: int | None = None,
    version: int | None = None,
) -> list[Counted]:
    """What was counted of the calls that began from `since` on, before `until`, oldest first."""
    fits: list[ColumnElement[bool]] = [_AT.project_id == project_id, _AT.at >= since, _AT.at < until]
    if assistant_id is not None:
        fits.append(_AT.assistant_id == assistant_id)
    if version is not None:
        fits.append(_AT.version == version)
    columns = (_AT.at, _AT.assistant_id, _AT.version, _AT.counts, _AT.latencies)
    found = await tx.execute(select(*columns).where(*fits).order_by(_AT.at))
    return [Counted(*row) for row in found]


def _add_each(to: Counter[Any], more: Mapping[Any, int]) -> None:
    for name, many in more.items():
        to[name] += many
