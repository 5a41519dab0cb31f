"""What a whole sentence answers: the question that was asked, others that will be asked, and what to correct.

"Friday afternoon, for two" fills three slots at once, "no, Thursday" changes one that was filled before. Only
questions with `anytime` are looked for beside the one that was asked. Each kind of value is looked for in
turn and taken out of the sentence, so that no word counts twice. Pure, and certain rather than clever: what
could mean two things is left for the question to be asked again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date

from msgspec import Struct

from . import slots
from .counts import find_counts
from .date_words import changes_the_day
from .dates import find_dates
from .person_names import introduced_name
from .script import Ask, Script
from .times import find_times


class Heard(Struct, frozen=True):
    """What an answer says."""

    value: str | None = None
    """Of the question that was asked."""
    others: Mapping[str, str] = {}
    """Of other slots, filled or not."""


Find = Callable[[Ask, str, date], tuple[str | None, str]]
"""The value of one kind in a sentence, and the sentence without it."""

_WHOLE = ("free", "digits", "phone")
"""Kinds whose answer is the whole sentence: where it is one, nothing else is looked for in it."""
_CUE = re.compile(
    r"\b(?:actually|i meant?|make it|make that|(?:change|switch|move) (?:it|that) to|rather|instead|sorry"
    r"|wait|correction|no|nope|not that|let's say|how about|what about)\b[\s,.]*",
    re.IGNORECASE,
)
"""Words that announce that something said before is to be replaced."""
_NOT_THIS = re.compile(
    r"(?:,\s*)?\b(?:and )?(?:not|isn't|instead of|rather than)\b[^,.;!?]*?(?=\s*[,.;!?]|$)", re.IGNORECASE
)
"""What is named only to be taken back: "Thursday, not Friday"."""
_AROUND = re.compile(
    r"\b(?:but|and|please|then|can we|could we|could you|can you|i'd like|for|on|at|the)\b", re.I
)


def understood(script: Script, ask: Ask, text: str, filled: Mapping[str, str], today: date) -> Heard:
    """What `text` says to the question `ask`, while `filled` is known already."""
    others = {slot: each for slot, each in script.anytime.items() if slot != ask.slot}
    if not others or ask.sensitive:
        return Heard(_read(ask, text, today))
    if ask.kind in _WHOLE and (whole := _read(ask, text, today)) is not None:
        return Heard(whole)
    own, found, rest = _mentioned(ask, others, text, filled, today)
    if own is None:
        own = _read(ask, rest if found else text, today)
    if (own is None or ask.kind == "yes_no") and not found and (cue := _last_cue(text)):
        found = _bare(others, text[cue:], filled, today)
    return Heard(own, found)


def also_said(
    script: Script, ask: Ask, text: str, filled: Mapping[str, str], today: date
) -> Mapping[str, str]:
    """What `text` says about other slots than the one of `ask`, which is just being confirmed."""
    return understood(script, Ask(ask.slot, "yes_no", ""), text, filled, today).others


def _read(ask: Ask, text: str, today: date) -> str | None:
    return slots.read(ask, text, typed=False, today=today)


def _mentioned(
    ask: Ask, others: Mapping[str, Ask], text: str, filled: Mapping[str, str], today: date
) -> tuple[str | None, dict[str, str], str]:
    """The value for `ask`, those for others, and what is left of `text`."""
    own, found, rest = None, dict[str, str](), text
    for kind, find in FINDERS.items():
        if ask.kind == kind:
            own, rest = _found(find, ask, rest, today)
        elif asks := _in_turn((each for each in others.values() if each.kind == kind), filled):
            value, rest = _found(find, asks[0], rest, today)
            if value is not None:
                found[asks[0].slot] = value
    for slot, each in others.items():
        again = slot in filled and own is not None and not _last_cue(text)
        if each.kind == "choice" and not again and (choice := slots.named_choice(each, text)) is not None:
            found[slot] = choice
    return own, found, rest


def _in_turn(asks: Iterable[Ask], filled: Mapping[str, str]) -> list[Ask]:
    """Questions of one kind: those without an answer first, then the last that was answered."""
    recent = [*filled]
    return sorted(asks, key=lambda each: -recent.index(each.slot) if each.slot in filled else -len(recent))


def _found(find: Find, ask: Ask, text: str, today: date) -> tuple[str | None, str]:
    """One value; where a caller corrects themselves in the same breath, the later one."""
    kept = _NOT_THIS.sub(" ", text)
    cue = _last_cue(kept)
    if cue:
        value, rest = find(ask, kept[cue:], today)
        if value is not None:
            return value, f"{find(ask, kept[:cue], today)[1]} {rest}"
    value, rest = find(ask, kept, today)
    return (value, rest) if value is not None else (None, text)


def _last_cue(text: str) -> int:
    """Where the last announcement of a correction ends; 0 = there is none."""
    return max((cue.end() for cue in _CUE.finditer(text)), default=0)


def _bare(others: Mapping[str, Ask], text: str, filled: Mapping[str, str], today: date) -> dict[str, str]:
    """What replaces one filled slot, said without its name ("make it three"), if only one can be meant."""
    left = " ".join(_AROUND.sub(" ", text).split())
    read = {
        slot: value
        for slot, each in others.items()
        if slot in filled and (value := _read(each, left, today)) is not None
    }
    return read if len(read) == 1 else {}


def _name(_ask: Ask, text: str, _today: date) -> tuple[str | None, str]:
    return introduced_name(text) or (None, text)


def _time(ask: Ask, text: str, _today: date) -> tuple[str | None, str]:
    times, rest = find_times(text, ask.earliest, ask.latest)
    return (times.pop(), rest) if len(times) == 1 else (None, text)


def _number(ask: Ask, text: str, _today: date) -> tuple[str | None, str]:
    counts, rest = find_counts(text, ask.units)
    fits = len(counts) == 1 and ask.least <= min(counts) <= ask.most
    return (str(counts.pop()), rest) if fits else (None, text)


def _date(_ask: Ask, text: str, today: date) -> tuple[str | None, str]:
    days, rest = find_dates(text, today)
    day = days.pop() if len(days) == 1 else None
    unclear = any(changes_the_day(word) for word in rest.split() if word not in _ANSWERS)
    return (day.isoformat(), rest) if day and not unclear else (None, text)


_ANSWERS = frozenset(("no", "not", "nope"))
"""Words that change a day only right before it, where `_NOT_THIS` has taken it out."""

FINDERS: Mapping[str, Find] = {
    "name": _name,
    "number": _number,
    "time": _time,
    "date": _date,
}
"""In the order in which they are looked for: "for two" before hours, hours before days of the month."""
