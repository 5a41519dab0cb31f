"""English words of dates → one plain spelling, on which `dates.py` reads.

"Two weeks from Friday, please" → "2 weeks from friday please", "March the twenty-first" → "march the 21th".
Also knows which words change the day that was meant: one of them that was not understood makes an answer
unclear.
"""

from __future__ import annotations

import re

from .numbers import TEENS, TENS, UNITS, tokens

MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september",
          "october", "november", "december")  # fmt: skip
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth",
            "eleventh", "twelfth", "thirteenth", "fourteenth", "fifteenth", "sixteenth", "seventeenth",
            "eighteenth", "nineteenth")  # fmt: skip
_WEEKDAY_SPELLINGS = {"tues": "tuesday", "weds": "wednesday", "thur": "thursday", "thurs": "thursday"} | {
    name[:3]: name for name in WEEKDAYS
}
_MONTH_SPELLINGS = {"sept": "september"} | {name[:3]: name for name in MONTHS}
_NO_NUMBERS = frozenset({"oh", "o", "zero", "nil", "one"})
"""More often interjection or pronoun ("oh, on Friday", "that one"): left as they are."""
_MEANINGFUL = frozenset(
    tokens(
        """not dont doesnt isnt cant cannot wont never no nope nor or either neither but except besides unless
    without
    before after until till by since between through past ago from last previous next following every each any
    other another both this day days week weeks weekend weekends weekday weekdays fortnight month months
    quarter year years end beginning start middle mid early late later latest earliest sometime soon whenever
    yesterday tomorrow today tonight half couple few several twice once
    good easter black ash palm holy bank holiday super cyber shrove whit maundy labor labour memorial"""
    )
) | frozenset(f"{name}s" for name in WEEKDAYS)  # fmt: skip
"""They change the day that was meant, or say that none was; the last line turns a weekday into a feast."""


def plainly(text: str) -> str:
    """`text` in lower case, numbers as digits, ordinals as "3rd", weekdays and months in full."""
    lower = re.sub(r"(?<=\d)(st|nd|rd|th)\b", "th", text.lower().replace("'", "").replace("’", ""))
    words: list[str] = re.findall(r"\d+th|\d+(?:[/-]\d+)+|[a-z]+|\d+", lower)
    plain: list[str] = []
    at = 0
    while at < len(words):
        spelt, at = _number(words, at)
        plain.append(spelt)
    return " ".join(plain)


def changes_the_day(word: str) -> bool:
    """Whether this word of a plain spelling, if it is not understood, leaves the day unknown."""
    # "May" and "march" are verbs, too.
    named = word in WEEKDAYS or (word in MONTHS and word not in ("may", "march"))
    return named or word in _MEANINGFUL or word[0].isdigit()


def _number(words: list[str], at: int) -> tuple[str, int]:
    """The word at `at` in its plain spelling, and where the next one begins."""
    word = words[at]
    after = words[at + 1] if at + 1 < len(words) else ""
    if word in TENS and after in ORDINALS[:9]:
        return f"{TENS[word] + ORDINALS.index(after) + 1}th", at + 2
    if word in ORDINALS:
        return f"{ORDINALS.index(word) + 1}th", at + 1
    if word in ("twentieth", "thirtieth"):
        return ("20th" if word == "twentieth" else "30th"), at + 1
    if (found := _cardinal(words, at)) is None:
        spelling = _WEEKDAY_SPELLINGS.get(word) or _MONTH_SPELLINGS.get(word) or word
        return spelling, at + 1
    number, end = found
    if words[end : end + 1] == ["thousand"]:
        rest_at = end + 2 if words[end + 1 : end + 2] == ["and"] else end + 1
        rest = _cardinal(words, rest_at)
        return (str(number * 1000 + rest[0]), rest[1]) if rest else (str(number * 1000), end + 1)
    return str(number), end


def _cardinal(words: list[str], at: int) -> tuple[int, int] | None:
    word = words[at] if at < len(words) else ""
    after = words[at + 1] if at + 1 < len(words) else ""
    if word == "one" and after == "thousand":
        return 1, at + 1
    if word in TENS:
        unit = UNITS.get(after, 0)
        return (TENS[word] + unit, at + 2) if unit else (TENS[word], at + 1)
    if word in TEENS:
        return TEENS[word], at + 1
    return None if word in _NO_NUMBERS or word not in UNITS else (UNITS[word], at + 1)
