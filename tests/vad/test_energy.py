"""The energy detector against lines of different loudness."""

import pytest

from rapida.call.events import VoiceFell, VoiceRose
from rapida.vad.energy import Energy, EnergyOptions
from tests.vad.sounds import GO_FORWARD_ONSET_MS, frames, line, speech


def edges_of(ulaw: bytes, **options: float) -> list[VoiceRose | VoiceFell]:
    told: list[VoiceRose | VoiceFell] = []
    detector = Energy(EnergyOptions(**options)).detector(told.append)
    for position_ms, frame in frames(ulaw):
        detector.feed(position_ms, frame)
    return told


@pytest.mark.parametrize("noise_db", [-70, -55, -45])
def test_a_voice_stands_out_of_any_steady_noise(noise_db: float) -> None:
    told = edges_of(line(8, noise_db, (4, speech("go_forward.ulaw", -22, from_ms=GO_FORWARD_ONSET_MS))))
    rises = [edge.at_ms for edge in told if isinstance(edge, VoiceRose) and edge.at_ms > 3000]
    assert abs(rises[0] - 4000) <= 60


def test_noise_alone_is_no_voice_once_its_floor_is_known() -> None:
    told = edges_of(line(10, -42))
    assert all(edge.at_ms < 2500 for edge in told)
    assert isinstance(told[-1], VoiceFell)


def test_nothing_below_the_quietest_level_is_a_voice() -> None:
    ulaw = line(8, -90, (4, speech("go_forward.ulaw", -50)))
    assert edges_of(ulaw, quietest_db=-30) == []
    assert edges_of(ulaw, quietest_db=-60) != []
