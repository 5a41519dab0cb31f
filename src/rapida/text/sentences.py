"""A stream of text → sentences that can be spoken one by one, the first as early as possible.

Decides where a sentence ends: at a full stop that belongs to no number, address, abbreviation or initial, at
other end marks, at line ends that are meant, and inside a run too long to wait for. The same text gives the
same sentences however it was cut into deltas: a possible end is judged only when the word after it is there.
What is no part of an answer is taken away by `audible.py`; how a sentence is said is left to `spoken.py`.
"""

from __future__ import annotations

import re

from .abbreviations import Abbreviations, abbreviations
from .audible import Audible, AudiblePart
from .markdown import plain

MAX_CHARS = 200
"""A run longer than this without an end is cut at a clause."""
_MIN_CUT_CHARS = 40
"""A shorter piece is spoken with a melody of its own, and sounds torn off."""

_CLOSERS = "\"'”’“»)\\]*_"
_CANDIDATE = re.compile(rf"[.!?…؟۔।]+[{_CLOSERS}]*(?=\s|\Z)|[。！？]+|\n")
_NEXT_WORD = re.compile(r"[\"'“‘«„¿¡(\[*_#>\s-]*([^\W\d_]*)")
_LAST_TOKEN = re.compile(r"[^\s\"'“‘«„¿¡(\[*_]+\Z")
_CLAUSE_END = re.compile(r"[,;:—–](?=\s)|\s[—–-](?=\s)")
_ENDED = re.compile(rf"[.!?…。！？][{_CLOSERS}]*\Z")
_SPACE = re.compile(r"(?<=[^\d.\s])\s(?=[^\d\s])")
_ANY_SPACE = re.compile(r"\s")
_NEW_BLOCK = re.compile(r"\n\s*(?:\n|[-*#>])")
_LIST_NUMBER = re.compile(r"[\s#>*_-]*\d{1,3}\Z")
_DOTTED = re.compile(r"(?:[^\W\d_]\.)+[^\W\d_]\Z")


class Sentences:
    """Feed deltas, take sentences. One per reply; `finish` gives the rest and makes it as new."""

    def __init__(self, language: str = "en", *, max_chars: int = MAX_CHARS, in_thought: bool = False) -> None:
        """`language` is a BCP 47 tag. `in_thought`: the text begins in a thought, as some servers' do."""
        self._known = abbreviations(language)
        self._max_chars = max_chars
        self._audible = Audible(in_thought=in_thought)
        self._rest = ""
        self.began_in_thought = False
        """A thought ended that had not begun: all sentences before were no answer."""

    def feed(self, delta: str) -> list[str]:
        """The sentences that `delta` completes: Markdown taken away, blanks folded, never empty."""
        self._add(self._audible.feed(delta))
        return self._take(last=False)

    def finish(self) -> list[str]:
        """The sentences that are left; there is no more text."""
        self._add(self._audible.finish())
        self._audible = Audible()
        sentences = self._take(last=True)
        rest, self._rest = self._rest, ""
        return [*sentences, *_speakable(rest)]

    @property
    def unspoken(self) -> bool:
        """There is something of a sentence that has not ended."""
        return bool(self._rest.strip())

    def take_part(self) -> list[str]:
        """What can be said of a sentence that does not end: its whole clauses, else its whole words."""
        end = _part_end(self._rest)
        part, self._rest = self._rest[:end], self._rest[end:].lstrip()
        return _speakable(part)

    def _add(self, heard: AudiblePart) -> None:
        if heard.voids:
            self._rest, self.began_in_thought = "", True
        self._rest += heard.text

    def _take(self, *, last: bool) -> list[str]:
        sentences: list[str] = []
        while (end := _first_end(self._rest, self._known, self._max_chars, last=last)) is not None:
            sentences += _speakable(self._rest[:end])
            self._rest = self._rest[end:].lstrip()
        return sentences


def whole_sentences(sentences: list[str], *, alone: bool) -> list[str]:
    """The last sentences of a text that was cut off, without the one that has no end.

    `alone`: nothing was said before, so that of a single one all whole clauses are kept, or what there is.
    """
    if not sentences or _ENDED.search(sentences[-1]):
        return sentences
    if len(sentences) > 1 or not alone:
        return sentences[:-1]
    clauses = [found.end() for found in _CLAUSE_END.finditer(sentences[0])]
    return [sentences[0][: clauses[-1]].rstrip(" ,;:—–-")] if clauses else sentences


