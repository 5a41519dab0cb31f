"""Callbacks: everything the carrier reported about a call, each once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct
from sqlalchemy import ColumnElement, insert, select
from sqlalchemy.exc import IntegrityError

from .db import Transaction
from .tables import callbacks


class Received(Struct, frozen=True):
    """One callback as it was kept. `dedupe_key` is equal for repetitions of one event of a call."""

    context_id: UUID
    carrier_account: str
    carrier_call_id: str
    kind: str
    dedupe_key: str
    fields: dict[str, Any]
    received_at: datetime


async def keep(tx: Transaction, received: Received) -> bool:
    """Write a callback; False when the same event was kept before."""
    try:
        async with tx.begin_nested():
            await tx.execute(
                insert(callbacks).values(
                    {name: getattr(received, name) for name in Received.__struct_fields__}
                )
            )
    except IntegrityError:
        return False
    return True


async def of_context(tx: Transaction, context_id: UUID) -> list[Received]:
    """The callbacks of a context in order of arrival."""
    return await _list(tx, callbacks.c.context_id == context_id)


async def of_contexts(tx: Transaction, context_ids: Sequence[UUID], kind: str) -> list[Received]:
    """The callbacks of one kind of several contexts, in order of arrival."""
    return await _list(tx, callbacks.c.context_id.in_(context_ids), callbacks.c.kind == kind)


async def _list(tx: Transaction, *where: ColumnElement[bool]) -> list[Received]:
    columns = [callbacks.c[name] for name in Received.__struct_fields__]
    found = await tx.execute(select(*columns).where(*where).order_by(callbacks.c.id))
    return [Received(*row) for row in found]
