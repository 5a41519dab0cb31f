"""Chaos repeats exactly, and is read from what a person writes."""

from __future__ import annotations

import pytest

from rapida.errors import ConfigurationError
from rapida.simulator.twilio.chaos import Chaos, PendingCallback, PendingCallbacks, held_until_s, parse

EVENTS = ("initiated", "ringing", "answered", "completed", "stream-stopped")


def arrivals(chaos: Chaos) -> list[tuple[str, float]]:
    bag = PendingCallbacks(chaos)
    leaving = [delivery for event in EVENTS for delivery in bag.fire(PendingCallback(event, {}, "https://x"))]
    return [(delivery.callback.event, delivery.delay_s) for delivery in leaving + bag.flush()]


def test_without_chaos_everything_leaves_at_once_in_its_order() -> None:
    assert arrivals(Chaos()) == [(event, 0.0) for event in EVENTS]


def test_reordered_neighbours_change_places_and_the_odd_one_arrives_last() -> None:
    order = [event for event, _ in arrivals(Chaos(reorder_callbacks=True))]
    assert order == ["ringing", "initiated", "completed", "answered", "stream-stopped"]


def test_duplicates_follow_their_original() -> None:
    order = [event for event, _ in arrivals(Chaos(duplicate_callbacks=True))]
    assert order == [event for event in EVENTS for _ in range(2)]


def test_missing_events_never_leave() -> None:
    assert [event for event, _ in arrivals(Chaos(missing_callbacks=frozenset({"ringing"})))] == [
        "initiated",
        *EVENTS[2:],
    ]
    assert arrivals(Chaos(missing_callbacks=frozenset({"all"}))) == []


def test_lateness_is_bounded_and_the_same_for_the_same_seed() -> None:
    late = arrivals(Chaos(seed=3, late_callbacks_s=2.0))
    assert late == arrivals(Chaos(seed=3, late_callbacks_s=2.0))
    assert late != arrivals(Chaos(seed=4, late_callbacks_s=2.0))
    assert all(0 < delay_s <= 2.0 for _, delay_s in late)


def test_frames_are_held_back_at_the_end_of_every_period() -> None:
    chaos = Chaos(stall_ms=200, stall_every_s=1.0)
    assert [round(held_until_s(chaos, at_s), 3) for at_s in (0.0, 0.79, 0.85, 1.0, 3.9)] == [0, 0.79, 1, 1, 4]
    assert held_until_s(Chaos(), 1.99) == 1.99


def test_switches_are_read() -> None:
    written = [
        "late=1.5",
        "duplicate",
        "reorder",
        "missing=ringing",
        "missing=completed",
        "drop=4",
        "stall=233",
        "malformed=binary",
        "malformed=oversize",
        "copies=3",
        "forged=webhook",
        "unsigned=socket",
    ]
    assert parse(written, seed=7) == Chaos(
        seed=7,
        late_callbacks_s=1.5,
        duplicate_callbacks=True,
        reorder_callbacks=True,
        missing_callbacks=frozenset({"ringing", "completed"}),
        drop_socket_at_s=4.0,
        stall_ms=233.0,
        malformed=("binary", "oversize"),
        webhook_copies=3,
        webhook_signature="forged",
        socket_signature="missing",
    )


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("lightning", "there is no chaos 'lightning'; there is late"),
        ("late=soon", "write late=SECONDS instead of 'late=soon'"),
        ("missing=start", "no callback 'start' is ever sent"),
        ("missing=", "no callback '' is ever sent"),
        ("duplicate=yes", "write duplicate instead of"),
        ("forged=letter", "write forged=webhook, socket or callback"),
        ("malformed=poem", "no malformed message 'poem'"),
        ("copies=0", "webhook_copies must be 1 or more"),
    ],
)
def test_wrong_switches_are_refused_with_the_right_spelling(written: str, said: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        parse([written])
    assert said in str(raised.value)
