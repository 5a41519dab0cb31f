import pytest

from rapida.llm.flow import counts


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("two", "2"),
        ("For two.", "2"),
        ("just me", "1"),
        ("one", "1"),
        ("a party of four", "4"),
        ("there are three of us", "3"),
        ("a couple of people", "2"),
        ("make it three", "3"),
        ("two or three", None),
        ("fifty", None),
        ("none", None),
        ("", None),
    ],
)
def test_how_many_is_understood_or_asked_again(said: str, meant: str | None) -> None:
    assert counts.count_in(said, (), 1, 20) == meant


@pytest.mark.parametrize(
    ("said", "found", "left"),
    [
        ("Friday at three, for two", {2}, "friday at 3"),
        ("for two people on Friday", {2}, "on friday"),
        ("for three o'clock", set(), "for 3 oclock"),
        ("for two thirty", set(), "for 2 30"),
        ("in two weeks", set(), "in 2 weeks"),
        ("the third of March", set(), "the 3th of march"),
    ],
)
def test_in_a_sentence_a_number_counts_with_what_is_counted(said: str, found: set[int], left: str) -> None:
    assert counts.find_counts(said, ()) == (found, left)


def test_what_is_counted_can_be_named() -> None:
    assert counts.count_in("two bicycles please", ("bicycles", "bikes"), 1, 9) == "2"
    assert counts.find_counts("on Friday, two bikes", ("bicycles", "bikes")) == ({2}, "on friday")
