"""What is worth a line: the first of its kind, and one a minute with the number of those in between."""

from __future__ import annotations

import logging

import pytest

from rapida.recurring import MOST_KEYS, OneLineEach, Recurring


class Clock:
    def __init__(self) -> None:
        self.at_s = 100.0

    def __call__(self) -> float:
        return self.at_s


def test_the_first_is_told_at_once_and_the_next_when_the_window_is_over_with_their_number() -> None:
    clock = Clock()
    recurring = Recurring(60.0, clock)
    assert recurring.worth("away") == 0
    assert [recurring.worth("away") for _ in range(5)] == [None] * 5
    assert recurring.worth("another thing") == 0
    clock.at_s += 60.0
    assert recurring.worth("away") == 5
    assert recurring.worth("away") is None


def test_what_is_well_again_is_told_at_once_when_it_recurs() -> None:
    recurring = Recurring(60.0, Clock())
    assert not recurring.over("away")
    recurring.worth("away")
    assert recurring.over("away")
    assert recurring.worth("away") == 0


def test_many_kinds_take_a_bounded_room_and_the_latest_are_remembered() -> None:
    recurring = Recurring(60.0, Clock())
    for number in range(MOST_KEYS * 3):
        assert recurring.worth(number) == 0
    assert recurring.worth(MOST_KEYS * 3 - 1) is None
    assert recurring.worth(0) == 0


def test_a_minute_without_a_database_is_a_handful_of_lines_without_traces(
    caplog: pytest.LogCaptureFixture,
) -> None:
    clock, library = Clock(), logging.getLogger("tests.library")
    told = OneLineEach(Recurring(60.0, clock))
    library.addFilter(told)
    try:
        for tick in range(240):
            clock.at_s = 100.0 + tick / 4
            refused = ConnectionRefusedError("postgresql://me:hunter2@db")
            library.error("Error in the queue's thread: attempt %d\n[SQL: SELECT 1]", tick, exc_info=refused)
            library.warning("The database is not there, attempt %d", tick)
        clock.at_s = 160.0
        library.warning("The database is not there, attempt %d", 240)
    finally:
        library.removeFilter(told)
    lines = [record.getMessage() for record in caplog.records]
    assert lines == [
        "Error in the queue's thread: attempt 0 (ConnectionRefusedError)",
        "The database is not there, attempt 0",
        "The database is not there, attempt 240; 239 times more before",
    ]
    assert not any(record.exc_info for record in caplog.records)


def test_what_all_loops_of_a_library_meet_at_once_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    library = logging.getLogger("tests.library")
    told = OneLineEach(Recurring(60.0, Clock()))
    library.addFilter(told)
    try:
        for loop in ("listing queues", "reloading work", "taking the lock"):
            library.warning("Exception %s: (psycopg.OperationalError) connection failed", loop)
        library.warning("Exception listing queues: (psycopg.ProgrammingError) no such table")
    finally:
        library.removeFilter(told)
    assert [record.getMessage() for record in caplog.records] == [
        "Exception listing queues: (psycopg.OperationalError) connection failed",
        "Exception listing queues: (psycopg.ProgrammingError) no such table",
    ]
