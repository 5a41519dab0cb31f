"""The audit, read only: who changed, verified or took out what."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field, StringConstraints

from ..node.node import Node
from ..store import audit
from .auth import CallerHere
from .forms import Cursor, Limit, Page, before, page, router

Word = Annotated[str, StringConstraints(max_length=100, pattern=r"^[a-z_]+([.:][a-z0-9_]+)?$")]


class Deed(BaseModel):
    """One entry. `actor` is like `user:3`, `key:7`, `cli` or `setup`, `subject` like `credential:5`.

    `project_id` is null for what concerns the organization as a whole, such as its members and projects.
    """

    id: int
    at: datetime
    actor: str
    actor_name: str | None = Field(description="What people call the actor; null = as it stands there")
    action: str
    subject: str
    project_id: int | None
    detail: dict[str, Any]


def routes(node: Node) -> APIRouter:
    """`/v1/audit`."""
    made = router("Audit")

    @made.get("/v1/audit", operation_id="listAudit", summary="Who did what")
    async def list_audit(
        caller: CallerHere,
        limit: Limit = 50,
        cursor: Cursor = None,
        actor: Annotated[Word | None, Query(description="Of one actor, such as `user:3`.")] = None,
        action: Annotated[
            Word | None, Query(description="`credential.create`, or `credential` for all of it.")
        ] = None,
        subject: Annotated[
            Word | None, Query(description="`credential:5`, or `credential` for all of them.")
        ] = None,
    ) -> Page[Deed]:
        """The project's entries, newest first; people see the organization's own too, an API key does not."""
        wanted = audit.DeedFilter(actor, action, subject)
        async with node.store.read() as tx:
            found = await audit.page(
                tx,
                caller.organization_id,
                caller.project_id,
                before(cursor),
                limit + 1,
                whole=caller.user is not None,
                wanted=wanted,
            )
            names = await audit.actors(tx, {each.entry.actor for each in found})
        return page(found, limit, lambda each: each.id, lambda each: _shown(each, names))

    return made


def _shown(kept: audit.Kept, names: Mapping[str, str]) -> Deed:
    entry = kept.entry
    return Deed(
        id=kept.id,
        at=entry.at,
        actor=entry.actor,
        actor_name=names.get(entry.actor),
        action=entry.action,
        subject=entry.subject,
        project_id=entry.project_id,
        detail=entry.detail,
    )
