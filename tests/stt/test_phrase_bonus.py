"""How much a transcript that spells an expected phrase is favoured, and when it loses that again."""

from __future__ import annotations

import pytest

from rapida.stt.phrase_bonus import LEAST_NATS, NATS_PER_LETTER, PhraseBonus


def nats(phrases: list[str], text: str) -> float:
    """The bonus of a transcript so far, in letters (blanks count as such)."""
    bonus = PhraseBonus(phrases)
    return round(bonus.read(bonus.begin(), text).nats / NATS_PER_LETTER, 6)


def ended(phrases: list[str], text: str) -> float:
    bonus = PhraseBonus(phrases)
    return round(bonus.end(bonus.read(bonus.begin(), text)) / NATS_PER_LETTER, 6)


def test_each_letter_of_a_phrase_counts_from_the_second_on_and_the_blank_before_it() -> None:
    assert [nats(["opening hours"], text) for text in ("o", "op", "opening", "opening hou")] == [0, 3, 8, 12]


def test_what_turns_out_to_be_another_word_loses_it() -> None:
    assert nats(["opening hours"], "opera") == 0
    assert nats(["no"], "no") == 3
    assert nats(["no"], "not") == 0
    assert ended(["opening hours"], "opening hour") == 0


def test_a_complete_phrase_keeps_it_whatever_follows() -> None:
    assert ended(["billing"], "I have a question about billing, please.") == 8
    assert nats(["billing"], "billing. And the weather") == 8


def test_a_phrase_begins_only_where_a_word_does() -> None:
    assert ended(["art"], "a cart") == 0
    assert ended(["art"], "a start") == 0


def test_case_and_punctuation_do_not_matter() -> None:
    assert ended(["Queen of clubs"], "Four, QUEEN of... clubs!") == 15


def test_the_pieces_in_which_it_is_written_do_not_matter() -> None:
    bonus = PhraseBonus(["queen of clubs"])
    spelled = bonus.begin()
    for piece in (" qu", "een", " ", "of clu", "bs", "."):
        spelled = bonus.read(spelled, piece)
    assert spelled.nats / NATS_PER_LETTER == pytest.approx(15)


@pytest.mark.parametrize("order", [["monday", "monday morning"], ["monday morning", "monday"]])
def test_a_phrase_within_a_longer_one_counts_once(order: list[str]) -> None:
    assert ended(order, "monday") == 7
    assert ended(order, "monday morning") == 15
    assert ended(order, "monday evening") == 7


def test_a_phrase_that_is_repeated_counts_once() -> None:
    assert ended(["yes"], "yes yes yes yes") == 4


def test_two_phrases_count_both() -> None:
    assert ended(["ten", "of clubs"], "ten of clubs") == 4 + 9


def test_the_shortest_phrase_counts_more_than_its_letters() -> None:
    bonus = PhraseBonus(["a"])
    assert bonus.end(bonus.read(bonus.begin(), "a")) == LEAST_NATS > 2 * NATS_PER_LETTER


def test_phrases_without_letters_count_nothing() -> None:
    assert ended(["", "  ", "?!"], "anything at all") == 0
