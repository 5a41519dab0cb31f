"""Talks: what a conversation without a telephone needs besides its context, until its stream is there.

A row goes with the claim of its context: what answered stands in the journal from then on.
"""

from __future__ import annotations

from uuid import UUID

import msgspec
from msgspec import Struct
from sqlalchemy import delete, insert, select

from ..assistant import Assistant
from .db import Transaction
from .tables import talks


class Talk(Struct, frozen=True):
    """Who may open the stream of a context, and which unsaved assistant answers there, if one does."""

    context_id: UUID
    user_id: int | None = None
    """Whose browser it is; None = whoever was told the context by the owner of an API key."""
    draft: Assistant | None = None
    origin: str | None = None
    """The only page that may open it, where that is another site's; None = a page of this server."""


async def create(tx: Transaction, talk: Talk) -> None:
    """Write a new talk."""
    draft = None if talk.draft is None else msgspec.to_builtins(talk.draft)
    values = {"context_id": talk.context_id, "user_id": talk.user_id, "draft": draft, "origin": talk.origin}
    await tx.execute(insert(talks).values(values))


async def find(tx: Transaction, context_id: UUID) -> Talk | None:
    """The talk of a context that is not claimed yet."""
    row = (await tx.execute(select(talks).where(talks.c.context_id == context_id))).first()
    if row is None:
        return None
    draft = row.draft and msgspec.convert(row.draft, Assistant)
    return Talk(context_id, row.user_id, draft, row.origin)


async def drop(tx: Transaction, context_id: UUID) -> None:
    """The stream of a context is there, or will not come."""
    await tx.execute(delete(talks).where(talks.c.context_id == context_id))
