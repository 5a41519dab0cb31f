"""Markdown → the words in it: models write stars and links even when told not to, and nobody can hear them.

It only takes marks away, one by one, so that it works on a sentence cut out of a longer bold passage. How
numbers and addresses are said is left to `spoken.py`.
"""

from __future__ import annotations

import re

_RULES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"!?\[([^\]\[]*)\]\([^()\s]*(?:\s+\"[^\"]*\")?\)"), r"\1"),  # [text](address "title")
    (re.compile(r"<(https?://[^>\s]+|[^@>\s]+@[^>\s]+)>"), r"\1"),  # <address>
    (re.compile(r"^[ \t]*(?:```|~~~).*$", re.MULTILINE), ""),
    (re.compile(r"^[ \t]*(?:[-*_][ \t]*){3,}$", re.MULTILINE), ""),  # a rule across the page
    (re.compile(r"^[ \t]*(?:>[ \t]?)+", re.MULTILINE), ""),
    (re.compile(r"^[ \t]*#{1,6}[ \t]+", re.MULTILINE), ""),
    (re.compile(r"^[ \t]*[-*+•][ \t]+", re.MULTILINE), ""),
    (re.compile(r"`+"), ""),
    (re.compile(r"~~"), ""),
    # Emphasis hugs a word on one side; a star between blanks is a sign, an underscore inside a word a letter.
    (re.compile(r"(?<!\\)\*+(?=\S)|(?<=[^\s\\])\*+"), ""),
    (re.compile(r"(?<![^\W_])_+(?=\S)|(?<=\S)_+(?![^\W_])"), ""),
    (re.compile(r"\\([\\`*_{}\[\]()#+.!|>~-])"), r"\1"),
)


def plain(text: str) -> str:
    """`text` without Markdown's marks, blanks and line ends folded to one space, ends trimmed."""
    for pattern, into in _RULES:
        text = pattern.sub(into, text)
    return " ".join(text.split())
