"""Days reckoned from a given day: the next of a weekday, of a day of the month, of a day of the year.

Pure arithmetic on the calendar, in no language. A day that does not exist is None.
"""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta


def day_of(year: int, month: int, day: int) -> date | None:
    """The day of that date; None if there is none (30 February)."""
    try:
        return date(year, month, day)
    except ValueError:
        return None


def next_date(today: date, month: int, day: int) -> date | None:
    """The next time this day of the year comes, today included; 29 February may be eight years away."""
    years = range(today.year, today.year + 9)
    found = (day_of(year, month, day) for year in years)
    return next((each for each in found if each and each >= today), None)


def next_day_of_month(today: date, day: int) -> date | None:
    """The next day with that number, today included; short months are passed over."""
    found = (in_month(today, ahead, day) for ahead in range(12))
    return next((each for each in found if each and each >= today), None)


def in_month(today: date, ahead: int, day: int) -> date | None:
    """That day of the month that lies `ahead` months from this one."""
    years, month = divmod(today.month - 1 + ahead, 12)
    return day_of(today.year + years, month + 1, day)


def last_of_month(today: date, ahead: int) -> date:
    """The last day of the month that lies `ahead` months from this one."""
    years, month = divmod(today.month - 1 + ahead, 12)
    year = today.year + years
    return date(year, month + 1, monthrange(year, month + 1)[1])


def months_after(day: date, months: int) -> date:
    """The same day of a later month, or its last one if it is shorter."""
    last = last_of_month(day, months)
    return last.replace(day=min(day.day, last.day))


def next_weekday(today: date, weekday: int) -> date:
    """The next such day after today (0 = Monday)."""
    return today + timedelta(days=(weekday - today.weekday()) % 7 or 7)


def of_week(today: date, ahead: int, weekday: int) -> date:
    """That day of the week that lies `ahead` weeks from this one. A week begins on Monday."""
    return today + timedelta(days=7 * ahead + weekday - today.weekday())


def nth_weekday(year: int, month: int, weekday: int, number: int) -> date | None:
    """The first, second … such day of a month; -1 = its last."""
    days = [
        day
        for at in range(1, monthrange(year, month)[1] + 1)
        if (day := date(year, month, at)).weekday() == weekday
    ]
    return days[number if number < 0 else number - 1] if number <= len(days) else None
