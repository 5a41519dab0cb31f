"""Publishable tokens: what a page of another site shows, so that its visitors may talk to one assistant."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from msgspec import Struct
from msgspec.structs import asdict
from sqlalchemy import case, insert, or_, select, update

from ..errors import NotFound
from .db import Transaction
from .tables import projects, publishable_tokens

COUNTED_FOR: Final = timedelta(minutes=1)
"""How long calls are counted together: `calls_per_minute` are allowed in each of these."""


class PublishableToken(Struct, frozen=True):
    """One token. A page of one of `origins` may begin `calls_per_minute` calls with it."""

    id: int
    project_id: int
    assistant_id: int
    name: str
    token: str
    origins: list[str]
    calls_per_minute: int
    created_at: datetime
    revoked_at: datetime | None = None


class NewPublishableToken(Struct, frozen=True):
    """A token to be."""

    project_id: int
    assistant_id: int
    name: str
    token: str
    origins: list[str]
    calls_per_minute: int


_COLUMNS = [publishable_tokens.c[name] for name in PublishableToken.__struct_fields__]


async def create(tx: Transaction, draft: NewPublishableToken, now: datetime) -> PublishableToken:
    """A new token."""
    values = {**asdict(draft), "created_at": now}
    made = await tx.execute(insert(publishable_tokens).values(values).returning(publishable_tokens.c.id))
    return await find(tx, made.scalar_one())


async def find(tx: Transaction, token_id: int) -> PublishableToken:
    """Raises `NotFound`."""
    row = (await tx.execute(select(*_COLUMNS).where(publishable_tokens.c.id == token_id))).first()
    if row is None:
        raise NotFound("publishable token", token_id)
    return PublishableToken(*row)


async def presented(tx: Transaction, token: str) -> tuple[PublishableToken, int] | None:
    """The token that a page shows, revoked or not, with its organization."""
    found = await tx.execute(
        select(*_COLUMNS, projects.c.organization_id)
        .join(projects, projects.c.id == publishable_tokens.c.project_id)
        .where(publishable_tokens.c.token == token)
    )
    row = found.first()
    return None if row is None else (PublishableToken(*list(row)[:-1]), row.organization_id)


async def of_project(tx: Transaction, project_id: int) -> list[PublishableToken]:
    """Every token of a project, newest first."""
    found = await tx.execute(
        select(*_COLUMNS)
        .where(publishable_tokens.c.project_id == project_id)
        .order_by(publishable_tokens.c.id.desc())
    )
    return [PublishableToken(*row) for row in found]


async def revoke(tx: Transaction, token_id: int, now: datetime) -> None:
    """End a token for good."""
    at = publishable_tokens.c
    await tx.execute(
        update(publishable_tokens).where(at.id == token_id, at.revoked_at.is_(None)).values(revoked_at=now)
    )


async def count_call(tx: Transaction, token_id: int, now: datetime) -> bool:
    """Count a call of this minute, if it may have one more; whether it may."""
    at = publishable_tokens.c
    over = or_(at.minute_at.is_(None), at.minute_at <= now - COUNTED_FOR)
    counted = await tx.execute(
        update(publishable_tokens)
        .where(at.id == token_id, or_(over, at.minute_calls < at.calls_per_minute))
        .values(
            minute_at=case((over, now), else_=at.minute_at),
            minute_calls=case((over, 1), else_=at.minute_calls + 1),
        )
    )
    return counted.rowcount == 1
