"""What a process takes upon itself, learned from cost and lateness: a machine in numbers, and no clock."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from rapida.switchboard.capacity import COST, LATE_S, LEAST, SHARE, Capacity, Look


def looks(capacity: Capacity, count: int, calls: int, core_s: float, lag_s: float = 0.001) -> None:
    for _ in range(count):
        capacity.learn(Look(calls, core_s, lag_s))


class Machine:
    """A process whose calls cost a share of a core each, and whose loop is late from four fifths of one on.

    Callers ring twice as often as the machine can bear; a call takes a minute.
    """

    def __init__(self, cost: float, other: float = 0.02) -> None:
        self.cost, self.other, self.capacity = cost, other, Capacity()
        self.left_s: list[int] = []
        self.lags_s: list[float] = []
        self.refused = 0

    def second(self, rings: int) -> None:
        self.left_s = [left - 1 for left in self.left_s if left > 1]
        for _ in range(rings):
            if self.capacity.takes(len(self.left_s)):
                self.left_s.append(60)
            else:
                self.refused += 1
        used = len(self.left_s) * self.cost + self.other
        lag = 0.002 + max(0.0, used - 0.8) * 0.5
        self.lags_s.append(lag)
        self.capacity.learn(Look(len(self.left_s), min(used, 1.0), lag))


def test_before_anything_was_measured_a_call_is_taken_to_be_dear() -> None:
    assert Capacity().at_most == int(SHARE / COST)


def test_the_operators_word_ends_all_learning() -> None:
    capacity = Capacity(7)
    looks(capacity, 100, 7, 1.0, 0.5)
    assert (capacity.at_most, capacity.takes(6), capacity.takes(7)) == (7, True, False)


def test_what_calls_cost_says_how_many_there_may_be() -> None:
    capacity = Capacity()
    looks(capacity, 60, 100, 100 * 0.002)
    assert capacity.at_most == pytest.approx(SHARE / 0.002, abs=1)
    looks(capacity, 60, 100, 100 * 0.005)
    assert capacity.at_most == pytest.approx(SHARE / 0.005, rel=0.02)


def test_an_idle_process_learns_nothing_of_what_calls_cost() -> None:
    capacity = Capacity()
    looks(capacity, 100, 2, 0.5)
    assert capacity.at_most == int(SHARE / COST)


def test_one_late_second_is_no_load_and_several_are() -> None:
    capacity = Capacity()
    looks(capacity, 50, 60, 0.12)
    before = capacity.at_most
    capacity.learn(Look(60, 0.12, 0.3))
    assert capacity.at_most == before
    looks(capacity, 2, 60, 0.12, 0.3)
    assert capacity.at_most == 54
    assert not capacity.takes(60)


def test_sound_that_was_dropped_counts_like_lateness() -> None:
    capacity = Capacity()
    for _ in range(3):
        capacity.learn(Look(50, 0.1, 0.001, overrun=True))
    assert capacity.at_most == 45


def test_after_a_load_calls_are_tried_one_by_one() -> None:
    capacity = Capacity()
    looks(capacity, 3, 100, 0.2, 0.1)
    assert capacity.at_most == 90
    looks(capacity, 10 + 50, 60, 0.12)
    assert capacity.at_most == 90, "what is not reached is not raised"
    looks(capacity, 10, 90, 0.18)
    assert capacity.at_most == 91
    looks(capacity, 100, 300, 0.6)
    assert capacity.at_most > 100


def test_a_few_calls_are_never_refused_for_what_another_program_does() -> None:
    capacity = Capacity()
    looks(capacity, 100, 3, 1.0, 2.0)
    assert capacity.at_most == LEAST


@pytest.mark.parametrize("cost", [0.002, 0.005, 0.02])
def test_at_twice_the_load_it_can_bear_calls_in_progress_are_not_late(cost: float) -> None:
    machine, bearable = Machine(cost), 0.8 / cost
    for second in range(900):
        machine.second(round((second + 1) * 2 * bearable / 60) - round(second * 2 * bearable / 60))
    lags = sorted(machine.lags_s)
    assert lags[int(len(lags) * 0.99)] <= 2 * LATE_S
    assert machine.refused > 0
    assert len(machine.left_s) >= 0.8 * bearable, "and what it can bear it takes"


@given(
    some.lists(
        some.builds(Look, some.integers(0, 2000), some.floats(0, 8), some.floats(0, 5), some.booleans()),
        max_size=60,
    )
)
def test_whatever_is_measured_a_few_calls_find_room(measured: list[Look]) -> None:
    capacity = Capacity()
    for look in measured:
        capacity.learn(look)
        assert capacity.at_most >= LEAST
        assert capacity.takes(LEAST - 1)
