"""How the notations of American English look, in order of precedence; `english.py` says them."""

from __future__ import annotations

import re

from . import english as say
from .english_words import (
    CODES,
    COINS,
    EMERGENCY,
    FIXED,
    OPERATORS,
    PARTS,
    SPELLED,
    SPELLED_DOMAINS,
    UNITS,
    WEEKDAYS,
    WORD_DOMAINS,
)
from .numbers import ordinal
from .rules import SpellingRule, any_of, rule

_FREE = r"(?<![\w.,:/-])(?<![$€£¥₹₩+#])"
"""Nothing that would make the digits after it part of something else."""
_END = r"(?![\w])(?![.,:/-]\d)"
_WHOLE = r"(?:\d{1,3}(?:,\d{3})+|\d+)"
_DECIMAL = rf"{_WHOLE}(?:\.\d+)?"
_MINUS = r"(?P<sign>(?<!\w)[-−])?"
_DASH = r" ?[-–—] ?"
_MONTH = (
    r"(?P<month>Jan(?:uary|\.)?|Feb(?:ruary|\.)?|Mar(?:ch|\.)?|Apr(?:il|\.)?|May|June?|July?|Aug(?:ust|\.)?"
    r"|Sep(?:tember|t?\.?)|Oct(?:ober|\.)?|Nov(?:ember|\.)?|Dec(?:ember|\.)?)(?!\w)"
)
_HALVES = r"[AaPp](?:\.[Mm]\.|[Mm](?!\w))"
_HALF = rf"(?P<half>{_HALVES})"
_HOST = r"(?:[A-Za-z0-9](?:[\w-]*[A-Za-z0-9])?\.)+"
_KNOWN_DOMAIN = "|".join(WORD_DOMAINS + SPELLED_DOMAINS)
_PATH = r"(?:/[\w./?=&%#~+-]*[\w/])?"
_CURRENCY = rf"(?<!\w)(?P<currency>{any_of(COINS)})"
_WEEKDAYS = any_of(WEEKDAYS)
_UNITS = any_of(UNITS)
_HOURS = rf"(?P<h>\d\d?)(?::(?P<min>\d\d))? ?{_HALF}?(?:{_DASH}| to )(?P<h2>\d\d?)"

