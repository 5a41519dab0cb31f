"""What one conversation adds to the statistics."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from rapida.store import contributions
from rapida.store.contributions import Contribution, Finished, quarter_of
from tests.switchboard.ready_node import NOON


def a_call(**more: Any) -> Finished:
    values: dict[str, Any] = {
        "direction": "outbound",
        "end_reason": None,
        "started_at": None,
        "ended_at": NOON,
        "usage": None,
        "carrier": "twilio",
        "moments": {},
        "replies": [],
    }
    return Finished(**(values | more))


def test_a_call_that_nobody_took_is_a_call_and_no_more() -> None:
    assert contributions.of(a_call()).counts == {"calls": 1, "outbound": 1, "ended:unknown": 1}


@pytest.mark.parametrize(("seconds", "minutes"), [(1, 1), (60, 1), (60.5, 2)])
def test_a_minute_that_has_begun_is_counted(seconds: float, minutes: int) -> None:
    call = a_call(started_at=NOON - timedelta(seconds=seconds))
    assert contributions.of(call).counts["minutes:twilio:outbound"] == minutes
    assert "minutes:" not in str(contributions.of(a_call(started_at=NOON, carrier="")).counts)


def test_usage_of_older_versions_counts_as_far_as_it_is_understood() -> None:
    counts = contributions.of(a_call(usage={"llm": {"input_tokens": 3}, "heard_ms": 5})).counts
    assert {name for name in counts if name.startswith("usage:")} == {"usage:heard_ms"}


def test_a_change_takes_back_what_was_counted_before() -> None:
    before = Contribution({"calls": 1, "cut": 2}, {7: 1})
    after = Contribution({"calls": 1, "tools": 1}, {7: 3})
    assert contributions.change(before, after) == Contribution({"cut": -2, "tools": 1}, {7: 2})
    assert contributions.change(before, before) == Contribution()


def test_a_call_belongs_to_the_quarter_of_an_hour_in_which_it_began() -> None:
    assert quarter_of(datetime(2026, 3, 1, 12, 59, 59, tzinfo=UTC)).isoformat() == "2026-03-01T12:45:00+00:00"
