"""Which choice is meant in other words: held to the list that the thresholds were measured on."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from rapida.embeddings.base import Vectors
from rapida.embeddings.minilm import Minilm, MinilmOptions
from rapida.knowledge import choices
from rapida.knowledge.choices import Choices, Chosen, nearest
from tests.knowledge.meant import SAID, understood

AT = ((0.3, 0.14), (0.3, 0.08))


def lying(*angles_deg: float) -> Vectors:
    """Vectors of length 1 in a plane, at these angles."""
    angles = np.radians(angles_deg)
    return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)


def test_the_list_is_long_enough_to_say_something() -> None:
    assert sum(len(each["meant"]) for each in SAID.values()) >= 60
    assert sum(len(each["asked_again"]) for each in SAID.values()) >= 60


async def test_by_meaning_more_is_understood_and_hardly_anything_taken_that_was_not_meant() -> None:
    minilm = Minilm(MinilmOptions())
    words, meaning = await understood(None), await understood(minilm)
    await minilm.aclose()
    meant = sum(len(each["meant"]) for each in SAID.values())
    of_none = sum(len(each["asked_again"]) for each in SAID.values())
    assert words.taken / meant <= 0.05
    assert meaning.taken / meant >= 0.35
    assert (meaning.taken + meaning.asked_back) / meant >= 0.5
    assert meaning.wrongly_taken == 0
    assert (meaning.of_none_taken - words.of_none_taken) / of_none <= 0.05
    assert (meaning.wrongly_asked_back + meaning.of_none_asked_back) / (meant + of_none) <= 0.1


def test_the_choice_that_is_far_enough_ahead_is_taken_and_one_that_is_nearly_so_is_asked_back() -> None:
    said = lying(0)[0]
    assert nearest(said, {"near": lying(10, 20), "far": lying(80)}, AT) == Chosen("near", sure=True)
    assert nearest(said, {"near": lying(40), "far": lying(50)}, AT) == Chosen("near", sure=False)
    assert nearest(said, {"near": lying(40), "far": lying(42)}, AT) == Chosen()
    assert nearest(said, {"near": lying(80), "far": lying(120)}, AT) == Chosen()


def test_one_choice_alone_has_nothing_to_be_ahead_of() -> None:
    assert nearest(lying(0)[0], {"only": lying(0)}, AT) == Chosen()
    assert nearest(lying(0)[0], {}, AT) == Chosen()


class Counting:
    """Embeds a text as its first letter's angle, and counts the texts."""

    model = "counting"
    answers_at = (1.0, 1.0)
    chosen_at = AT

    def __init__(self) -> None:
        self.embedded: list[str] = []

    async def start(self) -> None: ...

    async def aclose(self) -> None: ...

    async def embed(self, texts: Sequence[str]) -> Vectors:
        self.embedded += texts
        return lying(*(10.0 * (ord(each[0]) - ord("a")) for each in texts))


async def test_the_vectors_of_phrases_are_kept_and_the_oldest_given_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(choices, "MOST_PHRASES", 3)
    embedder, kept = Counting(), Choices()
    menu = {"one": ["a", "b"], "two": ["i"]}
    assert (await kept.chosen("a, please", menu, embedder)).choice == "one"
    assert (await kept.chosen("i, please", menu, embedder)).choice == "two"
    assert embedder.embedded == ["a", "b", "i", "a, please", "i, please"]
    await kept.chosen("a", {"one": ["c"], "two": ["i"]}, embedder)
    embedder.embedded.clear()
    await kept.chosen("a", menu, embedder)
    assert embedder.embedded == ["a", "a"]
