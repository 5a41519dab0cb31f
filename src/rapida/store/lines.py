"""Lines: what answers at an assistant's number, and which credentials may prove a carrier's request to it.

Every call webhook asks this, so it is one prepared statement over three tables. It is the same statement, and
the same work, whether there is such an assistant or not: who has proved nothing learns nothing by it.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import and_, bindparam, literal, select

from .assistants import OwnedAssistant, owned
from .credentials import Credential, credential
from .db import Transaction
from .deployments import PHONE, Deployment, deployed
from .tables import assistants, credentials, deployments


@dataclass(frozen=True)
class AnsweringAssistant:
    """What answers at an assistant's number, seen from the account that asks.

    Its phone deployment, if it has one at that carrier, and its project's credentials of that account.
    """

    assistant: OwnedAssistant
    deployment: Deployment | None
    candidates: tuple[Credential, ...]
    """The deployment's own credential first."""


@dataclass(frozen=True)
class NumberLookup:
    """What there is at an assistant's number; `line` is None where there is no such assistant."""

    line: AnsweringAssistant | None
    strangers: tuple[Credential, ...] = ()
    """Other projects' credentials of the asking account: they prove who asks, and open nothing here."""

    @property
    def own(self) -> tuple[Credential, ...]:
        """Those that may prove a request to the line."""
        return () if self.line is None else self.line.candidates


# The assistant is joined to a row that is always there: a row for each credential comes back without it too.
_ALWAYS = select(literal(1).label("one")).subquery()
_FIND = (
    select(*assistants.c, *deployments.c, *credentials.c)
    .select_from(_ALWAYS)
    .outerjoin(assistants, and_(assistants.c.id == bindparam("wanted"), assistants.c.archived_at.is_(None)))
    .outerjoin(
        deployments,
        and_(
            deployments.c.assistant_id == assistants.c.id,
            deployments.c.channel == PHONE,
            deployments.c.carrier == bindparam("carrier"),
        ),
    )
    .outerjoin(
        credentials,
        and_(
            credentials.c.provider == bindparam("carrier"),
            credentials.c.account == bindparam("account"),
        ),
    )
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
        credentials.c.provider == deployments.c.carrier,
    )
    .order_by(deployments.c.updated_at.desc(), deployments.c.id.desc())
    .limit(bindparam("most"))
)


async def find(tx: Transaction, assistant_id: int, carrier: str, account: str) -> NumberLookup:
    """The line of an assistant for a carrier's account, and other projects' credentials of that account."""
    asked = {"wanted": assistant_id, "carrier": carrier, "account": account}
    rows = (await tx.execute(_FIND, asked)).mappings().all()
    first = rows[0]
    known = [credential(row) for row in rows if row[credentials.c.id] is not None]
    if first[assistants.c.id] is None:
        return NumberLookup(None, tuple(known))
    assistant = owned(first)
    deployment = None if first[deployments.c.id] is None else deployed(first)
    preferred = None if deployment is None else deployment.credential_id
    candidates = [each for each in known if each.project_id == assistant.project_id]
    candidates.sort(key=lambda each: each.id != preferred)
    strangers = tuple(each for each in known if each.project_id != assistant.project_id)
    return NumberLookup(AnsweringAssistant(assistant, deployment, tuple(candidates)), strangers)


async def latest(tx: Transaction, most: int) -> list[AnsweringAssistant]:
    """The lines that answer, each with its deployment's own credential only; last changed first."""
    rows = (await tx.execute(_LATEST, {"most": most})).mappings().all()
    return [AnsweringAssistant(owned(row), deployed(row), (credential(row),)) for row in rows]
