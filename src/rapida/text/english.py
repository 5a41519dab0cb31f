"""How American English says what is written: numbers, ranges, telephones, money, dates, times, addresses.

One function per notation turns a match into words, or says that it only looked like the notation. The table
at the end is in order of precedence; what the notations stand for is `english_words.py`'s.
"""

from __future__ import annotations

import re

from .english_words import (
    CODES,
    COINS,
    DECIMAL_UNITS,
    EMERGENCY,
    FIXED,
    MONTH_BY_START,
    MONTHS,
    OPERATORS,
    PARTS,
    SCALES,
    SIGNS,
    SPELLED,
    SPELLED_DOMAINS,
    UNITS,
    WEEKDAYS,
    WORD_DOMAINS,
)
from .numbers import cardinal, decimal, digits, ordinal, year
from .rules import Rule, any_of, rule


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
        words.append(_short(run) if run.isdigit() else SIGNS.get(run, run))
    if words[-1] in SPELLED_DOMAINS:
        words[-1] = " ".join(words[-1])
    return " ".join(words)


def _short(run: str) -> str:
    """Digits in a name: as a number while they are few."""
    return cardinal(int(run)) if len(run) < 3 and not run.startswith("0") else digits(run)


def _web(match: re.Match[str]) -> str:
    return _address(re.sub(r"^(?:https?://)?(?:www\.)?", "", match.group()).rstrip("/"))


# Dates and times --------------------------------------------------------------------------------------------


def _day(month: str, day: str, in_year: str | None) -> str | None:
    if not 1 <= int(day) <= 31:
        return None
    return f"{month} {ordinal(int(day))}" + (f", {year(int(in_year))}" if in_year else "")


def _numeric_date(match: re.Match[str]) -> str | None:
    month = int(match["m"])
    if not 1 <= month <= 12:
        return None
    written = match["y"]
    return _day(MONTHS[month - 1], match["d"], written if len(written) == 4 else f"20{written}")


def _named_date(match: re.Match[str]) -> str | None:
    return _day(MONTH_BY_START[match["month"][:3]], match["d"], match["y"])


def _days_of_month(match: re.Match[str]) -> str | None:
    first, last = int(match["d"]), int(match["last"])
    if not 1 <= first < last <= 31:
        return None
    return f"{MONTH_BY_START[match['month'][:3]]} {ordinal(first)} to {ordinal(last)}"


def _day_before_month(match: re.Match[str]) -> str | None:
    if not 1 <= int(match["d"]) <= 31:
        return None
    article = "" if match.string[: match.start()].lower().endswith("the ") else "the "
    in_year = f", {year(int(match['y']))}" if match["y"] else ""
    return f"{article}{ordinal(int(match['d']))} of {MONTH_BY_START[match['month'][:3]]}{in_year}"


def _month_and_year(match: re.Match[str]) -> str:
    return f"{MONTH_BY_START[match['month'][:3]]} {year(int(match['y']))}"


def _decade(match: re.Match[str]) -> str:
    """ "The 1990s", "in my 20s"; but "30s" alone is half a minute."""
    written = match[1]
    if len(written) == 2 and not _BEFORE_A_DECADE.search(match.string[: match.start()]):
        return f"{cardinal(int(written))} seconds"
    said = year(int(written)) if len(written) == 4 else cardinal(int(written))
    return said[:-1] + "ies" if said.endswith("y") else said + "s"


def _weekday(match: re.Match[str]) -> str:
    last = match["last"]
    return WEEKDAYS[match["first"]] + (f" to {WEEKDAYS[last]}" if last else "")


def _weekday_hours(match: re.Match[str]) -> str:
    return f"{WEEKDAYS[match['first']]} {cardinal(int(match['from']))} to {cardinal(int(match['to']))}"


def _time(match: re.Match[str]) -> str | None:
    return _hour(match["h"], match["min"], match["half"])


def _hour(hours: str, minutes: str | None, half: str | None) -> str | None:
    hour, minute = int(hours), int(minutes or 0)
    if hour > (12 if half else 24) or minute > 59:
        return None
    past = "" if minute == 0 else f" oh {cardinal(minute)}" if minute < 10 else f" {cardinal(minute)}"
    if half:
        return f"{cardinal(hour)}{past} {half[0].upper()}M"
    if past:
        return cardinal(hour) + past
    if hour == 0:
        return "midnight"
    return f"{cardinal(hour)} o'clock" if hour <= 12 else f"{cardinal(hour)} hundred"


