"""Where each *written* word lies in the sound, although numbers and addresses are said in other words."""

from __future__ import annotations

from bisect import bisect_left
from itertools import pairwise
from re import finditer

import numpy as np

from ..text.spoken import SpokenPart


def timed_words(
    said: list[SpokenPart], characters: list[int], places_ms: list[float], duration_ms: float
) -> list[tuple[str, int, int]]:
    """Each written word with its start and end.

    `said` are the pieces of the text; word starts are known at `characters` of what was said, at `places_ms`
    of the sound. A word that was read as written begins exactly there; one inside a rewritten piece ("3," of
    "March 3, 2026") gets its share of the time around it.
    """
    written_at, exact = _written_places(said, characters)
    text = "".join(piece.written for piece in said)
    anchors = [0.0, *written_at, float(len(text))]
    times = np.clip(np.maximum.accumulate([0.0, *places_ms, duration_ms]), 0, duration_ms)
    tokens = list(finditer(r"\S+", text))
    starts: list[float] = []
    for token in tokens:
        at = bisect_left(exact, token.start())
        known = at < len(exact) and exact[at] < token.end()
        starts.append(float(np.interp(exact[at] if known else token.start(), anchors, times)))
    edges = [round(start) for start in starts] + [round(duration_ms)]
    return [
        (token.group(), start, max(start, end))
        for token, (start, end) in zip(tokens, pairwise(edges), strict=True)
    ]


def _written_places(said: list[SpokenPart], characters: list[int]) -> tuple[list[float], list[float]]:
    """Positions in what was said → in what was written; and those of them that are exact."""
    places: list[float] = []
    exact: list[float] = []
    ends_said: list[int] = []
    begins_written: list[int] = []
    said_at = written_at = 0
    for piece in said:
        begins_written.append(written_at)
        said_at += len(piece.said)
        written_at += len(piece.written)
        ends_said.append(said_at)
    for character in characters:
        number = min(bisect_left(ends_said, character + 1), len(said) - 1)
        piece = said[number]
        inside = character - (ends_said[number] - len(piece.said))
        if piece.said == piece.written:
            places.append(begins_written[number] + inside)
            exact.append(places[-1])
        else:
            share = inside / len(piece.said) if piece.said else 0
            places.append(begins_written[number] + share * len(piece.written))
    return places, exact
