"""The vault's door: secrets go in and never out. Only names, accounts and dates are shown."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Annotated
from urllib.parse import urlsplit

import msgspec
from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import BaseModel, Field

from .. import fields
from ..errors import Conflict, InvalidField, ProviderError, ProviderRefused, RapidaError, refuse
from ..node.node import Node
from ..providers import outgoing
from ..store import assistants, credentials, deployments
from ..store.credentials import Credential, Draft
from ..store.db import Transaction
from ..workspace import catalogue
from ..workspace.verification import verify
from . import problems
from .auth import Caller, CallerHere
from .forms import PROBLEM, Cursor, Form, Limit, Name, Page, RowId, before, page, router

PROVES_FOR = timedelta(hours=24)
"""How long a replaced token still proves callbacks that were signed with it."""
MASK = "••••••••"

_Value = dict[str, Annotated[str, Field(max_length=4096)]]
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

    provider: str = Field(max_length=64)
    name: Name
    value: _Value
    base_url: _BaseUrl | None = Field(None, description="For admins; null = the provider's own host")


class CredentialChange(Form):
    """What to change. A new `base_url` needs the `value` entered again, by an admin."""

    name: Name | None = None
    value: _Value | None = None
    base_url: _BaseUrl | None = None


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


class CredentialDetail(CredentialView):
    """The same, with how often it was used on each day (UTC)."""

    uses: dict[str, int]


class Verified(BaseModel):
    """The provider accepts the credential; `account_name` is what it calls the account, if it says so."""

    verified_at: datetime
    account_name: str


def routes(node: Node, api_url: str) -> APIRouter:
    """`/v1/credentials`. `api_url`: where the carrier is asked."""
    made = router("Credentials")
    _add_reading(made, node)
    _add_replacing(made, node)
    _add_leaving(made, node, api_url)
    return made


def _add_reading(made: APIRouter, node: Node) -> None:
    @made.get("/v1/credentials", operation_id="listCredentials", summary="List credentials")
    async def list_credentials(
        caller: CallerHere, limit: Limit = 50, cursor: Cursor = None
    ) -> Page[CredentialView]:
        """Newest first, without secrets."""
        async with node.store.read() as tx:
            found = await credentials.page(tx, caller.project_id, before(cursor), limit + 1)
        return await asyncio.to_thread(page, found, limit, lambda each: each.id, _shown)

    @made.get(
        "/v1/credentials/{credential_id}", operation_id="readCredential", summary="Look a credential up"
    )
    async def read_credential(credential_id: RowId, caller: CallerHere) -> CredentialDetail:
        """Without its secret, with its uses."""
        async with node.store.read() as tx:
            found = await _mine(tx, caller, credential_id)
            uses = await credentials.uses(tx, credential_id)
        shown = await asyncio.to_thread(_shown, found)
        return CredentialDetail(**shown.model_dump(), uses=uses)


def _add_replacing(made: APIRouter, node: Node) -> None:
    @made.post("/v1/credentials", operation_id="createCredential", summary="Keep a secret", status_code=201)
    async def create_credential(form: CredentialForm, caller: CallerHere) -> CredentialView:
        """Sealed at once. One credential for each account of a provider."""
        if form.base_url is not None:
            caller.must_be("admin", "naming another host for a secret")
        await asyncio.to_thread(_check, form.provider, form.value, form.base_url)
        now = node.clock()
        draft = _draft(caller, form.provider, form.name, form.value, form.base_url)
        async with node.store.write() as tx:
            kept = await credentials.create(tx, node.vault, draft, now)
            await caller.note(tx, now, "credential.create", f"credential:{kept.id}", provider=form.provider)
        return await asyncio.to_thread(_shown, kept)

    @made.patch(
        "/v1/credentials/{credential_id}", operation_id="replaceCredential", summary="Replace or rename it"
    )
    async def replace_credential(
        credential_id: RowId, form: CredentialChange, caller: CallerHere
    ) -> CredentialView:
        """A replaced token still proves callbacks for 24 hours, and is used for nothing else."""
        moves = "base_url" in form.model_fields_set
        if moves:
            caller.must_be("admin", "naming another host for a secret")
        async with node.store.read() as tx:
            provider = (await _mine(tx, caller, credential_id)).provider
        await asyncio.to_thread(_check, provider, form.value, form.base_url)
        now = node.clock()
        async with node.store.write() as tx:
            old = await _mine(tx, caller, credential_id, lock=True)
            if moves and form.base_url != old.base_url and form.value is None:
                raise InvalidField("value", "enter the secret again to let it go to another host")
            name = form.name or old.name
            if form.value is None:
                new = await credentials.rename(tx, old, name, now)
            else:
                base_url = form.base_url if moves else old.base_url
                draft = _draft(caller, old.provider, name, form.value, base_url)
                until = now + PROVES_FOR
                new = await credentials.replace(tx, node.vault, old, draft, now, until)
            changed = sorted(form.model_fields_set)
            await caller.note(tx, now, "credential.replace", f"credential:{old.id}", changed=changed)
        return await asyncio.to_thread(_shown, new)


def _add_leaving(made: APIRouter, node: Node, api_url: str) -> None:
    @made.delete(
        "/v1/credentials/{credential_id}",
        operation_id="deleteCredential",
        summary="Forget a secret",
        status_code=204,
    )
    async def delete_credential(credential_id: RowId, caller: CallerHere) -> None:
        """Refused while a deployment or a published assistant uses it."""
        now = node.clock()
        async with node.store.write() as tx:
            await _mine(tx, caller, credential_id, lock=True)
            await _refuse_if_used(tx, caller.project_id, credential_id)
            await credentials.remove(tx, credential_id)
            await caller.note(tx, now, "credential.delete", f"credential:{credential_id}")

    @made.post(
        "/v1/credentials/{credential_id}/verify",
        operation_id="verifyCredential",
        summary="Ask the provider",
        response_model=Verified,
        responses={502: {"description": "The provider cannot be reached, or fails", **PROBLEM}},
    )
    async def verify_credential(credential_id: RowId, caller: CallerHere) -> Verified | Response:
        """Asks the provider for the account, which changes nothing there.

        422 if it refuses the secret (code `secret_refused`), or cannot be asked.
        """
        async with node.store.read() as tx:
            found = await _mine(tx, caller, credential_id)
        node.prover.uses[found.id] += 1
        try:
            account_name = await verify(found, node.prover.secret(found), api_url)
        except RapidaError as failed:
            async with node.store.write() as tx:
                await _note_verified(tx, caller, found.id, node.clock(), _outcome(failed))
            if isinstance(failed, ProviderRefused):
                return problems.response(422, "secret_refused", str(failed))
            raise
        now = node.clock()
        async with node.store.write() as tx:
            again = await _mine(tx, caller, credential_id, lock=True)
            same = again.sealed.ciphertext == found.sealed.ciphertext
            if same:
                await credentials.verified(tx, found.id, now)
            await _note_verified(tx, caller, found.id, now, "accepted" if same else "replaced_meanwhile")
        if not same:
            raise Conflict("the credential was replaced meanwhile: verify it again")
        return Verified(verified_at=now, account_name=account_name)


async def _mine(tx: Transaction, caller: Caller, credential_id: int, *, lock: bool = False) -> Credential:
    found = await credentials.find(tx, credential_id, lock=lock)
    caller.owns(found.project_id, "credential", credential_id)
    return found


async def _note_verified(
    tx: Transaction, caller: Caller, credential_id: int, at: datetime, outcome: str
) -> None:
    await caller.note(tx, at, "credential.verify", f"credential:{credential_id}", outcome=outcome)


def _outcome(failed: RapidaError) -> str:
    """A failed verification in a word; the provider's own sentence is not for the audit."""
    if isinstance(failed, ProviderRefused):
        return "refused"
    return "no_answer" if isinstance(failed, ProviderError) else "not_asked"


