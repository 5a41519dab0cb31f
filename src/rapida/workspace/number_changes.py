"""A carrier's numbers as people change them: connected with an assistant, and given back.

What stood at a number is kept before anything is set there, so that it can be put back whatever happens
meanwhile. Connecting a connected number keeps the first; what was set elsewhere since then counts as new.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

import msgspec

from ..errors import Conflict
from ..node.addresses import number_status_url, webhook_url
from ..node.carriers import Carriers
from ..node.node import Node
from ..store import Transaction, connected_numbers, credentials, deployments
from ..store.assistants import OwnedAssistant
from ..store.connected_numbers import ConnectedNumber
from ..store.credentials import Credential
from ..store.deployments import PhoneOptions
from ..telephony.account_numbers import AccountNumber, Destination
from . import hints, who_answers
from .account_numbers import Account, CarrierRefused, account_of, answered, refusing, written
from .actor import Actor
from .assistant_changes import own
from .deployment_changes import note_put
from .who_answers import AnsweredNumber


@dataclass(frozen=True)
class AccountLine:
    """A number, and the credential of the account that has it."""

    credential: Credential
    number: str


async def connect(
    node: Node,
    carriers: Carriers,
    actor: Actor,
    number: str,
    credential_id: int,
    assistant_id: int,
    fallback_url: str = "",
) -> AnsweredNumber:
    """Let an assistant answer a number, and put its phone deployment in step, or say why that is not done.

    `fallback_url` is asked when our address fails; empty = our address once more. Raises `NotFound`,
    `SettingsError` without a public host, `Conflict`, `CarrierRefused` and `ProviderUnavailable`.
    """
    account = await account_of(node, carriers, actor, credential_id)
    carrier = account.credential.provider
    async with node.store.read() as tx:
        await _check(tx, actor, assistant_id, carrier)
    host = node.addresses.answering(demo=False)
    voice_url = webhook_url(host, carrier, assistant_id)
    to = Destination(voice_url, number_status_url(host, carrier, assistant_id), fallback_url or voice_url)
    wanted = account.numbers.leading_to(to)
    async with refusing():
        found = await account.numbers.find(written(number))
    changed = await _set(node, account, found, wanted)
    now = node.clock()
    async with node.store.write() as tx:
        told = await _in_step(tx, actor, assistant_id, AccountLine(account.credential, changed.number), now)
        await actor.note(
            tx,
            now,
            "number.connect",
            f"number:{changed.number}",
            credential_id=credential_id,
            before={"leads_to": who_answers.leads_to(found)},
            after={"leads_to": who_answers.leads_to(changed), "assistant_id": assistant_id},
        )
    (shown,) = await answered(node, actor, account.credential, [changed])
    return replace(shown, hints=[*shown.hints, *told])


async def restore(
    node: Node, carriers: Carriers, actor: Actor, number: str, credential_id: int, *, force: bool = False
) -> AnsweredNumber:
    """Put back what stood at a number before it was connected here.

    Raises as `connect`; `Conflict` where nothing is kept, and, without `force`, for a number that was
    changed elsewhere since.
    """
    account = await account_of(node, carriers, actor, credential_id)
    async with refusing():
        found = await account.numbers.find(written(number))
    async with node.store.read() as tx:
        kept = await connected_numbers.find(tx, node.vault, account.credential, found.number_id)
    if kept is None:
        raise Conflict(f"{found.number} was not connected from here, so that nothing is kept to be restored")
    if found.settings not in (kept.before, *kept.ours) and not force:
        raise Conflict(
            f"{found.number} was changed elsewhere since it was connected here: it leads to "
            f"{who_answers.leads_to(found)} now, and is left as it is; send `force` to put back what stood "
            "there before all the same"
        )
    async with refusing():
        changed = await account.numbers.change(found.number_id, kept.before)
    now = node.clock()
    async with node.store.write() as tx:
        await connected_numbers.forget(tx, credential_id, found.number_id)
        await actor.note(
            tx,
            now,
            "number.restore",
            f"number:{found.number}",
            credential_id=credential_id,
            force=force,
            before={"leads_to": who_answers.leads_to(found)},
            after={"leads_to": who_answers.leads_to(changed)},
        )
    (shown,) = await answered(node, actor, account.credential, [changed])
    return shown


async def _check(tx: Transaction, actor: Actor, assistant_id: int, carrier: str) -> OwnedAssistant:
    """Raises `NotFound`, and `Conflict` for an assistant that would not answer."""
    assistant = await own(tx, actor, assistant_id)
    if assistant.published_version is None:
        raise Conflict(
            f"no version of {assistant.name!r} is published, so that it answers nobody: publish one"
        )
    deployment = await deployments.phone_of(tx, assistant_id)
    if deployment is not None and not deployment.demo and deployment.carrier != carrier:
        raise Conflict(
            f"{assistant.name!r} is on the phone at {deployment.carrier}, and this number is at {carrier}: "
            "give its phone deployment a credential of that carrier first, or take another assistant"
        )
    return assistant


async def _set(
    node: Node, account: Account, found: AccountNumber, wanted: Mapping[str, str]
) -> AccountNumber:
    """Set a number, what stood there kept before. The number as it stands then."""
    credential = account.credential
    async with node.store.write() as tx:
        await credentials.find(tx, credential.id, lock=True)  # one at a time
        kept = await connected_numbers.find(tx, node.vault, credential, found.number_id)
        ours = () if kept is None else kept.ours
        before = kept.before if kept is not None and found.settings in ours else found.settings
        await _keep(tx, node, credential, found, ConnectedNumber(before, [*ours, wanted]))
    try:
        async with refusing():
            changed = await account.numbers.change(found.number_id, wanted)
    except CarrierRefused:
        if kept is None:  # it was not connected, and is not
            async with node.store.write() as tx:
                await connected_numbers.forget(tx, credential.id, found.number_id)
        raise
    async with node.store.write() as tx:
        await _keep(tx, node, credential, found, ConnectedNumber(before, [changed.settings]))
    return changed


async def _keep(
    tx: Transaction, node: Node, credential: Credential, number: AccountNumber, settings: ConnectedNumber
) -> None:
    key = (number.number_id, number.number)
    await connected_numbers.keep(tx, node.vault, credential, key, settings, node.clock())


async def _in_step(
    tx: Transaction, actor: Actor, assistant_id: int, at: AccountLine, now: datetime
) -> list[str]:
    """Let the phone deployment name the number and its account, unless calls go out from another one.

    Sentences on what is not done, and on what may be meant.
    """
    name = (await own(tx, actor, assistant_id)).name
    there = found = await deployments.phone_of(tx, assistant_id)
    if found is not None and found.demo:  # it becomes one of a person's own
        found = msgspec.structs.replace(found, enabled=True, phone_number=None)
    if found is not None and found.phone_number not in (None, at.number):
        return [
            f"Calls of {name!r} go out from {found.phone_number} as before, the number of its phone "
            f"deployment; name {at.number} there if they are to go out from it."
        ]
    put = await deployments.put_phone(
        tx,
        actor.project_id,
        assistant_id,
        at.credential.provider,
        at.credential.id,
        now,
        enabled=found is None or found.enabled,
        phone_number=at.number,
        options=PhoneOptions() if found is None else found.options,
    )
    await note_put(tx, actor, now, there, put)
    others = await deployments.sharing(tx, put)
    return [hints.sharing(at.number, others)] if others else []
