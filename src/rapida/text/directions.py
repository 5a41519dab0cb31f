"""Stage directions: what a model writes about its voice or its face (`*smiles*`, `[laughs softly]`).

Decides by the words alone; which brackets and stars may hold one is `unheard.py`'s. A direction begins with
an act, or with its manner ("softly laughs"), and is short. What is emphasised or bracketed for its
content begins with other words and stays.
"""

from __future__ import annotations

import re

LONGEST_CHARS = 60
"""A longer run is content."""
_MOST_WORDS = 7
"""A longer run is content."""


def _table(words: str) -> frozenset[str]:
    return frozenset(words.split())


_ACTS = _table(
    """smiles smiling laughs laughing chuckles chuckling giggles giggling sighs sighing pauses pausing nods
    nodding grins grinning winks winking shrugs shrugging whispers whispering gasps gasping coughs snickers
    snickering smirks smirking frowns frowning blushes blushing sniffs sniffles sobs sobbing gulps exhales
    exhaling inhales inhaling hums humming yawns yawning groans groaning snorts snorting mumbles mumbling
    murmurs murmuring
    lächelt lächelnd lacht lachend kichert seufzt seufzend nickt zwinkert räuspert flüstert flüsternd grinst
    sourit souriant rit rires soupire soupir glousse chuchote hoche
    sonríe sonriendo ríe risas suspira suspiro susurra asiente
    sorride sorridendo ride risata sospira sospiro sussurra annuisce
    sorri sorrindo risos suspiro sussurra glimlacht lachend zucht knikt"""
)
"""Verbs as a narrator writes them."""
_SOUNDS = _table(
    """laugh laughter chuckle giggle sigh pause beat smile gasp wink shrug whisper
    gelächter seufzen pausa risas risata rires soupir suspiro sospiro"""
)
"""Nouns that are a direction where they stand alone ("pause") or behind a manner ("short pause")."""
_SETTINGS = _table(
    """applause music silence inaudible crosstalk typing thinking sarcastic sarcastically excited cheerful
    curious lachen stille musik applaus silencio silenzio musique música"""
)
"""The same, but only in square brackets: elsewhere they are content ("lessons (music)")."""
_MANNERS = _table(
    """softly gently warmly quietly slightly lightly nervously awkwardly cheerfully happily sadly slowly
    briefly kindly brightly playfully politely thoughtfully excitedly enthusiastically sympathetically
    reassuringly calmly a an the short long brief soft light deep small gentle nervous warm slight little
    leise freundlich kurz kurze doucement légèrement suavemente dolcemente"""
)
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_PHRASE = re.compile(r"clear(?:s|ing) (?:\w+ )?throat|(?:in|with) an? [\w -]+ (?:voice|tone|smile)")
_BEGIN = _ACTS | _SOUNDS | _SETTINGS | {"in", "with", "clears", "clearing"}
_LISTED = re.compile(r"[\d,;:/&]")
"""What content has and no direction: figures, and the commas of a list ("coughs, colds")."""


def is_direction(content: str, opener: str) -> bool:
    """Whether `content`, which stands behind `opener` (a bracket, star or underscore), tells how to speak."""
    lower = content.strip().rstrip(".!…").lower()
    if _LISTED.search(lower):
        return False
    words = _WORD.findall(lower)
    if len(words) > _MOST_WORDS:
        return False
    acts = [word for word in words if word not in _MANNERS]
    if not acts:
        return len(words) == 1 and words[0].endswith("ly")
    if len(acts) == 1 and opener == "[" and acts[0] in _SETTINGS:
        return True
    # "*Pause*" may be the name of a button.
    if len(acts) == 1 and acts[0] in _SOUNDS:
        return opener in "[(" or content.islower()
    return acts[0] in _ACTS or bool(_PHRASE.fullmatch(lower))


def may_become(beginning: str) -> bool:
    """Whether `beginning` may still grow into a direction: judged by its first whole word."""
    if len(beginning) > LONGEST_CHARS or "\n" in beginning or _LISTED.search(beginning):
        return False
    lower = beginning.lstrip().lower()
    words = _WORD.findall(lower)
    grows = lower[-1:].isalpha() or lower[-1:] in ("'", "’", "-")
    whole = words[:-1] if grows else words
    first = next((word for word in whole if word not in _MANNERS), None)
    return first is None or first in _BEGIN
