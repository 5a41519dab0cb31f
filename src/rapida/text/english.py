"""What American English says for each notation: numbers, ranges, telephones, money, dates, times, addresses.

One function per notation turns a match of it into words, or says that it only looked like the notation. How a
notation looks is `english_notations.py`'s, what its parts stand for `english_words.py`'s.
"""

from __future__ import annotations

import re

from .english_words import (
    CODES,
    COINS,
    DECIMAL_UNITS,
    MONTH_BY_START,
    MONTHS,
    PARTS,
    SCALES,
    SIGNS,
    SPELLED_DOMAINS,
    UNITS,
    WEEKDAYS,
)
from .numbers import cardinal, decimal, digits, ordinal, year

_BEFORE_A_DECADE = re.compile(
    r"(?:\b(?:the|my|his|her|our|your|their|mid|early|late)[ -]|['’])\Z", re.IGNORECASE
)
_DIALLING = re.compile(r"\b(?:call|dial|ring|phone|text|emergenc|number)\w*\b[^.!?]{0,30}\Z", re.IGNORECASE)


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


def address(text: str) -> str:
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


def web(match: re.Match[str]) -> str:
    return address(re.sub(r"^(?:https?://)?(?:www\.)?", "", match.group()).rstrip("/"))


# Dates and times --------------------------------------------------------------------------------------------


def _day(month: str, day: str, in_year: str | None) -> str | None:
    if not 1 <= int(day) <= 31:
        return None
    return f"{month} {ordinal(int(day))}" + (f", {year(int(in_year))}" if in_year else "")


def numeric_date(match: re.Match[str]) -> str | None:
    month = int(match["m"])
    if not 1 <= month <= 12:
        return None
    written = match["y"]
    return _day(MONTHS[month - 1], match["d"], written if len(written) == 4 else f"20{written}")


def named_date(match: re.Match[str]) -> str | None:
    return _day(MONTH_BY_START[match["month"][:3]], match["d"], match["y"])


def days_of_month(match: re.Match[str]) -> str | None:
    first, last = int(match["d"]), int(match["last"])
    if not 1 <= first < last <= 31:
        return None
    return f"{MONTH_BY_START[match['month'][:3]]} {ordinal(first)} to {ordinal(last)}"


def day_before_month(match: re.Match[str]) -> str | None:
    if not 1 <= int(match["d"]) <= 31:
        return None
    article = "" if match.string[: match.start()].lower().endswith("the ") else "the "
    in_year = f", {year(int(match['y']))}" if match["y"] else ""
    return f"{article}{ordinal(int(match['d']))} of {MONTH_BY_START[match['month'][:3]]}{in_year}"


def month_and_year(match: re.Match[str]) -> str:
    return f"{MONTH_BY_START[match['month'][:3]]} {year(int(match['y']))}"


def decade(match: re.Match[str]) -> str:
    """ "The 1990s", "in my 20s"; but "30s" alone is half a minute."""
    written = match[1]
    if len(written) == 2 and not _BEFORE_A_DECADE.search(match.string[: match.start()]):
        return f"{cardinal(int(written))} seconds"
    said = year(int(written)) if len(written) == 4 else cardinal(int(written))
    return said[:-1] + "ies" if said.endswith("y") else said + "s"


def weekday(match: re.Match[str]) -> str:
    last = match["last"]
    return WEEKDAYS[match["first"]] + (f" to {WEEKDAYS[last]}" if last else "")


def weekday_hours(match: re.Match[str]) -> str:
    return f"{WEEKDAYS[match['first']]} {cardinal(int(match['from']))} to {cardinal(int(match['to']))}"


def clock(match: re.Match[str]) -> str | None:
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


def times(match: re.Match[str]) -> str | None:
    """ "10:30-14:00", "9am–5pm", "2-4 pm"."""
    if match["half"] is None and (match["min"] is None or (match["min"] == "00" and match["half2"])):
        first = cardinal(int(match["h"])) if int(match["h"]) <= 12 else None
    else:
        first = clock(match)
    last = _hour(match["h2"], match["min2"], match["half2"])
    return f"{first} to {last}" if first and last else None


