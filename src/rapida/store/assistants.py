"""Assistants and their versions: a version never changes; publishing chooses the one that answers."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import RowMapping, Select, func, insert, select, update

from ..assistant import Assistant
from ..errors import Conflict, NotFound
from .db import Transaction, alone
from .tables import assistant_versions, assistants

DRAFT: Final = 0
"""The version that a conversation names whose assistant was never saved: none is kept of it."""


class OwnedAssistant(msgspec.Struct, frozen=True):
    """An assistant as its project sees it. `published_version` is None until one is published."""

    id: int
    project_id: int
    name: str
    published_version: int | None


class Version(msgspec.Struct, frozen=True):
    """When and by whom a version was saved."""

    version: int
    note: str
    created_by: int | None
    created_at: datetime


async def create(
    tx: Transaction,
    project_id: int,
    draft: Assistant,
    now: datetime,
    *,
    note: str = "",
    by: int | None = None,
) -> Assistant:
    """A new assistant, `draft` being its version 1, published. The draft's own id and version are ignored."""
    made = await tx.execute(
        insert(assistants)
        .values(project_id=project_id, name=draft.name, published_version=1, created_at=now)
        .returning(assistants.c.id)
    )
    first = msgspec.structs.replace(draft, id=made.scalar_one(), version=1)
    await _keep(tx, first, note, now, by)
    return first


async def add_version(
    tx: Transaction, changed: Assistant, now: datetime, *, note: str = "", by: int | None = None
) -> Assistant:
    """The next version of `changed.id`, not yet published. Raises `NotFound`."""
    await hold(tx, changed.id)
    last = await tx.execute(
        select(func.max(assistant_versions.c.version)).where(assistant_versions.c.assistant_id == changed.id)
    )
    following = msgspec.structs.replace(changed, version=last.scalar_one() + 1)
    await _keep(tx, following, note, now, by)
    return following


async def publish(tx: Transaction, assistant_id: int, number: int) -> None:
    """Let version `number` answer from now on. Raises `NotFound`."""
    chosen = await version(tx, assistant_id, number)
    await tx.execute(
        update(assistants)
        .where(assistants.c.id == assistant_id)
        .values(published_version=number, name=chosen.name)
    )


async def take_name(tx: Transaction, project_id: int, name: str, assistant_id: int = 0) -> None:
    """See that no other assistant of the project has this name, nor gets it before the transaction ends.

    Archived ones do not count, and `assistant_id` may keep the name it has. Raises `Conflict`.
    """
    # Rows of older versions may share a name, so no index can hold the rule.
    await alone(tx, f"assistant names of project {project_id}")
    await check_name(tx, project_id, name, assistant_id)


async def check_name(tx: Transaction, project_id: int, name: str, assistant_id: int = 0) -> None:
    """The same as it is now: another may take it in the next moment. Raises `Conflict`."""
    at = assistants.c
    same = select(at.id).where(at.project_id == project_id, at.name == name, at.archived_at.is_(None))
    holders = set((await tx.execute(same)).scalars())
    if holders and assistant_id not in holders:
        raise Conflict(f"there is an assistant called {name!r} already: choose another name")


async def find(tx: Transaction, assistant_id: int) -> OwnedAssistant:
    """Raises `NotFound`, for an archived one too."""
    found = await tx.execute(_of(assistant_id))
    return _one(found.mappings().first(), assistant_id)


async def hold(tx: Transaction, assistant_id: int) -> OwnedAssistant:
    """The same, and nobody else changes the assistant before the transaction ends. Raises `NotFound`."""
    found = await tx.execute(_of(assistant_id).with_for_update(key_share=True))
    return _one(found.mappings().first(), assistant_id)


async def version(tx: Transaction, assistant_id: int, number: int) -> Assistant:
    """One version, whole. Raises `NotFound`."""
    return (await version_and_note(tx, assistant_id, number))[0]


async def version_and_note(tx: Transaction, assistant_id: int, number: int) -> tuple[Assistant, str]:
    """One version with the note it was saved with. Raises `NotFound`."""
    found = await tx.execute(
        select(assistant_versions.c.body, assistant_versions.c.note).where(
            assistant_versions.c.assistant_id == assistant_id, assistant_versions.c.version == number
        )
    )
    row = found.first()
    if row is None:
        raise NotFound("assistant version", f"{assistant_id}/{number}")
    return msgspec.convert(row.body, Assistant), row.note


