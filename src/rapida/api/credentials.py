"""The vault's door: secrets go in and never out. Only names, accounts and dates are shown."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Annotated

from fastapi import APIRouter
from fastapi.responses import Response
from msgspec import UNSET
from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema

from ..errors import ProviderRefused
from ..node.node import Node
from ..store import credentials
from ..store.credentials import Credential
from ..workspace import catalogue, credential_changes
from ..workspace.actor import MASK
from ..workspace.credential_changes import Change, etag
from ..workspace.credential_overviews import SENTENCES, CredentialOverview, UsedAs, overviews
from . import problems
from .auth import CallerHere
from .forms import PROBLEM, Cursor, Form, IfMatch, Limit, Name, Page, RowId, before, page, router

VerifyOutcome = Annotated[str, WithJsonSchema({"type": "string", "enum": list(SENTENCES)})]
_Value = Annotated[
    dict[str, Annotated[str, Field(max_length=4096)]],
    Field(examples=[{"api_key": "sk-…"}]),
]
_BaseUrl = Annotated[
    str,
    Field(
        max_length=255,
        pattern=r"^https?://[^\s/?#@]+(/[^\s?#]*)?$",
        description="The only host it goes to; http:// only where RAPIDA_ALLOW_HOSTS lists it",
    ),
]


class CredentialForm(Form):
    """A secret for a provider. `value` holds the fields that `/v1/providers` names."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"provider": "openai", "name": "Mind", "value": {"api_key": "sk-…"}}],
        }
    )
    provider: str = Field(max_length=64)
    name: Name
    value: _Value
    base_url: _BaseUrl | None = Field(None, description="For admins; null = the provider's own host")


class CredentialChange(Form):
    """What to change. A new `base_url` needs the `value` entered again, by an admin."""

    name: Name | None = None
    value: _Value | None = None
    base_url: _BaseUrl | None = None

    def change(self) -> Change:
        """What was sent; null for a name or a value changes nothing."""
        return Change(
            name=UNSET if self.name is None else self.name,
            value=UNSET if self.value is None else self.value,
            base_url=self.base_url if "base_url" in self.model_fields_set else UNSET,
        )


class UseView(BaseModel):
    """An assistant that uses it: by its published version, or by its line."""

    kind: UsedAs
    id: int
    name: str


class CredentialView(BaseModel):
    """A credential as it is shown: of `value`, only what is no secret."""

    id: int
    provider: str
    name: str
    account: str
    value: dict[str, str]
    base_url: str | None
    created_at: datetime | None
    updated_at: datetime | None
    verified_at: datetime | None
    verify_outcome: VerifyOutcome | None = Field(description="null = nobody asked since the secret is there")
    verify_sentence: str = Field(description="The same for people; empty = nobody asked")
    retired_until: datetime | None = Field(
        description="Until when a replaced secret still proves callbacks; null = there is none"
    )
    demo: bool = Field(description="The local demo's: no carrier knows its account")
    used_by: list[UseView] = Field(description="What a deletion would be refused for")


class CredentialDetail(CredentialView):
    """The same, with how often it was used on each day (UTC)."""

    uses: dict[str, int]


class VerifiedView(BaseModel):
    """The provider accepts the credential; `account_name` is what it calls the account, if it says so."""

    verified_at: datetime
    account_name: str


def routes(node: Node, api_urls: Mapping[str, str]) -> APIRouter:
    """`/v1/credentials`. `api_urls`: by carrier, where it is asked, as the operator says."""
    made = router("Credentials")
    _add_reading(made, node)
    _add_changing(made, node)
    _add_verifying(made, node, api_urls)
    return made


