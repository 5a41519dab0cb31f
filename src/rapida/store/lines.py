"""Lines: what answers at an assistant's number, and which credentials may prove a carrier's request to it.

Every call webhook asks this, so it is one prepared statement over three tables.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import and_, bindparam, select

from ..errors import NotFound
from .assistants import Owned, owned
from .credentials import Credential, credential
from .db import Transaction
from .deployments import PHONE, Deployment, deployed
from .tables import assistants, credentials, deployments


@dataclass(frozen=True)
class Line:
    """An assistant, its phone deployment if any, and its project's credentials of the asking account."""

    assistant: Owned
    deployment: Deployment | None
    candidates: tuple[Credential, ...]
    """The deployment's own credential first."""


_FIND = (
    select(*assistants.c, *deployments.c, *credentials.c)
    .select_from(assistants)
    .outerjoin(
        deployments, and_(deployments.c.assistant_id == assistants.c.id, deployments.c.channel == PHONE)
    )
    .outerjoin(
        credentials,
        and_(
            credentials.c.project_id == assistants.c.project_id,
            credentials.c.provider == bindparam("provider"),
            credentials.c.account == bindparam("account"),
        ),
    )
    .where(assistants.c.id == bindparam("wanted"), assistants.c.archived_at.is_(None))
    .order_by(credentials.c.id)
)


_LATEST = (
    select(*assistants.c, *deployments.c, *credentials.c)
    .select_from(deployments)
    .join(assistants, assistants.c.id == deployments.c.assistant_id)
    .join(credentials, credentials.c.id == deployments.c.credential_id)
    .where(
        deployments.c.channel == PHONE,
        deployments.c.enabled,
        assistants.c.archived_at.is_(None),
        credentials.c.provider == bindparam("provider"),
    )
    .order_by(deployments.c.updated_at.desc(), deployments.c.id.desc())
    .limit(bindparam("most"))
)


async def find(tx: Transaction, assistant_id: int, provider: str, account: str) -> Line:
    """The line of an assistant for a carrier's account. Raises `NotFound` for an unknown assistant."""
    asked = {"wanted": assistant_id, "provider": provider, "account": account}
    rows = (await tx.execute(_FIND, asked)).mappings().all()
    if not rows:
        raise NotFound("assistant", assistant_id)
    first = rows[0]
    deployment = None if first[deployments.c.id] is None else deployed(first)
    preferred = None if deployment is None else deployment.credential_id
    candidates = [credential(row) for row in rows if row[credentials.c.id] is not None]
    candidates.sort(key=lambda each: each.id != preferred)
    return Line(owned(first), deployment, tuple(candidates))


async def latest(tx: Transaction, provider: str, most: int) -> list[Line]:
    """The lines that answer, each with its deployment's own credential only; last changed first."""
    rows = (await tx.execute(_LATEST, {"provider": provider, "most": most})).mappings().all()
    return [Line(owned(row), deployed(row), (credential(row),)) for row in rows]
