"""Deployments: an assistant made reachable on a channel, with the credential that proves its carrier."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import RowMapping, delete, insert, select, update

from ..assistant import BargeIn, Idle
from . import assistants
from .db import Transaction
from .tables import assistants as assistants_table
from .tables import deployments

PHONE = "phone"


class PhoneOptions(Struct, frozen=True, omit_defaults=True):
    """How a phone deployment behaves beyond what its assistant says."""

    concurrent_calls: int = 0
    """Callers beyond this many at once hear "busy"; 0 = no limit."""
    greeting: str | None = None
    """What is said first here; None = as the assistant says, as for everything below."""
    greeting_barge_in: BargeIn | None = None
    announcement: str = ""
    """Said before the greeting when the call is recorded; nobody can interrupt it."""
    record: bool | None = None
    idle: Idle | None = None
    unclear_message: str | None = None
    unclear_limit: int | None = None
    unclear_goodbye: str | None = None
    error_message: str | None = None
    max_duration_s: float | None = None
    warning_before_s: float | None = None
    warning_message: str | None = None
    duration_goodbye: str | None = None
    pinned_version: int | None = None
    """The version that holds the line's calls, in and out, whatever is published; None = the published."""
    stream_status_events: bool = True
    """Whether a stream names the events to be reported on it. A carrier reports them in any case, and may
    warn of that."""
    countries: tuple[str, ...] = ()
    """Where the assistant may call, as ISO 3166 codes; none = only the country of its own number."""


class Deployment(Struct, frozen=True):
    """One assistant on one channel."""

    id: int
    project_id: int
    assistant_id: int
    enabled: bool
    demo: bool
    carrier: str
    """Its name in the catalogue of carriers."""
    credential_id: int | None
    phone_number: str | None
    options: PhoneOptions


async def put_phone(
    tx: Transaction,
    project_id: int,
    assistant_id: int,
    carrier: str,
    credential_id: int | None,
    now: datetime,
    *,
    enabled: bool = True,
    demo: bool = False,
    phone_number: str | None = None,
    options: PhoneOptions = PhoneOptions(),  # noqa: B008 - frozen
) -> Deployment:
    """Create or replace the assistant's phone deployment."""
    await assistants.hold(tx, assistant_id)
    values: dict[str, Any] = {
        "enabled": enabled,
        "demo": demo,
        "carrier": carrier,
        "credential_id": credential_id,
        "phone_number": phone_number,
        "options": msgspec.to_builtins(options),
        "updated_at": now,
    }
    mine = (deployments.c.assistant_id == assistant_id, deployments.c.channel == PHONE)
    changed = await tx.execute(update(deployments).where(*mine).values(**values))
    if changed.rowcount == 0:
        key = {"project_id": project_id, "assistant_id": assistant_id, "channel": PHONE, "created_at": now}
        await tx.execute(insert(deployments).values(**key, **values))
    return deployed((await tx.execute(select(deployments).where(*mine))).mappings().one())


async def phone_of(tx: Transaction, assistant_id: int) -> Deployment | None:
    """The assistant's phone deployment, enabled or not."""
    found = await tx.execute(
        select(deployments).where(deployments.c.assistant_id == assistant_id, deployments.c.channel == PHONE)
    )
    row = found.mappings().first()
    return None if row is None else deployed(row)


async def phones_of(tx: Transaction, assistant_ids: Collection[int]) -> dict[int, Deployment]:
    """The phone deployments of some assistants, by assistant."""
    at = deployments.c
    found = await tx.execute(
        select(deployments).where(at.assistant_id.in_(assistant_ids), at.channel == PHONE)
    )
    return {each.assistant_id: each for each in map(deployed, found.mappings())}


async def demo(tx: Transaction) -> Deployment | None:
    """The deployment a first start created, until a person replaces it."""
    found = await tx.execute(select(deployments).where(deployments.c.demo).order_by(deployments.c.id))
    row = found.mappings().first()
    return None if row is None else deployed(row)


async def remove_phone(tx: Transaction, assistant_id: int) -> bool:
    """Take the assistant off the phone; False when it was not on it."""
    gone = await tx.execute(
        delete(deployments).where(deployments.c.assistant_id == assistant_id, deployments.c.channel == PHONE)
    )
    return gone.rowcount > 0


async def using(tx: Transaction, credential_id: int) -> list[str]:
    """The names of the assistants whose deployment uses a credential."""
    found = await tx.execute(
        select(assistants_table.c.name)
        .join(deployments, deployments.c.assistant_id == assistants_table.c.id)
        .where(deployments.c.credential_id == credential_id)
        .order_by(assistants_table.c.id)
    )
    return list(found.scalars())


class PhoneLine(Struct, frozen=True):
    """An assistant's line, and the credential that opens it."""

    credential_id: int
    assistant_id: int
    assistant_name: str


async def lines_of(tx: Transaction, project_id: int) -> list[PhoneLine]:
    """Every line of a project that has a credential."""
    at = deployments.c
    found = await tx.execute(
        select(at.credential_id, at.assistant_id, assistants_table.c.name)
        .join(assistants_table, at.assistant_id == assistants_table.c.id)
        .where(at.project_id == project_id, at.credential_id.is_not(None))
        .order_by(at.assistant_id)
    )
    return [PhoneLine(*row) for row in found]


async def sharing(tx: Transaction, deployment: Deployment) -> list[str]:
    """The names of the project's other assistants whose deployment names the same telephone number."""
    at = deployments.c
    found = await tx.execute(
        select(assistants_table.c.name)
        .join(deployments, at.assistant_id == assistants_table.c.id)
        .where(
            at.project_id == deployment.project_id,
            at.phone_number == deployment.phone_number,
            at.id != deployment.id,
        )
        .order_by(assistants_table.c.id)
    )
    return list(found.scalars())


async def hold(tx: Transaction, deployment_id: int) -> None:
    """Let nobody else decide about this deployment before the transaction ends."""
    await tx.execute(
        select(deployments.c.id).where(deployments.c.id == deployment_id).with_for_update(key_share=True)
    )


async def enable(tx: Transaction, deployment_id: int, enabled: bool, now: datetime) -> None:
    """Switch a deployment on or off."""
    await tx.execute(
        update(deployments).where(deployments.c.id == deployment_id).values(enabled=enabled, updated_at=now)
    )


def deployed(row: RowMapping) -> Deployment:
    """A row of a statement that selects the whole table."""
    at = deployments.c
    return Deployment(
        id=row[at.id],
        project_id=row[at.project_id],
        assistant_id=row[at.assistant_id],
        enabled=row[at.enabled],
        demo=row[at.demo],
        carrier=row[at.carrier],
        credential_id=row[at.credential_id],
        phone_number=row[at.phone_number],
        options=msgspec.convert(row[at.options], PhoneOptions),
    )
