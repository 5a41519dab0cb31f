"""Credentials as people change them: kept, renamed, replaced, verified, deleted.

Only an admin sends a secret to another host than its provider's own, and only by entering it again. A secret
that is wrong in form is refused by its fields' names; its value is never repeated.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlsplit

from msgspec import UNSET, Struct, UnsetType

from .. import fields
from ..errors import Conflict, InvalidField, ProviderError, ProviderRefused, RapidaError, refuse
from ..node.node import Node
from ..providers import outgoing
from ..store import Transaction, assistants, credentials, deployments
from ..store.credentials import Credential, CredentialDraft
from . import catalogue
from .actor import MASK, Actor
from .etags import etag_of, must_match
from .verification import verify

PROVES_FOR: Final = timedelta(hours=24)
"""How long a replaced token still proves callbacks signed with it: as long as a call may be reported on."""
_OTHER_HOST = "naming another host for a secret"


class Change(Struct, frozen=True):
    """What to change of a credential; what is not set stays."""

    name: str | UnsetType = UNSET
    value: Mapping[str, str] | UnsetType = UNSET
    base_url: str | UnsetType | None = UNSET

    @property
    def named(self) -> list[str]:
        """The fields that are set, as the audit has them."""
        return [each for each in sorted(self.__struct_fields__) if getattr(self, each) is not UNSET]


@dataclass(frozen=True)
class Verified:
    """The provider accepts the secret. `account_name` is what it calls the account, "" if it says nothing."""

    at: datetime
    account_name: str


async def keep(
    node: Node, actor: Actor, provider: str, name: str, value: Mapping[str, str], base_url: str | None
) -> Credential:
    """Seal a new secret.

    Raises `NotAllowed`, `InvalidField` for all that is wrong, `Conflict` for an account that has a credential
    already, `ConfigurationError` for an unknown provider, `VaultError` and `StoreError`.
    """
    if base_url is not None:
        actor.must_be("admin", _OTHER_HOST)
    await asyncio.to_thread(_check, provider, value, base_url)
    now = node.clock()
    draft = _draft(actor, provider, name, value, base_url)
    async with node.store.write() as tx:
        credential = await credentials.create(tx, node.vault, draft, now)
        await actor.note(
            tx, now, "credential.create", f"credential:{credential.id}", before=None, after=shown(credential)
        )
    return credential


def shown(credential: Credential) -> dict[str, Any]:
    """What can be changed of a credential, its secret masked."""
    return {
        "provider": credential.provider,
        "name": credential.name,
        "account": credential.account,
        "base_url": credential.base_url,
        "value": MASK,
    }


def etag(credential: Credential) -> str:
    """How a credential stands, its secret too."""
    return etag_of(_whole(credential))


def _whole(credential: Credential) -> object:
    """Of a secret what it is sealed as: another text each time, which tells nothing."""
    return [shown(credential), credential.sealed.ciphertext]


async def replace(
    node: Node, actor: Actor, credential_id: int, change: Change, based_on: str | None = None
) -> Credential:
    """Rename a credential or replace its secret. A replaced one proves callbacks for `PROVES_FOR`, no more.

    Raises as `keep` does, `NotFound`, and `Stale` where `based_on` is not the credential's ETag.
    """
    if change.base_url is not UNSET:
        actor.must_be("admin", _OTHER_HOST)
    async with node.store.read() as tx:
        provider = (await own(tx, actor, credential_id)).provider
    value = None if change.value is UNSET else change.value
    await asyncio.to_thread(_check, provider, value, None if change.base_url is UNSET else change.base_url)
    now = node.clock()
    async with node.store.write() as tx:
        old = await own(tx, actor, credential_id, lock=True)
        _must_match(based_on, old)
        base_url = old.base_url if change.base_url is UNSET else change.base_url
        name = old.name if change.name is UNSET else change.name
        if value is None:
            if base_url != old.base_url:
                raise InvalidField("value", "enter the secret again to let it go to another host")
            new = await credentials.rename(tx, old, name, now)
        else:
            draft = _draft(actor, old.provider, name, value, base_url)
            new = await credentials.replace(tx, node.vault, old, draft, now, now + PROVES_FOR)
        told = {"before": shown(old), "after": shown(new), "changed": change.named}
        await actor.note(tx, now, "credential.replace", f"credential:{old.id}", **told)
    return new


async def delete(node: Node, actor: Actor, credential_id: int, based_on: str | None = None) -> None:
    """Forget a secret.

    Raises `Conflict` while a deployment or a published assistant uses it, `NotFound`, `Stale` as `replace`.
    """
    now = node.clock()
    async with node.store.write() as tx:
        old = await own(tx, actor, credential_id, lock=True)
        _must_match(based_on, old)
        await _refuse_if_used(tx, actor.project_id, credential_id)
        await credentials.remove(tx, credential_id)
        told = {"before": shown(old), "after": None}
        await actor.note(tx, now, "credential.delete", f"credential:{credential_id}", **told)


async def ask_provider(node: Node, actor: Actor, credential_id: int, api_urls: Mapping[str, str]) -> Verified:
    """Ask the provider whether it accepts a secret; `api_urls` says where carriers are asked.

    Raises `ProviderRefused`, `ProviderUnavailable`, `ConfigurationError` for a provider that cannot be asked,
    `Conflict` when the secret was replaced meanwhile, `NotFound`, `VaultError` and `StoreError`.
    """
    async with node.store.read() as tx:
        asked = await own(tx, actor, credential_id)
    node.prover.uses[asked.id] += 1
    try:
        account_name = await verify(asked, node.prover.secret(asked), api_urls)
    except RapidaError as failed:
        async with node.store.write() as tx:
            await _note_verified(tx, actor, asked, node.clock(), _outcome(failed))
        raise
    now = node.clock()
    async with node.store.write() as tx:
        again = await own(tx, actor, credential_id, lock=True)
        same = again.sealed.ciphertext == asked.sealed.ciphertext
        if same:
            await credentials.verified(tx, asked.id, now)
        await _note_verified(tx, actor, asked, now, "accepted" if same else "replaced_meanwhile")
    if not same:
        raise Conflict("the credential was replaced meanwhile: verify it again")
    return Verified(now, account_name)


async def own(tx: Transaction, actor: Actor, credential_id: int, *, lock: bool = False) -> Credential:
    """A credential of the actor's project. Raises `NotFound`."""
    credential = await credentials.find(tx, credential_id, lock=lock)
    actor.owns(credential.project_id, "credential", credential_id)
    return credential


