"""Words as the core compares them: normalised, told apart from backchannels and from the agent's echo."""

from __future__ import annotations

import re

HUMS = frozenset(
    ("uh", "um", "uhm", "hm", "hmm", "mm", "mhm", "mm-hm", "uh-huh", "huh", "ah", "oh", "er", "aha")
)
"""Sounds that are hardly words."""
BACKCHANNELS = HUMS | {"yeah", "yep", "yes", "ok", "okay", "right", "sure"}
"""Caller sounds that show attention without taking the floor."""

_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")


def words(text: str) -> list[str]:
    """The words of a text in lower case, without punctuation; hyphens and apostrophes stay inside words."""
    return [word.replace("’", "'") for word in _WORD.findall(text.lower())]


def same_words(one: str, other: str) -> bool:
    """Whether two transcripts say the same, whatever their punctuation and case."""
    return words(one) == words(other)


def only_backchannels(said: list[str]) -> bool:
    """True for one to three words that are all backchannels."""
    return bool(said) and len(said) <= 3 and all(word in BACKCHANNELS for word in said)


def only_hums(said: list[str]) -> bool:
    """True for one to three words that are all hums."""
    return bool(said) and len(said) <= 3 and all(word in HUMS for word in said)


def is_echo(said: list[str], played: list[str]) -> bool:
    """Whether `said` is a run of at least three words the agent has just played.

    Two words may well be an answer that repeats the question's ("opening hours"), so they stay.
    """
    count = len(said)
    return count >= 3 and any(played[i : i + count] == said for i in range(len(played) - count + 1))


def all_played(said: list[str], played: list[str]) -> bool:
    """Whether there are words, more than backchannels, and every one is one the agent has just played."""
    return any(word not in BACKCHANNELS for word in said) and set(said) <= set(played)


def takes_floor(said: list[str], played: list[str]) -> bool:
    """Whether any word is neither a backchannel nor one the agent has just played."""
    recent = frozenset(played)
    return any(word not in BACKCHANNELS and word not in recent for word in said)
