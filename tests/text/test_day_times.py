import pytest

from rapida.text import day_times as times


def test_a_time_is_said_as_people_say_it() -> None:
    said = [times.say_time(time) for time in ("14:30", "09:00", "12:00", "00:15")]
    assert said == ["2:30 PM", "9 AM", "noon", "12:15 AM"]


def test_what_is_no_time_of_day_is_refused_with_an_example() -> None:
    with pytest.raises(ValueError, match="write hours and minutes, as 08:30"):
        times.minutes_of("8.30")
