"""What an answer means: from the caller's words or keys to a slot's value, and from the value back to speech.

One reader and one speaker for each kind of question, all pure: the present day comes in as an argument. What
follows from an answer, or from the lack of one, is `flow_run`'s.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date

import phonenumbers
from rapidfuzz import fuzz

from ...call.events import Question
from ...text.day_times import say_time
from .counts import count_in
from .dates import date_from_keys, date_in, say_date
from .numbers import digits_in, luhn_holds, one_number, say_digits, tokens
from .person_names import name_in
from .script import Ask
from .times import time_from_keys, time_in
from .yes_no import verdict_in

YES_NO_PHRASES = ("yes", "yes please", "no", "no thank you")
YES_NO_KEYS = {"1": "yes", "2": "no"}
OPEN = ("time", "number", "name")
"""Kinds that a recogniser hears as free speech, and no grammar admits."""
FILLERS = frozenset(
    tokens("a an the to i id im my me please want would like need have uh um er for of about")
)
DENIALS = frozenset(tokens("not no dont doesnt isnt never neither nor except without anything everything"))
"""Words that may turn a choice into what is not wanted ("anything but billing")."""

SAME_AT = 80.0
"""Likeness (0 to 100) from which words count as a phrase."""
AHEAD_BY = 8.0
"""How much liker the best choice must be than the second."""


def read(ask: Ask, text: str, *, typed: bool, today: date) -> str | None:
    """The slot's value in an answer, or None if there is none. `typed`: `text` holds keys, not words."""
    if ask.sensitive:
        # Only the toolbox knows the digits; the text is a handle for them, and was judged there.
        return text if typed and text else None
    return READERS[ask.kind](ask, text.strip(), typed, today)


def yes_or_no(text: str, *, typed: bool) -> str | None:
    """ "yes", "no", or None if the answer is neither or both."""
    if typed:
        return YES_NO_KEYS.get(text.strip("#*"))
    return verdict_in(text)


def say(ask: Ask, value: str, today: date) -> str:
    """A slot's value as the agent speaks it."""
    if ask.kind == "choice":
        choice = ask.choices[value]
        return choice.says or choice.phrases[0]
    if ask.kind == "digits":
        return say_digits(value)
    if ask.kind == "phone":
        return _say_phone(value, ask.region)
    if ask.kind == "date":
        return say_date(date.fromisoformat(value), today)
    return say_time(value) if ask.kind == "time" else value


def _say_phone(value: str, region: str) -> str:
    """A number as somebody in `region` would dial it, with the zero that belongs to it, in its groups."""
    number = phonenumbers.parse(value)
    home = number.country_code == phonenumbers.country_code_for_region(region)
    form = phonenumbers.PhoneNumberFormat.NATIONAL if home else phonenumbers.PhoneNumberFormat.INTERNATIONAL
    groups = re.findall(r"\+?\d+", phonenumbers.format_number(number, form))
    return ", ".join(say_digits(group) for group in groups)


def expect(ask: Ask, reprompt: str) -> Question:
    """The question in the words of the call core, for the recogniser and the keypad."""
    longest = {"phone": 15, "date": 8, "time": 4, "number": len(str(ask.most))}.get(ask.kind, ask.max_digits)
    return Question(
        kind="free" if ask.kind in OPEN else ask.kind,
        phrases=_phrases(ask),
        also=tuple(wording for choice in ask.choices.values() for wording in choice.also),
        keys="".join(_keys(ask)),
        min_digits=ask.min_digits or ask.max_digits,
        max_digits=longest,
        terminator=ask.terminator,
        sensitive=ask.sensitive,
        check=ask.check,
        silence_ms=ask.silence_ms,
        barge_in=ask.barge_in,
        reprompt=reprompt,
        takes_unclear=True,
    )


def expect_yes_or_no(ask: Ask, reprompt: str) -> Question:
    """The question "is that right?" about an answer to `ask`."""
    return Question(
        kind="yes_no",
        phrases=YES_NO_PHRASES,
        keys="".join(YES_NO_KEYS),
        barge_in=ask.barge_in,
        reprompt=reprompt,
        takes_unclear=True,
    )


def _phrases(ask: Ask) -> tuple[str, ...]:
    if ask.kind == "yes_no":
        return YES_NO_PHRASES
    return tuple(phrase for choice in ask.choices.values() for phrase in choice.phrases)


def _keys(ask: Ask) -> dict[str, str]:
    """Key → value, for the kinds that one key answers."""
    if ask.kind == "yes_no":
        return YES_NO_KEYS
    return {choice.key: name for name, choice in ask.choices.items() if choice.key}


# One reader for each kind -----------------------------------------------------------------------------------


def _read_yes_no(_ask: Ask, text: str, typed: bool, _today: date) -> str | None:
    return yes_or_no(text, typed=typed)