def _add_reading(made: APIRouter, node: Node) -> None:
    @made.get("/v1/credentials", operation_id="listCredentials", summary="List credentials")
    async def list_credentials(
        caller: CallerHere, limit: Limit = 50, cursor: Cursor = None
    ) -> Page[CredentialView]:
        """Newest first, without secrets."""
        async with node.store.read() as tx:
            found = await credentials.page(tx, caller.project_id, before(cursor), limit + 1)
            seen = await overviews(tx, node, caller.project_id, found)
        show = partial(_shown, seen)
        return await asyncio.to_thread(page, found, limit, lambda each: each.id, show)

    @made.get(
        "/v1/credentials/{credential_id}", operation_id="readCredential", summary="Look a credential up"
    )
    async def read_credential(
        credential_id: RowId, caller: CallerHere, response: Response
    ) -> CredentialDetail:
        """Without its secret, with its uses."""
        async with node.store.read() as tx:
            found = await credential_changes.own(tx, caller, credential_id)
            uses = await credentials.uses(tx, credential_id)
        response.headers["etag"] = etag(found)
        shown = await _looked_at(node, found)
        return CredentialDetail(**shown.model_dump(), uses=uses)


def _add_changing(made: APIRouter, node: Node) -> None:
    @made.post("/v1/credentials", operation_id="createCredential", summary="Keep a secret", status_code=201)
    async def create_credential(form: CredentialForm, caller: CallerHere) -> CredentialView:
        """Sealed at once. One credential for each account of a provider."""
        kept = await credential_changes.keep(
            node, caller, form.provider, form.name, form.value, form.base_url
        )
        return await _looked_at(node, kept)

    @made.patch(
        "/v1/credentials/{credential_id}", operation_id="replaceCredential", summary="Replace or rename it"
    )
    async def replace_credential(
        credential_id: RowId,
        form: CredentialChange,
        caller: CallerHere,
        response: Response,
        if_match: IfMatch = None,
    ) -> CredentialView:
        """A replaced token still proves callbacks for 24 hours, and is used for nothing else."""
        replaced = await credential_changes.replace(node, caller, credential_id, form.change(), if_match)
        response.headers["etag"] = etag(replaced)
        return await _looked_at(node, replaced)

    @made.delete(
        "/v1/credentials/{credential_id}",
        operation_id="deleteCredential",
        summary="Forget a secret",
        status_code=204,
    )
    async def delete_credential(credential_id: RowId, caller: CallerHere, if_match: IfMatch = None) -> None:
        """Refused while a deployment or a published assistant uses it."""
        await credential_changes.delete(node, caller, credential_id, if_match)


def _add_verifying(made: APIRouter, node: Node, api_urls: Mapping[str, str]) -> None:
    @made.post(
        "/v1/credentials/{credential_id}/verify",
        operation_id="verifyCredential",
        summary="Ask the provider",
        response_model=VerifiedView,
        responses={502: {"description": "The provider cannot be reached, or fails", **PROBLEM}},
    )
    async def verify_credential(credential_id: RowId, caller: CallerHere) -> VerifiedView | Response:
        """Asks the provider for the account, which changes nothing there.

        422 if it refuses the secret (code `secret_refused`), or cannot be asked.
        """
        try:
            verified = await credential_changes.ask_provider(node, caller, credential_id, api_urls)
        except ProviderRefused as refused:
            return problems.response(422, "secret_refused", str(refused))
        return VerifiedView(verified_at=verified.at, account_name=verified.account_name)


async def _looked_at(node: Node, credential: Credential) -> CredentialView:
    async with node.store.read() as tx:
        seen = await overviews(tx, node, credential.project_id, [credential])
    return await asyncio.to_thread(_shown, seen, credential)


def _shown(seen: Mapping[int, CredentialOverview], credential: Credential) -> CredentialView:
    overview = seen[credential.id]
    masked = dict.fromkeys(catalogue.credential_of(credential.provider).__struct_fields__, MASK)
    if account := catalogue.account_field(credential.provider):
        masked[account] = credential.account
    return CredentialView(
        id=credential.id,
        provider=credential.provider,
        name=credential.name,
        account=credential.account,
        value=masked,
        base_url=credential.base_url,
        created_at=credential.created_at,
        updated_at=credential.updated_at,
        verified_at=credential.verified_at,
        verify_outcome=overview.outcome or None,
        verify_sentence=SENTENCES.get(overview.outcome, ""),
        retired_until=overview.retired_until,
        demo=overview.demo,
        used_by=[UseView(kind=each.kind, id=each.id, name=each.name) for each in overview.used_by],
    )
