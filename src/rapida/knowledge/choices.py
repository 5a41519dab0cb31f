"""Which of several choices is meant by words that are none of their phrases.

The words are compared with the phrases of each choice: half of a choice's score is the cosine to its likest
phrase, half to the middle of all. What counts is how far the best choice is ahead of the next: sentences
about something else are a little like all of them. `docs/why.md` has what was measured.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from msgspec import Struct

from ..embeddings.base import Embedder, Vectors
from .index import middle

MOST_PHRASES = 512
"""Vectors of phrases that are kept, 0.8 MB of them. A question of a flow has some 25."""


class Chosen(Struct, frozen=True):
    """The choice that is meant, empty = none. `sure`: it may be taken; else the caller is asked back."""

    choice: str = ""
    sure: bool = False


class Choices:
    """Compares what was said with phrases, whose vectors it keeps."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], Vectors] = {}

    async def chosen(self, said: str, choices: Mapping[str, Sequence[str]], embedder: Embedder) -> Chosen:
        """Raises what embedding raises."""
        rows = {
            name: np.stack(await self._vectors(phrases, embedder))
            for name, phrases in choices.items()
            if phrases
        }
        [vector] = await embedder.embed([said])
        return nearest(vector, rows, embedder.chosen_at)

    async def _vectors(self, phrases: Sequence[str], embedder: Embedder) -> list[Vectors]:
        found = {each: self._kept.get((embedder.model, each)) for each in phrases}
        missing = [phrase for phrase, vector in found.items() if vector is None]
        made = dict(zip(missing, await embedder.embed(missing), strict=True)) if missing else {}
        vectors = {phrase: made[phrase] if vector is None else vector for phrase, vector in found.items()}
        for phrase, vector in vectors.items():
            # Behind all others: the first is the one that was not used for longest.
            self._kept.pop((embedder.model, phrase), None)
            self._kept[embedder.model, phrase] = vector
        for old in [*self._kept][: max(0, len(self._kept) - MOST_PHRASES)]:
            del self._kept[old]
        return [*vectors.values()]


def nearest(
    vector: Vectors, rows: Mapping[str, Vectors], chosen_at: tuple[tuple[float, float], tuple[float, float]]
) -> Chosen:
    """The choice whose phrases (a row for each) lie nearest; of fewer than two none is. Pure."""
    if len(rows) < 2:
        return Chosen()
    scores = {name: _likeness(each, vector) for name, each in rows.items()}
    best, second = sorted(scores, key=lambda name: -scores[name])[:2]
    score, ahead = scores[best], scores[best] - scores[second]
    sure, likely = (score >= least and ahead >= least_ahead for least, least_ahead in chosen_at)
    return Chosen(best, sure) if sure or likely else Chosen()


def _likeness(rows: Vectors, vector: Vectors) -> float:
    return (float((rows @ vector).max()) + float(middle(rows) @ vector)) / 2
