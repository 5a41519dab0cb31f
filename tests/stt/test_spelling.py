"""Guesses at how unknown words sound."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rapida.stt.spelling import pronounce

PHONES = """AA AE AH AO AW AY B CH D DH EH ER EY F G HH IH IY JH K L M N NG OW OY P R S SH T TH UH UW V W Y Z
ZH"""


@pytest.mark.parametrize(
    ("word", "phones"),
    [
        ("rapida", "R AE P IH D AH"),
        ("zephyr", "Z EH F Y R"),
        ("quill", "K W IH L"),
        ("telco", "T EH L K OW"),
        ("brightly", "B R AY T L IY"),
        ("Müller", "M L ER"),
        ("日本", ""),
        ("", ""),
    ],
)
def test_words_sound_as_a_reader_would_guess(word: str, phones: str) -> None:
    assert pronounce(word) == phones


@given(st.text(alphabet="abcdefghijklmnopqrstuvwxyz'", max_size=30))
def test_every_guess_is_made_of_phones(word: str) -> None:
    assert set(pronounce(word).split()) <= set(PHONES.split())
