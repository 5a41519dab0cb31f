"""From a spectrum that a network predicts to the telephone's samples: a source, two filters, noise.

For each frame of 12.5 ms the network gives the pitch and, in steps of 20 Hz, five curves:

    spectrum = e^harmonics · e^(iπ·tanh shift) · source + e^noise · random + e^free · e^(i·phase)

where the source is the spectrum of a train of pulses at that pitch. The network means 24 kHz; only what the
telephone carries is computed here, at 8 kHz from the start: a third of the work, and nothing to resample.
Frames further apart make a larger head of the same voice: every frequency of the filters falls by as much,
and the pitch is given apart.

The curves and the formula are those of the hibari model (https://github.com/MMWilliams/hibari).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..audio.g711 import RATE_HZ

Floats = NDArray[np.float32]

FRAME_SAMPLES = 100
"""A frame of 12.5 ms as the network means it."""
_OVERLAP = 4
"""Each sample lies in so many windows."""
_NETWORK_FRAME = 300
"""The samples of a frame at the network's own rate, which its magnitudes count on."""
_LEAST_PITCH_HZ = 40.0
"""Frames with a lower pitch have no voice."""
_HIGHEST_HARMONIC_HZ = 3900.0
"""A telephone carries nothing above 4 kHz."""
_LOUDEST = 7.0
"""The largest exponent that is believed: beyond it a spectrum is a mistake, and would be a bang."""
_NEAR_ZERO = 2e-3
"""A divisor this small counts as zero: the quotient is taken at its limit."""


class Frames(NamedTuple):
    """What the network gives for one text: the curves as 601 steps by frames, the pitch in Hz per frame."""

    harmonics: Floats
    shift: Floats
    noise: Floats
    free: Floats
    phase: Floats
    pitch_hz: Floats


class Vocoder:
    """Frames → samples of 8 kHz. `pitch` multiplies the pitch, `frame_samples` sets the formants."""

    def __init__(self, pitch: float, frame_samples: int) -> None:
        self._pitch = pitch
        self._frame = frame_samples
        self._window_samples = _OVERLAP * frame_samples
        self._steps = self._window_samples // 2
        """Beyond them lies what the telephone does not carry."""
        turn = 2 * np.pi * np.arange(self._window_samples) / self._window_samples
        self._window: Floats = (0.5 - 0.5 * np.cos(turn)).astype(np.float32)

    def samples(self, frames: Frames) -> Floats:
        """`frame_samples` for each frame; the same frames always give the same samples."""
        count, steps = len(frames.pitch_hz), self._steps
        curves: list[Any] = [each[:steps].T for each in frames[:5]]
        harmonics, shift, noise, free, phase = curves
        spectrum = self._spectrum(self._pulses(frames.pitch_hz * self._pitch), count)
        spectrum *= _polar(harmonics, np.pi * np.tanh(shift))
        # Noise that is the same each time: a sentence spoken twice is the same bytes.
        chance = np.random.default_rng(1)
        random: Any = chance.standard_normal((count, 2 * steps), dtype=np.float32).view(np.complex64)
        spectrum += np.exp(np.minimum(noise, _LOUDEST)) * random
        spectrum += _polar(free, phase)
        spectrum *= np.float32(self._frame / _NETWORK_FRAME)
        spectrum[:, 0] = 0
        return self._joined(spectrum)

    def _pulses(self, pitch_hz: Floats) -> Floats:
        """A train of pulses: all harmonics that the telephone carries, each of amplitude 1, in phase."""
        count = len(pitch_hz)
        places = (np.arange(count * self._frame, dtype=np.float32) + 0.5) / self._frame - 0.5
        pitch = np.interp(places, np.arange(count), pitch_hz).astype(np.float32)
        voiced = pitch > _LEAST_PITCH_HZ
        pitch = np.maximum(pitch, _LEAST_PITCH_HZ)
        angle: Floats = (2 * np.pi * (np.cumsum(pitch, dtype=np.float64) / RATE_HZ % 1)).astype(np.float32)
        # The sum of cos(k·angle) for k = 1 … n is sin((n + ½)·angle) / (2·sin(angle/2)) − ½.
        harmonics: Any = np.floor(_HIGHEST_HARMONIC_HZ / pitch) + 0.5
        below: Floats = 2 * np.sin(angle / 2)
        at_pulse = np.abs(below) <= _NEAR_ZERO
        below[at_pulse] = 1
        pulses: Any = np.sin(harmonics * angle) / below
        pulses[at_pulse] = harmonics[at_pulse]
        pulses -= 0.5
        pulses[~voiced] = 0
        return pulses

    def _spectrum(self, samples: Floats, count: int) -> Any:
        """The spectra of `count` windows, in which a sine of amplitude 1 has the magnitude 1."""
        around = np.pad(samples, self._window_samples // 2, mode="reflect")
        windows = np.lib.stride_tricks.sliding_window_view(around, self._window_samples)
        framed = windows[:: self._frame][:count] * (self._window / self._frame)
        spectra: Any = np.fft.rfft(framed, axis=1)
        return spectra[:, : self._steps]

    def _joined(self, spectrum: Any) -> Floats:
        """Windows added where they overlap, each sample divided by the weight that it was given."""
        count = len(spectrum)
        pieces: Any = np.fft.irfft(spectrum, self._window_samples, axis=1) * self._window
        pieces = pieces.reshape(count, _OVERLAP, self._frame)
        weights = (self._window**2).reshape(_OVERLAP, self._frame)
        sound = np.zeros((count + _OVERLAP - 1, self._frame), np.float32)
        weight = np.zeros_like(sound)
        for at in range(_OVERLAP):
            sound[at : at + count] += pieces[:, at]
            weight[at : at + count] += weights[at]
        sound /= np.maximum(weight, np.float32(_NEAR_ZERO))
        begin = self._window_samples // 2
        return sound.reshape(-1)[begin : begin + count * self._frame]


def _polar(exponent: Floats, angle: Floats) -> Any:
    return np.exp(np.minimum(exponent, _LOUDEST)) * np.exp(1j * angle.astype(np.float32))
