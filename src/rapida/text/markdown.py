"""Markdown → the words in it: models write stars and links even when told not to, and nobody can hear them.
So it is with smileys made of signs, and with characters written as HTML names them (`&amp;`).

It only takes marks away, one by one, so that it works on a sentence cut out of a longer bold passage. How
numbers and addresses are said is left to `spoken.py`.
"""

from __future__ import annotations

import html
import re

_BLANK_BEFORE_A_STOP = re.compile(r"(?<=\w) (?=[.,](?:\s|\Z))")
"""Left by what stood there; before other marks some languages write one."""
_ENTITY = re.compile(r"&(?:#\d{2,6}|#x[\da-fA-F]{2,5}|[a-zA-Z]{2,8});")
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
    (re.compile(r"(?<!\S)(?:[:;=]['’]?-?[)(DPp|]+|<3+|[xX]D)(?![^\s.,!?])"), ""),
    (re.compile(r"\\([\\`*_{}\[\]()#+.!|>~-])"), r"\1"),
)


def plain(text: str) -> str:
    """`text` without Markdown's marks, blanks and line ends folded to one space, ends trimmed."""
    for pattern, into in _RULES:
        text = pattern.sub(into, text)
    text = _ENTITY.sub(lambda entity: html.unescape(entity.group()), text)
    return _BLANK_BEFORE_A_STOP.sub("", " ".join(text.split()))
