"""The spectrogram, by what its definition says of simple sounds."""

from __future__ import annotations

import numpy as np
import pytest

from rapida.turn_end.log_mel import BANDS, RATE_HZ, log_mel


def tone(hz: float, s: float = 1.0) -> np.ndarray:
    return np.sin(2 * np.pi * hz * np.arange(int(s * RATE_HZ)) / RATE_HZ).astype(np.float32)


def test_there_is_a_column_for_every_ten_milliseconds() -> None:
    assert log_mel(tone(440, 8.0)).shape == (BANDS, 800)


@pytest.mark.parametrize("hz", [0, 500, 1000, 4000])
def test_a_tone_lies_in_the_band_of_its_pitch(hz: float) -> None:
    """Slaney's scale: linear to 1 kHz (15 mels), then 27 mels for a factor of 6.4; 45.25 mels are 8 kHz."""
    sound = tone(hz) if hz else np.ones(RATE_HZ, np.float32)
    mels = hz * 15 / 1000 if hz < 1000 else 15 + 27 * np.log(hz / 1000) / np.log(6.4)
    expected = max(0, round(mels / 45.245 * (BANDS + 1) - 1))
    loudest = int(log_mel(sound)[:, 50].argmax())
    assert abs(loudest - expected) <= 1


def test_what_is_far_below_the_peak_is_cut() -> None:
    found = log_mel(np.concatenate((tone(440), np.zeros(RATE_HZ, np.float32))))
    assert found.max() - found.min() == pytest.approx(2.0)


def test_ten_times_the_sound_is_half_a_unit_more() -> None:
    quiet, loud = log_mel(tone(440)), log_mel(10 * tone(440))
    assert loud.max() - quiet.max() == pytest.approx(0.5, abs=1e-4)
