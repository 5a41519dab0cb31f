"""Times of day as they are written ("14:30") and as they are said in English ("2:30 PM"). Pure."""

from __future__ import annotations

import re

_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d")


def is_time(text: str) -> bool:
    """Whether `text` is hours and minutes of a day, as 08:30."""
    return _TIME.fullmatch(text) is not None


def minutes_of(time: str) -> int:
    """ "14:30" as minutes since midnight. Raises `ValueError` for what is no time."""
    if not is_time(time):
        raise ValueError(f"{time!r} is no time of day: write hours and minutes, as 08:30 or 14:00")
    return int(time[:2]) * 60 + int(time[3:])


def time_of(minutes: int) -> str:
    """Minutes since midnight as "14:30"."""
    return f"{minutes // 60:02}:{minutes % 60:02}"


def say_time(time: str) -> str:
    """A time as it is said: "14:30" is "2:30 PM"."""
    hour, minute = divmod(minutes_of(time), 60)
    if (hour, minute) == (12, 0):
        return "noon"
    return f"{hour % 12 or 12}{f':{minute:02}' if minute else ''} {'PM' if hour >= 12 else 'AM'}"
