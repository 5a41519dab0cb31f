"""Latencies counted in buckets that never change, so that counts of many calls and hours are simply added.

Eight buckets for each doubling, from 1 ms to 65 s: a percentile that is read from them is off by 4.5 % at
most. A count stands under `stage * BUCKETS + bucket`; the order of the stages is that of `STAGES`, for good.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from ..call.commands import Stages

STAGES = ("stop", "final", "confirm", "token", "sentence", "sound", "frame", "mark", "total")
"""The stages of a reply (`call.commands.Stages`), in the order in which they are counted."""
_PER_DOUBLING = 8
"""Neighbouring buckets are 9 % apart, so that a percentile is off by at most 4.5 %."""
BUCKETS = 16 * _PER_DOUBLING + 1
"""The first holds what took less than a millisecond, the last what took longer than a minute."""
_PAIR = np.dtype([("place", "<u2"), ("count", "<u4")])

Latencies = dict[int, int]
"""How many latencies by place: of a stage and a bucket."""


def count(replies: Iterable[Stages]) -> Latencies:
    """The latencies of a call's replies."""
    counted: Latencies = {}
    for stages in replies:
        for number, name in enumerate(STAGES):
            place = number * BUCKETS + _bucket(getattr(stages, f"{name}_us"))
            counted[place] = counted.get(place, 0) + 1
    return counted


def pack(latencies: Mapping[int, int]) -> bytes:
    """Counts as bytes, six for each that is not zero."""
    return np.array([pair for pair in sorted(latencies.items()) if pair[1]], _PAIR).tobytes()


def unpack(packed: Iterable[bytes]) -> NDArray[np.int64]:
    """The sum of what was packed: for each stage the counts of its buckets."""
    pairs = np.frombuffer(b"".join(packed), _PAIR)
    sums = np.bincount(pairs["place"], weights=pairs["count"], minlength=len(STAGES) * BUCKETS)
    return sums.astype(np.int64).reshape(len(STAGES), BUCKETS)


def places(counts: NDArray[np.int64]) -> Latencies:
    """The same by place, without what is zero."""
    flat = counts.ravel()
    return {int(place): int(flat[place]) for place in np.flatnonzero(flat)}


def percentiles_ms(counts: NDArray[np.int64], *shares: float) -> dict[str, list[int]]:
    """For each stage of which there are any: below which latency lies a share (0.5, 0.95) of them."""
    below = counts.cumsum(axis=1)
    found: dict[str, list[int]] = {}
    for number, name in enumerate(STAGES):
        if total := below[number, -1]:
            ranks = [max(1, math.ceil(share * total)) for share in shares]
            found[name] = [_middle_ms(int(np.searchsorted(below[number], rank))) for rank in ranks]
    return found


def _bucket(us: int) -> int:
    if us < 1000:
        return 0
    return min(BUCKETS - 1, 1 + int(math.log2(us / 1000) * _PER_DOUBLING))


def _middle_ms(bucket: int) -> int:
    """The middle of a bucket, as ratios go."""
    return 0 if bucket == 0 else round(2 ** ((bucket - 0.5) / _PER_DOUBLING))
