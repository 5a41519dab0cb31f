"""The demo a first start creates, so that a newcomer can ring an assistant before owning a phone number.

Its credential is random per install and known to no carrier. Once a real public host is set the demo's
deployment is switched off, and nothing answers for it.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import datetime

import msgspec

from ..assistant import Assistant
from ..store import Store, Transaction, assistants, credentials, deployments, tenants
from ..store.db import alone
from ..vault import Vault

NOTE = "installed with Rapida"
"""The note of versions that an upgrade may replace: a version with another note is a person's work."""


@dataclass(frozen=True)
class Demo:
    """Whom to ring, and what signs for it. `enabled` is false while a public host is set."""

    assistant_id: int
    account_sid: str
    account_token: str = field(repr=False)
    enabled: bool = True


async def bootstrap(
    store: Store, vault: Vault, front_desk: Assistant, *, public_host: str | None, now: datetime
) -> Demo | None:
    """Make sure of the first project and its demo; safe at every start.

    None = a person has replaced or removed the demo, which is then left alone.
    """
    async with store.write() as tx:
        await alone(tx, "bootstrap")
        if await tenants.first_project(tx) is None:
            await _install(tx, vault, front_desk, now)
        deployment = await deployments.demo(tx)
        if deployment is None or deployment.credential_id is None:
            return None
        await _upgrade(tx, deployment.assistant_id, front_desk, now)
        await deployments.enable(tx, deployment.id, public_host is None, now)
        credential = await credentials.find(tx, deployment.credential_id)
    secret = vault.open(credential.place, credential.sealed)
    return Demo(deployment.assistant_id, credential.account, secret["account_token"], public_host is None)


async def _install(tx: Transaction, vault: Vault, front_desk: Assistant, now: datetime) -> None:
    organization_id = await tenants.create_organization(tx, "My organization", now)
    project = await tenants.create_project(tx, organization_id, "My project", now)
    account_sid = f"AC{secrets.token_hex(16)}"
    draft = credentials.Draft(
        project_id=project.id,
        provider="twilio",
        name="Local demo",
        secret={"account_sid": account_sid, "account_token": secrets.token_hex(16)},
        account=account_sid,
    )
    credential = await credentials.create(tx, vault, draft, now)
    assistant = await assistants.create(tx, project.id, front_desk, now, note=NOTE)
    await deployments.put_phone(tx, project.id, assistant.id, credential.id, now, demo=True)


async def _upgrade(tx: Transaction, assistant_id: int, front_desk: Assistant, now: datetime) -> None:
    """Publish a newer front desk, unless a person has changed theirs."""
    owned = await assistants.find(tx, assistant_id)
    if owned.published_version is None:
        return
    current, note = await assistants.version_and_note(tx, assistant_id, owned.published_version)
    same = msgspec.structs.replace(front_desk, id=current.id, version=current.version)
    if note == NOTE and msgspec.to_builtins(current) != msgspec.to_builtins(same):
        newer = await assistants.add_version(
            tx, msgspec.structs.replace(front_desk, id=assistant_id), now, note=NOTE
        )
        await assistants.publish(tx, assistant_id, newer.version)