def _times(match: re.Match[str]) -> str | None:
    """ "10:30-14:00", "9am–5pm", "2-4 pm"."""
    if match["half"] is None and (match["min"] is None or (match["min"] == "00" and match["half2"])):
        first = cardinal(int(match["h"])) if int(match["h"]) <= 12 else None
    else:
        first = _time(match)
    last = _hour(match["h2"], match["min2"], match["half2"])
    return f"{first} to {last}" if first and last else None


# Money and measures -----------------------------------------------------------------------------------------


def _money(match: re.Match[str]) -> str:
    one, many, coin, coins = COINS[match["currency"]]
    whole, fraction = match["whole"].replace(",", ""), match["fraction"] or ""
    if scale := match["scale"]:
        amount = decimal(whole, fraction) if fraction else cardinal(int(whole))
        return f"{_sign(match)}{amount} {SCALES.get(scale.lower(), scale.lower())} {many}"
    if len(fraction) > 2:
        return f"{_sign(match)}{decimal(whole, fraction)} {many}"
    small = int(fraction.ljust(2, "0")) if fraction else 0
    parts: list[str] = []
    if int(whole) or not small:
        parts.append(_counted(str(int(whole)), one, many))
    if small:
        parts.append(_counted(str(small), coin, coins))
    return _sign(match) + " and ".join(parts)


def _money_range(match: re.Match[str]) -> str:
    scale = f" {SCALES[match['scale'].lower()]}" if match["scale"] else ""
    return f"{_amount(match['low'])} to {_amount(match['high'])}{scale} {COINS[match['currency']][1]}"


def _coded_money(match: re.Match[str]) -> str:
    code = match["before"] or match["after"]
    one, many, _, _ = COINS[CODES.get(code, code)]
    return _counted(match["amount"], one, many)


def _measure(match: re.Match[str]) -> str:
    return _sign(match) + _counted(match["amount"], *UNITS[match["unit"]])


def _measure_range(match: re.Match[str]) -> str:
    return f"{_amount(match['low'])} to {_amount(match['high'])} {UNITS[match['unit']][1]}"


def _decimal_measure(match: re.Match[str]) -> str:
    return f"{_amount(match[1])} {DECIMAL_UNITS[match[2]]}"


def _feet_and_inches(match: re.Match[str]) -> str:
    feet, inches = match["ft"], match["inch"]
    if "ft" in match.group():
        return f"{_counted(feet, 'foot', 'feet')} {_counted(inches, 'inch', 'inches')}"
    return f"{cardinal(int(feet))} foot {cardinal(int(inches))}"


def _mixed(match: re.Match[str]) -> str:
    return f"{cardinal(int(match[1]))} and {PARTS[match[2]]}"


# Digits and numbers -----------------------------------------------------------------------------------------


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


def _groups(match: re.Match[str]) -> str | None:
    """ "4242 4242 4242 4242", "123-45-6789"."""
    groups = re.findall(r"\d+", match.group())
    return ", ".join(digits(group) for group in groups) if sum(map(len, groups)) >= 9 else None


def _one_by_one(match: re.Match[str]) -> str:
    return digits(match.group())


def _named_digits(match: re.Match[str]) -> str:
    return match[1] + digits(match[2])


def _extension(match: re.Match[str]) -> str:
    return f"extension {digits(match[1])}"


def _spelled(match: re.Match[str]) -> str:
    return f"{' '.join(match[1])} {digits(match[2])}"


def _numbered(match: re.Match[str]) -> str:
    return f"number {_plain_number(match[1])}"


def _range(match: re.Match[str]) -> str | None:
    low, high = match.groups()
    first, last = int(low.replace(",", "")), int(high.replace(",", ""))
    if first >= last or (len(low) > 4 and "," not in low):
        return None
    return " to ".join(_amount(each) if "," in each else _plain_number(each) for each in (low, high))


def _ratio(match: re.Match[str]) -> str:
    return f"{cardinal(int(match[1]))} to {cardinal(int(match[2]))}"


def _emergency(match: re.Match[str]) -> str | None:
    dialled = match.group() == "911" or _DIALLING.search(match.string[: match.start()])
    return digits(match.group()) if dialled else None


