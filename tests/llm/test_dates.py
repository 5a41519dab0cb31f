from datetime import date, timedelta

import pytest

from rapida.llm.dates import date_from_keys, date_in, say_date

WEDNESDAY = date(2026, 3, 11)


@pytest.mark.parametrize(
    ("said", "day"),
    [
        ("today", "2026-03-11"),
        ("tomorrow please", "2026-03-12"),
        ("the day after tomorrow", "2026-03-13"),
        ("in three days", "2026-03-14"),
        ("in twenty one days", "2026-04-01"),
        ("in a week", "2026-03-18"),
        ("two weeks from today", "2026-03-25"),
        ("on Friday", "2026-03-13"),
        ("wednesday", "2026-03-18"),
        ("next Friday", "2026-03-20"),
        ("next Monday", "2026-03-16"),
        ("March third", "2027-03-03"),
        ("march 11th", "2026-03-11"),
        ("the third of April", "2026-04-03"),
        ("April the twenty first", "2026-04-21"),
        ("the twenty first of december", "2026-12-21"),
        ("may fourth twenty twenty eight", "2028-05-04"),
        ("june 5th, 2027", "2027-06-05"),
        ("the thirtieth", "2026-03-30"),
        ("Tuesday the 24th", "2026-03-24"),
        ("the tenth", "2026-04-10"),
        ("2026-12-24", "2026-12-24"),
        ("4/5", "2026-04-05"),
        ("4/5/2028", "2028-04-05"),
        ("february 29", "2028-02-29"),
    ],
)
def test_days_are_understood_as_seen_from_wednesday_11_march(said: str, day: str):
    assert date_in(said, WEDNESDAY) == date.fromisoformat(day)


@pytest.mark.parametrize(
    "said", ["", "no idea", "february thirtieth", "13/13", "2026-02-30", "the fortieth", "the"]
)
def test_what_names_no_day_is_no_date(said: str):
    assert date_in(said, WEDNESDAY) is None


@pytest.mark.parametrize(
    ("keys", "day"),
    [
        ("0312", "2026-03-12"),
        ("0310", "2027-03-10"),
        ("12242027", "2027-12-24"),
        ("1340", None),
        ("03", None),
    ],
)
def test_days_can_be_typed(keys: str, day: str | None):
    assert date_from_keys(keys, WEDNESDAY) == (date.fromisoformat(day) if day else None)


def test_a_day_is_said_with_its_year_only_when_it_is_another():
    assert say_date(date(2026, 3, 31), WEDNESDAY) == "Tuesday, March thirty first"
    assert say_date(date(2027, 5, 20), WEDNESDAY) == "Thursday, May twentieth, 2027"


def test_every_day_of_the_coming_year_is_understood_as_it_is_said():
    for ahead in range(366):
        day = WEDNESDAY + timedelta(days=ahead)
        assert date_in(say_date(day, WEDNESDAY), WEDNESDAY) == day
