import pytest

from rapida.llm.flow import times


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("half past two", "14:30"),
        ("At half two.", "14:30"),
        ("at three", "15:00"),
        ("three", "15:00"),
        ("nine", "09:00"),
        ("ten thirty", "10:30"),
        ("2:30 PM.", "14:30"),
        ("two thirty p.m.", "14:30"),
        ("14:30", "14:30"),
        ("9am", "09:00"),
        ("nine o'clock", "09:00"),
        ("one thirty", "13:30"),
        ("at one", "13:00"),
        ("quarter to three", "14:45"),
        ("ten past four", "16:10"),
        ("two oh five", "14:05"),
        ("noon", "12:00"),
        ("around eleven", "11:00"),
        ("seven in the evening", "19:00"),
        ("at eight at night", "20:00"),
        ("three in the afternoon", "15:00"),
        ("tomorrow afternoon at five", "17:00"),
        ("the third of March at ten thirty", "10:30"),
        ("three or four", None),
        ("before three", None),
        ("after three", None),
        ("not at three", None),
        ("twenty five", None),
        ("2:75", None),
        ("in the afternoon", None),
        ("the third", None),
        ("", None),
    ],
)
def test_a_time_is_understood_or_asked_again(said: str, meant: str | None) -> None:
    assert times.time_in(said, "08:00", "18:00") == meant


def test_the_half_of_the_day_that_nobody_said_is_the_one_within_the_hours() -> None:
    assert times.time_in("at seven", "06:00", "10:00") == "07:00"
    assert times.time_in("at seven", "17:00", "23:00") == "19:00"


def test_in_a_sentence_a_time_stands_behind_a_word_that_makes_it_one() -> None:
    assert times.find_times("Friday at three for two", "08:00", "18:00") == ({"15:00"}, "friday for 2")
    assert times.find_times("the two of us", "08:00", "18:00") == (set(), "the 2 of us")
    assert times.find_times("on march 10 30 people come", "08:00", "18:00")[0] == set()


def test_a_time_can_be_typed() -> None:
    assert [times.time_from_keys(keys) for keys in ("1430", "0900", "2460", "930")] == [
        "14:30",
        "09:00",
        None,
        None,
    ]
