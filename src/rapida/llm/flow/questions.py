"""Whether what a caller says is a question of their own, instead of an answer. English, and pure.

"Can I come on Friday?" is an answer in the form of a question: it asks for what is being agreed. "Do you open
on Fridays?" asks for a fact.
"""

from __future__ import annotations

import re

from .numbers import tokens

_WISHES = re.compile(
    r"(?:(?:can|could|may|might|would|will|shall|should) (?:i|we|you|it|that)"
    r"|how about|what about|is it possible"
    r"|does (?:that|it|friday|monday|tuesday|wednesday|thursday|tomorrow|today)|would) "
)
"""How a wish is put as a question."""
_BEGINNINGS = frozenset(
    tokens(
        """what when where who which why how whose is are was were do does did can could may will would should
        have"""
    )
)
_BEFORE = frozenset(
    tokens("and but so oh um uh well okay ok hi hello sorry wait also actually please yes no")
)
_ASKING = re.compile(
    r"\b(?:(?:i )?(?:have|had|got) a question|i (?:was )?wonder(?:ing)?|tell me|i (?:would|d) like to know"
    r"|do you know|i want to know|i need to know)\b"
)
_PAST = re.compile(
    r"\b(?:yesterday|ago|once|already|last (?:night|time|week|month|year|monday|tuesday|wednesday|thursday"
    r"|friday|saturday|sunday|spring|summer|autumn|fall|winter))\b"
)
_WANTED = re.compile(r"\b(?:want|need|would|like|can|could|please|have to|must|help)\b")
"""A sentence of the past may end in a wish: "I booked last week, and I would like to cancel"."""
ENOUGH_WORDS = 3
"""A statement may be what the caller wants to know of ("I have a toothache"); fewer words are an answer."""


def is_question(text: str) -> bool:
    """Whether `text` asks something."""
    words = tokens(text)
    while words and words[0] in _BEFORE:
        words = words[1:]
    return "?" in text or bool(words and words[0] in _BEGINNINGS) or bool(_ASKING.search(" ".join(words)))


def is_wish(text: str) -> bool:
    """Whether a question only asks for what is being agreed."""
    words = tokens(text)
    while words and words[0] in _BEFORE:
        words = words[1:]
    return bool(_WISHES.match(" ".join(words) + " "))


def tells_of_the_past(text: str) -> bool:
    """Whether something that is over is told, and nothing is wanted."""
    said = " ".join(tokens(text))
    return bool(_PAST.search(said)) and not _WANTED.search(said)


def worth_asking(text: str, *, nothing: bool) -> bool:
    """Whether to look up what was said; `nothing`: it answers no question of ours."""
    if nothing:
        return is_question(text) or len(tokens(text)) >= ENOUGH_WORDS
    return is_question(text) and not is_wish(text)
