"""Dates as callers say them, and as the agent says them back.

Reads English phrases ("tomorrow", "next Tuesday", "the third of March") relative to a day that the caller of
these functions gives: there is no clock in here. A date without a year is the next one to come.
"""

from __future__ import annotations

import re
from datetime import date, timedelta

from .spoken_numbers import digits_in, small_number

MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september",
          "october", "november", "december")  # fmt: skip
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth",
            "eleventh", "twelfth", "thirteenth", "fourteenth", "fifteenth", "sixteenth", "seventeenth",
            "eighteenth", "nineteenth")  # fmt: skip
RELATIVE = (("day after tomorrow", 2), ("tomorrow", 1), ("today", 0), ("tonight", 0))
SPANS = {"day": 1, "days": 1, "week": 7, "weeks": 7}


def date_in(text: str, today: date) -> date | None:
    """The day that `text` names, seen from `today`; None if it names none."""
    text = text.lower()
    if written := _written(text, today):
        return written
    words = re.findall(r"[a-z]+|\d+", re.sub(r"(\d)(st|nd|rd|th)\b", r"\1", text))
    # "A week from today" before "today", "Tuesday the third" before "Tuesday".
    for read in (_span, _relative, _month_and_day, _day_of_month, _weekday):
        if found := read(words, today):
            return found
    return None


def date_from_keys(keys: str, today: date) -> date | None:
    """The day typed as MMDD or MMDDYYYY."""
    if len(keys) == 4:
        return _next(today, int(keys[:2]), int(keys[2:]))
    if len(keys) == 8:
        return _day(int(keys[4:]), int(keys[:2]), int(keys[2:4]))
    return None


def say_date(day: date, today: date) -> str:
    """A day as it is said: "Tuesday, March third", with the year when it is not this one."""
    if day.day < 20:
        ordinal = ORDINALS[day.day - 1]
    elif day.day % 10 == 0:
        ordinal = {20: "twentieth", 30: "thirtieth"}[day.day]
    else:
        ordinal = f"{'thirty' if day.day > 30 else 'twenty'} {ORDINALS[day.day % 10 - 1]}"
    said = f"{WEEKDAYS[day.weekday()].title()}, {MONTHS[day.month - 1].title()} {ordinal}"
    return said if day.year == today.year else f"{said}, {day.year}"


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:  # the 31st of a short month, or no month at all
        return None


def _next(today: date, month: int, day: int) -> date | None:
    """The next time this day of the year comes; 29 February may be up to eight years away."""
    for year in range(today.year, today.year + 9):
        if (found := _day(year, month, day)) and found >= today:
            return found
    return None


def _written(text: str, today: date) -> date | None:
    if iso := re.search(r"\b(\d{4})-(\d{1,2})-(\d{1,2})\b", text):
        return _day(*(int(part) for part in iso.groups()))
    if american := re.search(r"\b(\d{1,2})/(\d{1,2})(?:/(\d{4}))?\b", text):
        month, day, year = american.groups()
        return _day(int(year), int(month), int(day)) if year else _next(today, int(month), int(day))
    return None


def _span(words: list[str], today: date) -> date | None:
    """ "In three days", "in a week", "two weeks from today"."""
    for at, word in enumerate(words):
        if word not in SPANS or not at or not ("in" in words[:at] or words[at + 1 : at + 2] == ["from"]):
            continue
        # "Twenty one days": two words before it, or only one.
        for start in (at - 2, at - 1):
            number = small_number(words, start) if start >= 0 else None
            if number and number[1] == at:
                return today + timedelta(days=number[0] * SPANS[word])
        if words[at - 1] in ("a", "one"):
            return today + timedelta(days=SPANS[word])
    return None


def _relative(words: list[str], today: date) -> date | None:
    spaced = f" {' '.join(words)} "
    return next((today + timedelta(days=days) for phrase, days in RELATIVE if f" {phrase} " in spaced), None)


def _ordinal(words: list[str], at: int) -> tuple[int, int] | None:
    """The day of a month that starts at `words[at]` ("third", "twenty first", "3"), and where it ends."""
    word = words[at] if at < len(words) else ""
    if word in ORDINALS:
        return ORDINALS.index(word) + 1, at + 1
    if word in ("twentieth", "thirtieth"):
        return (20 if word == "twentieth" else 30), at + 1
    after = words[at + 1] if at + 1 < len(words) else ""
    if word in ("twenty", "thirty") and after in ORDINALS[:9]:
        return (20 if word == "twenty" else 30) + ORDINALS.index(after) + 1, at + 2
    return small_number(words, at)


def _month_and_day(words: list[str], today: date) -> date | None:
    for at, word in enumerate(words):
        month = next((number for number, name in enumerate(MONTHS, 1) if word in (name, name[:3])), 0)
        if not month:
            continue
        start = at + 2 if words[at + 1 : at + 2] == ["the"] else at + 1
        if found := _ordinal(words, start):
            return _dated(words[found[1] :], month, found[0], today)
        before = [word for word in words[:at] if word not in ("the", "of")]
        for start in (len(before) - 2, len(before) - 1):
            found = _ordinal(before, start) if start >= 0 else None
            if found and found[1] == len(before):
                return _dated(words[at + 1 :], month, found[0], today)
    return None


def _dated(rest: list[str], month: int, day: int, today: date) -> date | None:
    year = digits_in(" ".join(rest))
    return _day(int(year), month, day) if len(year) == 4 else _next(today, month, day)


def _weekday(words: list[str], today: date) -> date | None:
    for at, word in enumerate(words):
        if word not in WEEKDAYS:
            continue
        ahead = (WEEKDAYS.index(word) - today.weekday()) % 7 or 7
        # "Next Tuesday" is the one of the coming week, counted from Monday.
        if at and words[at - 1] == "next" and ahead + today.weekday() < 7:
            ahead += 7
        return today + timedelta(days=ahead)
    return None


def _day_of_month(words: list[str], today: date) -> date | None:
    """ "The third", "on the 21st": the next day with that number."""
    for at, word in enumerate(words):
        if word != "the" or (found := _ordinal(words, at + 1)) is None:
            continue
        for ahead in range(12):
            year, month = divmod(today.month - 1 + ahead, 12)
            day = _day(today.year + year, month + 1, found[0])
            if day and day >= today:
                return day
    return None
