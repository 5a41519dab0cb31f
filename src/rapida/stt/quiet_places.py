"""Where an utterance is parted that is too long for a recogniser: where it is quietest."""

from __future__ import annotations

import numpy as np

from ..audio.g711 import SAMPLES_PER_MS, decode_block_float

LONGEST_MS = 12_000
"""Attention costs the square of the length, and the model was trained on utterances of up to half a
minute."""
_EARLIEST_SHARE = 0.5
"""The cut lies in the later half, so that each part is long enough to be understood."""
_BLOCK_MS = 20
"""The step in which quiet is looked for: one frame."""
_WIDE = 10
"""A place is as quiet as the 200 ms around it."""


def pieces_of(ulaw: bytes) -> list[bytes]:
    """mu-law sound in pieces of at most `LONGEST_MS`, parted in the latter half of each."""
    pieces = list[bytes]()
    longest = LONGEST_MS * SAMPLES_PER_MS
    while len(ulaw) > longest:
        at = _quietest(ulaw[:longest])
        pieces.append(ulaw[:at])
        ulaw = ulaw[at:]
    return [*pieces, ulaw]


def _quietest(ulaw: bytes) -> int:
    block = _BLOCK_MS * SAMPLES_PER_MS
    sound = decode_block_float(ulaw[: len(ulaw) // block * block]).reshape(-1, block)
    around = np.convolve((sound**2).mean(1), np.ones(_WIDE), "same")
    first = int(len(around) * _EARLIEST_SHARE)
    return (first + int(around[first : len(around) - _WIDE].argmin())) * block
