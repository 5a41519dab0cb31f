"""Statistics of a project's calls by hour or day, assistant and version, with what they cost.

They are added up from counts that were written when each call was over, so that a month of a million calls is
read as quickly as a day of ten.
"""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from ..assistant import Assistant
from ..errors import InvalidField
from ..node.node import Node
from ..store import latencies, statistics
from ..store.assistants import DRAFT
from ..store.statistics import Counted
from . import rates
from .pricing import Cost, Rates, cost, uses

Every = Literal["quarter", "hour", "day", "total"]
By = Literal["project", "assistant", "version"]
_LONGEST: Mapping[Every, timedelta] = {
    "quarter": timedelta(days=7),
    "hour": timedelta(days=31),
    "day": timedelta(days=366),
    "total": timedelta(days=366),
}
"""What is asked for at once is bounded: some 700 lines, and what a server adds up in less than a second."""


class CallSpan(Struct, frozen=True):
    """Of which calls: those begun from `since` on, before `until`, of one assistant or version or all."""

    since: datetime
    until: datetime
    assistant_id: int | None = None
    version: int | None = None


class Grouping(Struct, frozen=True):
    """How they are put together: by time, in a zone, and by assistant or version."""

    every: Every = "day"
    by: By = "project"
    zone: str = "UTC"


class Group(Struct, frozen=True):
    """Calls put together. `at` is when their hour or day began; None = all of them."""

    at: datetime | None
    assistant_id: int | None
    version: int | None
    counts: Mapping[str, int]
    latencies: NDArray[np.int64]
    cost: Cost

    def percentiles_ms(self) -> dict[str, list[int]]:
        """The median and the 95th percentile of each stage."""
        return latencies.percentiles_ms(self.latencies, 0.5, 0.95)


class Statistics(Struct, frozen=True):
    """Groups in the order of time, and the currency of their costs."""

    groups: Sequence[Group]
    currency: str


async def gather(node: Node, project_id: int, span: CallSpan, grouping: Grouping) -> Statistics:
    """The statistics of a project. Raises `InvalidField` or `StoreError`."""
    zone = _zone(grouping.zone)
    longest = _LONGEST[grouping.every]
    if not timedelta(0) < span.until - span.since <= longest:
        raise InvalidField("until", f"after `since`, and at most {longest.days} days")
    async with node.store.read() as tx:
        counted = await statistics.read(
            tx, project_id, span.since, span.until, span.assistant_id, span.version
        )
        paid = await rates.of_project(tx, project_id)
        versions = {(each.assistant_id, each.version) for each in counted if each.version != DRAFT}
        assistants = {key: await node.versions.get(tx, *key) for key in versions}
    groups = await asyncio.to_thread(_grouped, counted, grouping, zone, paid, assistants)
    return Statistics(groups, paid.currency)


def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise InvalidField("zone", f"{name!r} is no time zone; write one like Europe/Berlin") from None


_Key = tuple[datetime | None, int | None, int | None]


def _grouped(
    counted: Iterable[Counted],
    grouping: Grouping,
    zone: tzinfo,
    paid: Rates,
    assistants: Mapping[tuple[int, int], Assistant],
) -> list[Group]:
    found: dict[_Key, list[Counted]] = defaultdict(list)
    begin = _BEGINS[grouping.every]
    for row in counted:
        of_assistant = None if grouping.by == "project" else row.assistant_id
        found[begin(row.at, zone), of_assistant, row.version if grouping.by == "version" else None].append(
            row
        )
    return [
        Group(
            *key,
            counts=_sum(row.counts for row in rows),
            latencies=latencies.unpack(row.packed for row in rows),
            cost=_cost(rows, paid, assistants),
        )
        for key, rows in found.items()
    ]


def _cost(rows: Iterable[Counted], paid: Rates, assistants: Mapping[tuple[int, int], Assistant]) -> Cost:
    by_day: dict[tuple[date, int, int], list[Mapping[str, int]]] = defaultdict(list)
    for row in rows:
        if row.version == DRAFT:  # what it was made of is not kept, so neither is its price
            continue
        by_day[row.at.date(), row.assistant_id, row.version].append(row.counts)
    return sum(
        (
            cost(paid, day, uses(assistants[assistant_id, version], _sum(counts)))
            for (day, assistant_id, version), counts in by_day.items()
        ),
        Cost(),
    )


def _sum(counts: Iterable[Mapping[str, int]]) -> Counter[str]:
    summed: Counter[str] = Counter()
    for each in counts:
        summed.update(each)
    return summed


def _day(at: datetime, zone: tzinfo) -> datetime:
    return at.astimezone(zone).replace(hour=0, minute=0, fold=0).astimezone(UTC)


def _hour(at: datetime, zone: tzinfo) -> datetime:
    return at - timedelta(minutes=at.astimezone(zone).minute)


_BEGINS: Mapping[Every, Callable[[datetime, tzinfo], datetime | None]] = {
    "quarter": lambda at, zone: at,
    "hour": _hour,
    "day": _day,
    "total": lambda at, zone: None,
}
