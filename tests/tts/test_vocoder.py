"""A source at the pitch that is asked for, through the curves of a spectrum, at the telephone's rate."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from rapida.audio.g711 import RATE_HZ
from rapida.tts.vocoder import FRAME_SAMPLES, Frames, Vocoder

COUNT = 80
NONE = -30.0
"""An exponent that is silence."""


def frames(pitch_hz: float, **curves: Any) -> Frames:
    def curve(value: Any) -> Any:
        return np.broadcast_to(np.asarray(value, np.float32), (601, COUNT)).copy()

    given = {"harmonics": NONE, "shift": 0.0, "noise": NONE, "free": NONE, "phase": 0.0} | curves
    curves = {name: curve(value) for name, value in given.items()}
    return Frames(**curves, pitch_hz=np.full(COUNT, pitch_hz, np.float32))


def spectrum(samples: Any) -> tuple[Any, Any]:
    middle = samples[len(samples) // 4 : -len(samples) // 4]
    return np.fft.rfftfreq(len(middle), 1 / RATE_HZ), np.abs(np.fft.rfft(middle * np.hanning(len(middle))))


def loudest_hz(samples: Any) -> float:
    hz, level = spectrum(samples)
    return float(hz[level.argmax()])


def low_pass(cut_hz: float) -> Any:
    """Harmonics below `cut_hz` alone, as the network means them: steps of 20 Hz."""
    return np.where(np.arange(601)[:, None] * 20 < cut_hz, 3.0, NONE)


@pytest.mark.parametrize(("pitch", "heard_hz"), [(1.0, 200), (0.55, 110)])
def test_the_voice_has_the_pitch_that_is_asked_for(pitch: float, heard_hz: float) -> None:
    # All but the fundamental is cut off.
    sound = Vocoder(pitch, FRAME_SAMPLES).samples(frames(200, harmonics=low_pass(1.5 * heard_hz)))
    assert len(sound) == COUNT * FRAME_SAMPLES
    assert loudest_hz(sound) == pytest.approx(heard_hz, abs=3)


def test_frames_further_apart_make_a_larger_head_and_leave_the_pitch() -> None:
    """A resonance at 1,600 Hz is heard 100 / 125 of that high."""
    resonance = np.where(abs(np.arange(601)[:, None] * 20 - 1600) < 30, 3.0, NONE)
    usual = Vocoder(1.0, 100).samples(frames(100, harmonics=resonance))
    larger = Vocoder(1.0, 125).samples(frames(100, harmonics=resonance))
    assert len(larger) == COUNT * 125
    assert loudest_hz(usual) == pytest.approx(1600, abs=40)
    assert loudest_hz(larger) == pytest.approx(1280, abs=40)


def test_a_harmonic_is_as_loud_as_its_curve_says_whatever_the_frame() -> None:
    """The network's magnitudes mean a window of its own rate: one of 150 is a harmonic of amplitude 0.5."""
    for frame_samples in (100, 118):
        curve = np.where(np.arange(601)[:, None] * 20 < 300, np.log(150), NONE)
        sound = Vocoder(1.0, frame_samples).samples(frames(200, harmonics=curve))
        assert float(np.abs(sound[800:-800]).max()) == pytest.approx(0.5, rel=0.1)


def test_noise_has_no_pitch_and_is_the_same_each_time() -> None:
    vocoder = Vocoder(1.0, FRAME_SAMPLES)
    noise = [vocoder.samples(frames(0, noise=2.0)) for _ in range(2)]
    assert np.array_equal(noise[0], noise[1])
    _, level = spectrum(noise[0])
    assert level.max() < 6 * np.sqrt((level**2).mean())
    assert np.abs(noise[0]).max() > 0


def test_frames_without_anything_are_silence() -> None:
    sound = Vocoder(1.0, FRAME_SAMPLES).samples(frames(150))
    assert np.abs(sound).max() < 1e-6


def test_a_curve_that_is_a_mistake_is_no_bang() -> None:
    assert np.isfinite(Vocoder(1.0, FRAME_SAMPLES).samples(frames(150, harmonics=1000.0, noise=1000.0))).all()
