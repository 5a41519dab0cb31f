from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rapida.llm.flow.dates import date_from_keys, date_in, say_date
from rapida.llm.flow.numbers import tokens

WEDNESDAY = date(2026, 3, 11)
WORDS = tokens(
    "the of next this last month week year day in on at from after two twenty thirty first fifth 28th 31st "
    "999 march february friday monday tomorrow today or not pm 2027 a half oh at ten nineteen"
)


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
def test_days_are_understood_as_seen_from_wednesday_11_march(said: str, day: str) -> None:
    assert date_in(said, WEDNESDAY) == date.fromisoformat(day)


@pytest.mark.parametrize(
    "said", ["", "no idea", "february thirtieth", "13/13", "2026-02-30", "the fortieth", "the"]
)
def test_what_names_no_day_is_no_date(said: str) -> None:
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
def test_days_can_be_typed(keys: str, day: str | None) -> None:
    assert date_from_keys(keys, WEDNESDAY) == (date.fromisoformat(day) if day else None)


def test_a_day_is_said_with_its_year_only_when_it_is_another() -> None:
    assert say_date(date(2026, 3, 31), WEDNESDAY) == "Tuesday, March thirty first"
    assert say_date(date(2027, 5, 20), WEDNESDAY) == "Thursday, May twentieth, 2027"


def test_every_day_of_the_coming_year_is_understood_as_it_is_said() -> None:
    for ahead in range(366):
        day = WEDNESDAY + timedelta(days=ahead)
        assert date_in(say_date(day, WEDNESDAY), WEDNESDAY) == day


@pytest.mark.parametrize("day", [WEDNESDAY + timedelta(days=ahead) for ahead in range(7)])
def test_friday_next_week_is_in_the_week_that_begins_next_monday(day: date) -> None:
    monday = day + timedelta(days=7 - day.weekday())
    for said in ("Friday next week", "next week on Friday", "next week Friday"):
        assert date_in(said, day) == monday + timedelta(days=4)


@pytest.mark.parametrize(
    "said",
    [
        "Friday or Saturday", "not on Friday", "any Friday but the next", "Friday before last", "by Friday",
        "until Friday", "the week after Friday", "Good Friday", "Easter Monday", "every other Tuesday",
        "Friday the 14th", "three Fridays from now", "the end of March", "late on the 5th of next", "Fridays",
        "tomorrow, no, Friday", "March 3 2027 or 2028", "in a few days", "Friday in two weeks", "March 10 30",
        "in 5000 years", "the weekend after next", "two days before Friday", "half a year from today",
    ],
)  # fmt: skip
def test_a_qualifier_that_is_not_understood_makes_the_day_unclear(said: str) -> None:
    assert date_in(said, WEDNESDAY) is None


@pytest.mark.parametrize(
    ("said", "day"),
    [
        ("No, I meant Friday.", "2026-03-13"),
        ("oh, on Friday I guess, that one", "2026-03-13"),
        ("Friday afternoon around half past three", "2026-03-13"),
        ("may I have the third of April at 10:30 a.m.", "2026-04-03"),
        ("tomorrow, Thursday", "2026-03-12"),
        ("this evening", "2026-03-11"),
        ("the last of this month", "2026-03-31"),
        ("the last Friday of the month", "2026-03-27"),
        ("the 31st of next month", None),
        ("sept. 5", "2026-09-05"),
        ("24th of December, nineteen oh eight", "1908-12-24"),
        ("three weeks from the twelfth of April", "2026-05-03"),
        ("a year from now", "2027-03-11"),
        ("two weeks from next Friday", "2026-04-03"),
    ],
)
def test_what_does_not_change_the_day_is_passed_over(said: str, day: str | None) -> None:
    assert date_in(said, WEDNESDAY) == (date.fromisoformat(day) if day else None)


@given(st.lists(st.sampled_from(WORDS), min_size=1, max_size=7).map(" ".join))
def test_no_phrase_breaks_the_reader(said: str) -> None:
    found = date_in(said, WEDNESDAY)
    assert found is None or isinstance(found, date)
