"""What a caller may say to a question, as a grammar for a recogniser that cannot listen freely.

Decides which sentences each kind of question admits, writes them as JSGF (the W3C note "JSpeech Grammar
Format"), and reads a recognised sentence back: a choice as it was written, digits as numerals. How the words
sound, and whether a sentence was heard at all, is left to the recogniser.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

from msgspec import Struct

from ..call.events import Question
from ..text.spoken import spoken

YES = ("yes", "yes please", "yeah", "yep", "sure", "correct", "right", "okay")
NO = ("no", "no thank you", "no thanks", "nope", "wrong")
_DIGITS = {
    "zero": "0",
    "oh": "0",
    "one": "1",
    "two": "2",
    "three": "3",
    "four": "4",
    "five": "5",
    "six": "6",
    "seven": "7",
    "eight": "8",
    "nine": "9",
}
_DIGIT = f"({' | '.join(_DIGITS)})"
_MOST_DIGITS = 16
"""The longest number of a card; more makes the grammar slow, and no better."""
_PHONE_DIGITS = (7, 15)
"""A local number, and the longest that E.164 knows."""
_WEEKDAY = "(monday | tuesday | wednesday | thursday | friday | saturday | sunday)"
_MONTH = (
    "(january | february | march | april | may | june | july | august | september | october | november "
    "| december)"
)
_FIRST_TO_NINTH = "first | second | third | fourth | fifth | sixth | seventh | eighth | ninth"
_DAY = (
    f"({_FIRST_TO_NINTH} | tenth | eleventh | twelfth | thirteenth | fourteenth | fifteenth | sixteenth "
    f"| seventeenth | eighteenth | nineteenth | twentieth | twenty ({_FIRST_TO_NINTH}) | thirtieth "
    "| thirty first)"
)
_DATE = f"today | tomorrow | [next | this | on] {_WEEKDAY} | {_MONTH} [the] {_DAY} | the {_DAY} [of {_MONTH}]"
_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*")


class Grammar(Struct, frozen=True):
    """The sentences a question admits."""

    rule: str
    """The right side of a JSGF rule, in lower-case words."""
    words: tuple[str, ...]
    """Every word of the rule, each once."""
    phrases: Mapping[str, str] = {}
    """For a list of sentences: as recognised → as written. Empty where the rule is open (digits, dates)."""
    numerals: bool = False
    """Whether the words are digits, read back as numerals."""

    def read(self, recognised: str) -> str:
        """What the caller said, from the words of the recogniser; empty when it is no whole sentence."""
        if not re.fullmatch(_pattern_of(self.rule), f"{recognised} "):
            return ""  # a recogniser that lost its way gives the beginning of a sentence
        if self.numerals:
            return "".join(_DIGITS[word] for word in recognised.split())
        return self.phrases.get(recognised, recognised)


def grammar_for(question: Question) -> Grammar | None:
    """The grammar of a question; None when it admits anything, which no grammar can hear."""
    match question.kind:
        case "yes_no":
            return _of_phrases((*YES, *NO, *question.phrases))
        case "choice" | "free":
            return _of_phrases(question.phrases)
        case "digits":
            most = min(question.max_digits or _MOST_DIGITS, _MOST_DIGITS)
            return _of_digits(max(1, min(question.min_digits, most)), most)
        case "phone":
            return _of_digits(*_PHONE_DIGITS)
        case "date":
            return Grammar(_DATE, _words_of(_DATE))


def _of_phrases(written: Iterable[str]) -> Grammar | None:
    phrases: dict[str, str] = {}
    for phrase in written:
        said = " ".join(_WORD.findall(spoken(phrase).replace("’", "'").lower()))
        if said:
            phrases.setdefault(said, phrase)
    if not phrases:
        return None
    rule = " | ".join(phrases)
    return Grammar(rule, _words_of(rule), phrases)


def _of_digits(least: int, most: int) -> Grammar:
    """JSGF cannot count, so the optional digits are nested."""
    rule = " ".join([_DIGIT] * least) + f" [{_DIGIT}" * (most - least) + "]" * (most - least)
    return Grammar(rule, _words_of(rule), numerals=True)


@lru_cache(maxsize=256)
def _pattern_of(rule: str) -> str:
    """The rule as a regular expression for its sentences, each word with a blank after it."""
    marks = {"[": "(?:", "]": ")?", "(": "(?:", ")": ")", "|": "|"}
    return "".join(marks.get(token, f"{token} ") for token in re.findall(r"[\[\]()|]|[^\s\[\]()|]+", rule))


def _words_of(rule: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_WORD.findall(rule)))
