"""The words by which a text is found again: without case and accents, each once.

A word is a run of letters and digits. An apostrophe within is left out, so that "don't" is found as it is
written and as `dont`. Scripts that set no spaces between words (Chinese, Japanese, Thai) are found by each of
their characters.
"""

from __future__ import annotations

import re
import unicodedata

LONGEST = 64
"""Characters of a word that count: what is longer was not spoken."""
# Thai and Lao; kana; CJK ideographs with their extensions: https://www.unicode.org/charts/
_UNSPACED = "\u0e00-\u0eff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_WORD = re.compile(rf"[{_UNSPACED}]|[^\W_{_UNSPACED}]+")
_APOSTROPHES = re.compile(r"(?<=\w)['\u2019\u02bc](?=\w)")


def findable(text: str) -> list[str]:
    """The words of a text, in the order in which they first stand."""
    bare = "".join(each for each in unicodedata.normalize("NFKD", text) if not unicodedata.combining(each))
    words = _WORD.findall(_APOSTROPHES.sub("", bare.casefold()))
    return list(dict.fromkeys(word[:LONGEST] for word in words))
