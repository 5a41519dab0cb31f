"""Written text → the words a voice should say (American English): digits, phone numbers, money, dates, times,
addresses.

One table of notations decides; the rule that fits earliest wins, the upper one where two begin together. What
fits no rule stays as it is, for the voice to read. `pieces` keeps what was written beside what is said, so
that the place of a written word in the sound is known. Saying what is said already changes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from .numbers import cardinal, decimal, digits, ordinal, year

_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_MONTH_BY_START = {name[:3]: name for name in _MONTHS}
_COINS = {
    "$": ("dollar", "dollars", "cent", "cents"),
    "€": ("euro", "euros", "cent", "cents"),
    "£": ("pound", "pounds", "penny", "pence"),
}
_SCALES = {"k": "thousand", "m": "million", "mn": "million", "b": "billion", "bn": "billion"}
_UNITS = {
    "km/h": ("kilometer per hour", "kilometers per hour"),
    "km": ("kilometer", "kilometers"),
    "cm": ("centimeter", "centimeters"),
    "mm": ("millimeter", "millimeters"),
    "mi": ("mile", "miles"),
    "ft": ("foot", "feet"),
    "kg": ("kilogram", "kilograms"),
    "mg": ("milligram", "milligrams"),
    "g": ("gram", "grams"),
    "lbs": ("pound", "pounds"),
    "lb": ("pound", "pounds"),
    "oz": ("ounce", "ounces"),
    "ml": ("milliliter", "milliliters"),
    "mph": ("mile per hour", "miles per hour"),
    "min": ("minute", "minutes"),
    "hrs": ("hour", "hours"),
    "hr": ("hour", "hours"),
    "°F": ("degree Fahrenheit", "degrees Fahrenheit"),
    "°C": ("degree Celsius", "degrees Celsius"),
    "°": ("degree", "degrees"),
    "%": ("percent", "percent"),
}
_FIXED = {
    "e.g.": "for example",
    "i.e.": "that is",
    "etc.": "et cetera",
    "vs.": "versus",
    "approx.": "approximately",
    "24/7": "twenty-four seven",
    "1/2": "one half",
    "1/3": "one third",
    "2/3": "two thirds",
    "1/4": "one quarter",
    "3/4": "three quarters",
}
_WORD_DOMAINS = ("com", "org", "net", "gov", "info", "dev", "app", "co", "me", "in", "us")
_SPELLED_DOMAINS = ("edu", "io", "ai", "uk", "ca", "de", "eu", "fr", "au", "nz")
_SIGNS = {
    ".": "dot", "-": "dash", "_": "underscore", "/": "slash", "+": "plus", ":": "colon", "=": "equals",
    "?": "question mark", "&": "and", "#": "hash", "%": "percent", "~": "tilde", "@": "at",
}  # fmt: skip


class Piece(NamedTuple):
    """A run of written text and what is said for it; the same where nothing changes."""

    written: str
    said: str


def spoken(text: str) -> str:
    """`text` as it is said."""
    return "".join(piece.said for piece in pieces(text))


def pieces(text: str) -> list[Piece]:
    """`text` cut into runs; the `written` parts joined are `text`, the `said` ones are `spoken(text)`."""
    found: list[Piece] = []
    at = 0
    # Each rule's own next hit; a rule is asked again only when its hit lies behind us.
    ahead = [_next_hit(rule, text, 0) for rule in _RULES]
    while hit := min(filter(None, ahead), key=_start, default=None):
        if hit.start > at:
            found.append(Piece(text[at : hit.start], text[at : hit.start]))
        found.append(Piece(text[hit.start : hit.end], hit.said))
        at = hit.end
        for number, behind in enumerate(ahead):
            if behind is not None and behind.start < at:
                ahead[number] = _next_hit(_RULES[number], text, at)
    if at < len(text):
        found.append(Piece(text[at:], text[at:]))
    return found


class _Hit(NamedTuple):
    start: int
    end: int
    said: str


def _start(hit: _Hit) -> int:
    return hit.start


def _next_hit(rule: _Rule, text: str, at: int) -> _Hit | None:
    for match in rule.pattern.finditer(text, at):
        if (said := rule.say(match)) is not None:
            return _Hit(match.start(), match.end(), said)
    return None


# One function per notation: the match → the words, or None when it only looked like it. ---------------------


def _amount(text: str) -> str:
    """ "1,234.5" → "one thousand two hundred thirty-four point five"; leading zeros are said."""
    whole, _, fraction = text.replace(",", "").partition(".")
    if fraction:
        return decimal(whole, fraction)
    if len(whole) > 1 and whole.startswith("0"):
        return digits(whole)
    return cardinal(int(whole))


def _counted(amount: str, one: str, many: str) -> str:
    return f"{_amount(amount)} {one if amount == '1' else many}"


def _sign(match: re.Match[str]) -> str:
    return "minus " if match["sign"] else ""


def _address(text: str) -> str:
    """An e-mail or web address, run by run."""
    words: list[str] = []
    run: str
    for run in re.findall(r"[^\W\d_]+|\d+|[^\w\s]|_", text):
        if run.isdigit():
            words.append(cardinal(int(run)) if len(run) < 3 and not run.startswith("0") else digits(run))
        else:
            words.append(_SIGNS.get(run, run))
    top = words[-1]
    if top in _SPELLED_DOMAINS:
        words[-1] = " ".join(top)
    return " ".join(words)


def _web(match: re.Match[str]) -> str:
    return _address(re.sub(r"^(?:https?://)?(?:www\.)?", "", match.group()).rstrip("/"))


def _fixed(match: re.Match[str]) -> str:
    return _FIXED[match.group().lower()]


def _day(month: str, day: str, in_year: str | None) -> str | None:
    if not 1 <= int(day) <= 31:
        return None
    return f"{month} {ordinal(int(day))}" + (f", {year(int(in_year))}" if in_year else "")


def _numeric_date(match: re.Match[str]) -> str | None:
    month = int(match["m"])
    if not 1 <= month <= 12:
        return None
    written = match["y"]
    return _day(_MONTHS[month - 1], match["d"], written if len(written) == 4 else f"20{written}")


def _named_date(match: re.Match[str]) -> str | None:
    return _day(_MONTH_BY_START[match["month"][:3]], match["d"], match["y"])


def _month_and_year(match: re.Match[str]) -> str:
    return f"{_MONTH_BY_START[match['month'][:3]]} {year(int(match['y']))}"


def _time(match: re.Match[str]) -> str | None:
    hour, minute, half = int(match["h"]), int(match["min"] or 0), match["half"]
    if hour > (12 if half else 23) or minute > 59:
        return None
    past = "" if minute == 0 else f" oh {cardinal(minute)}" if minute < 10 else f" {cardinal(minute)}"
    if half:
        return f"{cardinal(hour)}{past} {half[0].upper()}M"
    if past:
        return cardinal(hour) + past
    if hour == 0:
        return "midnight"
    return f"{cardinal(hour)} o'clock" if hour <= 12 else f"{cardinal(hour)} hundred"


def _money(match: re.Match[str]) -> str:
    one, many, coin, coins = _COINS[match["currency"]]
    whole, fraction = match["whole"].replace(",", ""), match["fraction"] or ""
    if scale := match["scale"]:
        amount = decimal(whole, fraction) if fraction else cardinal(int(whole))
        return f"{_sign(match)}{amount} {_SCALES.get(scale.lower(), scale.lower())} {many}"
    if len(fraction) > 2:
        return f"{_sign(match)}{decimal(whole, fraction)} {many}"
    small = int(fraction.ljust(2, "0")) if fraction else 0
    parts: list[str] = []
    if int(whole) or not small:
        parts.append(_counted(str(int(whole)), one, many))
    if small:
        parts.append(_counted(str(small), coin, coins))
    return _sign(match) + " and ".join(parts)


def _phone(match: re.Match[str]) -> str:
    written = match.group()
    groups = re.findall(r"\d+", written)
    only = "".join(groups)
    if len(groups) == 1 and len(only) == 10:
        groups = [only[:3], only[3:6], only[6:]]
    elif len(groups) == 1 and len(only) == 11 and only[0] == "1":
        groups = ["1", only[1:4], only[4:7], only[7:]]
    elif len(groups) == 1:
        groups = [only[at : at + 3] for at in range(0, len(only), 3)]
    return ("plus " if written.startswith("+") else "") + ", ".join(digits(group) for group in groups)


def _measure(match: re.Match[str]) -> str:
    return _sign(match) + _counted(match["amount"], *_UNITS[match["unit"]])


def _ordinal(match: re.Match[str]) -> str:
    return ordinal(int(match[1]))


def _numbered(match: re.Match[str]) -> str:
    return f"number {_plain_number(match[1])}"


def _range(match: re.Match[str]) -> str | None:
    low, high = match.groups()
    if int(low) >= int(high) or len(low) > 4:
        return None
    return f"{_plain_number(low)} to {_plain_number(high)}"


def _version(match: re.Match[str]) -> str:
    return " dot ".join(cardinal(int(part)) for part in match.group().split("."))


def _code(match: re.Match[str]) -> str:
    """A reference of capitals and digits: short runs of letters are spelled, long ones are a word."""
    words: list[str] = []
    for run in re.findall(r"[A-Z]+|\d+", match.group()):
        if run.isdigit():
            words.append(cardinal(int(run)) if len(run) < 3 and not run.startswith("0") else digits(run))
        else:
            words.append(" ".join(run) if len(run) <= 3 else run)
    return " ".join(words)


def _number(match: re.Match[str]) -> str:
    whole = match["whole"]
    if match["fraction"] or "," in whole:
        return _sign(match) + _amount(match.group().lstrip("-−"))
    return _sign(match) + _plain_number(whole)


def _plain_number(text: str) -> str:
    """Digits alone: a year, a reference number of five and more said digit by digit, or how many."""
    if len(text) > 4 or (len(text) > 1 and text.startswith("0")):
        return digits(text)
    number = int(text)
    return year(number) if 1900 <= number <= 2099 else cardinal(number)


class _Rule(NamedTuple):
    pattern: re.Pattern[str]
    say: Callable[[re.Match[str]], str | None]


def _rule(pattern: str, say: Callable[[re.Match[str]], str | None], flags: int = 0) -> _Rule:
    return _Rule(re.compile(pattern, flags), say)


def _any_of(keys: dict[str, object] | list[str]) -> str:
    return "|".join(re.escape(key) for key in sorted(keys, key=len, reverse=True))


_FREE = r"(?<![\w.,:/-])(?<![$€£+#])"
"""Nothing that would make the digits after it part of something else."""
_END = r"(?![\w])(?![.,:/-]\d)"
_WHOLE = r"(?:\d{1,3}(?:,\d{3})+|\d+)"
_MINUS = r"(?P<sign>(?<!\w)[-−])?"
_MONTH = (
    r"(?P<month>Jan(?:uary|\.)?|Feb(?:ruary|\.)?|Mar(?:ch|\.)?|Apr(?:il|\.)?|May|June?|July?|Aug(?:ust|\.)?"
    r"|Sep(?:tember|t?\.?)|Oct(?:ober|\.)?|Nov(?:ember|\.)?|Dec(?:ember|\.)?)"
)
_HALF = r"(?P<half>[AaPp](?:\.[Mm]\.|[Mm](?!\w)))"
_HOST = r"(?:[A-Za-z0-9](?:[\w-]*[A-Za-z0-9])?\.)+"
_KNOWN_DOMAIN = "|".join(_WORD_DOMAINS + _SPELLED_DOMAINS)
_PATH = r"(?:/[\w./?=&%#~+-]*[\w/])?"

_RULES = (
    _rule(rf"(?<![\w.+-])[\w.+-]*\w@{_HOST}[A-Za-z]{{2,}}", lambda match: _address(match.group())),
    _rule(rf"https?://{_HOST}[A-Za-z]{{2,}}(?::\d+)?{_PATH}", _web),
    _rule(rf"(?<![\w@.-]){_HOST}(?:{_KNOWN_DOMAIN})(?![\w-]){_PATH}", _web),
    _rule(rf"(?<![\w./])(?:{_any_of(list(_FIXED))})(?![\w/])", _fixed, re.IGNORECASE),
    _rule(rf"{_FREE}(?P<y>\d{{4}})-(?P<m>\d\d)-(?P<d>\d\d){_END}", _numeric_date),
    _rule(rf"{_FREE}(?P<m>\d\d?)/(?P<d>\d\d?)/(?P<y>\d{{4}}|\d\d){_END}", _numeric_date),
    _rule(rf"\b{_MONTH} (?P<d>\d\d?)(?:st|nd|rd|th)?(?:,? (?P<y>\d{{4}}))?{_END}", _named_date),
    _rule(rf"\b{_MONTH},? (?P<y>\d{{4}}){_END}", _month_and_year),
    _rule(rf"{_FREE}(?P<h>\d\d?)(?::(?P<min>\d\d))? ?{_HALF}", _time),
    _rule(rf"{_FREE}(?P<h>\d\d?):(?P<min>\d\d)(?P<half>(?!.))?{_END}", _time),
    _rule(
        rf"{_MINUS}(?P<currency>[$€£]) ?(?P<whole>{_WHOLE})(?:\.(?P<fraction>\d+))?"
        r"(?: ?(?P<scale>thousand|million|billion|trillion|mn|bn|[kKmMbB])(?!\w))?",
        _money,
    ),
    _rule(rf"{_FREE}(?:\+?1[-. ]?)?(?:\(\d{{3}}\) ?|\d{{3}}[-. ])\d{{3}}[-. ]\d{{4}}{_END}", _phone),
    _rule(rf"(?<![\w+])\+\d{{1,3}}(?:[ .-]?\(?\d{{2,4}}\)?){{2,5}}{_END}", _phone),
    _rule(rf"{_FREE}(?:\d{{3}}[-.]\d{{4}}|\d{{10}}){_END}", _phone),
    _rule(
        rf"{_MINUS}(?<![\w.])(?P<amount>{_WHOLE}(?:\.\d+)?) ?(?P<unit>{_any_of(list(_UNITS))})(?![\w/])",
        _measure,
    ),
    _rule(r"(?<!\w)(\d+)(?:st|nd|rd|th)(?!\w)", _ordinal),
    _rule(rf"(?:#|\b[Nn]o\. ?)(\d+){_END}", _numbered),
    _rule(rf"{_FREE}(\d+) ?[-–] ?(\d+){_END}(?![-–])", _range),
    _rule(r"(?<![\w.])\d+(?:\.\d+){2,}(?!\w)", _version),
    _rule(r"(?<![\w.-])(?=[A-Z-]*\d)(?=[\d-]*[A-Z])[A-Z\d]+(?:-[A-Z\d]+)*(?![\w-])", _code),
    _rule(rf"{_MINUS}(?<![\w.])(?P<whole>{_WHOLE})(?:\.(?P<fraction>\d+))?(?!\w)", _number),
    _rule(r"(?<=\s)&(?=\s)", lambda _: "and"),
)
