"""The list of what assistants write: each is said as people say it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rapida.text.spoken import pieces, spoken

from .written_and_said import ENGLISH, OTHERS, same

ROWS = [(language, written) for language, rows in OTHERS.items() for written in rows]


@pytest.mark.parametrize("written", ENGLISH)
def test_english_is_said_as_people_say_it(written: str) -> None:
    assert same(spoken(written, "en-US"), ENGLISH[written]), spoken(written)


@pytest.mark.parametrize("written", ENGLISH)
def test_saying_english_twice_changes_nothing(written: str) -> None:
    assert spoken(spoken(written)) == spoken(written)


@pytest.mark.parametrize(("language", "written"), ROWS)
def test_other_languages_get_no_english_words_and_saying_them_twice_changes_nothing(
    language: str, written: str
) -> None:
    said = spoken(written, language)
    assert spoken(said, language) == said
    assert not {"euros and", "percent", "five", "two", "point", "o'clock"} & set(said.split())


@pytest.mark.parametrize("language", ["ja", "pt-BR", "xx", ""])
def test_a_language_without_rules_is_left_to_the_voice(language: str) -> None:
    assert spoken("12 € um 14:30, 4242 4242 4242 4242", language) == "12 € um 14:30, 4242 4242 4242 4242"


@given(st.text(alphabet="0123456789 .,:/-+€%°ChkmUr&z.B", max_size=60), st.sampled_from(sorted(OTHERS)))
def test_any_text_in_any_language_keeps_what_was_written(text: str, language: str) -> None:
    found = pieces(text, language)
    assert "".join(piece.written for piece in found) == text
    assert "".join(piece.said for piece in found) == spoken(text, language)


def test_the_list_holds_a_hundred() -> None:
    assert len(ENGLISH) + len(ROWS) >= 100
