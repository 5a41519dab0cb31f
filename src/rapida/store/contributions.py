"""What one conversation adds to its project's statistics: counts that can be taken back as they were."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec import Struct

from ..call.commands import Stages
from . import latencies
from .latencies import Latencies

QUARTER = timedelta(minutes=15)
"""Calls are counted by the quarter of an hour in which they began: every zone's hours are made of them."""
USAGE = ("input_tokens", "output_tokens", "spoken_characters", "heard_ms")
"""What is counted of a conversation's usage."""
ENDED, USED, MINUTES = "ended:", "usage:", "minutes:"
"""How the names of counts begin that are one for each reason, unit, carrier and direction."""


class Contribution(Struct, frozen=True):
    """Counts by name, and the latencies of the replies."""

    counts: dict[str, int] = {}
    latencies: Latencies = {}


class Finished(Struct, frozen=True):
    """A conversation that is over, as far as it is counted. `carrier` is "" where there was none."""

    direction: str
    end_reason: str | None
    started_at: datetime | None
    ended_at: datetime | None
    usage: dict[str, Any] | None
    carrier: str
    moments: Mapping[str, int]
    replies: Sequence[Stages]


def quarter_of(at: datetime) -> datetime:
    """The beginning of the quarter of an hour."""
    epoch = datetime.fromtimestamp(0, UTC)
    return epoch + (at - epoch) // QUARTER * QUARTER


def of(call: Finished) -> Contribution:
    """What a conversation adds."""
    counts = Counter({"calls": 1, call.direction: 1, f"{ENDED}{call.end_reason or 'unknown'}": 1})
    if call.started_at is not None and call.ended_at is not None:
        lasted = call.ended_at - call.started_at
        counts.update(answered=1, duration_ms=round(lasted.total_seconds() * 1000))
        if call.carrier:
            # Carriers charge for each minute that has begun.
            counts[f"{MINUTES}{call.carrier}:{call.direction}"] = -(-lasted // timedelta(minutes=1))
    counts.update(call.moments)
    counts["replies"] = len(call.replies)
    counts.update({f"{USED}{name}": _whole(call.usage, name) for name in USAGE})
    return Contribution({name: many for name, many in counts.items() if many}, latencies.count(call.replies))


def change(before: Contribution, after: Contribution) -> Contribution:
    """What must be added where one contribution becomes another."""
    return Contribution(_less(after.counts, before.counts), _less(after.latencies, before.latencies))


def _less(more: Mapping[Any, int], less: Mapping[Any, int]) -> dict[Any, int]:
    names = {*more, *less}
    found = {name: more.get(name, 0) - less.get(name, 0) for name in names}
    return {name: many for name, many in found.items() if many}


def _whole(usage: Mapping[str, Any] | None, name: str) -> int:
    value = (usage or {}).get(name, 0)
    return value if isinstance(value, int) else 0