async def published(tx: Transaction, assistant_id: int) -> Assistant:
    """The version that answers. Raises `NotFound` when there is none."""
    number = (await find(tx, assistant_id)).published_version
    if number is None:
        raise NotFound("published version of assistant", assistant_id, "publish one")
    return await version(tx, assistant_id, number)


async def page(tx: Transaction, project_id: int, before: int | None, limit: int) -> list[OwnedAssistant]:
    """The assistants of a project, newest first, without archived ones; `before` is an id."""
    at = assistants.c
    wanted = select(assistants).where(at.project_id == project_id, at.archived_at.is_(None))
    if before is not None:
        wanted = wanted.where(at.id < before)
    found = await tx.execute(wanted.order_by(at.id.desc()).limit(limit))
    return [owned(row) for row in found.mappings()]


async def named(tx: Transaction, project_id: int, ids: Collection[int]) -> dict[int, OwnedAssistant]:
    """Those of some ids that are a project's assistants, archived ones left out."""
    at = assistants.c
    wanted = (at.project_id == project_id, at.id.in_(ids), at.archived_at.is_(None))
    found = await tx.execute(select(assistants).where(*wanted))
    return {each.id: each for each in map(owned, found.mappings())}


async def published_of(tx: Transaction, project_id: int) -> list[Assistant]:
    """Every published version of a project, as it answers now."""
    at = assistant_versions.c
    found = await tx.execute(
        select(at.body)
        .join(assistants, assistants.c.id == at.assistant_id)
        .where(
            assistants.c.project_id == project_id,
            assistants.c.archived_at.is_(None),
            at.version == assistants.c.published_version,
        )
        .order_by(at.assistant_id)
    )
    return [msgspec.convert(row.body, Assistant) for row in found]


async def versions(
    tx: Transaction, assistant_id: int, before: int | None = None, limit: int | None = None
) -> list[Version]:
    """Every version, newest first, without its body; or `limit` of those that are older than `before`."""
    at = assistant_versions.c
    wanted = select(at.version, at.note, at.created_by, at.created_at).where(at.assistant_id == assistant_id)
    if before is not None:
        wanted = wanted.where(at.version < before)
    found = await tx.execute(wanted.order_by(at.version.desc()).limit(limit))
    return [Version(*row) for row in found]


async def newest_versions(tx: Transaction, assistant_ids: Collection[int]) -> dict[int, int]:
    """The number of the newest version of some assistants."""
    at = assistant_versions.c
    found = await tx.execute(
        select(at.assistant_id, func.max(at.version))
        .where(at.assistant_id.in_(assistant_ids))
        .group_by(at.assistant_id)
    )
    return {row[0]: row[1] for row in found}


async def archive(tx: Transaction, assistant_id: int, now: datetime) -> None:
    """Let an assistant answer no more; its conversations stay."""
    await tx.execute(update(assistants).where(assistants.c.id == assistant_id).values(archived_at=now))


def owned(row: RowMapping) -> OwnedAssistant:
    """A row of a statement that selects the whole table."""
    at = assistants.c
    return OwnedAssistant(row[at.id], row[at.project_id], row[at.name], row[at.published_version])


def _of(assistant_id: int) -> Select[Any]:
    return select(assistants).where(assistants.c.id == assistant_id, assistants.c.archived_at.is_(None))


def _one(row: RowMapping | None, assistant_id: int) -> OwnedAssistant:
    if row is None:
        raise NotFound("assistant", assistant_id)
    return owned(row)


async def _keep(tx: Transaction, body: Assistant, note: str, now: datetime, by: int | None) -> None:
    await tx.execute(
        insert(assistant_versions).values(
            assistant_id=body.id,
            version=body.version,
            body=msgspec.to_builtins(body),
            note=note,
            created_by=by,
            created_at=now,
        )
    )


async def names(tx: Transaction, assistant_ids: Collection[int]) -> dict[int, str]:
    """What assistants are called, archived ones too."""
    found = await tx.execute(
        select(assistants.c.id, assistants.c.name).where(assistants.c.id.in_(assistant_ids))
    )
    return {row.id: row.name for row in found}
