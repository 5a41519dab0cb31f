"""What the question asked leads one to expect, as phrases for a recogniser that hears free speech.

The questions are those that `grammar.py` makes grammars of. A phrase here is only likelier than other words:
an answer of another kind is heard as well.
"""

from __future__ import annotations

from ..call.events import Question
from .grammar import NO, YES

_DIGITS = ("zero", "oh", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_DAYS = ("today", "tomorrow", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONTHS = (
    *("january", "february", "march", "april", "may", "june", "july", "august", "september"),
    *("october", "november", "december"),
)
_OF_KIND: dict[str, tuple[str, ...]] = {
    "yes_no": (*YES, *NO),
    "digits": _DIGITS,
    "phone": _DIGITS,
    "date": (*_DAYS, *_MONTHS, "next week"),
}


def phrases_for(question: Question) -> tuple[str, ...]:
    """The phrases that an answer to `question` may hold, each once; empty for an open question."""
    return tuple(dict.fromkeys((*_OF_KIND.get(question.kind, ()), *question.phrases, *question.also)))
