"""Latencies in buckets: added over calls and hours, and read as percentiles."""

from __future__ import annotations

import numpy as np
import pytest

from rapida.call.commands import Stages
from rapida.store import latencies


def replies(*totals_us: int) -> list[Stages]:
    parts = dict.fromkeys(Stages.__struct_fields__, 0)
    return [Stages(**(parts | {"total_us": total_us})) for total_us in totals_us]


def test_the_stages_are_those_of_a_reply() -> None:
    assert [f"{name}_us" for name in latencies.STAGES] + ["saved_us"] == list(Stages.__struct_fields__)


@pytest.mark.parametrize("shape", [0.3, 1.0])
def test_percentiles_are_off_by_no_more_than_a_bucket_allows(shape: float) -> None:
    waits_ms = np.random.default_rng(7).lognormal(6.5, shape, 2000)
    counted = latencies.count(replies(*(int(ms * 1000) for ms in waits_ms)))
    usual, slow = latencies.percentiles_ms(latencies.unpack([latencies.pack(counted)]), 0.5, 0.95)["total"]
    assert usual == pytest.approx(np.percentile(waits_ms, 50, method="inverted_cdf"), rel=0.046)
    assert slow == pytest.approx(np.percentile(waits_ms, 95, method="inverted_cdf"), rel=0.046)


def test_counts_of_two_hours_are_those_of_both_together() -> None:
    first, second = replies(100, 900_000), replies(900_000, 10**9)
    apart = latencies.unpack([latencies.pack(latencies.count(each)) for each in (first, second)])
    assert latencies.places(apart) == latencies.count([*first, *second])
    assert apart.sum() == 4 * len(latencies.STAGES)


def test_nothing_is_read_from_nothing() -> None:
    none = latencies.unpack([])
    assert (latencies.percentiles_ms(none, 0.5), latencies.pack({}), latencies.pack({3: 0})) == ({}, b"", b"")


def test_what_took_no_time_is_told_as_nothing() -> None:
    counted = latencies.unpack([latencies.pack(latencies.count(replies(0, 0, 5_000)))])
    assert latencies.percentiles_ms(counted, 0.5, 0.95)["total"] == [0, 5]
