"""Words as the core compares them: normalised, told apart from backchannels and from the agent's echo."""

from __future__ import annotations

import re

from .nods import MOST_WORDS, is_hum, without_nods

ENGLISH = "en"

_LETTER = r"[^\W_\d]|\d|[\u0300-\u036f\u064b-\u065f\u0900-\u0dff\u0e00-\u0e7f]"
"""Vowel signs of Indian scripts and accents written apart belong to their word."""
_WORD = re.compile(rf"(?:{_LETTER})+(?:['’-](?:{_LETTER})+)*")


def words(text: str) -> list[str]:
    """The words of a text in lower case, without punctuation; hyphens and apostrophes stay inside words."""
    return [word.replace("’", "'") for word in _WORD.findall(text.lower())]


def same_words(one: str, other: str) -> bool:
    """Whether two transcripts say the same, whatever their punctuation and case."""
    return words(one) == words(other)


def only_backchannels(said: list[str], language: str = ENGLISH) -> bool:
    """True for one to three words of a language that are all backchannels."""
    return bool(said) and len(said) <= MOST_WORDS and not without_nods(said, language)


def only_hums(said: list[str], language: str = ENGLISH) -> bool:
    """True for one to three words that are all hums."""
    return bool(said) and len(said) <= MOST_WORDS and all(is_hum(word, language) for word in said)


def is_echo(said: list[str], played: list[str]) -> bool:
    """Whether `said` is a run of at least three words the agent has just played.

    Two words may well be an answer that repeats the question's ("opening hours"), so they stay.
    """
    count = len(said)
    return count >= 3 and any(played[i : i + count] == said for i in range(len(played) - count + 1))


def all_played(said: list[str], played: list[str], language: str = ENGLISH) -> bool:
    """Whether there are words, more than backchannels, and every one is one the agent has just played."""
    return bool(without_nods(said, language)) and set(said) <= set(played)


def takes_floor(said: list[str], played: list[str], language: str = ENGLISH) -> bool:
    """Whether any word is neither a backchannel nor one the agent has just played."""
    recent = frozenset(played)
    return any(word not in recent for word in without_nods(said, language))
