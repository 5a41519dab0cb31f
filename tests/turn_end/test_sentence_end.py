"""What the end of some words is, by what people say on the telephone."""

from __future__ import annotations

import pytest

from rapida.call.events import Question
from rapida.turn_end.sentence_end import SentenceEnd, ending

ANSWER, SENTENCE, OPEN, GOES_ON = (
    SentenceEnd.ANSWER,
    SentenceEnd.SENTENCE,
    SentenceEnd.OPEN,
    SentenceEnd.GOES_ON,
)
MENU = Question(kind="choice", phrases=("Opening hours", "billing"))
FOUR_DIGITS = Question(kind="digits", min_digits=4, max_digits=4)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("I would like to book a table.", SENTENCE),
        ("What do you charge?", SENTENCE),
        ("Hello!", SENTENCE),
        ('He said "no."', SENTENCE),
        ("Friday afternoon, for two.", SENTENCE),
        ("I would like that.", SENTENCE),
        ("I would like to book a", GOES_ON),
        ("I would like to book a.", GOES_ON),
        ("Seven of.", GOES_ON),
        ("My name is.", GOES_ON),
        ("I want, um.", GOES_ON),
        ("On Friday,", GOES_ON),
        ("I was thinking...", GOES_ON),
        ("I'm calling because", GOES_ON),
        ("Can I speak to Doctor.", GOES_ON),
        ("He might even have.", GOES_ON),
        ("He was not.", OPEN),
        ("It was not a very nice.", OPEN),
        ("I'll have a large.", SENTENCE),
        ("The room is very nice.", SENTENCE),
        ("I do not remember which day it was.", SENTENCE),
        ("Where it was", OPEN),
        ("She gave me this number.", SENTENCE),
        ("It is about order number.", GOES_ON),
        ("I think that you might have.", GOES_ON),
        ("Yes, I do.", OPEN),
        ("Five five five.", GOES_ON),
        ("My number is 555 01", GOES_ON),
        ("My number is 555-0134.", SENTENCE),
        ("Thirty-three.", OPEN),
        ("Thirty-three four six ninetied.", OPEN),
        ("go forward", OPEN),
        ("", OPEN),
    ],
)
def test_an_answer_to_an_open_question(text: str, expected: SentenceEnd) -> None:
    assert ending(text, Question(), "en-US") == expected


@pytest.mark.parametrize(
    ("text", "question", "expected"),
    [
        ("Billing", MENU, ANSWER),
        ("Opening hours, please.", MENU, SENTENCE),
        ("The opening hours", MENU, ANSWER),
        ("Opening", MENU, OPEN),
        ("It's broken", Question(kind="choice", phrases=("repairs",), also=("broken",)), ANSWER),
        ("I have a question about billing", MENU, OPEN),
        ("Yes", Question(kind="yes_no"), ANSWER),
        ("No, thank you", Question(kind="yes_no"), ANSWER),
        ("Yes, but", Question(kind="yes_no"), GOES_ON),
        ("Tomorrow", Question(kind="date"), ANSWER),
        ("The third of", Question(kind="date"), GOES_ON),
        ("On Friday at three", Question(kind="date"), ANSWER),
        ("Friday at half past three", Question(kind="date"), ANSWER),
        ("Monday at 3:30 p.m", Question(kind="date"), ANSWER),
        ("December fourth", Question(kind="date"), ANSWER),
        ("Friday, the 28th", Question(kind="date"), ANSWER),
        ("Tuesday at three twenty", Question(kind="date"), ANSWER),
        ("December twenty", Question(kind="date"), OPEN),
        ("Friday at", Question(kind="date"), GOES_ON),
        ("three", Question(kind="date"), OPEN),
        ("One two.", FOUR_DIGITS, GOES_ON),
        ("One two three four", FOUR_DIGITS, ANSWER),
        ("1234.", FOUR_DIGITS, ANSWER),
        ("12", Question(kind="digits", max_digits=4), OPEN),
        ("555 0134.", Question(kind="phone"), GOES_ON),
        ("I do not have one.", FOUR_DIGITS, GOES_ON),
        ("What do you mean?", FOUR_DIGITS, SENTENCE),
    ],
)
def test_an_answer_to_a_closed_question(text: str, question: Question, expected: SentenceEnd) -> None:
    assert ending(text, question, "en-GB") == expected


def test_in_other_languages_the_punctuation_alone_counts() -> None:
    assert ending("Ich möchte einen Tisch an", Question(), "de-DE") == OPEN
    assert ending("Ich möchte einen Tisch.", Question(), "de-DE") == SENTENCE
    assert ending("予約したいです。", Question(), "ja") == SENTENCE
    assert ending("Am Freitag,", Question(), "de") == GOES_ON
