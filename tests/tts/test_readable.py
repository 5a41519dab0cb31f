"""What an English voice is given to read of a written text, and what is left out."""

from __future__ import annotations

import pytest

from rapida.text.spoken import SpokenPart
from rapida.tts.readable import readable


def expand(text: str) -> str:
    return text.replace("Elm St.", "Elm Street").replace("Dr.", "Doctor")


def test_our_rules_say_numbers_and_the_voices_table_what_they_leave() -> None:
    read = readable("Dr. May, 5 Elm St.  near 2", expand)
    assert read.said == "Doctor May, five Elm Street  near two"
    assert "".join(part.written for part in read.parts) == "Dr. May, 5 Elm St.  near 2"
    assert SpokenPart("Dr.", "Doctor") in read.parts
    assert SpokenPart("5", "five") in read.parts
    assert SpokenPart(" May, ", " May, ") in read.parts


@pytest.mark.parametrize(
    ("text", "said", "left_out"),
    [
        ("Hello, привет, you.", "Hello, you.", 1),
        ("naïve Łódź Müller", "naïve Łódź Müller", 0),
        ("你好 мир", "", 2),
        ("☎ ♥ … !?", "", 0),
        ("=" * 500, "", 0),
        ("a" * 10_000, "", 1),
        ("1" * 10_000, "", 1),
        ("so " + "a" * 10_000 + " there", "so there", 1),
        ("", "", 0),
        (" \n ", "", 0),
    ],
)
def test_what_cannot_be_read_is_left_out_and_counted(text: str, said: str, left_out: int) -> None:
    read = readable(text)
    assert (" ".join(read.said.split()), read.left_out) == (said, left_out)
    assert "".join(part.written for part in read.parts) == text
