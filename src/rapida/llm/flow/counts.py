"""How many, as callers say it: "for two", "three people", "just me", "a party of four".

In a sentence a number counts only with a word that says of what it is one, so that an hour or a day of the
month is not taken for it; as the answer to "how many?" any whole number counts.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from .date_words import plainly
from .numbers import one_number

PEOPLE = ("people", "persons", "person", "guests", "guest", "adults", "of us")
"""What is counted where a question names nothing else."""

_N = r"(?P<n>\d{1,4}|one|a couple(?: of)?)"
_NOT_AN_HOUR = r"(?! (?:oclock|o clock|am|pm|a m|p m|\d|past|to|in the|at night|days?|weeks?|months?|hours?))"
_ALONE = re.compile(r"\b(?:just|only|for) (?:me|myself)\b(?: alone)?(?= )")
_NUMBERS = {"one": 1, "a couple": 2, "a couple of": 2}


def count_in(text: str, units: Sequence[str], least: int, most: int) -> str | None:
    """The number in an answer to "how many?"; None without one, with several, or outside the bounds."""
    found, rest = find_counts(text, units)
    if not found and (bare := re.findall(r"(?<!\S)(?:\d{1,4}|one)(?= )", f"{rest} ")):
        found = {_NUMBERS.get(each) or int(each) for each in bare}
    if len(found) != 1 or not one_number(text):
        return None
    number = found.pop()
    return str(number) if least <= number <= most else None


def find_counts(text: str, units: Sequence[str]) -> tuple[set[int], str]:
    """Every counted number in `text`, and what of its plain spelling is left without them."""
    plain = f"{plainly(text)} "
    found: set[int] = set()
    if alone := _ALONE.search(plain):
        found.add(1)
        plain = _without(plain, alone)
    counted = "|".join(re.escape(unit.lower()) for unit in units or PEOPLE)
    for pattern in (
        rf"\b(?:for |the |with |make it )*{_N} (?:{counted})(?= )",
        rf"\b(?:a )?(?:party|table|group|room) (?:of|for) {_N}(?= )",
        rf"\bfor {_N}(?= ){_NOT_AN_HOUR}",
    ):
        while match := re.search(pattern, plain):
            found.add(_NUMBERS.get(match["n"]) or int(match["n"]))
            plain = _without(plain, match)
    return found, plain.strip()


def _without(plain: str, found: re.Match[str]) -> str:
    return f"{plain[: found.start()]}{plain[found.end() :].lstrip()}"
