"""The log-mel spectrogram that Whisper's encoders read, in numpy.

80 bands of 25 ms every 10 ms, as OpenAI's Whisper computes them (https://github.com/openai/whisper,
`audio.py`): a periodic Hann window, Slaney's mel scale with bands of equal area, the logarithm to base 10 cut
8 below its peak.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

RATE_HZ = 16_000
"""What the model was trained on."""
BANDS = 80
"""As Whisper's, whose features these are."""
_WINDOW = 400
"""25 ms at 16 kHz, as Whisper's."""
_HOP = 160
"""10 ms at 16 kHz, as Whisper's."""
_LINEAR_HZ, _LINEAR_MELS = 1000.0, 15.0
"""Slaney's scale is linear up to there: 66.7 Hz a mel."""
_LOG_STEP = np.log(6.4) / 27
"""Above that Slaney's scale is logarithmic: 27 mels for a factor of 6.4."""

Floats = NDArray[np.float32]


def log_mel(sound: Floats) -> Floats:
    """16 kHz samples → [80, samples / 160], about -1 to 1."""
    padded = np.pad(sound, _WINDOW // 2, mode="reflect")
    frames = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW)[::_HOP][:-1]
    power = np.abs(np.fft.rfft(frames * _HANN, axis=1)) ** 2
    bands = np.log10(np.maximum(_FILTERS @ power.T, 1e-10))
    bands = np.maximum(bands, bands.max() - 8.0)
    return ((bands + 4.0) / 4.0).astype(np.float32)


def _hz(mels: NDArray[Any]) -> NDArray[np.float64]:
    logarithmic = _LINEAR_HZ * np.exp(_LOG_STEP * (mels - _LINEAR_MELS))
    return np.where(mels < _LINEAR_MELS, mels * _LINEAR_HZ / _LINEAR_MELS, logarithmic)


def _filters() -> NDArray[np.float64]:
    top: float = _LINEAR_MELS + np.log(RATE_HZ / 2 / _LINEAR_HZ) / _LOG_STEP
    mels: NDArray[Any] = np.linspace(0.0, top, BANDS + 2)
    edges = _hz(mels)
    bins = np.linspace(0.0, RATE_HZ / 2, _WINDOW // 2 + 1)
    rising = (bins - edges[:-2, None]) / np.diff(edges)[:-1, None]
    falling = (edges[2:, None] - bins) / np.diff(edges)[1:, None]
    return np.maximum(0.0, np.minimum(rising, falling)) * (2.0 / (edges[2:] - edges[:-2]))[:, None]


_HANN = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(_WINDOW) / _WINDOW)).astype(np.float32)
_FILTERS = _filters()
