"""A written text → what an English voice is given to read, with what was written kept beside it.

Numbers, dates and addresses are said by our own rules (`text/spoken.py`); what those leave as it is goes
through `expand`, the voice's own table of abbreviations. Words that such a voice cannot read are left out:
those of other scripts, and runs of letters that are no word.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from difflib import SequenceMatcher
from itertools import groupby
from typing import NamedTuple

from ..text.spoken import SpokenPart, pieces

LONGEST_WORD_CHARS = 100
"""The longest word of English that anybody says has 45 letters; an address is cut into words before."""
_RUNS = re.compile(r"\s+|\S+")


class ReadableText(NamedTuple):
    """What to read, piece by piece, and how many words had to be left out."""

    parts: list[SpokenPart]
    left_out: int

    @property
    def said(self) -> str:
        """The whole text to read."""
        return "".join(part.said for part in self.parts)


def readable(text: str, expand: Callable[[str], str] = str) -> ReadableText:
    """`text` as it is read; nothing is left of one without a letter or a digit."""
    parts: list[SpokenPart] = []
    left_out = 0
    for can_be_read, runs in groupby(_RUNS.findall(text), _can_be_read):
        written = "".join(runs)
        if not can_be_read:
            left_out += sum(map(_has_letters, written.split()))
            parts.append(SpokenPart(written, " "))
            continue
        for part in pieces(written):
            parts += _expanded(part.written, expand) if part.written == part.said else (part,)
    if not _has_letters("".join(part.said for part in parts)):
        parts = [SpokenPart(text, "")]
    return ReadableText(parts, left_out)


def _has_letters(text: str) -> bool:
    return any(character.isalnum() for character in text)


def _can_be_read(run: str) -> bool:
    """Whether a blank, or a word: one of Latin letters, and no longer than words are."""
    if len(run) > LONGEST_WORD_CHARS:
        return run.isspace()
    letters = [character for character in run if character.isalpha()]
    return not letters or any(map(_is_latin, letters))


def _is_latin(letter: str) -> bool:
    return letter.isascii() or unicodedata.name(letter, "").startswith("LATIN")


def _expanded(written: str, expand: Callable[[str], str]) -> Iterator[SpokenPart]:
    """`written` after `expand`, word for word where nothing changes."""
    before = written[: len(written) - len(written.lstrip())]
    after = written[len(written.rstrip()) :] if written.strip() else ""
    said = before + expand(written.strip()) + after
    if said == written:
        yield SpokenPart(written, written)
        return
    old: list[str] = _RUNS.findall(written)
    new: list[str] = _RUNS.findall(said)
    for _, begin, end, new_begin, new_end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        yield SpokenPart("".join(old[begin:end]), "".join(new[new_begin:new_end]))
