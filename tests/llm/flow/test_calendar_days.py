from datetime import date

from rapida.llm.flow import calendar_days as days

WEDNESDAY = date(2026, 3, 11)


def test_a_day_that_does_not_exist_is_none() -> None:
    assert days.day_of(2026, 2, 30) is None
    assert days.in_month(WEDNESDAY, 1, 31) is None


def test_the_next_such_day_may_be_today() -> None:
    assert days.next_date(WEDNESDAY, 3, 11) == WEDNESDAY
    assert days.next_date(WEDNESDAY, 3, 10) == date(2027, 3, 10)
    assert days.next_date(WEDNESDAY, 2, 29) == date(2028, 2, 29)
    assert days.next_day_of_month(WEDNESDAY, 11) == WEDNESDAY
    assert days.next_day_of_month(date(2026, 4, 1), 31) == date(2026, 5, 31)
    assert days.next_weekday(WEDNESDAY, 2) == date(2026, 3, 18)


def test_months_are_counted_over_the_end_of_the_year_and_keep_their_last_day() -> None:
    assert days.months_after(date(2026, 1, 31), 1) == date(2026, 2, 28)
    assert days.months_after(date(2026, 11, 30), 3) == date(2027, 2, 28)
    assert days.in_month(date(2026, 12, 5), 1, 28) == date(2027, 1, 28)
    assert days.last_of_month(date(2026, 12, 5), 2) == date(2027, 2, 28)


def test_a_week_begins_on_monday() -> None:
    assert days.of_week(date(2026, 3, 15), 1, 4) == date(2026, 3, 20)
    assert days.of_week(date(2026, 3, 16), 1, 0) == date(2026, 3, 23)


def test_the_first_and_the_last_such_day_of_a_month() -> None:
    assert days.nth_weekday(2026, 4, 0, 1) == date(2026, 4, 6)
    assert days.nth_weekday(2026, 4, 3, -1) == date(2026, 4, 30)
    assert days.nth_weekday(2026, 4, 0, 5) is None
