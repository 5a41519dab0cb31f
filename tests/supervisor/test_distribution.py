"""Which of several processes take new connections."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as some

from rapida.supervisor.distribution import AHEAD, has_room, who_accepts
from rapida.supervisor.messages import Load

LOADS = some.dictionaries(
    some.integers(1, 9), some.builds(Load, some.integers(0, 60), some.integers(0, 60)), max_size=6
)


def test_who_has_no_room_leaves_calls_to_who_has() -> None:
    loads = {1: Load(50, 50), 2: Load(48, 50)}
    assert who_accepts(loads) == {2}
    assert (has_room(loads, 1), has_room(loads, 2)) == (True, False)


def test_where_none_has_room_all_take_connections() -> None:
    assert who_accepts({1: Load(50, 50), 2: Load(50, 40)}) == {1, 2}


def test_who_is_well_ahead_waits_for_the_others() -> None:
    assert who_accepts({1: Load(AHEAD + 1, 50), 2: Load(0, 50), 3: Load(AHEAD, 50)}) == {2, 3}


@given(LOADS)
def test_somebody_always_takes_connections_and_calls_go_where_room_is(loads: dict[int, Load]) -> None:
    accepting = who_accepts(loads)
    assert bool(accepting) == bool(loads)
    if any(each.calls < each.at_most for each in loads.values()):
        assert all(loads[key].calls < loads[key].at_most for key in accepting)
        least = min(each.calls for each in loads.values() if each.calls < each.at_most)
        assert any(loads[key].calls == least for key in accepting)
