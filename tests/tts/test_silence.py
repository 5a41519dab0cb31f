"""Little silence stays around a piece of speech."""

from __future__ import annotations

import numpy as np

from rapida.tts.silence import trimmed


def test_silence_is_cut_to_a_lead_of_20_ms_and_the_tail_that_is_asked_for() -> None:
    speech = np.full(800, 1000, np.int16)
    around = np.full(4000, 50, np.int16)
    sound, cut_ms = trimmed(np.concatenate((around, speech, around)), 60, 100)
    assert len(sound) == 160 + 800 + 800
    assert cut_ms == (4000 - 160) / 8


def test_a_sound_that_ends_at_once_gets_its_tail() -> None:
    sound, cut_ms = trimmed(np.full(80, 1000, np.int16), 60, 100)
    assert (len(sound), cut_ms, sound[80:].any()) == (880, 0, False)


def test_nothing_stays_of_silence_alone() -> None:
    assert len(trimmed(np.full(800, 60, np.int16), 60, 100)[0]) == 0