def _check(provider: str, value: Mapping[str, str] | None, base_url: str | None) -> None:
    """Raises `InvalidField`, which never repeats a value. Imports the provider: run it in a thread."""
    wrong = list[InvalidField]()
    if value is not None:
        wrong += _wrong_values(provider, value)
    if base_url is not None:
        wrong += _wrong_address(base_url)
    # Providers of one name share their credential, and find the same fault in it.
    refuse({(each.field, each.problem): each for each in wrong}.values())


def _wrong_values(provider: str, value: Mapping[str, str]) -> Iterator[InvalidField]:
    for taker in catalogue.takers(provider):
        if taker.credential is not None:
            yield from fields.problems(taker.credential, value, "value")
    for name, text in value.items():
        # All of them travel in HTTP headers; a line end comes along when one is copied.
        if text != text.strip() or not (text.isascii() and text.isprintable()):
            yield InvalidField(
                f"value.{name}", "it holds a blank or a line end at its edge, or no plain letters"
            )


def _draft(caller: Caller, provider: str, name: str, value: Mapping[str, str], base_url: str | None) -> Draft:
    return Draft(caller.project_id, provider, name, value, value.get(catalogue.ACCOUNT, ""), base_url)


def _wrong_address(url: str) -> Iterator[InvalidField]:
    try:
        parts = urlsplit(url)
        is_address = bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port beyond 65535, half an IPv6 address
        is_address = False
    if not is_address:
        yield InvalidField("base_url", "write an address such as https://llm.example.com/v1")
    elif not outgoing.policy.keeps_secret(url):
        yield InvalidField(
            "base_url",
            "the secret would travel in clear: write https://; if http:// is meant, the operator lists the "
            "host in RAPIDA_ALLOW_HOSTS",
        )
    elif barred := outgoing.policy.bars(url):
        yield InvalidField("base_url", barred)


async def _refuse_if_used(tx: Transaction, project_id: int, credential_id: int) -> None:
    using = [f"the phone deployment of {name!r}" for name in await deployments.using(tx, credential_id)]
    for assistant in await assistants.published_of(tx, project_id):
        if any(each.credential_id == credential_id for _, _, each in catalogue.named_providers(assistant)):
            using.append(f"the assistant {assistant.name!r}")
    if using:
        raise Conflict(f"the credential is in use by {', '.join(using)}: give them another one first")


def _shown(credential: Credential) -> CredentialView:
    declared = [each.credential for each in catalogue.takers(credential.provider)]
    names = [field.name for each in declared if each for field in msgspec.structs.fields(each)]
    masked = dict.fromkeys(names, MASK)
    if catalogue.ACCOUNT in masked:
        masked[catalogue.ACCOUNT] = credential.account
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
    )
