"""Dates as callers say them, and as the agent says them back.

Reads English phrases ("tomorrow", "Friday next week", "the third of March") relative to a day that the
caller of these functions gives: there is no clock in here. A date without a year is the next one to come.
Each phrase is one row of a table. An answer is a date only if nothing that could change the day was left
over, and if all that was said names the same day; otherwise it is unclear, and asked again.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta

from .calendar_days import (
    day_of,
    in_month,
    last_of_month,
    months_after,
    next_date,
    next_day_of_month,
    next_weekday,
    nth_weekday,
    of_week,
)
from .date_words import MONTHS, ORDINALS, WEEKDAYS, changes_the_day, plainly

Read = Callable[[re.Match[str], date], date | None]


def date_in(text: str, today: date) -> date | None:
    """The day that `text` names, seen from `today`; None if it names none or is not wholly understood."""
    days, rest = find_dates(re.sub(r"^(?:(?:no|nope|nah|yes|yeah) )+", "", f"{plainly(text)} "), today)
    if len(days) != 1 or any(changes_the_day(word) for word in rest.split()):
        return None
    return days.pop()


def find_dates(text: str, today: date) -> tuple[set[date | None], str]:
    """Every day in `text`, and what of its plain spelling is left without them and without hours.

    None among them is a day that does not exist.
    """
    rest = f"{plainly(text)} "
    days: set[date | None] = set()
    for pattern, read in _PHRASES:
        while found := pattern.search(rest):
            if read is not None:
                days.add(read(found, today))
            rest = f"{rest[: found.start()]} , {rest[found.end() :]}"
    return days, " ".join(rest.replace(" , ", " ").split())


def date_from_keys(keys: str, today: date) -> date | None:
    """The day typed as MMDD or MMDDYYYY."""
    if len(keys) == 4:
        return next_date(today, int(keys[:2]), int(keys[2:]))
    if len(keys) == 8:
        return day_of(int(keys[4:]), int(keys[:2]), int(keys[2:4]))
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


# What each part of a phrase means ---------------------------------------------------------------------------

_SPANS = {"day": 1, "week": 7, "fortnight": 14}


def _count(text: str) -> int:
    return int(text) if text.isdigit() else {"couple of": 2, "few": 0}.get(text, 1)


def _later(found: re.Match[str], base: date) -> date:
    unit = found["unit"]
    count = _count(found["n"])
    if unit in _SPANS:
        return base + timedelta(days=count * _SPANS[unit])
    return months_after(base, count * (12 if unit == "year" else 1))


def _weekday(found: re.Match[str], group: str = "w") -> int:
    return WEEKDAYS.index(found[group])


def _year(found: re.Match[str], today: date) -> int | None:
    """The year that was named; None = none was, 0 = not clear."""
    written = (found["y"] or "").replace(" oh ", "0").replace(" ", "")
    if len(written) == 4:
        return int(written)
    # "Eighty five" is a year; a lower number may be an hour, or this century.
    return (1900 + int(written) if int(written) > today.year % 100 + 10 else 0) if written else None


def _month_and_day(found: re.Match[str], today: date) -> date | None:
    month, day = MONTHS.index(found["m"]) + 1, int(found["d"])
    year = _year(found, today)
    day_meant = next_date(today, month, day) if year is None else day_of(year, month, day) if year else None
    return _agreeing(found, day_meant)


def _agreeing(found: re.Match[str], day: date | None) -> date | None:
    """The day, if the weekday that was said with it is its own."""
    return day if day and (not found["w"] or _weekday(found) == day.weekday()) else None


def _bare_weekday(found: re.Match[str], today: date) -> date:
    if found.groupdict().get("which") == "next":
        # The one of the coming week, unless this week has none left.
        return max(next_weekday(today, _weekday(found)), of_week(today, 1, _weekday(found)))
    return next_weekday(today, _weekday(found))


def _number(found: re.Match[str]) -> int:
    return int(found["d"])


def _day_of_month(found: re.Match[str], today: date) -> date | None:
    return next_day_of_month(today, _number(found))


def _simple(text: str, today: date) -> date | None:
    """A base from which something is counted: "today", "next Friday", "the tenth", "May third"."""
    if text in ("today", "now", "tomorrow"):
        return today + timedelta(days=text == "tomorrow")
    for pattern, read in _BASES:
        if found := re.fullmatch(pattern, text):
            return read(found, today)
    return None


def _from_base(found: re.Match[str], today: date) -> date | None:
    base = _simple(found["base"], today)
    return None if base is None else _later(found, base)


def _nth(found: re.Match[str], today: date) -> date | None:
    number = -1 if found["nth"] == "last" else int(found["nth"])
    if found["m"]:
        month = MONTHS.index(found["m"]) + 1
        years = (today.year, today.year + 1)
    else:
        first = in_month(today, found["which"] == "next", 1) or today
        month, years = first.month, (first.year,)
    days = (nth_weekday(year, month, _weekday(found), number) for year in years)
    return next((day for day in days if day and day >= today), None)


def _written(found: re.Match[str], today: date) -> date | None:
    parts = [int(part) for part in re.split(r"[/-]", found.group().strip())]
    if "-" in found.group():
        return day_of(*parts) if len(parts) == 3 and parts[0] > 31 else None
    if len(parts) == 3:
        return day_of(parts[2], parts[0], parts[1]) if parts[2] > 999 else None
    return next_date(today, *parts) if len(parts) == 2 else None


# The phrases, the longer before the shorter that they hold --------------------------------------------------

_W = rf"(?P<w>{'|'.join(WEEKDAYS)})"
_M = rf"(?P<m>{'|'.join(MONTHS)})"
_D = r"(?P<d>\d\d?)(?:th)?"
_DTH = r"(?P<d>\d\d?)th"
_Y = r"(?: (?:in )?(?P<y>\d{4}|(?:1[89]|20) (?:\d\d|oh \d)|\d\d))?(?! ?\d)"
_N = r"(?P<n>\d{1,3}|an?|one|couple of)"
_UNIT = r"(?P<unit>day|week|fortnight|month|year)s?"
_NTH = r"(?P<nth>[1-4](?=th )|last)(?:th)?"
_DAYS = "|".join(WEEKDAYS)
_OPTIONAL_W = rf"(?:(?:on )?{_W}(?: on)?(?: the)? )?"
_DAYTIME = "morning|afternoon|evening|night|noon|midday|lunchtime|midnight"
_HALF = r"(?:am|pm|a m|p m|oclock|o clock)"

_MONTH_DAY = rf"{_OPTIONAL_W}{_M}(?: the)? {_D}{_Y}"
_DAY_MONTH = rf"{_OPTIONAL_W}(?:the )?{_D} (?:day )?(?:of )?{_M}{_Y}"
_THIS_OR_NEXT = rf"(?:(?P<which>this coming|this|next|coming) )?{_W}"
_DAY_OF_MONTH = rf"(?:on )?(?:the )?{_DTH}"

_BASES: tuple[tuple[str, Read], ...] = (
    (_DAY_MONTH, _month_and_day),
    (_MONTH_DAY, _month_and_day),
    (_THIS_OR_NEXT, _bare_weekday),
    (_DAY_OF_MONTH, _day_of_month),
)
_BASE = (
    rf"(?P<base>today|now|tomorrow|(?:(?:this|next) )?(?:{'|'.join(WEEKDAYS)})"
    rf"|(?:the )?\d\d?(?:th)? of (?:{'|'.join(MONTHS)})|(?:{'|'.join(MONTHS)}) (?:the )?\d\d?(?:th)?"
    r"|the \d\d?th(?! of))"
)


def _phrase(pattern: str, read: Read | None) -> tuple[re.Pattern[str], Read | None]:
    return re.compile(rf"\b{pattern}(?= )"), read


_PHRASES = (
    _phrase(r"\d+(?:[/-]\d+)+", _written),
    # Hours, which are understood and not needed.
    _phrase(
        rf"(?:at|around|about) (?:half past |quarter (?:past|to) )?\d\d?(?: (?:oh )?\d\d?)?(?: {_HALF})?",
        None,
    ),
    _phrase(rf"\d\d?(?: \d\d)? {_HALF}", None),
    _phrase(rf"this (?:{_DAYTIME})|tonight", lambda _, today: today),
    _phrase(rf"(?:(?:early |late )?in the |at |around )?(?:{_DAYTIME})", None),
    # Counted from another day.
    _phrase(rf"(?:a )?{_N} {_UNIT} (?:from|after) {_BASE}", _from_base),
    _phrase(rf"{_N} (?P<unit>week)s? on (?P<base>{_DAYS})", _from_base),
    _phrase(rf"in (?:a )?{_N} {_UNIT}(?: time)?", _later),
    _phrase(rf"{_N} {_UNIT} time", _later),
    _phrase(r"(?:the )?day after tomorrow", lambda _, today: today + timedelta(days=2)),
    _phrase(rf"{_W} week(?! \d)", lambda found, today: _bare_weekday(found, today) + timedelta(days=7)),
    # Weekdays, by their week.
    _phrase(rf"(?:on )?{_W} (?:of |in )?next week", lambda found, today: of_week(today, 1, _weekday(found))),
    _phrase(rf"next week (?:on )?{_W}", lambda found, today: of_week(today, 1, _weekday(found))),
    _phrase(rf"{_W} after next", lambda found, today: of_week(today, 2, _weekday(found))),
    _phrase(rf"(?:the )?{_NTH} {_W} (?:of|in) (?:(?P<which>this|next|the) month|{_M})", _nth),
    # Days of a month.
    _phrase(rf"(?:the )?{_DTH} of next month", lambda found, today: in_month(today, 1, _number(found))),
    _phrase(rf"next month (?:on )?(?:the )?{_DTH}", lambda found, today: in_month(today, 1, _number(found))),
    _phrase(rf"(?:the )?{_DTH} of this month", lambda found, today: in_month(today, 0, _number(found))),
    _phrase(rf"(?:the )?{_DTH} of the month", _day_of_month),
    _phrase(
        r"(?:the )?last (?:day )?of (?P<which>next|this|the) month",
        lambda found, today: last_of_month(today, found["which"] == "next"),
    ),
    _phrase(_DAY_MONTH, _month_and_day),
    _phrase(_MONTH_DAY, _month_and_day),
    _phrase(
        rf"{_W}(?: on)? (?:the )?{_DTH}", lambda found, today: _agreeing(found, _day_of_month(found, today))
    ),
    _phrase(rf"(?:the|on) {_DTH}", _day_of_month),
    _phrase(r"(?<!\w )(?P<d>\d\d|[4-9])th(?= $)", _day_of_month),
    # The shortest.
    _phrase(_THIS_OR_NEXT, _bare_weekday),
    _phrase(r"tomorrow", lambda _, today: today + timedelta(days=1)),
    _phrase(r"today", lambda _, today: today),
)
"""Where nothing reads a phrase, it is passed over."""