def _read_choice(ask: Ask, text: str, typed: bool, _today: date) -> str | None:
    if typed:
        return _keys(ask).get(text)
    if denied(ask, text):
        return None
    if (special := _most_special(_held(ask, text))) is not None:
        return special
    ranked = sorted(
        (max(likeness(text, phrase) for phrase in (*choice.phrases, *choice.also)), name)
        for name, choice in ask.choices.items()
    )
    best, name = ranked[-1]
    runner_up = ranked[-2][0] if len(ranked) > 1 else 0.0
    return name if best >= SAME_AT and best - runner_up >= AHEAD_BY else None


def denied(ask: Ask, text: str) -> bool:
    """Whether `text` may say which choice is not meant ("not billing")."""
    words = tokens(text)
    known = {
        word
        for choice in ask.choices.values()
        for each in (*choice.phrases, *choice.also)
        for word in tokens(each)
    }
    return bool(DENIALS.intersection(words[1:] if words[:1] == ["no"] else words) - known)


def named_choice(ask: Ask, text: str) -> str | None:
    """The one choice of which a sentence about something else holds a whole phrase; None if not one."""
    held = _held(ask, text)
    if denied(ask, text):
        return None
    return next(iter(held)) if len(held) == 1 else _most_special(held)


def _held(ask: Ask, text: str) -> dict[str, str]:
    """The choices of which `text` holds a phrase, each with the longest of them."""
    held: dict[str, str] = {}
    for name, choice in ask.choices.items():
        phrases = (_content(phrase) for phrase in (*choice.phrases, *choice.also))
        found = [phrase for phrase in phrases if phrase and f" {phrase} " in f" {_content(text)} "]
        if found:
            held[name] = max(found, key=len)
    return held


def _most_special(held: dict[str, str]) -> str | None:
    """Of several choices the one whose phrase holds all others': "cancel appointment" and "appointment"."""
    if len(held) < 2:
        return None
    name = max(held, key=lambda each: len(held[each]))
    longest = f" {held[name]} "
    others = [phrase for other, phrase in held.items() if other != name]
    inside = all(f" {phrase} " in longest and f" {phrase} " != longest for phrase in others)
    return name if inside else None


def likeness(said: str, phrase: str) -> float:
    """How much `said` is, or contains, `phrase`; the little words that every sentence has do not count."""
    a, b = _content(said), _content(phrase)
    if not a or not b:
        return 0.0
    if a == b:
        return 110.0  # above every mere containment, so that "hours" beats "opening hours"
    if f" {b} " in f" {a} ":
        return 100.0
    # A part of the phrase ("hours" for "opening hours") weighs less than the whole of another.
    return max(fuzz.token_set_ratio(a, b) * 0.9, fuzz.ratio(a, b))


def _content(text: str) -> str:
    words = tokens(text)
    return " ".join([word for word in words if word not in FILLERS] or words)


def _read_digits(ask: Ask, text: str, typed: bool, _today: date) -> str | None:
    digits = text.strip("#*") if typed else digits_in(text) if one_number(text) else ""
    fits = digits.isdigit() and (ask.min_digits or ask.max_digits) <= len(digits) <= ask.max_digits
    return digits if fits and (ask.check != "luhn" or luhn_holds(digits)) else None


def _read_phone(ask: Ask, text: str, typed: bool, _today: date) -> str | None:
    """A number that can be dialled, as far as its country's numbering plan tells."""
    if not typed and not one_number(text):
        return None
    plus = "+" if text.startswith("+") or tokens(text)[:1] == ["plus"] else ""
    digits = text.strip("#*") if typed else digits_in(text)
    try:
        number = phonenumbers.parse(plus + digits, ask.region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _read_date(_ask: Ask, text: str, typed: bool, today: date) -> str | None:
    found = date_from_keys(text.strip("#*"), today) if typed else date_in(text, today)
    return found.isoformat() if found else None


def _read_time(ask: Ask, text: str, typed: bool, _today: date) -> str | None:
    return time_from_keys(text.strip("#*")) if typed else time_in(text, ask.earliest, ask.latest)


def _read_number(ask: Ask, text: str, typed: bool, _today: date) -> str | None:
    return count_in(text.strip("#*") if typed else text, ask.units, ask.least, ask.most)


def _read_name(_ask: Ask, text: str, typed: bool, _today: date) -> str | None:
    return None if typed else name_in(text)


def _read_free(_ask: Ask, text: str, _typed: bool, _today: date) -> str | None:
    return text or None


READERS: dict[str, Callable[[Ask, str, bool, date], str | None]] = {
    "yes_no": _read_yes_no,
    "choice": _read_choice,
    "digits": _read_digits,
    "phone": _read_phone,
    "date": _read_date,
    "time": _read_time,
    "number": _read_number,
    "name": _read_name,
    "free": _read_free,
}
