"""Digits as callers say them, and as the agent says them back.

Reads English number words ("five five five", "double two", "twenty-three", "four hundred") into a string of
digits and groups digits for speaking. It does not judge whether the digits are the right ones: `slots` does.
"""

from __future__ import annotations

import re

UNITS = {
    "zero": 0, "oh": 0, "o": 0, "nought": 0, "naught": 0, "nil": 0, "one": 1, "two": 2, "three": 3, "four": 4,
    "five": 5, "fife": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "niner": 9,
}  # fmt: skip
TEENS = {
    "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16,
    "seventeen": 17, "eighteen": 18, "nineteen": 19,
}  # fmt: skip
TENS = {
    "twenty": 20, "thirty": 30, "forty": 40, "fourty": 40, "fifty": 50, "sixty": 60, "seventy": 70,
    "eighty": 80, "ninety": 90,
}  # fmt: skip
SCALES = {"hundred": 2, "thousand": 3}
"""How many digits follow the number in front of these words."""
REPEATS = {"double": 2, "triple": 3, "treble": 3}
SOUNDS_LIKE = {"to": "2", "too": "2", "for": "4", "fore": "4", "ate": "8", "won": "1"}
"""What recognisers write for a digit; taken for one only right behind another number."""
QUALIFIERS = frozenset(
    (
        "or", "nor", "not", "no", "minus", "negative", "point", "dot", "half", "dozen", "million", "billion",
        "trillion", "percent", "less", "more", "than", "between", "except", "extension", "ext", "first",
        "second", "third", "fourth", "fifth",
    )
)  # fmt: skip
"""Words that change which number is meant, or say that it is none that a row of digits can tell."""
WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


def tokens(text: str) -> list[str]:
    """The lower-case words and runs of digits in `text`, without punctuation ("twenty-three" is two)."""
    return re.findall(r"\d+|[^\W\d_]+", text.lower().replace("'", "").replace("’", ""))


def digits_in(text: str) -> str:
    """The digits that `text` names, in order; words that are no numbers are passed over."""
    words = tokens(text)
    digits: list[str] = []
    at, after_number = 0, False
    while at < len(words):
        word = words[at]
        if word in SOUNDS_LIKE and after_number:
            digits.append(SOUNDS_LIKE[word])
            at += 1
            continue
        repeat = REPEATS.get(word, 1)
        start = at + 1 if repeat > 1 else at
        number, end = _number(words, start)
        after_number = bool(number)
        digits.append(number * repeat)
        at = end if number else at + 1
    return "".join(digits)


def one_number(text: str) -> bool:
    """Whether `text` says one number, whole and without a condition ("seven or eight", "one point five").

    A "no" in front of everything is the answer to the question before ("no, five five six").
    """
    words = tokens(text)
    return not QUALIFIERS.intersection(words[1:] if words[:1] == ["no"] else words)


def small_number(words: list[str], at: int) -> tuple[int, int] | None:
    """The number below 100 that starts at `words[at]`, and where it ends; None if there is none."""
    word = words[at] if at < len(words) else ""
    if word.isdigit() and len(word) <= 2:
        return int(word), at + 1
    if word in TENS:
        unit = UNITS.get(words[at + 1], 0) if at + 1 < len(words) else 0
        return (TENS[word] + unit, at + 2) if unit else (TENS[word], at + 1)
    value = TEENS.get(word, UNITS.get(word))
    return None if value is None else (value, at + 1)


def _number(words: list[str], at: int) -> tuple[str, int]:
    """The digits of the one number that starts at `words[at]` ("" if none), and where it ends."""
    if at < len(words) and words[at].isdigit():
        digits, end = words[at], at + 1
    elif found := small_number(words, at):
        digits, end = str(found[0]), found[1]
    elif at < len(words) and words[at] in SCALES:
        digits, end = "1", at
    else:
        return "", at
    while end < len(words) and words[end] in SCALES:
        places = SCALES[words[end]]
        end += 1
        rest_at = end + 1 if end < len(words) and words[end] == "and" else end
        rest = small_number(words, rest_at)
        if rest is not None and not (rest[1] < len(words) and words[rest[1]] in SCALES):
            return digits + str(rest[0]).zfill(places), rest[1]
        digits += "0" * places
    return digits, end


def say_digits(digits: str) -> str:
    """Digits as they are said: one by one, in groups a listener can hold ("five five five, one two")."""
    return ", ".join(" ".join(_say_key(key) for key in group) for group in _groups(digits))


def _groups(digits: str) -> list[str]:
    groups: list[str] = []
    while len(digits) > 4:
        groups.append(digits[:3])
        digits = digits[3:]
    return [*groups, digits] if digits else groups


def _say_key(key: str) -> str:
    return {"+": "plus", "*": "star", "#": "pound"}.get(key) or WORDS[int(key)]


def luhn_holds(digits: str) -> bool:
    """Whether the last digit is the check digit of ISO/IEC 7812-1, annex B."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return bool(digits) and total % 10 == 0
