"""A sentence's sound, made as a whole, cut into short pieces, each with the words that end in it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from ..audio.g711 import SAMPLES_PER_MS
from ..call.events import WordTiming
from .base import Sound

PIECE_MS = 200
"""How much sound is handed on at once: the first piece is there early, and the next before it has been
played."""
_PIECE_BYTES = PIECE_MS * SAMPLES_PER_MS


def in_pieces(ulaw: bytes, words: Sequence[WordTiming], begin_ms: int = 0) -> Iterator[Sound]:
    """`ulaw`, which begins at `begin_ms` of the segment, in pieces of at most `PIECE_MS`."""
    told = 0
    for at in range(0, len(ulaw), _PIECE_BYTES):
        end = min(at + _PIECE_BYTES, len(ulaw))
        # The last piece takes every word that is left.
        ends_ms = begin_ms + end / SAMPLES_PER_MS if end < len(ulaw) else math.inf
        complete = told
        while complete < len(words) and words[complete].end_ms <= ends_ms:
            complete += 1
        yield Sound(ulaw[at:end], tuple(words[told:complete]))
        told = complete
