"""A rule of saying: how one notation looks, and what is said for it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import NamedTuple

Say = Callable[[re.Match[str]], str | None]
"""The match → the words; None when it only looked like the notation."""


class SpellingRule(NamedTuple):
    """One row of a language's table."""

    pattern: re.Pattern[str]
    say: Say


def rule(pattern: str, say: Say, flags: int = 0) -> SpellingRule:
    """The rule for what `pattern` finds."""
    return SpellingRule(re.compile(pattern, flags), say)


def any_of(keys: Iterable[str]) -> str:
    """A pattern for one of `keys`, the longest that fits."""
    return "|".join(re.escape(key) for key in sorted(keys, key=len, reverse=True))