# Money and measures -----------------------------------------------------------------------------------------


def money(match: re.Match[str]) -> str:
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


def money_range(match: re.Match[str]) -> str:
    scale = f" {SCALES[match['scale'].lower()]}" if match["scale"] else ""
    return f"{_amount(match['low'])} to {_amount(match['high'])}{scale} {COINS[match['currency']][1]}"


def coded_money(match: re.Match[str]) -> str:
    code = match["before"] or match["after"]
    one, many, _, _ = COINS[CODES.get(code, code)]
    return _counted(match["amount"], one, many)


def measure(match: re.Match[str]) -> str:
    return _sign(match) + _counted(match["amount"], *UNITS[match["unit"]])


def measure_range(match: re.Match[str]) -> str:
    return f"{_amount(match['low'])} to {_amount(match['high'])} {UNITS[match['unit']][1]}"


def decimal_measure(match: re.Match[str]) -> str:
    return f"{_amount(match[1])} {DECIMAL_UNITS[match[2]]}"


def feet_and_inches(match: re.Match[str]) -> str:
    feet, inches = match["ft"], match["inch"]
    if "ft" in match.group():
        return f"{_counted(feet, 'foot', 'feet')} {_counted(inches, 'inch', 'inches')}"
    return f"{cardinal(int(feet))} foot {cardinal(int(inches))}"


def mixed(match: re.Match[str]) -> str:
    return f"{cardinal(int(match[1]))} and {PARTS[match[2]]}"


# Digits and numbers -----------------------------------------------------------------------------------------


def phone(match: re.Match[str]) -> str:
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


def groups(match: re.Match[str]) -> str | None:
    """ "4242 4242 4242 4242", "123-45-6789"."""
    groups = re.findall(r"\d+", match.group())
    return ", ".join(digits(group) for group in groups) if sum(map(len, groups)) >= 9 else None


def one_by_one(match: re.Match[str]) -> str:
    return digits(match.group())


def named_digits(match: re.Match[str]) -> str:
    return match[1] + digits(match[2])


def extension(match: re.Match[str]) -> str:
    return f"extension {digits(match[1])}"


def spelled(match: re.Match[str]) -> str:
    return f"{' '.join(match[1])} {digits(match[2])}"


def numbered(match: re.Match[str]) -> str:
    return f"number {_plain_number(match[1])}"


def whole_range(match: re.Match[str]) -> str | None:
    low, high = match.groups()
    first, last = int(low.replace(",", "")), int(high.replace(",", ""))
    if first >= last or (len(low) > 4 and "," not in low):
        return None
    return " to ".join(_amount(each) if "," in each else _plain_number(each) for each in (low, high))


def ratio(match: re.Match[str]) -> str:
    return f"{cardinal(int(match[1]))} to {cardinal(int(match[2]))}"


def emergency(match: re.Match[str]) -> str | None:
    dialled = match.group() == "911" or _DIALLING.search(match.string[: match.start()])
    return digits(match.group()) if dialled else None


def version(match: re.Match[str]) -> str:
    numbered = match["v"] is not None
    parts = match.group().removeprefix("v").split(".")
    said = (" point " if numbered else " dot ").join(cardinal(int(part)) for part in parts)
    return f"version {said}" if numbered else said


def score(match: re.Match[str]) -> str:
    return f"{_amount(match[1])} out of {_amount(match[2])}"


def code(match: re.Match[str]) -> str:
    """A reference of capitals and digits: short runs of letters are spelled, long ones are a word."""
    words: list[str] = []
    for run in re.findall(r"[A-Z]+|\d+", match.group()):
        words.append(_short(run) if run.isdigit() else " ".join(run) if len(run) <= 3 else run)
    return " ".join(words)


def amount_or_year(match: re.Match[str]) -> str:
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
