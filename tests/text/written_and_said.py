"""A hundred things that assistants write, and how people say them: written down before any rule was asked.

Several wordings may be right. Hyphens, commas and capitals do not count. What a library would make of the
same list stands in docs/why.md.
"""

from __future__ import annotations

Rows = dict[str, tuple[str, ...]]

ENGLISH: Rows = {
    # times and ranges of them
    "We are open 10:30-14:00.": (
        "we are open ten thirty to fourteen hundred", "we are open ten thirty to two",
    ),
    "Open from 9:00–17:00 daily.": (
        "open from nine o'clock to seventeen hundred daily",
        "open from nine to seventeen hundred daily",
    ),
    "Mon-Fri 9am-5pm": ("Monday to Friday nine AM to five PM",),
    "7:30 a.m. to 9 p.m.": ("seven thirty AM to nine PM",),
    "between 2-4 pm": ("between two to four PM", "between two and four PM"),
    "at 12:00 PM": ("at twelve PM", "at noon"),
    "Sat 10-2": ("Saturday ten to two",),
    "at 5:30pm EST": ("at five thirty PM E S T", "at five thirty PM EST"),
    "Departs 0:05": ("departs zero oh five", "departs twelve oh five", "departs zero zero five"),
    # money
    "It costs US$20.": ("it costs twenty US dollars", "it costs twenty dollars"),
    "€20-30": ("twenty to thirty euros",),
    "$5–$10": ("five dollars to ten dollars", "five to ten dollars"),
    "$1.2M": ("one point two million dollars",),
    "20 EUR": ("twenty euros",),
    "USD 50": ("fifty dollars", "fifty US dollars"),
    "¥500": ("five hundred yen",),
    "$112.50": ("one hundred twelve dollars and fifty cents",),
    "CA$5": ("five Canadian dollars", "five dollars"),
    # figures in groups, codes, telephones
    "Your card is 4242 4242 4242 4242.": (
        "your card is four two four two four two four two four two four two four two four two",
    ),
    "SSN 123-45-6789": ("SSN one two three four five six seven eight nine",),
    "Please call 911.": ("please call nine one one",),
    "Dial 112 or 988": ("dial one one two or nine eight eight",),
    "in an emergency, 9-1-1": ("in an emergency nine one one",),
    "1-800-555-0199": ("one eight zero zero five five five zero one nine nine",),
    "555-0132, ext. 204": ("five five five zero one three two extension two zero four",),
    "Your PIN is 1234.": ("your PIN is one two three four",),
    "The code is 4821.": ("the code is four eight two one",),
    "ZIP 02139": ("ZIP zero two one three nine",),
    "order #48213": ("order number four eight two one three",),
    "flight UA 123": (
        "flight U A one two three", "flight UA one two three", "flight U A one hundred twenty three",
    ),
    "room 204": ("room two zero four", "room two oh four", "room two hundred four"),
    # dates
    "Dec 24-26": ("December twenty fourth to twenty sixth",),
    "24 December 2026": (
        "the twenty fourth of December twenty twenty six", "December twenty fourth twenty twenty six",
        "twenty fourth of December twenty twenty six",
    ),
    "12/24/2026": ("December twenty fourth twenty twenty six",),
    "on Mar 3rd at 5:30pm": ("on March third at five thirty PM",),
    "the 1990s": ("the nineteen nineties",),
    "Tue, Jan 5": ("Tuesday January fifth",),
    "by 2026-03-03": ("by March third twenty twenty six",),
    # measures
    "It is 98.6F today.": ("it is ninety eight point six degrees Fahrenheit today",),
    "10-15%": ("ten to fifteen percent",),
    "5-10 min": ("five to ten minutes",),
    "3 1/2 hours": ("three and a half hours",),
    "5GB": ("five gigabytes",),
    "100 Mbps": ("one hundred megabits per second",),
    "6 ft 2 in": ("six feet two inches",),
    "5'11\"": ("five foot eleven", "five feet eleven inches"),
    "-4°C": ("minus four degrees Celsius",),
    "24h delivery": ("twenty four hour delivery", "twenty four hours delivery"),
    # numbers and signs
    "Rated 4.5/5": ("rated four point five out of five",),
    "a 50/50 chance": ("a fifty fifty chance",),
    "2 + 2 = 4": ("two plus two equals four",),
    "1,234,567 people": ("one million two hundred thirty four thousand five hundred sixty seven people",),
    "the 2nd and 3rd": ("the second and third",),
    "v2.1": ("version two point one",),
    "I-95": ("I ninety five",),
    "w/ or w/o fries": ("with or without fries",),
    "jane.doe@example.com": ("jane dot doe at example dot com",),
    "24/7 support": ("twenty four seven support",),
}  # fmt: skip

