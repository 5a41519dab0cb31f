"""A large table of words in little memory: sorted bytes, searched by halves.

A Python dictionary of 90,000 short strings takes some 20 MB, and one of small dictionaries 30 MB; packed, the
three tables of the local voice take 14 MB together. A look-up takes some 10 µs, a sentence a few hundred.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from itertools import accumulate
from typing import Any

import msgspec

MISSING = object()


class PackedTable:
    """A mapping from words to JSON values that is only read."""

    def __init__(self, content: bytes) -> None:
        """`content` is a JSON object. Raises `msgspec.DecodeError`."""
        rows = msgspec.json.decode(content, type=dict[str, msgspec.Raw])
        words = sorted(rows)  # by code points, which is the order of their UTF-8 too
        self._keys = _Column([word.encode() for word in words])
        self._values = _Column([bytes(rows[word]) for word in words])

    def get(self, word: str, default: Any = None) -> Any:
        """The value of `word`, made anew each time."""
        key = word.encode()
        at = bisect_left(self._keys, key)
        if at == len(self._keys) or self._keys[at] != key:
            return default
        return msgspec.json.decode(self._values[at])

    def __getitem__(self, word: str) -> Any:
        if (found := self.get(word, MISSING)) is MISSING:
            raise KeyError(word)
        return found

    def __contains__(self, word: str) -> bool:
        return self.get(word, MISSING) is not MISSING

    def __len__(self) -> int:
        return len(self._keys)


class _Column:
    """Byte strings end to end."""

    def __init__(self, cells: list[bytes]) -> None:
        self._bytes = b"".join(cells)
        self._ends = array("I", accumulate(map(len, cells), initial=0))

    def __len__(self) -> int:
        return len(self._ends) - 1

    def __getitem__(self, at: int) -> bytes:
        return self._bytes[self._ends[at] : self._ends[at + 1]]
