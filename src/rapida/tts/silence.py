"""How much silence stays before and after a piece of speech: what a voice adds itself would be latency."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..audio.g711 import SAMPLES_PER_MS

_LEAD_SAMPLES = 20 * SAMPLES_PER_MS
"""Kept before the first loud sample: the soft beginning of an "f" or "h"."""


def trimmed(samples: NDArray[np.int16], silence: int, tail_ms: int) -> tuple[NDArray[np.int16], float]:
    """The sound with a little silence around it (none if it is all silence), and how many ms were cut before.

    Samples of 8 kHz; those up to `silence` (of 32768) are silence. `tail_ms` of it follow the last loud one.
    """
    loud = np.flatnonzero(np.abs(samples.astype(np.int32)) > silence)
    if not len(loud):
        return samples[:0], 0
    first = max(0, int(loud[0]) - _LEAD_SAMPLES)
    end = int(loud[-1]) + 1 + tail_ms * SAMPLES_PER_MS
    lacking = max(0, end - len(samples))
    return np.concatenate((samples[first:end], np.zeros(lacking, np.int16))), first / SAMPLES_PER_MS
