"""Words → the pieces of BERT's vocabulary: greedy, the longest piece first (WordPiece).

Devlin et al., "BERT: Pre-training of Deep Bidirectional Transformers", 2019, and the `BasicTokenizer` that
its authors published with it: lower case, no accents, punctuation and Chinese characters each a word. The
vocabulary is that of `bert-base-uncased` (Google, Apache-2.0).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from functools import cache
from importlib import resources

MOST_PIECES = 256
"""What all-MiniLM-L6-v2 was trained on; a longer text is cut."""
_FILE = "bert_vocabulary.txt"
_LONGEST_WORD = 100
"""Letters; a longer word is unknown, as with BERT's own."""
_CHINESE = ((0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x2FA1F))
"""The Unicode blocks whose every character is a word, as with BERT's own."""


@cache
def vocabulary() -> dict[str, int]:
    """Piece → its number, which is its line."""
    text = resources.files(__package__ or "").joinpath(_FILE).read_text(encoding="utf-8")
    return {piece: number for number, piece in enumerate(text.splitlines())}


def pieces_of(text: str) -> list[int]:
    """The numbers of a text's pieces, between BERT's marks for its beginning and its end."""
    known = vocabulary()
    numbers = [number for word in _words(text) for number in _split(word, known)]
    return [known["[CLS]"], *numbers[: MOST_PIECES - 2], known["[SEP]"]]


def _split(word: str, known: dict[str, int]) -> list[int]:
    """A word's longest pieces, from its beginning; one "unknown" if it cannot be put together."""
    if len(word) > _LONGEST_WORD:
        return [known["[UNK]"]]
    found: list[int] = []
    at = 0
    while at < len(word):
        mark = "##" if at else ""
        ends = range(len(word), at, -1)
        end = next((each for each in ends if mark + word[at:each] in known), None)
        if end is None:
            return [known["[UNK]"]]
        found.append(known[mark + word[at:end]])
        at = end
    return found


def _words(text: str) -> Iterator[str]:
    word = ""
    for letter in unicodedata.normalize("NFD", text.lower()):
        kind = unicodedata.category(letter)
        if kind in ("Mn", "Cc", "Cf") and letter not in "\t\n\r":
            continue
        if letter.isspace() or _stands_alone(letter, kind):
            if word:
                yield word
            word = ""
            if not letter.isspace():
                yield letter
        else:
            word += letter
    if word:
        yield word


def _stands_alone(letter: str, kind: str) -> bool:
    code = ord(letter)
    ascii_sign = code < 128 and not letter.isalnum() and letter.isprintable() and letter != " "
    return ascii_sign or kind.startswith("P") or any(first <= code <= last for first, last in _CHINESE)
