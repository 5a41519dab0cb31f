"""Publishable tokens of a project: made, listed, revoked. They are no secrets, and are shown whole."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field

from ..node.node import Node
from ..store import publishable_tokens
from ..store.publishable_tokens import PublishableToken
from ..workspace import publishable_token_changes
from .auth import CallerHere
from .forms import Form, Name, Page, RowId, router

Origin = Annotated[str, Field(max_length=300, examples=["https://www.example.com"])]


class PublishableTokenForm(Form):
    """A token to be: which assistant answers, and whose pages may ask."""

    name: Name
    assistant_id: int = Field(ge=1, lt=2**53, examples=[1])
    origins: list[Origin] = Field(min_length=1, max_length=20, description="Scheme, host and port; no path")
    calls_per_minute: int = Field(10, ge=1, le=600, description="Of all pages together")


class PublishableTokenView(BaseModel):
    """A token. `revoked_at` null = it is good."""

    id: int
    name: str
    assistant_id: int
    token: str
    origins: list[str]
    calls_per_minute: int
    created_at: datetime
    revoked_at: datetime | None


def routes(node: Node) -> APIRouter:
    """`/v1/publishable-tokens`."""
    made = router("Publishable tokens")

    @made.get(
        "/v1/publishable-tokens", operation_id="listPublishableTokens", summary="List the project's tokens"
    )
    async def list_tokens(caller: CallerHere) -> Page[PublishableTokenView]:
        """Every token, revoked ones too."""
        async with node.store.read() as tx:
            found = await publishable_tokens.of_project(tx, caller.project_id)
        return Page(items=[_shown(each) for each in found])

    @made.post(
        "/v1/publishable-tokens",
        operation_id="createPublishableToken",
        summary="Let pages of other sites talk to an assistant",
        status_code=201,
    )
    async def create_token(form: PublishableTokenForm, caller: CallerHere) -> PublishableTokenView:
        """The published version answers visitors of these pages, by `<rapida-call>`."""
        return _shown(await publishable_token_changes.make(node, caller, **form.model_dump()))

    @made.delete(
        "/v1/publishable-tokens/{token_id}",
        operation_id="revokePublishableToken",
        summary="Revoke a token",
        status_code=204,
    )
    async def revoke_token(token_id: RowId, caller: CallerHere) -> None:
        """At once and for good. Calls in progress go on."""
        await publishable_token_changes.revoke(node, caller, token_id)

    return made


def _shown(token: PublishableToken) -> PublishableTokenView:
    return PublishableTokenView(**{name: getattr(token, name) for name in PublishableTokenView.model_fields})
