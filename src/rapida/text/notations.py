"""How German, French, Spanish and Italian say what is written: units, money, times, ordinals, abbreviations.

A voice reads the numbers of its own language well, and stumbles over what stands around them. So numbers stay
digits here, and only what the voice would spell or read in a foreign way is put into words.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from .rules import SpellingRule, any_of, rule

_NUMBER = r"(?P<n>(?<![\w.,])[-−]?\d+(?:[.,  ]\d{3})*(?:,\d+)?)"
_PRICE = r"(?<![\w.,])(?P<n>\d+(?:[.  ]\d{3})*),(?P<cents>\d\d)"
_HOUR = r"(?:[01]?\d|2[0-4])"
_DASH = re.compile(r" ?[–-] ?")
_END = r"(?!\w)(?![.,:]\d)"
_ONE = ("1", "-1", "−1")


def _units(units: Mapping[str, tuple[str, str]], to: str) -> SpellingRule:
    """Number and unit: one, or several; also from … `to` …."""

    def say(match: re.Match[str]) -> str:
        one, many = units[match["unit"]]
        low = f"{match['low']} {to} " if match["low"] else ""
        return f"{low}{match['n']} {one if not low and match['n'] in _ONE else many}"

    low = r"(?:(?<![\w.,:/-])(?P<low>\d+(?:,\d+)?) ?[–-] ?)?"
    return rule(rf"{low}{_NUMBER} ?(?P<unit>{any_of(units)})(?![\w/²³])", say)


def _price(one: str, many: str) -> SpellingRule:
    """ "3,50 €" → "3 Euro 50"; without cents only the whole."""

    def say(match: re.Match[str]) -> str:
        coin = one if match["n"] == "1" else many
        cents = int(match["cents"])
        return f"{match['n']} {coin}" + (f" {cents}" if cents else "")

    return rule(rf"{_PRICE} ?(?:€|EUR\b)", say)


def _words(words: Mapping[str, str]) -> SpellingRule:
    """Abbreviations, which begin no word and end none."""
    return rule(rf"(?<![\w.])(?:{any_of(words)})(?!\w)", lambda match: words[match.group()])


def _range(to: str) -> SpellingRule:
    """Whole numbers from the lower to the higher."""

    def say(match: re.Match[str]) -> str | None:
        return f"{match[1]} {to} {match[2]}" if int(match[1]) < int(match[2]) else None

    return rule(rf"(?<![\w.,:/-])(\d{{1,4}}) ?[–-] ?(\d{{1,4}}){_END}(?![-–/])", say)


def _clock(patterns: tuple[str, ...], hour: Callable[[int, int], str], to: str) -> tuple[SpellingRule, ...]:
    """Times of the day, alone or from … `to` …."""

    def say(match: re.Match[str]) -> str:
        times = [[int(number) for number in re.findall(r"\d+", part)] for part in _DASH.split(match.group())]
        return f" {to} ".join(hour(time[0], time[1] if len(time) > 1 else 0) for time in times)

    return tuple(rule(rf"(?<![\w:.,]){each}(?: ?[–-] ?{each})?{_END}", say) for each in patterns)


def _digits(match: re.Match[str]) -> str:
    return ", ".join(" ".join(group) for group in re.findall(r"\+|\d+", match.group())).replace("+,", "+")


_FIGURES = (
    # Telephones and cards.
    rule(rf"(?<![\w+])\+\d{{1,3}}(?:[ /-]?\d{{2,}})+{_END}", _digits),
    rule(rf"(?<![\w.,:/-])0\d{{1,5}}[ /-]?\d{{3,}}(?:[ -]\d{{2,}})*{_END}", _digits),
    rule(rf"(?<![\w.,:/-])\d{{4}}(?: \d{{4}}){{2,3}}{_END}", _digits),
)

# German -----------------------------------------------------------------------------------------------------

_DAYS_DE = (
    "ersten", "zweiten", "dritten", "vierten", "fünften", "sechsten", "siebten", "achten", "neunten",
    "zehnten", "elften", "zwölften", "dreizehnten", "vierzehnten", "fünfzehnten", "sechzehnten",
    "siebzehnten", "achtzehnten", "neunzehnten", "zwanzigsten", "einundzwanzigsten", "zweiundzwanzigsten",
    "dreiundzwanzigsten", "vierundzwanzigsten", "fünfundzwanzigsten", "sechsundzwanzigsten",
    "siebenundzwanzigsten", "achtundzwanzigsten", "neunundzwanzigsten", "dreißigsten", "einunddreißigsten",
)  # fmt: skip
_MONTHS_DE = (
    "Januar", "Februar", "März", "April", "Mai", "Juni",
    "Juli", "August", "September", "Oktober", "November", "Dezember",
)  # fmt: skip
_HUNDREDS_DE = (
    "elf",
    "zwölf",
    "dreizehn",
    "vierzehn",
    "fünfzehn",
    "sechzehn",
    "siebzehn",
    "achtzehn",
    "neunzehn",
)
_WEEKDAYS_DE = {
    "Mo": "Montag", "Di": "Dienstag", "Mi": "Mittwoch", "Do": "Donnerstag", "Fr": "Freitag", "Sa": "Samstag",
    "So": "Sonntag",
}  # fmt: skip


def _hour_de(hour: int, minutes: int) -> str:
    return f"{hour} Uhr" + (f" {minutes}" if minutes else "")


def _date_de(match: re.Match[str]) -> str | None:
    day, month = int(match["d"]), match["month"]
    if not 1 <= day <= 31:
        return None
    if month.isdigit():
        if not 1 <= int(month) <= 12:
            return None
        month = _MONTHS_DE[int(month) - 1]
    after = f" {_year_de(match['y'])}" if match["y"] else ""
    # The nominative stands behind "der", every other case ends as the dative does.
    nominative = match.string[: match.start()].lower().endswith("der ")
    said = _DAYS_DE[day - 1]
    return f"{said[:-1] if nominative else said} {month}{after}"


def _year_de(year: str) -> str:
    hundreds, rest = divmod(int(year), 100)
    if not 11 <= hundreds <= 19:
        return year
    return f"{_HUNDREDS_DE[hundreds - 11]}hundert" + (f" {rest}" if rest else "")


_GERMAN = (
    *_FIGURES,
    _price("Euro", "Euro"),
    rule(rf"(?<![\w.,])(?P<d>\d\d?)\. ?(?P<month>{any_of(_MONTHS_DE)})(?: (?P<y>\d{{4}}))?(?!\w)", _date_de),
    rule(r"(?<![\w.,])(?P<d>\d\d?)\.(?P<month>\d\d?)\.(?P<y>\d{4})?(?![\w.])", _date_de),
    *_clock((rf"{_HOUR}[:.][0-5]\d ?Uhr", rf"{_HOUR}:[0-5]\d(?: Uhr)?", rf"{_HOUR} ?Uhr"), _hour_de, "bis"),
    rule(rf"(?:(?<=Jahr )|(?<=Jahre )|(?<=seit )|(?<=Seit ))1[1-9]\d\d{_END}", lambda m: _year_de(m.group())),
    rule(
        rf"\b({any_of(_WEEKDAYS_DE)})\.? ?[–-] ?({any_of(_WEEKDAYS_DE)})\b\.?",
        lambda match: f"{_WEEKDAYS_DE[match[1]]} bis {_WEEKDAYS_DE[match[2]]}",
    ),
    _units(
        {
            "km/h": ("Kilometer pro Stunde", "Kilometer pro Stunde"),
            "km": ("Kilometer", "Kilometer"),
            "cm": ("Zentimeter", "Zentimeter"),
            "mm": ("Millimeter", "Millimeter"),
            "m": ("Meter", "Meter"),
            "m²": ("Quadratmeter", "Quadratmeter"),
            "kg": ("Kilogramm", "Kilogramm"),
            "g": ("Gramm", "Gramm"),
            "l": ("Liter", "Liter"),
            "ml": ("Milliliter", "Milliliter"),
            "°C": ("Grad Celsius", "Grad Celsius"),
            "%": ("Prozent", "Prozent"),
            "€": ("Euro", "Euro"),
            "EUR": ("Euro", "Euro"),
            "$": ("Dollar", "Dollar"),
            "min": ("Minute", "Minuten"),
            "Min.": ("Minute", "Minuten"),
            "Std.": ("Stunde", "Stunden"),
            "h": ("Stunde", "Stunden"),
            "MB": ("Megabyte", "Megabyte"),
            "GB": ("Gigabyte", "Gigabyte"),
        },
        "bis",
    ),
    rule(r"(?<=Notruf )1(?:10|12)\b|(?<=Sie )1(?:10|12)\b|(?<=unter )1(?:10|12)\b", _digits),
    _words(
        {
            "z. B.": "zum Beispiel",
            "z.B.": "zum Beispiel",
            "d. h.": "das heißt",
            "d.h.": "das heißt",
            "u. a.": "unter anderem",
            "u.a.": "unter anderem",
            "usw.": "und so weiter",
            "bzw.": "beziehungsweise",
            "ca.": "circa",
            "Nr.": "Nummer",
            "inkl.": "inklusive",
            "evtl.": "eventuell",
            "ggf.": "gegebenenfalls",
            "Dr.": "Doktor",
            "Tel.": "Telefon",
            "Str.": "Straße",
            "&": "und",
        }
    ),
    _range("bis"),
)

# French -----------------------------------------------------------------------------------------------------

_ORDINALS_FR = {
    "1er": "premier",
    "1re": "première",
    "1ère": "première",
    "2e": "deuxième",
    "2nd": "second",
    "2nde": "seconde",
    "3e": "troisième",
    "4e": "quatrième",
    "5e": "cinquième",
    "6e": "sixième",
    "7e": "septième",
    "8e": "huitième",
    "9e": "neuvième",
    "10e": "dixième",
    "11e": "onzième",
    "12e": "douzième",
    "16e": "seizième",
    "20e": "vingtième",
}


def _hour_fr(hour: int, minutes: int) -> str:
    return f"{hour} heure{'s' if hour > 1 else ''}" + (f" {minutes}" if minutes else "")


_FRENCH = (
    *_FIGURES,
    _price("euro", "euros"),
    *_clock((rf"{_HOUR} ?h ?(?:[0-5]\d)?", rf"{_HOUR}:[0-5]\d"), _hour_fr, "à"),
    _words(_ORDINALS_FR),
    _units(
        {
            "km/h": ("kilomètre heure", "kilomètres heure"),
            "km": ("kilomètre", "kilomètres"),
            "cm": ("centimètre", "centimètres"),
            "mm": ("millimètre", "millimètres"),
            "m": ("mètre", "mètres"),
            "kg": ("kilogramme", "kilogrammes"),
            "g": ("gramme", "grammes"),
            "l": ("litre", "litres"),
            "°C": ("degré Celsius", "degrés Celsius"),
            "%": ("pour cent", "pour cent"),
            "€": ("euro", "euros"),
            "EUR": ("euro", "euros"),
            "$": ("dollar", "dollars"),
            "min": ("minute", "minutes"),
        },
        "à",
    ),
    rule(r"\bM\. (?=[A-ZÀ-Ý])", lambda _: "monsieur "),
    _words(
        {
            "Mme": "madame",
            "Mlle": "mademoiselle",
            "n°": "numéro",
            "p. ex.": "par exemple",
            "etc.": "et cetera",
            "&": "et",
        }
    ),
    _range("à"),
)

# Spanish and Italian ----------------------------------------------------------------------------------------

_SPANISH = (
    *_FIGURES,
    _price("euro", "euros"),
    _words(
        {
            "1.º": "primero",
            "1.ª": "primera",
            "2.º": "segundo",
            "2.ª": "segunda",
            "3.º": "tercero",
            "3.ª": "tercera",
        }
    ),
    _units(
        {
            "km/h": ("kilómetro por hora", "kilómetros por hora"),
            "km": ("kilómetro", "kilómetros"),
            "cm": ("centímetro", "centímetros"),
            "mm": ("milímetro", "milímetros"),
            "m": ("metro", "metros"),
            "kg": ("kilogramo", "kilogramos"),
            "g": ("gramo", "gramos"),
            "l": ("litro", "litros"),
            "°C": ("grado Celsius", "grados Celsius"),
            "%": ("por ciento", "por ciento"),
            "€": ("euro", "euros"),
            "EUR": ("euro", "euros"),
            "$": ("dólar", "dólares"),
            "min": ("minuto", "minutos"),
        },
        "a",
    ),
    _words(
        {
            "Sr.": "señor",
            "Sra.": "señora",
            "núm.": "número",
            "n.º": "número",
            "p. ej.": "por ejemplo",
            "etc.": "etcétera",
            "&": "y",
        }
    ),
    _range("a"),
)

_ITALIAN = (
    *_FIGURES,
    _price("euro", "euro"),
    _units(
        {
            "km/h": ("chilometro orario", "chilometri orari"),
            "km": ("chilometro", "chilometri"),
            "cm": ("centimetro", "centimetri"),
            "mm": ("millimetro", "millimetri"),
            "m": ("metro", "metri"),
            "kg": ("chilogrammo", "chilogrammi"),
            "g": ("grammo", "grammi"),
            "l": ("litro", "litri"),
            "°C": ("grado Celsius", "gradi Celsius"),
            "%": ("per cento", "per cento"),
            "€": ("euro", "euro"),
            "EUR": ("euro", "euro"),
            "$": ("dollaro", "dollari"),
            "min": ("minuto", "minuti"),
        },
        "a",
    ),
    _words(
        {
            "Sig.": "signor",
            "Sig.ra": "signora",
            "Dott.": "dottor",
            "n.": "numero",
            "p. es.": "per esempio",
            "ecc.": "eccetera",
            "&": "e",
        }
    ),
    _range("a"),
)

NOTATIONS: dict[str, tuple[SpellingRule, ...]] = {
    "de": _GERMAN,
    "fr": _FRENCH,
    "es": _SPANISH,
    "it": _ITALIAN,
}
"""By the language's two letters."""
