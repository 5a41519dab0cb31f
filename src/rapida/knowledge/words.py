"""The words of a question that say what it is about, without their endings. English, and pure."""

from __future__ import annotations

import re

_LITTLE = frozenset(
    re.findall(
        r"\w+",
        """a about also am an and any are as at be been but by can could did do does dont for from get got
        had has have he her here him how i if im in is it its ive just many me much my no not of
        on or our please she so some than that the them then there they this to too up us was we
        what whats when where which who will with would you your""",
    )
)
"""They stand in every question, whatever it is about."""
_ENDINGS = ("ings", "ing", "ies", "ed", "es", "s", "ly")


def content(text: str) -> list[str]:
    """The words of `text` that say what it is about, each without its ending."""
    words = re.findall(r"\w+", text.lower().replace("'", "").replace("’", ""))
    return [_stem(word) for word in words if word not in _LITTLE]


def _stem(word: str) -> str:
    ending = next((each for each in _ENDINGS if word.endswith(each) and len(word) - len(each) >= 3), "")
    return word.removesuffix(ending)
