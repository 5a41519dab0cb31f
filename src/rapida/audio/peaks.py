"""The outline of sound for a waveform: the lowest and highest sample of every few milliseconds.

The document is that of BBC audiowaveform's JSON, version 2, which waveform players read:
https://github.com/bbc/audiowaveform/blob/master/doc/DataFormat.md
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .wav import WavSound

PER_SECOND = 50
"""As many outlines a second as the telephone has frames: 20 ms are one pixel of a minute on a wide screen."""
_VERSION = 2
"""Of the document: the first with more than one channel."""
_BITS = 8
"""So many bits an outline: a page draws no finer than 256 steps."""


def peaks(sound: WavSound, per_second: int = PER_SECOND) -> dict[str, Any]:
    """The document of 16-bit sound: `data` has, for each pixel and in it each channel, lowest and highest.

    Samples are told in 8 bits, -128 to 127; the last pixel may stand for less sound than the others.
    """
    form = sound.format
    per_pixel = form.rate_hz // per_second
    samples = np.frombuffer(sound.data, "<i2").reshape(-1, form.channels)
    pixels = -(-len(samples) // per_pixel)
    data = np.empty((pixels, form.channels, 2), np.int8)
    if pixels:
        # The last pixel is filled up with its own last sample, which changes neither end.
        missing = pixels * per_pixel - len(samples)
        whole = np.pad(samples, ((0, missing), (0, 0)), mode="edge").reshape(pixels, per_pixel, form.channels)
        data[:, :, 0] = whole.min(axis=1) >> _BITS
        data[:, :, 1] = whole.max(axis=1) >> _BITS
    return {
        "version": _VERSION,
        "channels": form.channels,
        "sample_rate": form.rate_hz,
        "samples_per_pixel": per_pixel,
        "bits": _BITS,
        "length": pixels,
        "data": data.ravel().tolist(),
    }
