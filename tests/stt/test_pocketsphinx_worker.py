"""Inside the listening process: the sound it makes of the telephone's, its grammars and its new words."""

from __future__ import annotations

import numpy as np
import pytest

from rapida.audio.g711 import encode_block
from rapida.stt import pocketsphinx_worker
from rapida.stt.pocketsphinx_worker import HeardWords, Recogniser, SpokenSound, wide_band
from rapida.workers.child import JobRefused


@pytest.fixture(scope="module")
def recogniser() -> Recogniser:
    return Recogniser()


def hum(duration_ms: int = 1000) -> bytes:
    return encode_block((8000 * np.sin(np.arange(8 * duration_ms) / 10)).astype(np.int16))


def band_power(sound: bytes, low_hz: int, high_hz: int) -> float:
    spectrum = np.abs(np.fft.rfft(np.frombuffer(sound, np.int16).astype(float))) ** 2
    each_hz = 8000 / (len(spectrum) - 1)
    return float(spectrum[int(low_hz / each_hz) : int(high_hz / each_hz)].sum())


def test_wide_sound_is_twice_as_dense_with_silence_around_it() -> None:
    sound = np.frombuffer(wide_band(hum(500)), np.int16)
    assert len(sound) == 16 * (500 + 2 * 150)
    assert np.abs(sound[: 16 * 130]).max() < 500 < np.abs(sound[16 * 300 : 16 * 500]).max()


def test_the_upper_octave_mirrors_the_telephone_band_at_a_tenth() -> None:
    at = np.arange(8000) / 8000
    sound = wide_band(encode_block((8000 * np.sin(2 * np.pi * 3000 * at)).astype(np.int16)))
    ratio = band_power(sound, 4950, 5050) / band_power(sound, 2950, 3050)
    assert ratio == pytest.approx(0.1**2, rel=0.2)


def test_the_same_sound_is_always_heard_the_same() -> None:
    assert wide_band(hum()) == wide_band(hum())


def test_silence_is_no_words(recogniser: Recogniser) -> None:
    assert recogniser.hear(SpokenSound(b"\xff" * 8000, "yes | no", ("yes", "no"))) == HeardWords()
    assert recogniser.hear(SpokenSound(b"", "yes | no", ("yes", "no"))) == HeardWords()


def test_only_the_latest_grammars_are_kept(recogniser: Recogniser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pocketsphinx_worker, "_GRAMMARS", 3)
    rules = [" | ".join(["yes"] * count) for count in range(1, 6)]
    for rule in (*rules, rules[0]):
        recogniser.hear(SpokenSound(hum(), rule, ("yes",)))
    assert list(recogniser._grammars) == [rules[3], rules[4], rules[0]]


def test_unknown_words_are_learned(recogniser: Recogniser) -> None:
    lookup = recogniser._decoder.lookup_word
    assert lookup("tablephone") is None
    assert lookup("zephyrix") is None
    recogniser.hear(SpokenSound(hum(), "tablephone | zephyrix", ("tablephone", "zephyrix")))
    assert lookup("tablephone") == f"{lookup('table')} {lookup('phone')}"
    assert lookup("zephyrix").split()[:3] == ["Z", "EH", "F"]


@pytest.mark.parametrize(
    ("rule", "word", "problem"),
    [("日本", "日本", "how '日本' sounds"), ("yes | (", "yes", "the grammar 'yes")],
)
def test_what_cannot_be_a_grammar_is_refused(
    recogniser: Recogniser, rule: str, word: str, problem: str
) -> None:
    with pytest.raises(JobRefused, match=problem):
        recogniser.hear(SpokenSound(hum(), rule, (word,)))
