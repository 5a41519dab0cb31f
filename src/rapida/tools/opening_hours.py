"""When appointments can begin: opening hours by weekday, cut into times of one length. Pure.

Written as `{mon-fri: "08:00-12:00, 13:00-18:00", sat: "09:00-12:00"}`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date

from ..errors import ConfigurationError
from ..text.day_times import minutes_of, time_of

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_SPAN = re.compile(r"\s*(\d\d:\d\d)\s*-\s*(\d\d:\d\d)\s*")


class OpeningHours:
    """A week's hours, `minutes` for each appointment, and days on which nobody comes."""

    def __init__(self, hours: Mapping[str, str], minutes: int, closed: tuple[str, ...] = ()) -> None:
        """Raises `ConfigurationError` that names what is wrong with which of them."""
        if not 5 <= minutes <= 480:
            raise ConfigurationError("calendar: minutes: write how long an appointment takes, from 5 to 480")
        if not hours:
            raise ConfigurationError('calendar: hours: write when you are open, as {mon-fri: "08:00-18:00"}')
        self._minutes = minutes
        self._spans: dict[int, list[tuple[int, int]]] = {}
        for days, spans in hours.items():
            for weekday in _weekdays(days):
                self._spans.setdefault(weekday, []).extend(_span(each) for each in spans.split(","))
        self._closed = frozenset(_day(each) for each in closed)

    def times_on(self, day: date) -> list[str]:
        """When an appointment can begin on a day; empty = closed."""
        if day in self._closed:
            return []
        spans = sorted(self._spans.get(day.weekday(), []))
        return [
            time_of(minute)
            for first, last in spans
            for minute in range(first, last - self._minutes + 1, self._minutes)
        ]


def _weekdays(text: str) -> range:
    first, _, last = text.strip().lower().partition("-")
    names = [first.strip()[:3], (last or first).strip()[:3]]
    if wrong := next((each for each in names if each not in WEEKDAYS), None):
        raise ConfigurationError(
            f"calendar: hours: {wrong!r} in {text!r} is no weekday: write {', '.join(WEEKDAYS)}, or from one "
            "to another as mon-fri"
        )
    begin, end = (WEEKDAYS.index(each) for each in names)
    if begin > end:
        raise ConfigurationError(f"calendar: hours: {text!r} ends before it begins: a week begins with mon")
    return range(begin, end + 1)


def _span(text: str) -> tuple[int, int]:
    found = _SPAN.fullmatch(text)
    try:
        if found and (span := (minutes_of(found[1]), minutes_of(found[2])))[0] < span[1]:
            return span
    except ValueError:
        pass
    raise ConfigurationError(f"calendar: hours: write {text.strip()!r} as from when to when: 08:00-18:00")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ConfigurationError(f"calendar: closed: write days as 2027-12-24, not {text!r}") from None
