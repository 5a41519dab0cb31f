"""Words as they are compared."""

from __future__ import annotations

import pytest

from rapida.call.words import (
    all_played,
    is_echo,
    only_backchannels,
    only_hums,
    same_words,
    takes_floor,
    words,
)


def test_words_are_lower_case_without_punctuation_and_keep_inner_hyphens_and_apostrophes() -> None:
    assert words("Don’t -- mm-hm, O'Neill's 2nd-floor: e-mail!") == [
        "don't", "mm-hm", "o'neill's", "2nd-floor", "e-mail"
    ]  # fmt: skip


def test_transcripts_are_the_same_whatever_their_case_and_punctuation() -> None:
    assert same_words("Yes, please.", "yes please")
    assert not same_words("yes please", "yes")


@pytest.mark.parametrize("said", ["uh", "mm-hm", "Yeah.", "okay, yeah", "yes yes right"])
def test_up_to_three_sounds_of_attention_are_a_backchannel(said: str) -> None:
    assert only_backchannels(words(said))


@pytest.mark.parametrize("said", ["", "no", "okay stop", "yeah yeah yeah yeah"])
def test_anything_else_is_none(said: str) -> None:
    assert not only_backchannels(words(said))


def test_a_hum_is_no_word_but_a_nod_is_one() -> None:
    assert only_hums(words("uh, mm-hm"))
    assert not only_hums(words("yeah"))
    assert not only_hums([])


def test_three_words_in_the_order_they_were_played_are_an_echo() -> None:
    played = words("we are open from nine to five")
    assert is_echo(words("open from nine"), played)
    assert not is_echo(words("nine from open"), played)


def test_two_words_of_the_question_may_be_its_answer() -> None:
    assert not is_echo(words("opening hours"), words("repairs or opening hours"))


@pytest.mark.parametrize(
    ("said", "repeats"),
    [("nine to", True), ("right to nine", True), ("right", False), ("nine or", False), ("", False)],
)
def test_words_only_repeat_the_agent_when_all_were_played_and_one_is_more_than_a_nod(
    said: str, repeats: bool
) -> None:
    assert all_played(words(said), words("Right, from nine to five.")) is repeats


def test_a_word_takes_the_floor_unless_it_is_a_backchannel_or_just_played() -> None:
    played = words("we are open today")
    assert takes_floor(words("stop"), played)
    assert takes_floor(words("yeah but today not"), played)
    assert not takes_floor(words("yeah open today"), played)
    assert not takes_floor([], played)
