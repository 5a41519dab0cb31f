import hashlib
from importlib import resources

import pytest

from rapida.embeddings import wordpiece


def words(text: str) -> list[str]:
    by_number = {number: piece for piece, number in wordpiece.vocabulary().items()}
    return [by_number[number] for number in wordpiece.pieces_of(text)][1:-1]


def test_the_vocabulary_is_the_published_one() -> None:
    text = resources.files("rapida.embeddings").joinpath("bert_vocabulary.txt").read_bytes()
    published = "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3"
    assert hashlib.sha256(text).hexdigest() == published
    assert len(wordpiece.vocabulary()) == 30522


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("Where can I park?", ["where", "can", "i", "park", "?"]),
        ("unaffable", ["una", "##ffa", "##ble"]),
        ("Don't!", ["don", "'", "t", "!"]),
        ("Café Über", ["cafe", "uber"]),
        ("10:30 PM", ["10", ":", "30", "pm"]),
        ("東京", ["東", "京"]),
        ("\x00 \u200b", []),
        ("x" * 101, ["[UNK]"]),
        ("\U0001f600", ["[UNK]"]),
        ("", []),
    ],
)
def test_a_text_is_cut_as_bert_was_trained(text: str, pieces: list[str]) -> None:
    assert words(text) == pieces


def test_a_text_stands_between_its_marks_and_is_cut_where_it_is_too_long() -> None:
    pieces = wordpiece.pieces_of("park " * 1000)
    assert (pieces[0], pieces[-1], len(pieces)) == (101, 102, wordpiece.MOST_PIECES)
