"""API keys of a project: made, listed, revoked; a key's secret is shown once, when it is made."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from ..node.node import Node
from ..store import api_keys
from ..store.api_keys import ApiKey
from ..store.users import Role
from ..workspace import api_key_changes
from .auth import CallerHere
from .forms import Cursor, Form, IfMatch, Instant, Limit, Name, Page, RowId, before, page, router


class KeyDraft(Form):
    """A key to be. Its role is at most the maker's own."""

    name: Name
    role: Literal["viewer", "editor", "admin"] = "editor"
    expires_at: Instant | None = Field(None, strict=False, description="null = never")


class KeyView(BaseModel):
    """A key without its secret. `last_used_at` is kept to about five minutes."""

    id: int
    name: str
    prefix: str
    role: Role
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None


class NewKey(KeyView):
    """A key just made; `key` is never shown again."""

    key: str


def routes(node: Node) -> APIRouter:
    """`/v1/api-keys`."""
    made = router("API keys")

    @made.get("/v1/api-keys", operation_id="listApiKeys", summary="List the project's keys")
    async def list_keys(caller: CallerHere, limit: Limit = 50, cursor: Cursor = None) -> Page[KeyView]:
        """Newest first, revoked ones too, without secrets."""
        async with node.store.read() as tx:
            found = await api_keys.page(tx, caller.project_id, before(cursor), limit + 1)
        return page(found, limit, lambda each: each.id, lambda each: KeyView(**shown_key(each)))

    @made.get("/v1/api-keys/{key_id}", operation_id="readApiKey", summary="Look a key up")
    async def read_key(key_id: RowId, caller: CallerHere, response: Response) -> KeyView:
        """Without its secret."""
        async with node.store.read() as tx:
            found = await api_key_changes.own(tx, caller, key_id)
        response.headers["etag"] = api_key_changes.etag(found)
        return KeyView(**shown_key(found))

    @made.post("/v1/api-keys", operation_id="createApiKey", summary="Make a key", status_code=201)
    async def create_key(form: KeyDraft, caller: CallerHere) -> NewKey:
        """The answer holds the key; it cannot be shown again."""
        expires_at = None if form.expires_at is None else form.expires_at.astimezone(UTC)
        key, token = await api_key_changes.make(node, caller, form.name, form.role, expires_at)
        return NewKey(**shown_key(key), key=token.text)

    @made.delete(
        "/v1/api-keys/{key_id}", operation_id="revokeApiKey", summary="Revoke a key", status_code=204
    )
    async def revoke_key(key_id: RowId, caller: CallerHere, if_match: IfMatch = None) -> None:
        """At once and for good."""
        await api_key_changes.revoke(node, caller, key_id, if_match)

    return made


def shown_key(key: ApiKey) -> dict[str, Any]:
    """A key's members as its view has them."""
    return {name: getattr(key, name) for name in KeyView.model_fields}
