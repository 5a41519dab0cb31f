"""Markdown's marks are gone before speech; what looks like them and is not stays."""

from __future__ import annotations

import pytest

from rapida.text.markdown import plain


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("**Bold** and *thin* and ***both***", "Bold and thin and both"),
        ("__Bold__ and _thin_", "Bold and thin"),
        ("**half of a", "half of a"),
        ("## A heading", "A heading"),
        ("- one", "one"),
        ("* two", "two"),
        ("• three", "three"),
        ("> quoted", "quoted"),
        ("`code` and ~~gone~~", "code and gone"),
        ("```python\nx\n```", "x"),
        ("a\n---\nb", "a b"),
        ("[the page](https://example.com/a_b_c)", "the page"),
        ('![a cat](cat.png "title")', "a cat"),
        ("<https://example.com>", "https://example.com"),
        ("3 * 4 = 12", "3 * 4 = 12"),
        ("snake_case_name stays", "snake_case_name stays"),
        ("write to jane_doe@example.com", "write to jane_doe@example.com"),
        ("press # or *", "press # or *"),
        ("number #5", "number #5"),
        ("well-known - really", "well-known - really"),
        (r"a \* b", "a * b"),
        ("a  b\n c", "a b c"),
        ("", ""),
    ],
)
def test_only_the_words_are_left(text: str, wanted: str) -> None:
    assert plain(text) == wanted
