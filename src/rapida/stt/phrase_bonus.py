"""A bonus for transcripts that come near the phrases that are expected.

A phrase counts letter by letter while a transcript spells it from the beginning of a word, and is kept once
its last word has ended; what turns out to be another word loses what it had. Pure; which transcripts are
compared is decided by the search (`moonshine_search.py`). Known as shallow fusion with a prefix tree: Zhao
and others, "Shallow-Fusion End-to-End Contextual Biasing" (Interspeech 2019).
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

NATS_PER_LETTER = 0.7
"""How much more likely a letter of a phrase becomes. Measured with the local voice's short answers: at 0.5 a
name more is misheard, at 0.9 one answer more is not believed; at none of them a phrase was heard in other
speech."""
LEAST_NATS = 2.5
"""For a complete phrase: of "no" and "yes" the letters alone say too little."""
_BLANK = " "


class _Node:
    """A place in the tree of phrases."""

    __slots__ = ("after", "ends", "letters", "whole")

    def __init__(self, letters: int, whole: int) -> None:
        self.after: dict[str, _Node] = {}
        self.letters = letters
        self.whole = whole
        """The letters of the longest phrase that ended on the way here."""
        self.ends = False


class Spelled(Struct, frozen=True):
    """How much of the phrases a transcript has spelled."""

    nodes: tuple[_Node, ...]
    blank: bool = True
    """The transcript stands between two words."""
    kept: tuple[_Node, ...] = ()
    """The phrases that are complete; each counts once, or a search would repeat them."""
    kept_nats: float = 0.0
    pending_nats: float = 0.0
    """What the longest phrase is worth that is not yet complete."""

    @property
    def nats(self) -> float:
        """The bonus as things stand."""
        return self.kept_nats + self.pending_nats


class PhraseBonus:
    """The phrases of one question."""

    def __init__(self, phrases: Iterable[str]) -> None:
        self._root = _Node(0, 0)
        for phrase in phrases:
            self._add(_words_of(phrase))

    def begin(self) -> Spelled:
        """A transcript without a letter."""
        return Spelled((self._root,))

    def read(self, spelled: Spelled, text: str) -> Spelled:
        """The transcript goes on with `text`, in any case and punctuation."""
        nodes, blank, kept, nats = list(spelled.nodes), spelled.blank, spelled.kept, spelled.kept_nats
        for letter in text.lower():
            if _is_letter(letter):
                nodes = [after for node in nodes if (after := node.after.get(letter)) is not None]
                blank = False
            elif not blank:
                for node in nodes:
                    if node.ends and node not in kept:
                        nats += max(LEAST_NATS, NATS_PER_LETTER * _letters(node, kept))
                        kept = (*kept, node)
                nodes = [after for node in nodes if (after := node.after.get(_BLANK)) is not None]
                nodes.append(self._root)
                blank = True
        pending = max((_letters(node, kept) for node in nodes), default=0)
        return Spelled(tuple(nodes), blank, kept, nats, NATS_PER_LETTER * pending if pending > 2 else 0.0)

    def end(self, spelled: Spelled) -> float:
        """The bonus of a transcript that ends here."""
        return self.read(spelled, _BLANK).kept_nats

    def _add(self, phrase: str) -> None:
        node, whole = self._root, 0
        for letters, letter in enumerate(phrase, 1):
            node = node.after.setdefault(letter, _Node(letters, whole))
            whole = letters if node.ends else whole
        if phrase:
            node.ends = True
            _set_whole(node, len(phrase))


def _set_whole(ended: _Node, letters: int) -> None:
    """What is longer than a phrase that was added behind it counts from its end."""
    for node in ended.after.values():
        if node.whole < letters:
            node.whole = letters
            _set_whole(node, letters)


def _letters(node: _Node, kept: tuple[_Node, ...]) -> int:
    """The letters up to here that count, with the blank before the first, unless a phrase on the way has
    them."""
    if node.ends and node in kept:
        return 0
    return node.letters - node.whole + (not node.whole and node.letters > 0)


def _is_letter(letter: str) -> bool:
    return letter.isalnum() or letter in "'’"


def _words_of(phrase: str) -> str:
    """Lower case, one blank between words, no punctuation."""
    return " ".join("".join(letter if _is_letter(letter) else _BLANK for letter in phrase.lower()).split())
