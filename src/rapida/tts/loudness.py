"""How loud a voice is on the telephone: one factor for all its sentences, measured once on one of them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..audio.g711 import RATE_HZ

Samples = NDArray[np.int16] | NDArray[np.float32]

_FULL_SCALE = 32768
"""A 16 bit sample's largest magnitude."""
_PAUSE = 1000
"""A frame with this many times less power than the loudest is no voice."""


def gain(samples: Samples, level_db: float) -> float:
    """The factor that brings the voiced part of `samples` (8 kHz, ±32768) to `level_db` (RMS, dBFS)."""
    frame = RATE_HZ // 50
    frames = samples[: len(samples) // frame * frame].reshape(-1, frame).astype(np.float64)
    power = (frames**2).mean(axis=1)
    voiced = power[power > power.max() / _PAUSE]
    return float(_FULL_SCALE * 10 ** (level_db / 20) / np.sqrt(voiced.mean()))


def scaled(samples: Samples, factor: float) -> NDArray[np.int16]:
    """`samples` times `factor`, kept within 16 bits."""
    return np.clip(samples * factor, -_FULL_SCALE, _FULL_SCALE - 1).astype(np.int16)
