"""Events: what happened around a conversation that is no turn, each a document that says its kind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import insert, select

from ..call.happenings import Happening, OtherHappening, kind_of
from .db import Transaction
from .erasing import is_erased
from .tables import events


class DatedHappening(Struct, frozen=True):
    """One event: what happened, and when."""

    at: datetime
    happening: Happening


async def add(tx: Transaction, conversation_id: int, happened: Sequence[DatedHappening]) -> None:
    """Append events, unless the conversation was erased."""
    if happened and not await is_erased(tx, conversation_id):
        await tx.execute(
            insert(events),
            [
                {
                    "conversation_id": conversation_id,
                    "at": each.at,
                    "happening": msgspec.to_builtins(each.happening),
                }
                for each in happened
            ],
        )


async def has(tx: Transaction, conversation_id: int, kind: type[Happening]) -> bool:
    """Whether an event of this kind happened around a conversation."""
    wanted = (
        events.c.conversation_id == conversation_id,
        events.c.happening["kind"].as_string() == kind_of(kind),
    )
    return (await tx.execute(select(events.c.id).where(*wanted).limit(1))).first() is not None


async def of_conversation(tx: Transaction, conversation_id: int) -> list[DatedHappening]:
    """All events of a conversation, oldest first."""
    found = await tx.execute(
        select(events.c.at, events.c.happening)
        .where(events.c.conversation_id == conversation_id)
        .order_by(events.c.at, events.c.id)
    )
    return [DatedHappening(row.at, read(row.happening)) for row in found]


def read(document: Mapping[str, Any]) -> Happening:
    """What a document says happened; `OtherHappening` where only a newer version has its kind."""
    try:
        return msgspec.convert(document, Happening)
    except msgspec.ValidationError:
        facts = dict(document)
        return OtherHappening(str(facts.pop("kind", "")), facts)
