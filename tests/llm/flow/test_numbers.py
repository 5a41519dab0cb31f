import pytest

from rapida.llm.flow.numbers import digits_in, luhn_holds, say_digits


@pytest.mark.parametrize(
    ("said", "digits"),
    [
        ("five five five one two three four", "5551234"),
        ("it's 555-1234, please", "5551234"),
        ("double two seven", "227"),
        ("triple nine", "999"),
        ("oh seven seven", "077"),
        ("twenty three", "23"),
        ("twenty-three", "23"),
        ("nineteen eighty four", "1984"),
        ("five hundred", "500"),
        ("a hundred", "100"),
        ("four hundred and twelve", "412"),
        ("two thousand and five", "2005"),
        ("two thousand twenty six", "2026"),
        ("five to seven for nine", "52749"),
        ("to for ate", ""),
        ("I want to go for it", ""),
        ("double trouble", ""),
        ("", ""),
    ],
)
def test_digits_are_found_in_what_callers_say(said: str, digits: str) -> None:
    assert digits_in(said) == digits


@pytest.mark.parametrize(
    ("digits", "said"),
    [
        ("", ""),
        ("7", "seven"),
        ("5551", "five five five one"),
        ("5551234", "five five five, one two three four"),
        ("+49*#", "plus four nine, star pound"),
    ],
)
def test_digits_are_said_one_by_one_in_groups(digits: str, said: str) -> None:
    assert say_digits(digits) == said


@pytest.mark.parametrize("digits", ["0", "42", "5551234", "4242424242424242", "007"])
def test_what_is_said_is_understood_again(digits: str) -> None:
    assert digits_in(say_digits(digits)) == digits


@pytest.mark.parametrize(
    ("digits", "holds"),
    [("4242424242424242", True), ("4242424242424241", False), ("79927398713", True), ("", False)],
)
def test_the_check_digit_is_checked(digits: str, holds: bool) -> None:
    assert luhn_holds(digits) is holds
