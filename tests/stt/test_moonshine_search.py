"""Which transcript is taken, with a model that says what it is told to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import numpy as np
import pytest

from rapida.stt.moonshine_model import STOP, MoonshineModel, written
from rapida.stt.moonshine_search import greedy, repeats, with_phrases
from rapida.stt.phrase_bonus import PhraseBonus

PIECES = ["", "", "", " four", " queen", " of", " gloves", " clubs", ".", *(f" w{nth}" for nth in range(20))]
SOUND = np.zeros(16_000, np.float32)


class Told:
    """A model whose next token depends on the last: `{last: {token: probability}}`."""

    def __init__(self, likely: dict[int, dict[int, float]]) -> None:
        self._likely = likely
        self.pieces = [piece.encode() for piece in PIECES]
        self.end_tokens = [PIECES.index(".")]

    def text_of(self, token: int) -> str:
        return PIECES[token]

    def listen(self, sound: Any) -> Told:
        return self

    def step(self, tokens: Sequence[int]) -> Any:
        scores = np.full((len(tokens), len(PIECES)), -20.0, np.float32)
        for row, last in enumerate(tokens):
            for token, probability in self._likely.get(last, {STOP: 0.9}).items():
                scores[row, token] = np.log(probability)
        return scores

    def keep(self, rows: Sequence[int]) -> None:
        pass


def told(likely: dict[int, dict[int, float]]) -> MoonshineModel:
    return cast("MoonshineModel", Told(likely))


CARDS = told({1: {3: 0.9}, 3: {4: 0.9}, 4: {5: 0.9}, 5: {6: 0.7, 7: 0.05}, 6: {8: 0.95}, 7: {8: 0.95}})


def test_without_phrases_the_likeliest_words_are_taken() -> None:
    assert greedy(CARDS, SOUND).text == "four queen of gloves."


def test_an_expected_phrase_wins_against_likelier_words() -> None:
    heard = with_phrases(CARDS, SOUND, PhraseBonus(["queen of clubs"]))
    assert heard.text == "four queen of clubs."


def test_what_is_expected_is_believed_sooner_but_never_wholly() -> None:
    phrases = PhraseBonus(["queen of clubs"])
    assert greedy(CARDS, SOUND).mean_log_probability < np.log(0.88)
    likely = with_phrases(CARDS, SOUND, phrases).mean_log_probability
    unlikely = with_phrases(told({1: {4: 1e-3}, 4: {5: 1e-3}, 5: {7: 1e-3}}), SOUND, phrases)
    assert likely == pytest.approx(np.log(0.8), abs=0.03)
    assert np.log(1e-3) < unlikely.mean_log_probability < np.log(0.55)


def test_a_phrase_that_was_not_said_changes_nothing() -> None:
    assert with_phrases(CARDS, SOUND, PhraseBonus(["ace of hearts"])).text == "four queen of gloves."


@pytest.mark.parametrize("phrases", [None, ["queen of"]])
def test_a_full_stop_of_which_the_model_is_not_sure_is_left_out(phrases: list[str] | None) -> None:
    unsure = told({1: {3: 0.9}, 3: {4: 0.9}, 4: {8: 0.9}})
    heard = greedy(unsure, SOUND) if phrases is None else with_phrases(unsure, SOUND, PhraseBonus(phrases))
    assert heard.text == "four queen"


def test_the_mean_is_over_every_token_and_the_end() -> None:
    assert greedy(told({1: {3: 0.5}, 3: {STOP: 0.5}}), SOUND).mean_log_probability == pytest.approx(
        np.log(0.5)
    )


@pytest.mark.parametrize("phrases", [None, ["w1 w2"]])
def test_words_over_and_over_are_no_transcript(phrases: list[str] | None) -> None:
    model = told({1: {10: 0.9}, 10: {11: 0.9}, 11: {10: 0.9}})
    heard = greedy(model, SOUND) if phrases is None else with_phrases(model, SOUND, PhraseBonus(phrases))
    assert heard.text.count("w1") < 5


def test_a_transcript_has_no_more_tokens_than_speech_can() -> None:
    endless = {token: {token + 1: 0.9} for token in range(3, len(PIECES) - 1)} | {1: {3: 0.9}}
    assert len(greedy(told(endless), SOUND).text.split()) <= 16


@pytest.mark.parametrize(
    ("tokens", "are_repeated"),
    [
        ([5] * 7, False),
        ([5] * 8, True),
        ([1, 2] * 4, False),
        ([9, *([1, 2] * 5)], True),
        ([*range(8)] * 5, True),
        ([*range(12)] * 2, False),
        ([*range(12)] * 3, True),
        ([*range(30)], False),
        ([], False),
    ],
)
def test_what_counts_as_repeated(tokens: list[int], are_repeated: bool) -> None:
    assert repeats(tokens) == repeats(tuple(tokens)) == are_repeated


def test_pieces_of_letters_are_put_together() -> None:
    assert written(["\u2581caf".encode(), b"\xc3", b"\xa9", "\u2581au".encode()]) == "café au"
