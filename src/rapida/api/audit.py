"""The audit, read only: who changed, verified or took out what."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel

from ..node.node import Node
from ..store import audit
from .auth import CallerHere
from .forms import Cursor, Limit, Page, before, page, router


class Deed(BaseModel):
    """One entry. `actor` is like `user:3`, `key:7`, `cli` or `setup`, `subject` like `credential:5`.

    `project_id` is null for what concerns the organization as a whole, such as its members and projects.
    """

    id: int
    at: datetime
    actor: str
    action: str
    subject: str
    project_id: int | None
    detail: dict[str, Any]


def routes(node: Node) -> APIRouter:
    """`/v1/audit`."""
    made = router("Audit")

    @made.get("/v1/audit", operation_id="listAudit", summary="Who did what")
    async def list_audit(caller: CallerHere, limit: Limit = 50, cursor: Cursor = None) -> Page[Deed]:
        """The project's entries, newest first; people see the organization's own too, an API key does not."""
        whole = caller.user is not None
        async with node.store.read() as tx:
            found = await audit.page(
                tx, caller.organization_id, caller.project_id, before(cursor), limit + 1, whole=whole
            )
        return page(found, limit, lambda each: each.id, _shown)

    return made


def _shown(kept: audit.Kept) -> Deed:
    entry = kept.entry
    return Deed(
        id=kept.id,
        at=entry.at,
        actor=entry.actor,
        action=entry.action,
        subject=entry.subject,
        project_id=entry.project_id,
        detail=entry.detail,
    )
