"""The words of what was said, each with the conversations it was said in, so that one is found by its words.

An index of our own in an ordinary table, the same on both databases: the newest come first without sorting,
however common a word is, and a row that is deleted is gone (docs/why.md).
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import delete, func, insert, literal, select

from ..text.findable import findable
from .db import Transaction
from .tables import spoken_words, turns

TABLE, WORD = spoken_words, "word"
"""Where the conversations of a word stand, by `conversation_id`; and the column of the word."""
_AT = spoken_words.c
_COUNTED = 2_000
"""So far the conversations of a word are counted, to begin with the rarest: a millisecond of reading."""


async def add(tx: Transaction, project_id: int, conversation_id: int) -> None:
    """Make a conversation findable by what is kept of it; it must not be already."""
    rows = [
        {"project_id": project_id, "word": word, "conversation_id": conversation_id}
        for word in await _words(tx, conversation_id)
    ]
    if rows:
        await tx.execute(insert(spoken_words), rows)


async def remove(tx: Transaction, project_id: int, conversation_id: int) -> None:
    """Let a conversation be found no more. Its turns must still be there: they say by what it was found."""
    of_it = (_AT.project_id == project_id, _AT.conversation_id == conversation_id)
    if words := await _words(tx, conversation_id):
        await tx.execute(delete(spoken_words).where(*of_it, _AT.word.in_(words)))


async def rarest_first(tx: Transaction, project_id: int, words: Sequence[str]) -> list[str]:
    """The words in the order in which they are best looked up."""
    counts: dict[str, int] = {}
    for word in words:
        some = select(literal(1)).where(_AT.project_id == project_id, _AT.word == word).limit(_COUNTED)
        counts[word] = (await tx.execute(select(func.count()).select_from(some.subquery()))).scalar_one()
    return sorted(words, key=lambda word: counts[word])


async def _words(tx: Transaction, conversation_id: int) -> list[str]:
    lines = await tx.execute(
        select(turns.c.speaker, turns.c.text, turns.c.heard).where(turns.c.conversation_id == conversation_id)
    )
    # Of the agent's words those count that reached the ear.
    return findable(" ".join(row.text if row.speaker == "caller" else row.heard for row in lines))