def _version(match: re.Match[str]) -> str:
    numbered = match["v"] is not None
    parts = match.group().removeprefix("v").split(".")
    said = (" point " if numbered else " dot ").join(cardinal(int(part)) for part in parts)
    return f"version {said}" if numbered else said


def _score(match: re.Match[str]) -> str:
    return f"{_amount(match[1])} out of {_amount(match[2])}"


def _code(match: re.Match[str]) -> str:
    """A reference of capitals and digits: short runs of letters are spelled, long ones are a word."""
    words: list[str] = []
    for run in re.findall(r"[A-Z]+|\d+", match.group()):
        words.append(_short(run) if run.isdigit() else " ".join(run) if len(run) <= 3 else run)
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


# The table --------------------------------------------------------------------------------------------------

_BEFORE_A_DECADE = re.compile(
    r"(?:\b(?:the|my|his|her|our|your|their|mid|early|late)[ -]|['’])\Z", re.IGNORECASE
)
_DIALLING = re.compile(r"\b(?:call|dial|ring|phone|text|emergenc|number)\w*\b[^.!?]{0,30}\Z", re.IGNORECASE)
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

ENGLISH: tuple[Rule, ...] = (
    rule(rf"(?<![\w.+-])[\w.+-]*\w@{_HOST}[A-Za-z]{{2,}}", lambda match: _address(match.group())),
    rule(rf"https?://{_HOST}[A-Za-z]{{2,}}(?::\d+)?{_PATH}", _web),
    rule(rf"(?<![\w@.-]){_HOST}(?:{_KNOWN_DOMAIN})(?![\w-]){_PATH}", _web),
    rule(rf"{_FREE}(\d+) ({any_of(PARTS)}){_END}", _mixed),
    rule(
        rf"(?<![\w./])(?:{any_of(FIXED)})(?![\w/])", lambda match: FIXED[match.group().lower()], re.IGNORECASE
    ),
    # Dates
    rule(rf"{_FREE}(?P<y>\d{{4}})-(?P<m>\d\d)-(?P<d>\d\d){_END}", _numeric_date),
    rule(rf"{_FREE}(?P<m>\d\d?)/(?P<d>\d\d?)/(?P<y>\d{{4}}|\d\d){_END}", _numeric_date),
    rule(
        rf"\b{_MONTH} (?P<d>\d\d?)(?:st|nd|rd|th)?{_DASH}(?P<last>\d\d?)(?:st|nd|rd|th)?{_END}",
        _days_of_month,
    ),
    rule(rf"\b{_MONTH} (?P<d>\d\d?)(?:st|nd|rd|th)?(?:,? (?P<y>\d{{4}}))?{_END}", _named_date),
    rule(
        rf"{_FREE}(?P<d>\d\d?)(?:st|nd|rd|th)?(?: of)? {_MONTH}(?:,? (?P<y>\d{{4}}))?(?![\w:])",
        _day_before_month,
    ),
    rule(rf"\b{_MONTH},? (?P<y>\d{{4}}){_END}", _month_and_year),
    rule(r"(?<![\w.,])(\d0|[12]\d\d0)['’]?s(?!\w)", _decade),
    rule(rf"\b(?P<first>{_WEEKDAYS})\.? (?P<from>\d\d?){_DASH}(?P<to>\d\d?)(?![\w:-])", _weekday_hours),
    rule(rf"\b(?P<first>{_WEEKDAYS})\.?{_DASH}(?P<last>{_WEEKDAYS})\b\.?", _weekday),
    rule(rf"\b(?P<first>{_WEEKDAYS})(?P<last>)\b\.?(?=,? (?:{_MONTH}|\d))", _weekday),
    # Times
    rule(rf"{_FREE}{_HOURS}(?::(?P<min2>\d\d))? ?(?P<half2>{_HALVES})", _times),
    rule(rf"{_FREE}{_HOURS}:(?P<min2>\d\d)(?P<half2>(?!.))?{_END}", _times),
    rule(rf"{_FREE}(?P<h>\d\d?)(?::(?P<min>\d\d))? ?{_HALF}", _time),
    rule(rf"{_FREE}(?P<h>\d\d?):(?P<min>\d\d)(?P<half>(?!.))?{_END}", _time),
    # Money
    rule(
        rf"{_CURRENCY} ?(?P<low>{_DECIMAL}){_DASH}(?:(?P=currency) ?)?"
        rf"(?P<high>{_DECIMAL})(?P<scale>[kKmMbB])?{_END}",
        _money_range,
    ),
    rule(
        rf"{_MINUS}{_CURRENCY} ?(?P<whole>{_WHOLE})(?:\.(?P<fraction>\d+))?"
        r"(?: ?(?P<scale>thousand|million|billion|trillion|mn|bn|[kKmMbB])(?!\w))?",
        _money,
    ),
    rule(rf"\b(?P<before>{any_of(CODES)}) ?(?P<amount>{_DECIMAL})(?P<after>){_END}", _coded_money),
    rule(
        rf"{_FREE}(?P<before>)(?P<amount>{_DECIMAL}) ?(?P<after>{any_of(CODES)}|[€£¥])(?![\w.]*\d)(?!\w)",
        _coded_money,
    ),
    # Digits one by one
    rule(rf"{_FREE}(?:\+?1[-. ]?)?(?:\(\d{{3}}\) ?|\d{{3}}[-. ])\d{{3}}[-. ]\d{{4}}{_END}", _phone),
    rule(rf"(?<![\w+])\+\d{{1,3}}(?:[ .-]?\(?\d{{2,4}}\)?){{2,5}}{_END}", _phone),
    rule(rf"{_FREE}(?:\d{{3}}[-.]\d{{4}}|\d{{10}}){_END}", _phone),
    rule(
        rf"{_FREE}(?:\d{{2,6}} ){{2,5}}\d{{2,6}}{_END}|{_FREE}(?:\d{{2,6}}-){{2,5}}\d{{2,6}}{_END}", _groups
    ),
    rule(rf"{_FREE}\d(?:-\d){{2,}}{_END}", _one_by_one),
    rule(rf"\b[Ee]xt(?:ension)?\.? ?(\d+){_END}(?! (?:day|week|month|year|hour)s?\b)", _extension),
    rule(rf"\b((?:{any_of(SPELLED)})(?: is| number|:)*:? )(\d{{3,8}}){_END}(?![.,]\d)", _named_digits),
    rule(rf"(?<=[Ff]light )([A-Z]{{2}}) ?(\d{{1,4}}){_END}", _spelled),
    rule(rf"{_FREE}(?:{any_of(EMERGENCY)}){_END}", _emergency),
    # Measures
    rule(rf"{_FREE}(?P<ft>\d+)(?: ?ft\.? |['′] ?)(?P<inch>\d\d?)(?: ?in(?:ches)?\b|[\"″])", _feet_and_inches),
    rule(
        rf"{_FREE}(?P<low>{_DECIMAL})(?:{_DASH})(?P<high>{_DECIMAL}) ?(?P<unit>{_UNITS})(?![\w/])",
        _measure_range,
    ),
    rule(rf"{_MINUS}(?<![\w.])(?P<amount>{_DECIMAL}) ?(?P<unit>{_UNITS})(?![\w/])", _measure),
    rule(r"(?<![\w.])(\d+\.\d+) ?([FCx])(?!\w)", _decimal_measure),
    rule(r"(?<!\w)(\d+)(?:st|nd|rd|th)(?!\w)", lambda match: ordinal(int(match[1]))),
    # Numbers
    rule(rf"(?:#|\b[Nn]o\. ?)(\d+){_END}", _numbered),
    rule(rf"{_FREE}(\d+\.\d+) ?/ ?(\d+){_END}", _score),
    rule(rf"{_FREE}({_WHOLE}){_DASH}({_WHOLE}){_END}(?![-–])", _range),
    rule(r"(?<![\w.:,/-])(\d{1,3}):(\d{1,3})(?![\w:])", _ratio),
    rule(r"(?<![\w.])(?:(?P<v>v)\d+(?:\.\d+)+|\d+(?:\.\d+){2,})(?!\w)", _version),
    rule(r"(?<![\w.-])(?=[A-Z-]*\d)(?=[\d-]*[A-Z])[A-Z\d]+(?:-[A-Z\d]+)*(?![\w-])", _code),
    rule(rf"{_MINUS}(?<![\w.])(?P<whole>{_WHOLE})(?:\.(?P<fraction>\d+))?(?!\w|\.\d)", _number),
    rule(r"(?<=\d )[+=×÷](?= ?\d)", lambda match: OPERATORS[match.group()]),
    rule(r"(?<=\d)[+×÷](?=\d)", lambda match: f" {OPERATORS[match.group()]} "),
    rule(r"(?<=\s)&(?=\s)", lambda _: "and"),
)
