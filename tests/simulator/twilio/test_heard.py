"""What is found in the sound at the caller's ear."""

from __future__ import annotations

import numpy as np
import pytest

from rapida.simulator.twilio import sounds
from rapida.simulator.twilio.heard import Heard, Piece

SPEECH = sounds.noise(2000, dbfs=-15, seed=1)


def at_ear(*pieces: tuple[float, bytes], clears: tuple[float, ...] = (), length_s: float = 10.0) -> Heard:
    return Heard(tuple(Piece(round(at_s * 8000), ulaw) for at_s, ulaw in pieces), (), clears, length_s)


def test_the_timeline_is_silent_where_nothing_played() -> None:
    heard = at_ear((0.5, SPEECH[:80]), length_s=1.0)
    assert heard.ulaw == b"\xff" * 4000 + SPEECH[:80] + b"\xff" * 3920
    assert heard.sound == SPEECH[:80]


def test_a_short_hole_between_two_sounds_is_a_gap_and_a_long_one_a_pause() -> None:
    heard = at_ear((0.0, SPEECH[:800]), (0.16, SPEECH[800:1600]), (3.0, SPEECH[1600:]))
    [gap] = heard.gaps()
    assert (gap.at_s, gap.ms) == (0.1, pytest.approx(60.0))
    assert len(heard.gaps(at_most_ms=5000)) == 2


def test_sound_that_adjoins_has_no_gap() -> None:
    assert at_ear((0.0, SPEECH[:800]), (0.1, SPEECH[800:])).gaps() == ()


def test_a_hole_that_a_clear_made_is_no_gap() -> None:
    assert at_ear((0.0, SPEECH[:800]), (0.4, SPEECH[800:]), clears=(0.1,)).gaps() == ()


def test_words_played_twice_are_a_repeat_with_their_place_and_length() -> None:
    heard = at_ear((0.0, SPEECH[:8000]), (1.5, SPEECH[6240:16000]))
    [repeat] = heard.repeats()
    assert (repeat.at_s, repeat.ms) == (1.5, pytest.approx(220.0))


def test_a_message_played_twice_without_a_gap_is_a_repeat() -> None:
    heard = at_ear((0.0, SPEECH[:800]), (0.1, SPEECH[:800]), (0.2, SPEECH[800:1600]))
    assert [repeat.ms for repeat in heard.repeats()] == [100.0]


def test_sound_that_goes_on_where_it_stopped_is_no_repeat() -> None:
    assert at_ear((0.0, SPEECH[:8000]), (1.3, SPEECH[8000:])).repeats() == ()


@pytest.mark.parametrize("steady", [sounds.tone(400, 2000), sounds.tone(300, 2000), b"\xff" * 16000])
def test_a_tone_and_silence_repeat_only_themselves(steady: bytes) -> None:
    pieces = [(at / 8000, steady[at : at + 160]) for at in range(0, 16000, 160)]
    assert at_ear(*pieces).repeats() == ()


def test_a_sentence_said_again_later_is_not_the_phone_repeating() -> None:
    other = sounds.noise(1000, dbfs=-15, seed=9)
    assert at_ear((0.0, SPEECH[:4000]), (0.6, other), (2.0, SPEECH[:4000])).repeats() == ()


def test_the_sound_is_a_copy_of_what_was_played() -> None:
    heard = at_ear((0.0, SPEECH), length_s=2.0)
    assert np.array_equal(np.frombuffer(heard.ulaw, np.uint8), np.frombuffer(SPEECH, np.uint8))