ENGLISH: tuple[SpellingRule, ...] = (
    rule(rf"(?<![\w.+-])[\w.+-]*\w@{_HOST}[A-Za-z]{{2,}}", lambda match: say.address(match.group())),
    rule(rf"https?://{_HOST}[A-Za-z]{{2,}}(?::\d+)?{_PATH}", say.web),
    rule(rf"(?<![\w@.-]){_HOST}(?:{_KNOWN_DOMAIN})(?![\w-]){_PATH}", say.web),
    rule(rf"{_FREE}(\d+) ({any_of(PARTS)}){_END}", say.mixed),
    rule(
        rf"(?<![\w./])(?:{any_of(FIXED)})(?![\w/])", lambda match: FIXED[match.group().lower()], re.IGNORECASE
    ),
    # Dates
    rule(rf"{_FREE}(?P<y>\d{{4}})-(?P<m>\d\d)-(?P<d>\d\d){_END}", say.numeric_date),
    rule(rf"{_FREE}(?P<m>\d\d?)/(?P<d>\d\d?)/(?P<y>\d{{4}}|\d\d){_END}", say.numeric_date),
    rule(
        rf"\b{_MONTH} (?P<d>\d\d?)(?:st|nd|rd|th)?{_DASH}(?P<last>\d\d?)(?:st|nd|rd|th)?{_END}",
        say.days_of_month,
    ),
    rule(rf"\b{_MONTH} (?P<d>\d\d?)(?:st|nd|rd|th)?(?:,? (?P<y>\d{{4}}))?{_END}", say.named_date),
    rule(
        rf"{_FREE}(?P<d>\d\d?)(?:st|nd|rd|th)?(?: of)? {_MONTH}(?:,? (?P<y>\d{{4}}))?(?![\w:])",
        say.day_before_month,
    ),
    rule(rf"\b{_MONTH},? (?P<y>\d{{4}}){_END}", say.month_and_year),
    rule(r"(?<![\w.,])(\d0|[12]\d\d0)['’]?s(?!\w)", say.decade),
    rule(rf"\b(?P<first>{_WEEKDAYS})\.? (?P<from>\d\d?){_DASH}(?P<to>\d\d?)(?![\w:-])", say.weekday_hours),
    rule(rf"\b(?P<first>{_WEEKDAYS})\.?{_DASH}(?P<last>{_WEEKDAYS})\b\.?", say.weekday),
    rule(rf"\b(?P<first>{_WEEKDAYS})(?P<last>)\b\.?(?=,? (?:{_MONTH}|\d))", say.weekday),
    # Times
    rule(rf"{_FREE}{_HOURS}(?::(?P<min2>\d\d))? ?(?P<half2>{_HALVES})", say.times),
    rule(rf"{_FREE}{_HOURS}:(?P<min2>\d\d)(?P<half2>(?!.))?{_END}", say.times),
    rule(rf"{_FREE}(?P<h>\d\d?)(?::(?P<min>\d\d))? ?{_HALF}", say.clock),
    rule(rf"{_FREE}(?P<h>\d\d?):(?P<min>\d\d)(?P<half>(?!.))?{_END}", say.clock),
    # Money
    rule(
        rf"{_CURRENCY} ?(?P<low>{_DECIMAL}){_DASH}(?:(?P=currency) ?)?"
        rf"(?P<high>{_DECIMAL})(?P<scale>[kKmMbB])?{_END}",
        say.money_range,
    ),
    rule(
        rf"{_MINUS}{_CURRENCY} ?(?P<whole>{_WHOLE})(?:\.(?P<fraction>\d+))?"
        r"(?: ?(?P<scale>thousand|million|billion|trillion|mn|bn|[kKmMbB])(?!\w))?",
        say.money,
    ),
    rule(rf"\b(?P<before>{any_of(CODES)}) ?(?P<amount>{_DECIMAL})(?P<after>){_END}", say.coded_money),
    rule(
        rf"{_FREE}(?P<before>)(?P<amount>{_DECIMAL}) ?(?P<after>{any_of(CODES)}|[€£¥])(?![\w.]*\d)(?!\w)",
        say.coded_money,
    ),
    # Digits one by one
    rule(rf"{_FREE}(?:\+?1[-. ]?)?(?:\(\d{{3}}\) ?|\d{{3}}[-. ])\d{{3}}[-. ]\d{{4}}{_END}", say.phone),
    rule(rf"(?<![\w+])\+\d{{1,3}}(?:[ .-]?\(?\d{{2,4}}\)?){{2,5}}{_END}", say.phone),
    rule(rf"{_FREE}(?:\d{{3}}[-.]\d{{4}}|\d{{10}}){_END}", say.phone),
    rule(
        rf"{_FREE}(?:\d{{2,6}} ){{2,5}}\d{{2,6}}{_END}|{_FREE}(?:\d{{2,6}}-){{2,5}}\d{{2,6}}{_END}",
        say.groups,
    ),
    rule(rf"{_FREE}\d(?:-\d){{2,}}{_END}", say.one_by_one),
    rule(rf"\b[Ee]xt(?:ension)?\.? ?(\d+){_END}(?! (?:day|week|month|year|hour)s?\b)", say.extension),
    rule(rf"\b((?:{any_of(SPELLED)})(?: is| number|:)*:? )(\d{{3,8}}){_END}(?![.,]\d)", say.named_digits),
    rule(rf"(?<=[Ff]light )([A-Z]{{2}}) ?(\d{{1,4}}){_END}", say.spelled),
    rule(rf"{_FREE}(?:{any_of(EMERGENCY)}){_END}", say.emergency),
    # Measures
    rule(
        rf"{_FREE}(?P<ft>\d+)(?: ?ft\.? |['′] ?)(?P<inch>\d\d?)(?: ?in(?:ches)?\b|[\"″])", say.feet_and_inches
    ),
    rule(
        rf"{_FREE}(?P<low>{_DECIMAL})(?:{_DASH})(?P<high>{_DECIMAL}) ?(?P<unit>{_UNITS})(?![\w/])",
        say.measure_range,
    ),
    rule(rf"{_MINUS}(?<![\w.])(?P<amount>{_DECIMAL}) ?(?P<unit>{_UNITS})(?![\w/])", say.measure),
    rule(r"(?<![\w.])(\d+\.\d+) ?([FCx])(?!\w)", say.decimal_measure),
    rule(r"(?<!\w)(\d+)(?:st|nd|rd|th)(?!\w)", lambda match: ordinal(int(match[1]))),
    # Numbers
    rule(rf"(?:#|\b[Nn]o\. ?)(\d+){_END}", say.numbered),
    rule(rf"{_FREE}(\d+\.\d+) ?/ ?(\d+){_END}", say.score),
    rule(rf"{_FREE}({_WHOLE}){_DASH}({_WHOLE}){_END}(?![-–])", say.whole_range),
    rule(r"(?<![\w.:,/-])(\d{1,3}):(\d{1,3})(?![\w:])", say.ratio),
    rule(r"(?<![\w.])(?:(?P<v>v)\d+(?:\.\d+)+|\d+(?:\.\d+){2,})(?!\w)", say.version),
    rule(r"(?<![\w.-])(?=[A-Z-]*\d)(?=[\d-]*[A-Z])[A-Z\d]+(?:-[A-Z\d]+)*(?![\w-])", say.code),
    rule(rf"{_MINUS}(?<![\w.])(?P<whole>{_WHOLE})(?:\.(?P<fraction>\d+))?(?!\w|\.\d)", say.amount_or_year),
    rule(r"(?<=\d )[+=×÷](?= ?\d)", lambda match: OPERATORS[match.group()]),
    rule(r"(?<=\d)[+×÷](?=\d)", lambda match: f" {OPERATORS[match.group()]} "),
    rule(r"(?<=\s)&(?=\s)", lambda _: "and"),
)
