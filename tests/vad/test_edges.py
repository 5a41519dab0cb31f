"""Judgements per frame become edges only when a few agree."""

import pytest

from rapida.audio.g711 import level_db
from rapida.call.events import VoiceFell, VoiceRose
from rapida.vad.edges import Edges

FRAME = b"\x20" * 160


def edges_of(pattern: str, rise: int = 2, fall: int = 3) -> list[VoiceRose | VoiceFell]:
    """One character per 20 ms frame: # is voiced."""
    told: list[VoiceRose | VoiceFell] = []
    edges = Edges(told.append, rise, fall)
    for at, judged in enumerate(pattern):
        edges.frame(at * 160, FRAME, judged == "#")
    return told


ROSE = level_db(FRAME)


def test_a_voice_rises_where_its_run_began_and_falls_where_it_last_was() -> None:
    assert edges_of("..####...") == [VoiceRose(40, ROSE), VoiceFell(120)]


@pytest.mark.parametrize("pattern", ["", "......", "#.#.#.#", ".#..#."])
def test_single_voiced_frames_are_no_voice(pattern: str) -> None:
    assert edges_of(pattern) == []


def test_short_gaps_do_not_end_a_voice() -> None:
    assert edges_of("##..#..##...") == [VoiceRose(0, ROSE), VoiceFell(180)]


def test_a_voice_that_goes_on_has_not_fallen() -> None:
    assert edges_of(".####..") == [VoiceRose(20, ROSE)]


def test_edges_alternate() -> None:
    told = edges_of("##...##...###....##...", rise=2, fall=3)
    assert [type(edge) for edge in told] == [VoiceRose, VoiceFell] * 4
