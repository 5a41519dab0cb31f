"""Numbers in English words: how many, which one, which year, and digit by digit.

American usage ("one hundred five"). Where in a text a number stands, and of which kind it is, is decided in
`spoken.py`.
"""

from __future__ import annotations

_SMALL = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen"
)
SMALL = tuple(_SMALL.split(" "))
"""0 to 19."""
_TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_SCALES = ((10**12, "trillion"), (10**9, "billion"), (10**6, "million"), (1000, "thousand"))
LIMIT = 10**15
"""Whole numbers from here on are said digit by digit."""
_ORDINALS = {
    "one": "first",
    "two": "second",
    "three": "third",
    "five": "fifth",
    "eight": "eighth",
    "nine": "ninth",
    "twelve": "twelfth",
}


def cardinal(number: int) -> str:
    """5 → "five", 1234 → "one thousand two hundred thirty-four", -5 → "minus five"."""
    if number < 0:
        return "minus " + cardinal(-number)
    if number >= LIMIT:
        return digits(str(number))
    for size, name in _SCALES:
        if number >= size:
            whole, rest = divmod(number, size)
            return f"{cardinal(whole)} {name}" + (f" {cardinal(rest)}" if rest else "")
    if number >= 100:
        whole, rest = divmod(number, 100)
        return f"{SMALL[whole]} hundred" + (f" {cardinal(rest)}" if rest else "")
    if number < 20:
        return SMALL[number]
    whole, rest = divmod(number, 10)
    return _TENS[whole] + (f"-{SMALL[rest]}" if rest else "")


def ordinal(number: int) -> str:
    """3 → "third", 21 → "twenty-first", 40 → "fortieth"."""
    words = cardinal(number)
    cut = max(words.rfind(" "), words.rfind("-")) + 1
    head, last = words[:cut], words[cut:]
    if last in _ORDINALS:
        return head + _ORDINALS[last]
    return head + (last[:-1] + "ieth" if last.endswith("y") else last + "th")


def decimal(whole: str, fraction: str) -> str:
    """("3", "14") → "three point one four"."""
    return f"{cardinal(int(whole or '0'))} point {digits(fraction)}"


def year(number: int) -> str:
    """1999 → "nineteen ninety-nine", 2026 → "twenty twenty-six", 1905 → "nineteen oh five"."""
    century, rest = divmod(number, 100)
    if not 1000 <= number <= 9999 or 2000 <= number <= 2009 or number % 1000 == 0:
        return cardinal(number)
    if rest == 0:
        return f"{cardinal(century)} hundred"
    return f"{cardinal(century)} " + (f"oh {SMALL[rest]}" if rest < 10 else cardinal(rest))


def digits(text: str) -> str:
    """The digits of `text` one by one: "407" → "four zero seven". Other characters are left out."""
    return " ".join(SMALL[int(character)] for character in text if "0" <= character <= "9")
