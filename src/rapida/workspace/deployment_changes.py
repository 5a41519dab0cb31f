"""An assistant's deployment on the phone as people change it: put there, replaced, taken off.

What is sent is read strictly, and checked together with the version that is published, before the transaction
that writes: importing a provider takes seconds, and calls write too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
import phonenumbers
from msgspec import Struct

from ..assistant import Idle
from ..errors import InvalidField, NotFound, refuse
from ..fields import Limit, Limits
from ..nearest import meant
from ..node.node import Node
from ..store import Transaction, assistants, credentials, deployments
from ..store.deployments import Deployment, PhoneOptions
from ..telephony import CATALOGUE, numbers
from . import drafts, hints
from .actor import Actor
from .assistant_changes import own
from .etags import etag_of, must_match
from .limits import LIMITS as ASSISTANT_LIMITS
from .strict import fit


class Telephony(Struct, frozen=True):
    """Whose line it is."""

    provider: str
    credential_id: int
    phone_number: str | None = None
    """As +, country code and number: the caller id of outbound calls."""


class PhoneDeployment(PhoneOptions, frozen=True, kw_only=True):
    """What may be sent: the line, whether it answers, and what is to differ from the assistant here."""

    telephony: Telephony
    enabled: bool = True


LIMITS: Limits = {
    **{
        (PhoneDeployment, name): limit
        for (_, name), limit in ASSISTANT_LIMITS.items()
        if name in PhoneOptions.__struct_fields__
    },
    **{key: limit for key, limit in ASSISTANT_LIMITS.items() if key[0] is Idle},
    (PhoneDeployment, "concurrent_calls"): Limit(0, 10_000),
    (PhoneDeployment, "pinned_version"): Limit(1, 2**31 - 1),
    (PhoneDeployment, "countries"): Limit(0, 250),
    (PhoneDeployment, "announcement"): Limit(0, 2_000),
}


@dataclass(frozen=True)
class Put:
    """A deployment as it stands now. `hints` are sentences on what may be meant and is worth a look."""

    deployment: Deployment
    hints: list[str]


def sendable(deployment: Deployment | None) -> dict[str, Any] | None:
    """A deployment as it may be sent again; None = there is none."""
    if deployment is None:
        return None
    return {
        "telephony": {
            "provider": deployment.carrier,
            "credential_id": deployment.credential_id,
            "phone_number": deployment.phone_number,
        },
        "enabled": deployment.enabled,
        **msgspec.to_builtins(deployment.options),
    }


def etag(deployment: Deployment) -> str:
    """How a deployment stands."""
    return etag_of(sendable(deployment))


async def put(
    node: Node, actor: Actor, assistant_id: int, sent: Mapping[str, Any], based_on: str | None = None
) -> Put:
    """Put an assistant on the phone, or replace how it is there; calls in progress go on as they began.

    Raises `InvalidField` for all that is wrong, `NotFound` for an assistant or a credential that is not the
    project's, `Stale` where `based_on` is not the ETag of the deployment that is there, and `StoreError`.
    """
    async with node.store.read() as tx:
        await own(tx, actor, assistant_id)
    wanted, wrong = fit(PhoneDeployment, sent, LIMITS)
    if wanted is None:
        refuse(wrong)
        raise AssertionError("what does not fit has a name")
    line = wanted.telephony
    async with node.store.read() as tx:
        wrong += [*_problems(wanted), *await _wrong_credential(tx, actor, line)]
        told = await drafts.check_on_phone(tx, assistant_id, _options(wanted), wrong)
    now = node.clock()
    async with node.store.write() as tx:
        await own(tx, actor, assistant_id)
        credential = await credentials.find(tx, line.credential_id, lock=True)
        before = await _matching(tx, assistant_id, based_on)
        refuse(await _wrong_credential(tx, actor, line))
        deployment = await deployments.put_phone(
            tx,
            actor.project_id,
            assistant_id,
            line.provider,
            credential.id,
            now,
            enabled=wanted.enabled,
            phone_number=line.phone_number,
            options=_options(wanted),
        )
        await note_put(tx, actor, now, before, deployment)
        if others := await deployments.sharing(tx, deployment):
            told.append(hints.sharing(deployment.phone_number or "", others))
    return Put(deployment, told)


async def note_put(
    tx: Transaction, actor: Actor, now: datetime, before: Deployment | None, after: Deployment
) -> None:
    """Write into the audit that a deployment was put in the place of another."""
    told = {"channel": "phone", "before": sendable(before), "after": sendable(after)}
    await actor.note(tx, now, "deployment.put", f"assistant:{after.assistant_id}", **told)


async def _matching(tx: Transaction, assistant_id: int, based_on: str | None) -> Deployment | None:
    """The deployment that is there, held. Raises `Stale`."""
    await assistants.hold(tx, assistant_id)
    found = await deployments.phone_of(tx, assistant_id)
    must_match(based_on, sendable(found), "the phone deployment")
    return found


async def remove(node: Node, actor: Actor, assistant_id: int, based_on: str | None = None) -> None:
    """Take an assistant off the phone. Raises `NotFound`, also where it is on none, and `Stale` as `put`."""
    now = node.clock()
    async with node.store.write() as tx:
        await own(tx, actor, assistant_id)
        before = await _matching(tx, assistant_id, based_on)
        if not await deployments.remove_phone(tx, assistant_id):
            raise NotFound("phone deployment of assistant", assistant_id)
        told = {"channel": "phone", "before": sendable(before), "after": None}
        await actor.note(tx, now, "deployment.delete", f"assistant:{assistant_id}", **told)


def _problems(wanted: PhoneDeployment) -> Iterator[InvalidField]:
    line = wanted.telephony
    if line.provider not in CATALOGUE:
        known = meant(line.provider, tuple(CATALOGUE))
        yield InvalidField("telephony.provider", f"there is no carrier {line.provider!r}{known}")
    if line.phone_number is not None and (problem := numbers.problem_of_own(line.phone_number)):
        yield InvalidField("telephony.phone_number", problem)
    for number, country in enumerate(wanted.countries):
        if country not in phonenumbers.SUPPORTED_REGIONS:
            yield InvalidField(f"countries[{number}]", "write ISO 3166 codes such as US or DE")


async def _wrong_credential(tx: Transaction, actor: Actor, line: Telephony) -> list[InvalidField]:
    """What is wrong with the line's credential. Raises `NotFound` for one that is not the project's."""
    if line.provider not in CATALOGUE:
        return []
    credential = await credentials.find(tx, line.credential_id)
    actor.owns(credential.project_id, "credential", line.credential_id)
    if credential.provider == line.provider:
        return []
    return [InvalidField("telephony.credential_id", f"it is a credential for {credential.provider!r}")]


def _options(wanted: PhoneDeployment) -> PhoneOptions:
    return PhoneOptions(**{name: getattr(wanted, name) for name in PhoneOptions.__struct_fields__})
