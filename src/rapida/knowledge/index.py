"""The passages of one page, ready to be searched: which of them answers a question, or that none does.

By meaning where there are vectors: the cosine of the question to the middle of a passage and of the questions
that it answers, and a little for each word that both have, which keeps "can I bring my dog" from "can I bring
my daughter". By words alone (BM25) where there are none. `docs/why.md` has what was measured. Pure.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from .passages import Passage
from .words import content

SHARED_WORDS = 0.2
"""What it counts that a passage has all content words of a question, beside a cosine of at most 1."""
ANSWERS_AT_WORDS = 2.45
"""The BM25 score from which a passage counts as an answer."""
LEAST_PASSAGES = 18
"""Words of a page of few passages weigh as those of one of so many, on which the thresholds were measured."""
_K1, _B = 1.2, 0.75
"""Of BM25, as Robertson and Zaragoza have them ("The Probabilistic Relevance Framework", 2009)."""

Vectors = NDArray[np.float32]


class Found(Struct, frozen=True):
    """A passage and how well it fits a question; `answers` = well enough to be said."""

    passage: Passage
    score: float
    answers: bool


def texts_of(passage: Passage) -> list[str]:
    """What of a passage is embedded; its vector is the middle of them."""
    return [f"{passage.title}. {passage.text}", *passage.asked]


def middle(vectors: Vectors) -> Vectors:
    """The direction in which several vectors lie together, at length 1."""
    mean: Vectors = vectors.mean(axis=0)
    return mean / np.float32(max(float(np.linalg.norm(mean)), 1e-9))


class Index:
    """Passages that are searched. `vectors`: a row for each of them, if they were embedded."""

    def __init__(
        self,
        passages: Sequence[Passage],
        vectors: Vectors | None = None,
        answers_at: tuple[float, float] = (1, 1),
    ) -> None:
        """`answers_at`: the score by meaning from which a passage counts as an answer, first for those that
        name questions that they answer.
        """
        self.passages = tuple(passages)
        self._vectors = vectors
        self._answers_at = answers_at
        self._words = [set(content(" ".join(texts_of(each)))) for each in passages]
        self._asked = [[words for one in each.asked if (words := set(content(one)))] for each in passages]
        self._holding = Counter(word for words in self._words for word in words)
        self._mean_words = sum(map(len, self._words)) / max(1, len(self._words))

    def search(self, question: str, vector: Vectors | None, most: int) -> list[Found]:
        """The best passages, the best first; without a `vector` of the question by its words."""
        asked = set(content(question))
        if vector is None or self._vectors is None:
            scores = [
                # Who asks in the author's own words is answered, however common these are.
                max(self._by_words(asked, words), ANSWERS_AT_WORDS if asked in own else 0.0)
                for words, own in zip(self._words, self._asked, strict=True)
            ]
            least = (ANSWERS_AT_WORDS, ANSWERS_AT_WORDS)
        else:
            cosines: list[float] = (self._vectors @ vector).tolist()
            shares = (self._share(asked, words) for words in self._words)
            scores = [cosine + SHARED_WORDS * share for cosine, share in zip(cosines, shares, strict=True)]
            least = self._answers_at
        ranked = sorted(zip(scores, self.passages, strict=True), key=lambda each: -each[0])
        return [Found(each, score, score >= least[not each.asked]) for score, each in ranked[:most]]

    def _share(self, asked: set[str], words: set[str]) -> float:
        """How much of what the question asks about stands in a passage: rare words weigh more."""
        whole = sum(map(self._weight, asked))
        return sum(self._weight(word) for word in asked & words) / whole if whole else 0.5

    def _by_words(self, asked: set[str], words: set[str]) -> float:
        length = _K1 * (1 - _B + _B * len(words) / max(self._mean_words, 1e-9))
        return sum(self._weight(word) * (_K1 + 1) / (1 + length) for word in asked & words)

    def _weight(self, word: str) -> float:
        holding, passages = self._holding[word], max(len(self.passages), LEAST_PASSAGES)
        return math.log(1 + (passages - holding + 0.5) / (holding + 0.5))
