"""A text is cut where its first sound comes early, and nothing of it is lost."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rapida.tts.text_pieces import LONG_CHARS, text_pieces

SHORT = "Thanks for calling Acme, how can I help?"
LONG = "I can offer you Tuesday the fourteenth at half past two, or Thursday the sixteenth at eight."


@pytest.mark.parametrize(
    ("text", "cut"),
    [
        (SHORT, [SHORT]),
        (LONG, [LONG[:56], LONG[56:]]),
        (LONG.replace(",", ""), [LONG.replace(",", "")]),
        ("Well, " + LONG, ["Well, " + LONG[:56], LONG[56:]]),
        (SHORT + " " + LONG, [SHORT, " " + LONG]),
        ("Mr. Jones? Yes. It is $3.50 a day.", ["Mr. Jones?", " Yes.", " It is $3.50 a day."]),
        ("", []),
        ("   ", ["   "]),
    ],
)
def test_sentences_are_spoken_one_by_one_and_of_a_long_first_one_its_first_clause(
    text: str, cut: list[str]
) -> None:
    assert list(text_pieces(text)) == cut


def test_a_clause_is_the_first_piece_of_a_long_sentence_only() -> None:
    assert len(SHORT) < LONG_CHARS < len(LONG)


def test_a_text_without_any_end_is_cut_between_words() -> None:
    text = "word " * 500
    assert max(map(len, text_pieces(text))) <= 200
    assert all(piece.endswith(" ") for piece in text_pieces(text))


@given(st.text(alphabet="ab .,;!?\n-—\"'15Ä你", max_size=400))
def test_the_pieces_joined_are_the_text(text: str) -> None:
    pieces = list(text_pieces(text))
    assert "".join(pieces) == text
    assert all(pieces)