def first_end(text: str, language: str = "en", *, max_chars: int = MAX_CHARS) -> int:
    """Where the first sentence of a whole `text` ends, or is cut at a clause where it is too long."""
    return _first_end(text, abbreviations(language), max_chars, last=True) or len(text)


def first_clause_end(text: str, *, min_chars: int) -> int:
    """Where the first clause of at least so many characters ends; 0 = nowhere before the text's own end."""
    found = _CLAUSE_END.search(text, min_chars - 1)
    return found.end() if found and text[found.end() :].strip() else 0


def _part_end(text: str) -> int:
    """Where a sentence can be broken; 0 = nowhere yet."""
    for pattern in (_CLAUSE_END, _SPACE):
        if cuts := [found.end() for found in pattern.finditer(text)]:
            return cuts[-1]
    return 0


def _speakable(piece: str) -> list[str]:
    """The piece as a list of one sentence, or of none where there is nothing to say."""
    sentence = plain(piece)
    return [sentence] if any(character.isalnum() for character in sentence) else []


def _first_end(text: str, known: Abbreviations, max_chars: int, *, last: bool) -> int | None:
    """Where the first sentence of `text` ends; None = not yet known (or, if `last`, nowhere)."""
    for candidate in _CANDIDATE.finditer(text):
        if candidate.start() >= max_chars:
            break
        verdict = _is_end(text, candidate, known, last=last)
        if verdict is None:
            return None
        if verdict:
            return candidate.end()
    return _forced_end(text, max_chars)


def _is_end(text: str, candidate: re.Match[str], known: Abbreviations, *, last: bool) -> bool | None:
    """Whether a sentence ends at the candidate; None = the next word must be known to tell."""
    mark = candidate.group()
    if mark[0] in "。！？":
        # No blank and no word need follow, but more such marks may.
        return True if last or candidate.end() < len(text) else None
    following = _NEXT_WORD.match(text, candidate.end())
    word = following.group(1) if following else ""
    next_at = following.end() if following else candidate.end()
    if not word and next_at == len(text):
        return False if last else None
    if mark == "\n":
        gap = text[candidate.start() : next_at - len(word)]
        return not word[:1].islower() or bool(_NEW_BLOCK.search(gap))
    if mark[0] != "." or ".." in mark:
        # "Really?" she asked … and so on
        spoken_by_someone = mark[0] in "!?" and not any(closer in mark for closer in "\"'”’")
        return not word[:1].islower() or spoken_by_someone
    whole = last or next_at < len(text)
    return _is_full_stop(text[: candidate.start()], word, known, whole=whole)


def _is_full_stop(before: str, word: str, known: Abbreviations, *, whole: bool) -> bool | None:
    """Whether the single dot after `before` ends a sentence. `word` is empty when no letter follows."""
    found = _LAST_TOKEN.search(before)
    last = found.group() if found else ""
    lower = last.lower()
    if lower in known.before_a_name or _LIST_NUMBER.fullmatch(before):
        return False
    if lower in known.before_a_number and not word:
        return False
    if known.dotted_ordinals and lower.isdigit():
        # Without a table of starters a capital decides, but for a year.
        begins = word.lower() in known.starters if known.starters else word[:1].isupper() or len(lower) > 2
        return begins if whole or not word else None
    initial = len(last) == 1 and last.isupper() and last != "I"
    if not (initial or lower in known.maybe_last or _DOTTED.fullmatch(last)):
        return True
    if not word[:1].isupper() or (initial and len(word) == 1):
        return False
    return word.lower() in known.starters if whole else None


def _forced_end(text: str, max_chars: int) -> int | None:
    """Where to cut a run that has no end within `max_chars`; None while it is not that long."""
    if len(text) <= max_chars:
        return None
    head = text[: max_chars + 1]
    for pattern in (_CLAUSE_END, _SPACE, _ANY_SPACE):
        cuts = [found.end() for found in pattern.finditer(head) if _MIN_CUT_CHARS <= found.end() <= max_chars]
        if cuts:
            return cuts[-1]
    beyond = _ANY_SPACE.search(text, max_chars)  # one endless word
    return beyond.end() if beyond else None
