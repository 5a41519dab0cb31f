"""The gate: noise of any steady level closes it, a voice a little above that opens it."""

import numpy as np
import pytest

from rapida.audio.g711 import rms
from rapida.vad.gate import Gate, NoiseFloor
from tests.vad.sounds import line, noise, speech


def openings(ulaw: bytes, gate: Gate | None = None) -> list[bool]:
    gate = gate or Gate(bucket_windows=6, linger_windows=10)
    return [gate.open(rms(ulaw[at : at + 256]), voiced=False) for at in range(0, len(ulaw) - 255, 256)]


def window_of(seconds: float) -> int:
    return int(seconds * 8000 / 256)


@pytest.mark.parametrize("noise_db", [-100, -70, -60, -50, -40, -30])
def test_steady_noise_of_any_level_closes_the_gate_after_three_seconds(noise_db: float) -> None:
    opened = openings(line(12, noise_db))
    assert not any(opened[window_of(3) :])


@pytest.mark.parametrize("noise_db", [-100, -70, -60, -55])
def test_a_quiet_voice_opens_the_gate_no_later_than_its_onset_and_pre_roll(noise_db: float) -> None:
    opened = openings(line(8, noise_db, (4.0, speech("go_forward.ulaw", -44))))
    first = opened.index(True, window_of(3.2))
    # 96 ms of pre-roll are fed when it opens.
    assert window_of(4.3) <= first <= window_of(4.504 + 0.096)


def test_a_voice_from_the_first_instant_is_not_taken_for_noise() -> None:
    clip = speech("card.ulaw", -30)[1152:]
    assert openings(line(2, -65, (0.0, clip)))[:40] == [True] * 40


def test_the_gate_lingers_after_the_last_sound_that_stood_out() -> None:
    gate = Gate(bucket_windows=2, linger_windows=5)
    quiet, loud = 30, 300
    for _ in range(40):
        gate.open(quiet, voiced=False)
    assert not gate.open(quiet, voiced=False)
    assert gate.open(loud, voiced=False)
    after = [gate.open(quiet, voiced=False) for _ in range(20)]
    # Three more windows still have the loud one in their average.
    assert after == [True] * 7 + [False] * 13


def test_the_gate_stays_open_as_long_as_the_detector_hears_a_voice() -> None:
    gate = Gate(bucket_windows=2, linger_windows=5)
    assert all(gate.open(50, voiced=True) for _ in range(200))
    assert not all(gate.open(50, voiced=False) for _ in range(200))


def test_the_floor_follows_a_line_that_gets_louder_and_quieter() -> None:
    floor = NoiseFloor(bucket_windows=6)
    heard = []
    for level in (-55, -40, -55):
        sound = noise(4, level) * 32768
        for at in range(0, len(sound) - 255, 256):
            floor.hear(float(np.mean(sound[at : at + 256] ** 2)))
        heard.append(10 * np.log10(floor.power / 32768**2))
    assert heard == pytest.approx([-55, -40, -55], abs=2)
