"""What is written is said as an American would say it, and never twice differently."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rapida.text.spoken import pieces, spoken

SAID = {
    # how many
    "You have 3 messages.": "You have three messages.",
    "1,234 of 1,000,000": "one thousand two hundred thirty-four of one million",
    "Pi is 3.14.": "Pi is three point one four.",
    "-5 and 0.5": "minus five and zero point five",
    "The 1st, 2nd and 21st": "The first, second and twenty-first",
    "5-7 days": "five to seven days",
    "2024–2026": "twenty twenty-four to twenty twenty-six",
    "since 1999": "since nineteen ninety-nine",
    "Press 1, 2 or 3.": "Press one, two or three.",
    "room #12, No. 5": "room number twelve, number five",
    "version 1.2.3.": "version one dot two dot three.",
    # digit by digit
    "order 48213": "order four eight two one three",
    "code 007": "code zero zero seven",
    "flight BA2490 or AB-12": "flight B A two four nine zero or A B twelve",
    "COVID-19": "COVID nineteen",
    # phones
    "Call 415-555-0132.": "Call four one five, five five five, zero one three two.",
    "(415) 555-0132": "four one five, five five five, zero one three two",
    "415 555 0132": "four one five, five five five, zero one three two",
    "+1 415 555 0132": "plus one, four one five, five five five, zero one three two",
    "+14155550132": "plus one, four one five, five five five, zero one three two",
    "4155550132": "four one five, five five five, zero one three two",
    "555-0132": "five five five, zero one three two",
    "+49 30 123456": "plus four nine, three zero, one two three four five six",
    # money
    "$1": "one dollar",
    "$112.50.": "one hundred twelve dollars and fifty cents.",
    "$0.99": "ninety-nine cents",
    "$0": "zero dollars",
    "$3.01": "three dollars and one cent",
    "$1,250": "one thousand two hundred fifty dollars",
    "$1.5 million": "one point five million dollars",
    "$20k": "twenty thousand dollars",
    "-$5": "minus five dollars",
    "€2.50 or £1": "two euros and fifty cents or one pound",
    # dates
    "2026-03-03": "March third, twenty twenty-six",
    "3/14/2026": "March fourteenth, twenty twenty-six",
    "March 3, 2026": "March third, twenty twenty-six",
    "Jan. 21st": "January twenty-first",
    "in May 2026": "in May twenty twenty-six",
    "May I have 5": "May I have five",
    # times
    "2:30 PM": "two thirty PM",
    "at 9:05am": "at nine oh five AM",
    "5 p.m. today": "five PM today",
    "10:00": "ten o'clock",
    "14:30": "fourteen thirty",
    "00:00": "midnight",
    # addresses
    "jane.doe_1@example.com": "jane dot doe underscore one at example dot com",
    "https://www.example.com/help.": "example dot com slash help.",
    "See example.io": "See example dot i o",
    # measures and signs
    "50%": "fifty percent",
    "3.5 %": "three point five percent",
    "1 kg and 5km": "one kilogram and five kilometers",
    "-4°C, 72°F": "minus four degrees Celsius, seventy-two degrees Fahrenheit",
    "open 24/7": "open twenty-four seven",
    "e.g. 1/2 a cup": "for example one half a cup",
    "salt & pepper": "salt and pepper",
    # what only looks alike
    "wait 30s": "wait thirty seconds",
    "in my 20s": "in my twenties",
    "the '90s": "the '90s".replace("90s", "nineties"),
    "seat 12F": "seat twelve F",
    "112 dollars": "one hundred twelve dollars",
    "we sold 999 units": "we sold nine hundred ninety-nine units",
    "a 12 month extension": "a twelve month extension",
    "extension 12 months": "extension twelve months",
    "text 5 people": "text five people",
    "He sat 5 hours": "He sat five hours",
    "1,000-2,000 people": "one thousand to two thousand people",
    "$20-$30k": "twenty to thirty thousand dollars",
    "3+4": "three plus four",
    "a ratio of 3:4": "a ratio of three to four",
    "6:00-7:30 PM": "six to seven thirty PM",
    "2026-27": "twenty twenty-six-twenty-seven",
    "on the 5th of May": "on the fifth of May",
    # nothing to change
    "Hello, how are you?": "Hello, how are you?",
    "well-known AT&T 4x4": "well-known AT&T 4x4",
    "": "",
}


@pytest.mark.parametrize("written", SAID)
def test_it_is_said_as_people_say_it(written: str) -> None:
    assert spoken(written) == SAID[written]


@pytest.mark.parametrize("written", SAID)
def test_saying_what_is_said_changes_nothing(written: str) -> None:
    assert spoken(SAID[written]) == SAID[written]


@given(st.text(alphabet="0123456789 .,:/-+$%#()@apmJan&x", max_size=60))
def test_any_text_is_said_and_its_pieces_keep_what_was_written(text: str) -> None:
    found = pieces(text)
    assert "".join(piece.written for piece in found) == text
    assert "".join(piece.said for piece in found) == spoken(text)


@given(st.integers(-(10**12), 10**12))
def test_no_digit_of_a_number_is_left_to_the_voice(number: int) -> None:
    for written in (str(number), f"{number:,}"):
        assert not any(character.isdigit() for character in spoken(written))