OTHERS: dict[str, Rows] = {
    "de": {
        "Das kostet 25 Euro.": ("das kostet fünfundzwanzig Euro",),
        "Wir haben 17 Zimmer.": ("wir haben siebzehn Zimmer",),
        "Es sind 40 % frei.": ("es sind vierzig Prozent frei",),
        "25 €": ("fünfundzwanzig Euro",),
        "3,50 €": ("drei Euro fünfzig", "drei Komma fünf null Euro", "drei Komma fünfzig Euro"),
        "1.234 Gäste": (
            "tausendzweihundertvierunddreißig Gäste",
            "eintausendzweihundertvierunddreißig Gäste",
        ),
        "2,5 kg": ("zwei Komma fünf Kilogramm", "zwei Komma fünf Kilo"),
        "um 14:30 Uhr": ("um vierzehn Uhr dreißig",),
        "um 9:00 Uhr": ("um neun Uhr",),
        "am 3. März": ("am dritten März",),
        "im Jahr 1999": ("im Jahr neunzehnhundertneunundneunzig",),
        "2026": ("zweitausendsechsundzwanzig",),
        "z. B. morgen": ("zum Beispiel morgen",),
        "ca. 5 km": ("circa fünf Kilometer",),
        "Nr. 5": ("Nummer fünf",),
        "20 °C": ("zwanzig Grad Celsius",),
        "-5 Grad": ("minus fünf Grad",),
        "von 5 bis 7": ("von fünf bis sieben",),
    },
    "fr": {
        "Cela coûte 25 euros.": ("cela coûte vingt-cinq euros",),
        "80 places": ("quatre-vingts places",),
        "71": ("soixante et onze",),
        "92 %": ("quatre-vingt-douze pour cent",),
        "à 14h30": ("à quatorze heures trente",),
        "3,5 km": ("trois virgule cinq kilomètres",),
        "le 1er mars": ("le premier mars",),
        "au 2e étage": ("au deuxième étage",),
        "en 1999": ("en mille neuf cent quatre-vingt-dix-neuf", "en dix-neuf cent quatre-vingt-dix-neuf"),
        "12 €": ("douze euros",),
        "M. Dupont": ("monsieur Dupont",),
    },
    "es": {
        "Cuesta 25 euros.": ("cuesta veinticinco euros",),
        "31 días": ("treinta y un días",),
        "500": ("quinientos",),
        "3,5": ("tres coma cinco",),
        "40 %": ("cuarenta por ciento",),
        "a las 14:30": ("a las catorce treinta", "a las catorce y treinta"),
        "en 1999": ("en mil novecientos noventa y nueve",),
        "12 €": ("doce euros",),
        "5 km": ("cinco kilómetros",),
    },
    "it": {
        "Costa 25 euro.": ("costa venticinque euro",),
        "28 giorni": ("ventotto giorni",),
        "3,5": ("tre virgola cinque",),
        "40 %": ("quaranta per cento", "quaranta percento"),
        "alle 14:30": ("alle quattordici e trenta", "alle quattordici trenta"),
        "nel 1999": ("nel millenovecentonovantanove",),
        "12 €": ("dodici euro",),
        "5 km": ("cinque chilometri",),
    },
}


def same(said: str, wanted: tuple[str, ...]) -> bool:
    """Whether `said` is one of the right wordings."""
    return _words(said) in {_words(each) for each in wanted}


def _words(text: str) -> tuple[str, ...]:
    plain = text.casefold().replace("-", " ").replace(",", " ").replace(".", " ")
    return tuple(plain.split())
