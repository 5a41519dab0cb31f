"""What English notations stand for: months, weekdays, currencies, units, abbreviations, signs."""

from __future__ import annotations

MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
MONTH_BY_START = {name[:3]: name for name in MONTHS}
WEEKDAYS = {
    "Mon": "Monday", "Tue": "Tuesday", "Tues": "Tuesday", "Wed": "Wednesday", "Thu": "Thursday",
    "Thur": "Thursday", "Thurs": "Thursday", "Fri": "Friday", "Sat": "Saturday", "Sun": "Sunday",
}  # fmt: skip
_CENTS = ("cent", "cents")
COINS = {
    "$": ("dollar", "dollars", *_CENTS),
    "US$": ("US dollar", "US dollars", *_CENTS),
    "C$": ("Canadian dollar", "Canadian dollars", *_CENTS),
    "CA$": ("Canadian dollar", "Canadian dollars", *_CENTS),
    "A$": ("Australian dollar", "Australian dollars", *_CENTS),
    "AU$": ("Australian dollar", "Australian dollars", *_CENTS),
    "NZ$": ("New Zealand dollar", "New Zealand dollars", *_CENTS),
    "HK$": ("Hong Kong dollar", "Hong Kong dollars", *_CENTS),
    "S$": ("Singapore dollar", "Singapore dollars", *_CENTS),
    "€": ("euro", "euros", *_CENTS),
    "£": ("pound", "pounds", "penny", "pence"),
    "¥": ("yen", "yen", "sen", "sen"),
    "₹": ("rupee", "rupees", "paisa", "paise"),
    "₩": ("won", "won", "jeon", "jeon"),
}
"""One and many of a currency, and of its hundredth."""
CODES = {
    "USD": "$", "CAD": "CA$", "AUD": "A$", "NZD": "NZ$", "HKD": "HK$", "SGD": "S$", "EUR": "€", "GBP": "£",
    "JPY": "¥", "INR": "₹", "KRW": "₩",
}  # fmt: skip
SCALES = {"k": "thousand", "m": "million", "mn": "million", "b": "billion", "bn": "billion"}
UNITS = {
    "km/h": ("kilometer per hour", "kilometers per hour"),
    "km": ("kilometer", "kilometers"),
    "cm": ("centimeter", "centimeters"),
    "mm": ("millimeter", "millimeters"),
    "mi": ("mile", "miles"),
    "ft": ("foot", "feet"),
    "sq ft": ("square foot", "square feet"),
    "yd": ("yard", "yards"),
    "kg": ("kilogram", "kilograms"),
    "mg": ("milligram", "milligrams"),
    "g": ("gram", "grams"),
    "lbs": ("pound", "pounds"),
    "lb": ("pound", "pounds"),
    "oz": ("ounce", "ounces"),
    "ml": ("milliliter", "milliliters"),
    "mph": ("mile per hour", "miles per hour"),
    "min": ("minute", "minutes"),
    "mins": ("minute", "minutes"),
    "h": ("hour", "hours"),
    "hrs": ("hour", "hours"),
    "hr": ("hour", "hours"),
    "sec": ("second", "seconds"),
    "ms": ("millisecond", "milliseconds"),
    "KB": ("kilobyte", "kilobytes"),
    "MB": ("megabyte", "megabytes"),
    "GB": ("gigabyte", "gigabytes"),
    "TB": ("terabyte", "terabytes"),
    "kbps": ("kilobit per second", "kilobits per second"),
    "Mbps": ("megabit per second", "megabits per second"),
    "Gbps": ("gigabit per second", "gigabits per second"),
    "Hz": ("hertz", "hertz"),
    "kHz": ("kilohertz", "kilohertz"),
    "MHz": ("megahertz", "megahertz"),
    "GHz": ("gigahertz", "gigahertz"),
    "kW": ("kilowatt", "kilowatts"),
    "kWh": ("kilowatt hour", "kilowatt hours"),
    "°F": ("degree Fahrenheit", "degrees Fahrenheit"),
    "°C": ("degree Celsius", "degrees Celsius"),
    "°": ("degree", "degrees"),
    "%": ("percent", "percent"),
}
DECIMAL_UNITS = {"F": "degrees Fahrenheit", "C": "degrees Celsius", "x": "times"}
"""Only behind a decimal fraction: "12F" is a seat."""
FIXED = {
    "e.g.": "for example",
    "i.e.": "that is",
    "etc.": "et cetera",
    "vs.": "versus",
    "approx.": "approximately",
    "24/7": "twenty-four seven",
    "50/50": "fifty fifty",
    "1/2": "one half",
    "1/3": "one third",
    "2/3": "two thirds",
    "1/4": "one quarter",
    "3/4": "three quarters",
    "w/o": "without",
    "w/": "with",
}
PARTS = {"1/2": "a half", "1/3": "a third", "2/3": "two thirds", "1/4": "a quarter", "3/4": "three quarters"}
"""Behind a whole number: "3 1/2" is three and a half."""
OPERATORS = {"+": "plus", "=": "equals", "×": "times", "÷": "divided by"}
SPELLED = (
    "PIN", "pin", "code", "Code", "passcode", "OTP", "ZIP", "zip", "extension", "room", "Room", "gate",
    "Gate", "flight", "Flight", "ending in", "last four", "last four digits",
)  # fmt: skip
"""What is followed by digits that are names, not amounts."""
EMERGENCY = ("911", "112", "999", "988", "311", "411", "511", "711", "811", "211")
"""Numbers that are dialled, and said, digit by digit."""
WORD_DOMAINS = ("com", "org", "net", "gov", "info", "dev", "app", "co", "me", "in", "us")
SPELLED_DOMAINS = ("edu", "io", "ai", "uk", "ca", "de", "eu", "fr", "au", "nz")
SIGNS = {
    ".": "dot", "-": "dash", "_": "underscore", "/": "slash", "+": "plus", ":": "colon", "=": "equals",
    "?": "question mark", "&": "and", "#": "hash", "%": "percent", "~": "tilde", "@": "at",
}  # fmt: skip
