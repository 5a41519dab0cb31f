"""Backchannels as transcribers spell them, in the assistant's language."""

from __future__ import annotations

import pytest

from rapida.call.nods import without_nods
from rapida.call.words import only_backchannels, only_hums, words


@pytest.mark.parametrize(
    "said",
    [
        "mhm",
        "Mm-hmm.",
        "mm hmm",
        "Mm-hm",
        "uh huh",
        "Uh-huh.",
        "Hmm",
        "mmm",
        "Ah.",
        "Aha",
        "Umm",
        "Uhh",
        "Oh",
    ],
)
def test_hums_are_known_however_they_are_spelt(said: str) -> None:
    assert only_hums(words(said))
    assert only_backchannels(words(said))


@pytest.mark.parametrize(
    "said", ["yeah.", "Okay okay", "Yep", "I see.", "Got it.", "All right!", "Uh, yeah, right"]
)
def test_nods_take_no_floor_alone_and_repeated(said: str) -> None:
    assert only_backchannels(words(said))
    assert not only_hums(words(said))


@pytest.mark.parametrize(
    "said", ["no", "uh-uh", "mm-mm", "stop", "okay but", "see", "got", "it", "six", "hum a song"]
)
def test_a_no_and_half_a_phrase_are_none(said: str) -> None:
    assert not only_backchannels(words(said))


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("de-DE", "Ja, genau."), ("de-AT", "ach so"), ("de", "Ähm"), ("fr-FR", "D'accord."),
        ("fr", "euh, oui"), ("es-MX", "sí, claro"), ("es", "de acuerdo"), ("it-IT", "va bene"),
        ("pt-BR", "tá bom"), ("nl", "precies"), ("pl-PL", "dobrze"), ("sv", "precis"), ("no-NO", "akkurat"),
        ("nn-NO", "ja"), ("fi-FI", "kyllä"), ("tr", "tamam"), ("ru-RU", "угу"), ("uk", "добре"),
        ("ja-JP", "はい。"), ("zh-CN", "好的"), ("ko-KR", "네네"), ("hi-IN", "ठीक है"), ("ar", "نعم"),
        ("xx", "mhm"),
    ],
)  # fmt: skip
def test_each_language_has_its_own(language: str, said: str) -> None:
    assert only_backchannels(words(said), language)


@pytest.mark.parametrize(
    ("language", "said"),
    [("de", "yeah sure"), ("pt-BR", "um"), ("de-DE", "er"), ("en-US", "ja"), ("fr", "six"), ("xx", "okay")],
)
def test_and_another_ones_words_are_words(language: str, said: str) -> None:
    assert without_nods(words(said), language)
