"""What stands around the numbers of other languages is put into words; the numbers are left to the voice."""

from __future__ import annotations

import pytest

from rapida.text.spoken import spoken

SAID = {
    "de": {
        "3,50 €": "3 Euro 50",
        "5,00 EUR": "5 Euro",
        "1.250,00 € und 1 €": "1.250 Euro und 1 Euro",
        "-5 °C": "-5 Grad Celsius",
        "um 9:05 Uhr": "um 9 Uhr 5",
        "10:30–14:00 Uhr": "10 Uhr 30 bis 14 Uhr",
        "am 24.12.": "am vierundzwanzigsten Dezember",
        "am 1. Mai 1999": "am ersten Mai neunzehnhundert 99",
        "der 3. März 2026": "der dritte März 2026",
        "am 35. Mai": "am 35. Mai",
        "Mo-Fr 9:00-17:00": "Montag bis Freitag 9 Uhr bis 17 Uhr",
        "5-10 Min.": "5 bis 10 Minuten",
        "Tel. 030 123456": "Telefon 0 3 0, 1 2 3 4 5 6",
        "+49 30 123456": "+ 4 9, 3 0, 1 2 3 4 5 6",
        "Notruf 112": "Notruf 1 1 2",
        "12 m² mit 3 m Höhe": "12 Quadratmeter mit 3 Meter Höhe",
        "Version 1.2.3": "Version 1.2.3",
        "Seite 5": "Seite 5",
    },
    "fr": {
        "à 9h": "à 9 heures",
        "9h-17h30": "9 heures à 17 heures 30",
        "de 14h30 à 15h05": "de 14 heures 30 à 15 heures 5",
        "à 1:00": "à 1 heure",
        "12,50 €": "12 euros 50",
        "le 1er et le 2e": "le premier et le deuxième",
        "M. et Mme Petit": "M. et madame Petit",
        "5-7 jours": "5 à 7 jours",
        "01 23 45 67 89": "01 23 45 67 89",
    },
    "es": {
        "5-7 días": "5 a 7 días",
        "Sr. Paz": "señor Paz",
        "1 km": "1 kilómetro",
        "2,5 kg": "2,5 kilogramos",
    },
    "it": {"1 €": "1 euro", "Sig. Rossi": "signor Rossi", "2 ore, 5 km": "2 ore, 5 chilometri"},
}
ROWS = [(language, written) for language, rows in SAID.items() for written in rows]


@pytest.mark.parametrize(("language", "written"), ROWS)
def test_it_is_said_as_people_say_it(language: str, written: str) -> None:
    assert spoken(written, f"{language}-{language.upper()}") == SAID[language][written]


@pytest.mark.parametrize(("language", "written"), ROWS)
def test_saying_what_is_said_changes_nothing(language: str, written: str) -> None:
    assert spoken(SAID[language][written], language) == SAID[language][written]
