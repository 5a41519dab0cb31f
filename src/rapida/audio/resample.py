"""Streaming resampling between the telephone's 8 kHz and what synthesisers and models use.

One windowed sinc of 3.75 ms, evaluated per output phase: the output lags by exactly 1.875 ms, every feed
returns all the sound it completes (20 ms in, 20 ms out: no lumps), and what would fold into the telephone
band is suppressed by more than 40 dB. Library resamplers are sharper and hold back 17 to 170 ms, which a
caller hears. How sound is framed or companded is left to others.
"""

from __future__ import annotations

from math import gcd

import numpy as np
from numpy.typing import NDArray

DELAY_MS = 1.875
"""Half of the filter's length: fifteen samples at 8 kHz on each side."""

_BETA = 3.4
"""Kaiser shape: about 40 dB of stop band for the narrowest transition the 3.75 ms allow (560 Hz)."""
_CUTOFF = 0.47
"""Middle of the transition, as a share of the lower rate: pass band to 3.5 kHz, stop band from 4.05 kHz."""


class Resampler:
    """Mono 16-bit native-endian samples at one rate → the same sound at another."""

    def __init__(self, from_hz: int, to_hz: int) -> None:
        common = gcd(from_hz, to_hz)
        self._up = to_hz // common
        self._down = from_hz // common
        self._table = _phases(from_hz, to_hz, self._up)
        self._taps: int = self._table.shape[1]
        self._history: NDArray[np.float32] = np.zeros(self._taps - 1, np.float32)
        self._next = 0
        """Position of the next output, in units of 1/up input samples after the history's end."""
        self._odd = b""

    def feed(self, pcm: bytes) -> bytes:
        """Samples in, all samples out that they complete. A torn last sample waits for its other half."""
        data = self._odd + pcm
        whole = len(data) & ~1
        self._odd = data[whole:]
        if self._up == self._down:
            return data[:whole]
        return self._convert(np.frombuffer(data[:whole], np.int16))

    def flush(self) -> bytes:
        """The end of the sound: what the filter's delay still holds. The resampler is then as new."""
        if self._up == self._down:
            self._odd = b""
            return b""
        tail = self._convert(np.zeros(self._taps // 2, np.int16))
        self._history = np.zeros_like(self._history)
        self._next = 0
        self._odd = b""
        return tail

    def _convert(self, samples: NDArray[np.int16]) -> bytes:
        sound = np.concatenate((self._history, samples.astype(np.float32)))
        at = np.arange(self._next, len(samples) * self._up, self._down)
        self._next += len(at) * self._down - len(samples) * self._up
        self._history = sound[len(samples) :]
        # Every run of `taps` samples as a row, uncopied (numpy's sliding_window_view costs 15 µs a call).
        windows = np.ndarray((len(samples), self._taps), np.float32, sound, strides=(4, 4))[at // self._up]
        if self._up == 1:
            out = windows @ self._table[0]
        else:
            out = np.einsum("nk,nk->n", windows, self._table[at % self._up])
        return np.clip(np.rint(out), -32768, 32767).astype(np.int16).tobytes()


def _phases(from_hz: int, to_hz: int, up: int) -> NDArray[np.float32]:
    """Filter taps [up, taps], oldest sample first: one row for each place of an output between inputs."""
    half = DELAY_MS / 1000 * from_hz
    taps = int(2 * half) + 1
    newest_first = np.arange(taps)[np.newaxis, :] + np.arange(up)[:, np.newaxis] / up - half
    band = 2 * _CUTOFF * min(from_hz, to_hz) / from_hz
    shape = np.clip(1 - (newest_first / half) ** 2, 0, None)
    rows = np.sinc(band * newest_first) * np.i0(_BETA * np.sqrt(shape)) * (np.abs(newest_first) <= half)
    rows /= rows.sum(axis=1, keepdims=True)
    return np.ascontiguousarray(rows[:, ::-1], np.float32)
