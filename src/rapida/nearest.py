"""The right name that is nearest to a wrong one, for whoever misspelt it."""

from __future__ import annotations

from collections.abc import Sequence

LIKE = 60
"""Of rapidfuzz's 0 to 100: below it, a few letters in common make two different words look alike."""
MOST_NAMED = 60
"""A list of more names than that is told by its length."""


def meant(wrong: str, known: Sequence[str]) -> str:
    """`; did you mean …?` for a misspelt name, or the names there are."""
    if found := like(wrong, known):
        return found
    if len(known) > MOST_NAMED:
        return f"; there are {len(known)}, and none is like it"
    return f"; there is {', '.join(known) or 'none'}"


def like(wrong: str, known: Sequence[str]) -> str:
    """`; did you mean …?` for a misspelt name; nothing where none is like it."""
    from rapidfuzz import process  # noqa: PLC0415 - `rapida --help` misspells nothing, and starts without it

    found = process.extractOne(wrong, known, score_cutoff=LIKE) if known else None
    return f"; did you mean {found[0]!r}?" if found else ""
