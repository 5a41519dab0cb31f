"""The demo a first start creates, so that a newcomer can ring an assistant before owning a phone number.

Its credential is random per install and known to no carrier. A server that starts with a real public host
switches the demo's deployment off, and nothing answers for it; only the start of a server switches it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

import msgspec
import structlog

from .. import telephony
from ..assistant import Assistant
from ..errors import VaultError
from ..knowledge import passages
from ..knowledge.search import stored
from ..store import Store, Transaction, assistants, credentials, deployments, knowledge, tenants
from ..store.db import alone
from ..vault.sealing import Vault

_log = structlog.get_logger(__name__)

FACTS = "facts"
"""The name of the demo's page of facts."""
NOTE = "installed with Rapida"
"""The note of versions that an upgrade may replace: a version with another note is a person's work."""


@dataclass(frozen=True)
class Demo:
    """Whom to ring, and what signs for it. `enabled` is false while the server is public."""

    assistant_id: int
    account: str
    secret: Mapping[str, str] = field(repr=False)
    enabled: bool = True


async def bootstrap(
    store: Store,
    vault: Vault,
    front_desk: Assistant,
    *,
    public_host: str | None,
    now: datetime,
    facts: str = "",
) -> Demo | None:
    """What a server does when it starts: make sure of the demo, upgrade it, switch it on or off.

    `facts` is the page that the front desk answers from. Safe at every start. None = a person has replaced or
    removed the demo, which is then left alone.
    """
    async with store.write() as tx:
        await _make_sure(tx, vault, front_desk, now, facts)
        deployment = await deployments.demo(tx)
        if deployment is None or deployment.credential_id is None:
            return None
        if await _upgrade(tx, deployment.assistant_id, front_desk, now):
            await _put_facts(tx, deployment.project_id, facts, now)
        await deployments.enable(tx, deployment.id, public_host is None, now)
        try:
            return await find(tx, vault)
        except VaultError as shut:
            # Its row was altered. Other credentials open: that is no reason not to serve.
            _log.error("demo_does_not_open", reason=str(shut))
            return None


async def install(
    store: Store, vault: Vault, front_desk: Assistant, now: datetime, *, facts: str = ""
) -> None:
    """Make sure of the first project and its demo where no server has started yet.

    What is there stays as it is, and a new demo is off: whether it answers is decided by servers, each of
    which knows whether it is public.
    """
    async with store.write() as tx:
        await _make_sure(tx, vault, front_desk, now, facts)


async def find(tx: Transaction, vault: Vault) -> Demo | None:
    """The demo as it is; None where there is none, or a person has replaced it. Raises `VaultError`."""
    deployment = await deployments.demo(tx)
    if deployment is None or deployment.credential_id is None:
        return None
    credential = await credentials.find(tx, deployment.credential_id)
    secret = vault.open(credential.place, credential.sealed)
    return Demo(deployment.assistant_id, credential.account, secret, deployment.enabled)


async def _make_sure(tx: Transaction, vault: Vault, front_desk: Assistant, now: datetime, facts: str) -> None:
    await alone(tx, "bootstrap")
    if await tenants.first_project(tx) is None:
        project_id = await _install(tx, vault, front_desk, now)
        await _put_facts(tx, project_id, facts, now)


async def _put_facts(tx: Transaction, project_id: int, facts: str, now: datetime) -> None:
    """Write the demo's page, unless there is one of that name: it may be a person's work."""
    there = await knowledge.of_project(tx, project_id)
    if facts and all(page.name != FACTS for page in there):
        found = stored(passages.read(facts, FACTS))
        await knowledge.put(tx, project_id, FACTS, facts, found, now)


async def _install(tx: Transaction, vault: Vault, front_desk: Assistant, now: datetime) -> int:
    """A first project with its demo; the project's number."""
    organization_id = await tenants.create_organization(tx, "My organization", now)
    project = await tenants.create_project(tx, organization_id, "My project", now)
    carrier = telephony.carrier(telephony.DEMO)
    secret = carrier.made_up_credential()
    draft = credentials.CredentialDraft(
        project_id=project.id,
        provider=telephony.DEMO,
        name=telephony.DEMO_CREDENTIAL,
        secret=secret,
        account=secret[carrier.account_field],
    )
    credential = await credentials.create(tx, vault, draft, now)
    assistant = await assistants.create(tx, project.id, front_desk, now, note=NOTE)
    await deployments.put_phone(
        tx, project.id, assistant.id, credential.provider, credential.id, now, demo=True, enabled=False
    )
    return project.id


async def _upgrade(tx: Transaction, assistant_id: int, front_desk: Assistant, now: datetime) -> bool:
    """Publish a newer front desk, unless a person has changed theirs; whether one was published."""
    owned = await assistants.find(tx, assistant_id)
    if owned.published_version is None:
        return False
    current, note = await assistants.version_and_note(tx, assistant_id, owned.published_version)
    same = msgspec.structs.replace(front_desk, id=current.id, version=current.version)
    if note == NOTE and msgspec.to_builtins(current) != msgspec.to_builtins(same):
        newer = await assistants.add_version(
            tx, msgspec.structs.replace(front_desk, id=assistant_id), now, note=NOTE
        )
        await assistants.publish(tx, assistant_id, newer.version)
        return True
    return False
