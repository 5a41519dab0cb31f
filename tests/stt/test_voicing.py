"""Pitch is found in tones and voices, not in noise."""

from __future__ import annotations

import numpy as np
import pytest

from rapida.stt.voicing import HOP_MS, voiced


def tone(frequency_hz: float, duration_ms: int, level: float = 5000) -> np.ndarray:
    at = np.arange(8 * duration_ms) / 8000
    # Harmonics, as a voice has them.
    harmonics = [np.sin(2 * np.pi * n * frequency_hz * at) / n for n in (1, 2, 3)]
    return (level * np.sum(harmonics, axis=0)).astype(np.int16)


def noise(duration_ms: int, level: float = 3000) -> np.ndarray:
    return np.random.default_rng(1).normal(0, level, 8 * duration_ms).astype(np.int16)


def voiced_ms(samples: np.ndarray) -> int:
    return int(np.count_nonzero(voiced(samples))) * HOP_MS


@pytest.mark.parametrize("frequency_hz", [80, 120, 220, 380])
def test_a_pitched_sound_is_voiced_all_along(frequency_hz: float) -> None:
    assert 450 <= voiced_ms(tone(frequency_hz, 500)) <= 500


@pytest.mark.parametrize("duration_ms", [150, 300, 800])
def test_a_burst_of_noise_is_not(duration_ms: int) -> None:
    assert voiced_ms(noise(duration_ms)) <= 20


def test_only_the_pitched_part_counts() -> None:
    mixed = np.concatenate((noise(300), tone(150, 300), noise(300)))
    where = np.flatnonzero(voiced(mixed)) * HOP_MS
    assert len(where) > 20
    assert where.min() > 250
    assert where.max() < 610


@pytest.mark.parametrize("samples", [0, 10, 255])
def test_too_short_a_sound_has_no_pitch(samples: int) -> None:
    assert voiced_ms(np.zeros(samples, np.int16)) == 0


def test_silence_has_no_pitch() -> None:
    assert voiced_ms(np.zeros(8000, np.int16)) <= 20
