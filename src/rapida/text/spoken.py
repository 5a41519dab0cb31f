"""Written text → the words a voice should say, by the rules of its language.

Each language has one table of notations (`english_notations.py`, `notations.py`); the rule that fits earliest
wins, the upper one where two begin together. What fits no rule stays as it is, for the voice to read, and so
does a whole text in a language without a table. `pieces` keeps what was written beside what is said, so that
the place of a written word in the sound is known. Saying what is said already changes nothing.
"""

from __future__ import annotations

from typing import NamedTuple

from .english_notations import ENGLISH
from .notations import NOTATIONS
from .rules import SpellingRule

_TABLES: dict[str, tuple[SpellingRule, ...]] = {"en": ENGLISH, **NOTATIONS}


class SpokenPart(NamedTuple):
    """A run of written text and what is said for it; the same where nothing changes."""

    written: str
    said: str


def spoken(text: str, language: str = "en") -> str:
    """`text` as it is said in `language` (a BCP 47 tag)."""
    return "".join(piece.said for piece in pieces(text, language))


def pieces(text: str, language: str = "en") -> list[SpokenPart]:
    """`text` cut into runs; the `written` parts joined are `text`, the `said` ones are `spoken(text)`."""
    rules = _TABLES.get(language.replace("_", "-").partition("-")[0].lower(), ())
    found: list[SpokenPart] = []
    at = 0
    # Each rule's own next hit; a rule is asked again only when its hit lies behind us.
    ahead = [_next_hit(rule, text, 0) for rule in rules]
    while hit := min(filter(None, ahead), key=_start, default=None):
        if hit.start > at:
            found.append(SpokenPart(text[at : hit.start], text[at : hit.start]))
        found.append(SpokenPart(text[hit.start : hit.end], hit.said))
        at = hit.end
        for number, behind in enumerate(ahead):
            if behind is not None and behind.start < at:
                ahead[number] = _next_hit(rules[number], text, at)
    if at < len(text):
        found.append(SpokenPart(text[at:], text[at:]))
    return found


class _Hit(NamedTuple):
    start: int
    end: int
    said: str


def _start(hit: _Hit) -> int:
    return hit.start


def _next_hit(rule: SpellingRule, text: str, at: int) -> _Hit | None:
    for match in rule.pattern.finditer(text, at):
        if (said := rule.say(match)) is not None:
            return _Hit(match.start(), match.end(), said)
    return None
