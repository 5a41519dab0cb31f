"""Written words and where they lie in what was said for them."""

from __future__ import annotations

from rapida.text.spoken import SpokenPart
from rapida.tts.word_places import timed_words


def test_words_inside_a_rewritten_piece_share_its_time() -> None:
    said = [
        SpokenPart("on ", "on "),
        SpokenPart("March 3, 2026", "March third, twenty twenty-six"),
        SpokenPart(".", "."),
    ]
    words = timed_words(said, [0, 3, 9, 16, 23], [0, 100, 500, 900, 1300], 1700)
    assert [word for word, _, _ in words] == ["on", "March", "3,", "2026."]
    assert words[0] == ("on", 0, 100)
    assert [start for _, start, _ in words] == sorted(start for _, start, _ in words)
    assert words[1][1] == 100
    assert words[-1][2] == 1700


def test_words_whose_beginning_nothing_tells_still_get_a_place() -> None:
    words = timed_words([SpokenPart("a — b", "a — b")], [0, 4], [0, 400], 500)
    assert words == [("a", 0, 200), ("—", 200, 400), ("b", 400, 500)]
