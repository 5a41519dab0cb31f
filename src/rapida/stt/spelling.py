"""How a word that no dictionary has may sound: letters → ARPAbet phones, by a small table.

Names of products and people are what a menu asks for, and what a dictionary lacks. The guess is that of a
reader who meets the word for the first time: crude, but enough to tell it from the other choices.
"""

from __future__ import annotations

_SOUNDS = {
    # groups of letters, the longest first
    "tion": "SH AH N", "sion": "ZH AH N", "ough": "OW", "augh": "AO", "eigh": "EY", "tch": "CH", "dge": "JH",
    "igh": "AY", "sch": "SH", "air": "EH R", "ear": "IH R", "eer": "IH R", "our": "AO R", "oor": "AO R",
    "ch": "CH", "sh": "SH", "th": "TH", "ph": "F", "wh": "W", "ck": "K", "ng": "NG", "qu": "K W", "gh": "G",
    "kn": "N", "wr": "R", "ar": "AA R", "er": "ER", "ir": "ER", "ur": "ER", "or": "AO R", "ee": "IY",
    "ea": "IY", "oo": "UW", "ou": "AW", "ow": "OW", "oi": "OY", "oy": "OY", "ai": "EY", "ay": "EY",
    "au": "AO", "aw": "AO", "ie": "IY", "ei": "EY", "ey": "IY", "eu": "Y UW", "ew": "UW", "oa": "OW",
    "oe": "OW", "ue": "UW", "ui": "UW", "ce": "S EH", "ci": "S IH", "cy": "S IY",
    # single letters
    "a": "AE", "b": "B", "c": "K", "d": "D", "e": "EH", "f": "F", "g": "G", "h": "HH", "i": "IH", "j": "JH",
    "k": "K", "l": "L", "m": "M", "n": "N", "o": "AA", "p": "P", "q": "K", "r": "R", "s": "S", "t": "T",
    "u": "AH", "v": "V", "w": "W", "x": "K S", "y": "Y", "z": "Z",
}  # fmt: skip
_AT_THE_END = {"a": "AH", "e": "", "i": "IY", "o": "OW", "u": "UW", "y": "IY", "es": "Z", "ed": "D"}
_LONGEST = max(map(len, _SOUNDS))


def pronounce(word: str) -> str:
    """A guess at `word`'s phones, blank-separated; empty when it has no letter of the Latin alphabet."""
    letters = "".join(letter for letter in word.lower() if "a" <= letter <= "z")
    phones: list[str] = []
    at = 0
    while at < len(letters):
        if at and letters[at:] in _AT_THE_END:
            phones.append(_AT_THE_END[letters[at:]])
            break
        size = next(size for size in range(_LONGEST, 0, -1) if letters[at : at + size] in _SOUNDS)
        group = letters[at : at + size]
        phones.append(_SOUNDS[group])
        at += size
        while size == 1 and letters[at : at + 1] == group and group not in "aeiou":
            at += 1  # a doubled consonant is one sound
    return " ".join(filter(None, phones))
