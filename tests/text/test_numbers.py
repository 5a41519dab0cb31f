"""Numbers in words."""

from __future__ import annotations

import pytest

from rapida.text.numbers import cardinal, decimal, digits, ordinal, year


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0, "zero"),
        (13, "thirteen"),
        (20, "twenty"),
        (99, "ninety-nine"),
        (100, "one hundred"),
        (105, "one hundred five"),
        (1000, "one thousand"),
        (1234, "one thousand two hundred thirty-four"),
        (1_000_001, "one million one"),
        (2_500_000_000, "two billion five hundred million"),
        (-7, "minus seven"),
        (10**15, "one" + " zero" * 15),
    ],
)
def test_how_many(number: int, words: str) -> None:
    assert cardinal(number) == words


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (1, "first"),
        (2, "second"),
        (3, "third"),
        (8, "eighth"),
        (12, "twelfth"),
        (20, "twentieth"),
        (21, "twenty-first"),
        (100, "one hundredth"),
        (1003, "one thousand third"),
    ],
)
def test_which_one(number: int, words: str) -> None:
    assert ordinal(number) == words


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (1066, "ten sixty-six"),
        (1900, "nineteen hundred"),
        (1905, "nineteen oh five"),
        (2000, "two thousand"),
        (2009, "two thousand nine"),
        (2010, "twenty ten"),
        (2026, "twenty twenty-six"),
        (90, "ninety"),
    ],
)
def test_which_year(number: int, words: str) -> None:
    assert year(number) == words


def test_digit_by_digit() -> None:
    assert digits("4 0-7x") == "four zero seven"
    assert decimal("3", "14") == "three point one four"
    assert decimal("", "5") == "zero point five"
