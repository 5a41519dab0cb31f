"""Times of day as callers say them.

Reads English phrases ("half past two", "at three in the afternoon", "ten thirty") on the plain spelling that
`date_words.py` makes. An hour without its half of the day is the one between two hours that the question
names. Each phrase is one row of a table; where two different times are named, there is none.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from ...text.day_times import is_time, minutes_of, time_of
from .date_words import MONTHS, plainly
from .numbers import tokens

Minutes = int
"""Of a day, counted from midnight."""
Read = Callable[[re.Match[str]], tuple[Minutes, bool] | None]
"""The time, and whether its half of the day is still open."""
_Phrases = tuple[tuple[re.Pattern[str], Read], ...]

_CHANGES = frozenset(
    tokens("before after until till by between or nor not neither except earlier later than from since")
)
"""They change the time that was meant, or say that none was."""
_PARTS = {"morning": 0, "afternoon": 12, "evening": 12, "night": 12, "tonight": 12}
"""Part of the day → the hours that it adds to those of a clock's face."""
_SHARES = {"half": 30, "quarter": 15}


def time_in(text: str, earliest: str, latest: str) -> str | None:
    """The time that an answer names, as "14:30"; None if it names none or is not wholly understood.

    `earliest` and `latest` ("08:00", "18:00") say which half of the day is meant where none is said.
    """
    found, rest = find_times(text, earliest, latest)
    if not found:
        found, rest = _find(_ALONE, text, earliest, latest)
        if any(word.isdigit() for word in rest.split()):
            return None
    if len(found) != 1 or _CHANGES.intersection(rest.split()):
        return None
    return found.pop()


def find_times(text: str, earliest: str, latest: str) -> tuple[set[str], str]:
    """Every time in `text` that is told as one, and what of its plain spelling is left without them."""
    return _find(_PHRASES, text, earliest, latest)


def _find(phrases: _Phrases, text: str, earliest: str, latest: str) -> tuple[set[str], str]:
    plain = f"{plainly(text)} "
    parts = {_PARTS[word] for word in plain.split() if word in _PARTS}
    part = parts.pop() if len(parts) == 1 else None
    times: set[str] = set()
    for pattern, read in phrases:
        while found := pattern.search(plain):
            if (taken := read(found)) is None:
                break
            minutes, either = taken
            times.add(time_of(_halved(minutes, part, earliest, latest) if either else minutes))
            plain = f"{plain[: found.start()]}{plain[found.end() :].lstrip()}"
    return times, plain.strip()


def time_from_keys(keys: str) -> str | None:
    """The time typed as HHMM."""
    time = f"{keys[:2]}:{keys[2:]}"
    return time if is_time(time) else None


def _halved(minutes: Minutes, part: int | None, earliest: str, latest: str) -> Minutes:
    """The half of the day that is meant: by the part of the day, else the one within the hours."""
    face = minutes % 720
    if part is not None:
        return face + part * 60
    first, last = minutes_of(earliest), minutes_of(latest)
    return next((each for each in (face, face + 720) if first <= each <= last), minutes)


def _hour(text: str) -> int | None:
    hour = 1 if text == "one" else int(text)
    return hour if hour < 24 else None


def _clock(found: re.Match[str]) -> tuple[Minutes, bool] | None:
    hour = _hour(found["h"])
    minute = int((found.groupdict().get("m") or "0").replace("oh ", ""))
    if hour is None or minute > 59:
        return None
    return hour * 60 + minute, 0 < hour <= 12


def _halved_clock(found: re.Match[str]) -> tuple[Minutes, bool] | None:
    if (taken := _clock(found)) is None or taken[0] >= 780:
        return None
    return taken[0] % 720 + 720 * found["half"].startswith("p"), False


def _past(found: re.Match[str]) -> tuple[Minutes, bool] | None:
    hour = _hour(found["h"])
    share = _SHARES.get(found["n"]) or int(found["n"])
    if hour is None or share > 59:
        return None
    before = found["way"] in ("to", "of", "before")
    return (hour * 60 + (-share if before else share)) % 1440, hour <= 12


_H = r"(?P<h>\d\d?|one)(?!th)"
_M = r"(?P<m>[0-5]\d|oh \d)"
_AT = r"(?:(?:at|around|about) )?"
_IN = r"(?: (?:in the|at|this) (?:morning|afternoon|evening|night))?"
_NO_MONTH = "".join(rf"(?<!{month} )" for month in MONTHS)
_CLOCK = "(?:oclock|o clock)"


def _phrase(pattern: str, read: Read) -> tuple[re.Pattern[str], Read]:
    return re.compile(rf"\b{pattern}(?= )"), read


_PHRASES = (
    _phrase(rf"{_AT}(?:12 )?(?:noon|midday)", lambda _: (720, False)),
    _phrase(rf"{_AT}(?:12 )?midnight", lambda _: (0, False)),
    _phrase(
        rf"{_AT}(?:a )?(?P<n>half|quarter|\d\d?)(?: minutes?)? (?P<way>past|after|to|of|before) {_H}"
        rf"(?: {_CLOCK})?{_IN}",
        _past,
    ),
    _phrase(rf"{_AT}half (?P<h>\d\d?){_IN}", lambda found: (_half(found), True)),
    _phrase(rf"{_AT}{_H}(?: {_M})? (?P<half>am|pm|a m|p m)", _halved_clock),
    _phrase(rf"{_AT}{_H} {_CLOCK}{_IN}", _clock),
    _phrase(rf"(?:at|around|about) {_H}(?: {_M})?{_IN}", _clock),
    _phrase(rf"{_NO_MONTH}{_H} {_M}{_IN}", _clock),
    _phrase(rf"{_H} (?:in the|at|this) (?:morning|afternoon|evening|night)", _clock),
)
"""The longer before the shorter that they hold."""
_ALONE = (_phrase(rf"(?:for |by )?{_H}", _clock),)
"""An hour alone: a time only as the answer to a question for one."""


def _half(found: re.Match[str]) -> Minutes:
    """ "Half two" is half past two."""
    return int(found["h"]) % 24 * 60 + 30
