"""The ear: stretches of speech out of what the buffer plays."""

from __future__ import annotations

import pytest

from rapida.simulator.twilio import sounds
from rapida.simulator.twilio.loudness import AgentSounding, is_loud, level

SPEECH = sounds.noise(1000, dbfs=-20, seed=3)


def test_level_is_the_root_mean_square() -> None:
    assert level(sounds.tone(1000, 1000, dbfs=-6.02)) == pytest.approx(32767 / 2 / 2**0.5, rel=0.01)
    assert level(b"\xff" * 160) == 0
    assert level(b"") == 0


def test_line_noise_is_not_loud_and_quiet_speech_is() -> None:
    assert not is_loud(sounds.noise(20, dbfs=-60))
    assert is_loud(sounds.noise(20, dbfs=-38))


@pytest.mark.parametrize("size", [1, 37, 160, 999])
def test_stretches_do_not_depend_on_how_the_sound_is_cut(size: int) -> None:
    ear = AgentSounding()
    timeline = b"\xff" * 4000 + SPEECH + b"\xff" * 2400 + SPEECH + b"\xff" * 8000 + SPEECH
    for at in range(0, len(timeline), size):
        ear.hear(timeline[at : at + size])
    assert [(round(s.starts_s, 2), round(s.ends_s, 2)) for s in ear.stretches] == [
        (0.5, 1.5),
        (1.8, 2.8),
        (3.8, 4.8),
    ]


def test_one_speech_reaches_back_over_the_pauses_between_sentences_and_no_further() -> None:
    ear = AgentSounding()
    ear.hear(b"\xff" * 4000 + SPEECH + b"\xff" * 2400 + SPEECH)
    assert ear.sounding_since_s() == pytest.approx(0.5)
    ear.hear(b"\xff" * 8000 + SPEECH)
    assert ear.sounding_since_s() == pytest.approx(3.8)


def test_sounding_outlasts_the_pauses_inside_a_sentence() -> None:
    ear = AgentSounding()
    ear.hear(SPEECH)
    assert ear.is_sounding(1.1)
    assert not ear.is_sounding(1.2)
