"""Whether words end where people end: by their punctuation, the last word, and what was asked.

Decides by tables, in this order: an answer to the question is complete; words that go on (a comma, "of the",
the middle of a number) are not; a full stop, a question or exclamation mark is an end; of the rest nobody can
tell. The words are English; in other languages the punctuation alone counts. Pure.
"""

from __future__ import annotations

import re
from enum import Enum

from ..call.events import Question

_WORD = re.compile(r"[a-z]+(?:'[a-z]+)*|\d+")
_ENDS = re.compile(r"[.?!。？！][\"')\]]*$")
_GOES_ON = re.compile(r"(?:[,:;–—-]|\.\.\.|…)$")


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


FUNCTION_WORDS = _set(
    "a an the my your his her its our their this that these those some any every each no another of at in "
    "on by for from with without to into onto about between through during before after until till since "
    "near around under over behind beside towards as than like and or but so because if when while where "
    "whether which who whose although though unless plus i we they he she i'm i'd i'll i've we're we'd "
    "we'll you're they're it's there's that's let's um uh er erm hmm very "
    "mister mr mrs ms doctor dr"
)
"""After these something follows, or the caller is thinking."""
_FEW_THAT_END = _set("that this those these before after around no so please")
"""They end a sentence as well ("I would like that"): the punctuation decides."""
_AUXILIARIES = _set(
    "am is are was were be been being have has had having do does did will would shall should can could "
    "may might must not isn't aren't wasn't don't doesn't didn't won't wouldn't can't couldn't"
)
_SUBJECTS = _set("i you he she it we they that this there yes no")
_ASKING = _set("what when where which who whose how why if whether")
"""Inside a sentence a subject and a verb close what one of these began ("I do not know which day it was")."""
_OWNERS = _set("my your his her its our their the this that a")
"""After one of these "number" is a thing, and otherwise it begins one ("order number five")."""
_ADJECTIVES = _set(
    "young old new nice good bad great poor cheap short long big little different similar strange strong "
    "quick slow early late real possible special general private personal important urgent terrible "
    "wonderful beautiful hot cold warm wet dry clean dirty broken empty"
)
"""After "a" or "an" something follows them, whatever mark a recogniser sets. Sizes are not among them: "a
large" is an order."""
_ADJECTIVE_WITHIN = 4
"""So many words before an adjective its article stands at the most ("a really very nice")."""
_SHORT_ANSWER_WORDS = 4
"""A subject and an auxiliary verb may be a whole answer ("yes, I do", "it was not"); after more they go
on."""
_NUMBERS = _set(
    "zero oh one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred "
    "thousand double triple"
)
_DICTATED = range(3, 7)
"""So many numbers in a row are being dictated, and more are to come; a whole local number has seven."""
_POLITE = _set("please thanks thank you yes no yeah yep nope okay ok it's i'd like the a an my is um uh for")
_YES_NO = _set(
    "yes yeah yep yup sure correct right okay ok absolutely exactly certainly please no nope nah wrong "
    "never thanks thank you that's is it fine not"
)
_DATES = _set(
    "today tomorrow monday tuesday wednesday thursday friday saturday sunday week month morning afternoon "
    "evening january february march april june july august september october november december"
)
_TENS = _set("twenty thirty forty fifty")
_DAYS_AND_TIMES = _set(
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth "
    "fifteenth sixteenth seventeenth eighteenth nineteenth twentieth thirtieth st nd rd th am pm m o'clock "
    "noon midday midnight"
)
"""What a day of the month and a time of day end in, as a recogniser writes them."""
_PHONE_DIGITS = 10
"""A number of the North American plan, spoken in full."""


class SentenceEnd(Enum):
    """What the end of some words is."""

    ANSWER = "it answers the question"
    SENTENCE = "it ends like a sentence"
    OPEN = "nobody can tell"
    GOES_ON = "more is to come"


