from datetime import date

import pytest

from rapida.errors import ConfigurationError
from rapida.tools.opening_hours import OpeningHours

WEEK = {"mon-thu": "08:00-10:00, 13:00-14:30", "Fri": "09:00-10:00"}
WEDNESDAY, FRIDAY, SUNDAY = date(2026, 3, 11), date(2026, 3, 13), date(2026, 3, 15)


def test_a_day_has_the_times_at_which_a_whole_appointment_fits() -> None:
    hours = OpeningHours(WEEK, 45)
    assert hours.times_on(WEDNESDAY) == ["08:00", "08:45", "13:00", "13:45"]
    assert hours.times_on(FRIDAY) == ["09:00"]
    assert hours.times_on(SUNDAY) == []


def test_days_can_be_closed() -> None:
    assert OpeningHours(WEEK, 30, ("2026-03-11",)).times_on(WEDNESDAY) == []


@pytest.mark.parametrize(
    ("hours", "minutes", "closed", "told"),
    [
        ({}, 30, (), "write when you are open"),
        ({"mo": "08:00-10:00"}, 30, (), "'mo' in 'mo' is no weekday: write mon, tue"),
        ({"fri-mon": "08:00-10:00"}, 30, (), "'fri-mon' ends before it begins"),
        ({"mon": "8-10"}, 30, (), "write '8-10' as from when to when"),
        ({"mon": "10:00-08:00"}, 30, (), "write '10:00-08:00'"),
        ({"mon": "08:00-25:00"}, 30, (), "write '08:00-25:00'"),
        ({"mon": "08:00-10:00"}, 0, (), "minutes: write how long"),
        ({"mon": "08:00-10:00"}, 30, ("24.12.",), "closed: write days as 2027-12-24, not '24.12.'"),
    ],
)
def test_what_is_wrong_is_named(
    hours: dict[str, str], minutes: int, closed: tuple[str, ...], told: str
) -> None:
    with pytest.raises(ConfigurationError) as wrong:
        OpeningHours(hours, minutes, closed)
    assert told in str(wrong.value)