async def _note_verified(
    tx: Transaction, actor: Actor, asked: Credential, at: datetime, outcome: str
) -> None:
    before, after = asked.verified_at, at if outcome == "accepted" else asked.verified_at
    told = {
        name: {"verified_at": each and each.isoformat()}
        for name, each in (("before", before), ("after", after))
    }
    await actor.note(tx, at, "credential.verify", f"credential:{asked.id}", outcome=outcome, **told)


def _must_match(based_on: str | None, credential: Credential) -> None:
    must_match(based_on, _whole(credential), "the credential", shown=shown(credential))


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
    refuse(wrong)


def _wrong_values(provider: str, value: Mapping[str, str]) -> Iterator[InvalidField]:
    yield from fields.problems(catalogue.credential_of(provider), value, "value")
    for name, text in value.items():
        # All of them travel in HTTP headers; a line end comes along when one is copied.
        if text != text.strip() or not (text.isascii() and text.isprintable()):
            yield InvalidField(
                f"value.{name}", "it holds a blank or a line end at its edge, or no plain letters"
            )


def _draft(
    actor: Actor, provider: str, name: str, value: Mapping[str, str], base_url: str | None
) -> CredentialDraft:
    return CredentialDraft(
        project_id=actor.project_id,
        provider=provider,
        name=name,
        secret=value,
        account=value.get(catalogue.account_field(provider), ""),
        base_url=base_url,
    )


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
