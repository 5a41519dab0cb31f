"""The outline of sound, beside what each stretch of it really holds."""

from __future__ import annotations

import numpy as np

from rapida.audio.peaks import peaks
from rapida.audio.wav import Format, WavSound


def stereo(left: list[int], right: list[int]) -> WavSound:
    return WavSound(Format(channels=2), np.array([left, right], "<i2").T.tobytes())


def test_each_pixel_has_the_lowest_and_highest_sample_of_either_channel() -> None:
    left = [0] * 160 + [12800, -25600] + [256] * 158
    right = [-32768] * 160 + [32767] * 160
    told = peaks(stereo(left, right))
    assert told == {
        "version": 2,
        "channels": 2,
        "sample_rate": 8000,
        "samples_per_pixel": 160,
        "bits": 8,
        "length": 2,
        "data": [0, 0, -128, -128, -100, 50, 127, 127],
    }


def test_the_last_pixel_may_stand_for_less_and_no_sound_has_none() -> None:
    told = peaks(stereo([2560] * 161, [-2560] * 161))
    assert (told["length"], told["data"][4:]) == (2, [10, 10, -10, -10])
    assert peaks(stereo([], []))["data"] == []


def test_fewer_pixels_a_second_hold_more_sound_each() -> None:
    told = peaks(stereo([0] * 8000, [0] * 8000), per_second=10)
    assert (told["samples_per_pixel"], told["length"], len(told["data"])) == (800, 10, 40)
