"""By which words a text is found again."""

from __future__ import annotations

import pytest

from rapida.text.findable import LONGEST, findable


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("One, two; ONE!", ["one", "two"]),
        ("Don't, don\u2019t", ["dont"]),
        ("Zoë in der Straße", ["zoe", "in", "der", "strasse"]),
        ("order_7 at 14:30", ["order", "7", "at", "14", "30"]),
        ("\u660e\u5929\u89c1 ok", ["\u660e", "\u5929", "\u89c1", "ok"]),
        ("x" * 99, ["x" * LONGEST]),
        (" - '' ", []),
    ],
)
def test_words_are_found_without_case_accents_and_apostrophes(text: str, words: list[str]) -> None:
    assert findable(text) == words
