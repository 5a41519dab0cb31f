"""Rates: the document of a project, as it was set. What it means is the workspace's to say."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update

from .db import Transaction
from .tables import rates


async def find(tx: Transaction, project_id: int) -> dict[str, Any] | None:
    """None before there are any."""
    return (await tx.execute(select(rates.c.body).where(rates.c.project_id == project_id))).scalar()


async def put(tx: Transaction, project_id: int, body: dict[str, Any], now: datetime) -> None:
    """Set them."""
    values = {"body": body, "updated_at": now}
    changed = await tx.execute(update(rates).where(rates.c.project_id == project_id).values(**values))
    if changed.rowcount == 0:
        await tx.execute(insert(rates).values(project_id=project_id, **values))