def ending(text: str, question: Question, language: str) -> SentenceEnd:
    """What the end of `text` is, said in answer to `question`. `language`: BCP 47."""
    text = text.strip()
    english = language.partition("-")[0].lower() == "en"
    words = _WORD.findall(text.lower().replace("’", "'")) if english else []
    if words:
        if (found := _of_question(words, question)) is not None:
            return found
        if (found := _of_words(words)) is not None:
            return found
    if _GOES_ON.search(text):
        return SentenceEnd.GOES_ON
    return SentenceEnd.SENTENCE if _ENDS.search(text) else SentenceEnd.OPEN


def _of_question(words: list[str], question: Question) -> SentenceEnd | None:
    """What a closed question's answer is; None = it is none, or the question is open."""
    match question.kind:
        case "yes_no":
            if set(words) <= _YES_NO:
                return SentenceEnd.ANSWER
        case "digits" | "phone":
            return _of_digits(words, question)
        case "date":
            if words[-1] in _DATES or (_DATES.intersection(words) and _ends_as_day_or_time(words)):
                return SentenceEnd.ANSWER
        case "choice" | "free":
            pass
    said = " ".join(words)
    for phrase in (*question.phrases, *question.also):
        wanted = " ".join(_WORD.findall(phrase.lower()))
        if wanted and f" {said}".endswith(f" {wanted}") and set(said.removesuffix(wanted).split()) <= _POLITE:
            return SentenceEnd.ANSWER
    return None


def _ends_as_day_or_time(words: list[str]) -> bool:
    """Whether the last word can close "December fourth" or "on Friday at three"; "twenty" may go on."""
    last, before = words[-1], words[-2] if len(words) > 1 else ""
    if last in _TENS:
        return before in _NUMBERS or before.isdigit()
    return last in _NUMBERS or last in _DAYS_AND_TIMES or last.isdigit()


def _of_digits(words: list[str], question: Question) -> SentenceEnd | None:
    count = sum(len(word) if word.isdigit() else word in _NUMBERS for word in words)
    if not count:
        return None
    least = question.min_digits or (_PHONE_DIGITS if question.kind == "phone" else 1)
    if count < least:
        return SentenceEnd.GOES_ON
    return SentenceEnd.ANSWER if count >= (question.max_digits or least) else SentenceEnd.OPEN


def _of_words(words: list[str]) -> SentenceEnd | None:
    """What the last words alone tell; None = the punctuation decides."""
    last, before = words[-1], words[-2] if len(words) > 1 else ""
    if last in FUNCTION_WORDS and last not in _FEW_THAT_END:
        return SentenceEnd.GOES_ON
    if last == "number" and before and before not in _OWNERS:
        return SentenceEnd.GOES_ON
    if last in _ADJECTIVES and not {"a", "an"}.isdisjoint(words[-1 - _ADJECTIVE_WITHIN : -1]):
        return SentenceEnd.OPEN
    return _of_auxiliary(words) if last in _AUXILIARIES else _of_numbers(words)


def _of_auxiliary(words: list[str]) -> SentenceEnd | None:
    """What an auxiliary verb at the end tells."""
    if words[-2:-1] and words[-2] in _SUBJECTS and not _ASKING.isdisjoint(words[1:-2]):
        return None
    subject = next((word for word in reversed(words) if word not in _AUXILIARIES), "yes")
    short = subject in _SUBJECTS and len(words) <= _SHORT_ANSWER_WORDS
    return SentenceEnd.OPEN if short else SentenceEnd.GOES_ON


def _of_numbers(words: list[str]) -> SentenceEnd | None:
    """What numbers at the end tell."""
    numbers = _numbers_at_end(words)
    if numbers in _DICTATED:
        return SentenceEnd.GOES_ON
    half_heard = not numbers and _numbers_at_end(words[:-1]) in _DICTATED
    return SentenceEnd.OPEN if half_heard or (numbers and numbers == len(words)) else None


def _numbers_at_end(words: list[str]) -> int:
    count = 0
    for word in reversed(words):
        if not (word.isdigit() or word in _NUMBERS):
            break
        count += len(word) if word.isdigit() else 1
    return count
