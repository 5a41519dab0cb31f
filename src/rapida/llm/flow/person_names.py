"""A person's name as callers say and spell it: "It's Anna Miller, M-Y-L-L-E-R."

What introduces a name is taken off it; letters that are spelled replace the word that sounds like them. In a
sentence about something else a name counts only behind words that introduce one, and only while its words
begin with capitals, as recognisers write them.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence

from rapidfuzz import fuzz

from .numbers import tokens

_INTRODUCED = re.compile(
    r"(?:(?:\b(?:my|the|our|his|her) )?(?:\b(?:first|last|full|family) )?\b(?:sur)?name"
    r"(?:'s|s| is| would be| was)?|\bunder(?: the name(?: of)?)?|\bin the name of|\bthis is|\bi am|\bi'm"
    r"|\bit's|\bit is|\b(?:that is )?spelled|\bthat's)\s+",
    re.IGNORECASE,
)
_SURE = re.compile(r"\bname|\bunder\b|\bthis is\b|\bi'?m\b|\bi am\b", re.IGNORECASE)
"""Of what introduces: what does so in the middle of a sentence, too."""
_BEFORE = re.compile(
    r"^(?:(?:no|yes|yeah|well|um|uh|er|oh|okay|ok|sure|hi|hello|actually|sorry|so)\b[\s,.]*)+", re.IGNORECASE
)
_AFTER = re.compile(
    r"[\s,.]*\b(?:speaking|here|please|thanks|thank you|calling|is my name|is the name)\b[\s,.!]*$",
    re.IGNORECASE,
)
_LETTER = r"(?:[A-Za-z](?:\s+as in\s+\w+)?|double[ -][A-Za-z])"
_SPELLED = re.compile(rf"(?<![\w'])(?:{_LETTER})(?:(?:[\s.,-]+)(?:{_LETTER})(?![\w'])){{1,}}\.?")
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_CAPITALISED = re.compile(r"(?:[A-Z][\w'’-]*)(?: (?:[A-Z][\w'’-]*|van|von|de|der|la|di|da))*")
_NO_NAMES = frozenset(
    tokens(
        """a an the i im you we he she they it is are was what who when where why how which yes no not dont do
        does cant could would will want need like to for of at on in my your our and or but if please have has
        had about know sure monday tuesday wednesday thursday friday saturday sunday today tomorrow tonight
        morning afternoon evening am pm oclock appointment book booking reschedule cancel move calling looking
        sorry hello hi there january february march april june july august september october november december
        thanks thank okay just one two three four five six seven eight nine ten eleven twelve make change
        meant actually rather instead right correct wrong incorrect exactly fine good perfect great quite
        same nothing something anything later earlier open closed here speaking trying hoping wondering"""
    )
)
"""What no name contains: one of them, and the answer is something else."""
_MOST_WORDS = 4
"""A name of more words is a sentence."""
_ALIKE_AT = 55.0
"""Likeness (0 to 100) of a spoken word to the spelled one that replaces it: "Miller" and "Myllar" have 67."""


def name_in(text: str) -> str | None:
    """The name that an answer to "what is your name?" gives; None if there is none."""
    said = text.replace("’", "'").strip()
    said = _AFTER.sub("", _BEFORE.sub("", said))
    introduced = [*_INTRODUCED.finditer(said)]
    if introduced:
        said = said[introduced[0].end() :] if not said[: introduced[0].start()].strip(" ,.") else said
        said = _INTRODUCED.sub(" ", said)
    spelled = ["".join(_letters(each.group())) for each in _SPELLED.finditer(said)]
    words = [
        word for word in _WORD.findall(_SPELLED.sub(" ", said)) if word.lower() not in ("and", "spelled")
    ]
    if "?" in said or len(words) > _MOST_WORDS or any(_bare(word) in _NO_NAMES for word in words):
        return None
    name = _joined(words, spelled)
    return " ".join(name) or None


def introduced_name(text: str) -> tuple[str, str] | None:
    """A name that a sentence introduces ("this is Anna Miller, I would like …"), and the rest of it."""
    said = text.replace("’", "'")
    for found in _INTRODUCED.finditer(said):
        if not _SURE.search(found.group()):
            continue
        capitalised = _CAPITALISED.match(said, found.end())
        words = capitalised.group().split(" ") if capitalised else []
        # "This is Anna Miller I would like …": a recogniser leaves full stops out.
        words = [*itertools.takewhile(lambda word: _bare(word) not in _NO_NAMES, words)]
        if 0 < len(words) <= _MOST_WORDS:
            name = " ".join(words)
            rest = said[found.end() + len(name) :]
            return name, f"{said[: found.start()]}{rest}".strip(" ,.")
    return None


def _bare(word: str) -> str:
    return word.lower().replace("'", "")


def _letters(spelled: str) -> list[str]:
    """The letters of a spelled word: "double l" is two, "m as in mike" one."""
    letters: list[str] = []
    for each in re.finditer(r"double[ -]([A-Za-z])|([A-Za-z])(?:\s+as in\s+\w+)?(?![\w'])", spelled, re.I):
        letters += [each[1]] * 2 if each[1] else [each[2]]
    return letters


def _joined(words: Sequence[str], spelled: Sequence[str]) -> list[str]:
    """The name's words, each that was spelled as it was spelled."""
    name = [word if word[:1].isupper() else word.title() for word in words]
    for each in spelled:
        right = each.title()
        alike = [fuzz.ratio(word.lower(), each.lower()) for word in name]
        best = max(alike, default=0.0)
        if best >= _ALIKE_AT:
            name[alike.index(best)] = right
        else:
            name.append(right)
    return name
