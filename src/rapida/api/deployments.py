"""An assistant on the phone: with which credential, under which number, and how it behaves there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, Any

import msgspec
import phonenumbers
from fastapi import APIRouter, Body
from msgspec import Struct
from pydantic import BaseModel

from .. import telephony
from ..assistant import Idle
from ..errors import InvalidField, NotFound, SettingsError, refuse
from ..fields import Limit, Limits
from ..node.addresses import number_status_url, webhook_url
from ..node.node import Node
from ..outbound import numbers
from ..store import credentials, deployments
from ..store.db import Transaction
from ..store.deployments import Deployment, PhoneOptions
from ..workspace import drafts, hints
from ..workspace.assistant_changes import own
from ..workspace.limits import LIMITS as ASSISTANT_LIMITS
from ..workspace.strict import fit
from .auth import Caller, CallerHere
from .forms import RowId, router

_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/PhoneDeployment"}}},
    }
}


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
    (PhoneDeployment, "countries"): Limit(0, 250),
    (PhoneDeployment, "announcement"): Limit(0, 2_000),
}


class TelephonyView(BaseModel):
    """Whose line it is."""

    provider: str
    credential_id: int | None
    phone_number: str | None


class DeploymentView(BaseModel):
    """The deployment as it stands. Paste the two URLs at the carrier; null without a public host."""

    assistant_id: int
    enabled: bool
    demo: bool
    telephony: TelephonyView
    options: dict[str, Any]
    webhook_url: str | None
    status_callback_url: str | None
    hints: list[str]
    """What may be meant and is worth a look."""


def routes(node: Node) -> APIRouter:
    """`/v1/assistants/{assistant_id}/deployments/phone`."""
    made = router("Deployments")
    path = "/v1/assistants/{assistant_id}/deployments/phone"

    @made.get(path, operation_id="readPhoneDeployment", summary="How it is on the phone")
    async def read_deployment(assistant_id: RowId, caller: CallerHere) -> DeploymentView:
        """With the exact URLs to paste."""
        async with node.store.read() as tx:
            await own(tx, caller, assistant_id)
            return _shown(node, await _found(tx, assistant_id))

    @made.put(path, operation_id="putPhoneDeployment", summary="Put it on the phone", openapi_extra=_BODY)
    async def put_deployment(
        assistant_id: RowId, body: Annotated[dict[str, Any], Body()], caller: CallerHere
    ) -> DeploymentView:
        """Replaces what was there. Calls in progress go on as they began."""
        async with node.store.read() as tx:
            await own(tx, caller, assistant_id)
        wanted, wrong = fit(PhoneDeployment, body, LIMITS)
        if wanted is None:
            refuse(wrong)
            raise AssertionError("what does not fit has a name")
        line = wanted.telephony
        # Not in the transaction that writes: importing a provider takes seconds, and calls write too.
        async with node.store.read() as tx:
            wrong += [*_problems(wanted), *await _wrong_credential(tx, caller, line)]
            told = await drafts.check_on_phone(tx, assistant_id, _options(wanted), wrong)
        now = node.clock()
        async with node.store.write() as tx:
            await own(tx, caller, assistant_id)
            credential = await credentials.find(tx, line.credential_id, lock=True)
            refuse(await _wrong_credential(tx, caller, line))
            deployment = await deployments.put_phone(
                tx,
                caller.project_id,
                assistant_id,
                line.provider,
                credential.id,
                now,
                enabled=wanted.enabled,
                phone_number=line.phone_number,
                options=_options(wanted),
            )
            await caller.note(tx, now, "deployment.put", f"assistant:{assistant_id}", channel="phone")
            if others := await deployments.sharing(tx, deployment):
                told.append(hints.sharing(deployment.phone_number or "", others))
        return _shown(node, deployment, told)

    @made.delete(path, operation_id="deletePhoneDeployment", summary="Take it off the phone", status_code=204)
    async def delete_deployment(assistant_id: RowId, caller: CallerHere) -> None:
        """Callers hear that the number is not connected."""
        now = node.clock()
        async with node.store.write() as tx:
            await own(tx, caller, assistant_id)
            if not await deployments.remove_phone(tx, assistant_id):
                raise NotFound("phone deployment of assistant", assistant_id)
            await caller.note(tx, now, "deployment.delete", f"assistant:{assistant_id}", channel="phone")

    return made


def draft_schema() -> dict[str, Any]:
    """JSON Schemas of what may be sent."""
    template = "#/components/schemas/{name}"
    return msgspec.json.schema_components([PhoneDeployment], ref_template=template)[1]


async def _found(tx: Transaction, assistant_id: int) -> Deployment:
    found = await deployments.phone_of(tx, assistant_id)
    if found is None:
        raise NotFound("phone deployment of assistant", assistant_id)
    return found


def _problems(wanted: PhoneDeployment) -> Iterator[InvalidField]:
    line = wanted.telephony
    if line.provider not in telephony.CATALOGUE:
        known = ", ".join(telephony.CATALOGUE)
        yield InvalidField("telephony.provider", f"there is no carrier {line.provider!r}; there is {known}")
    if line.phone_number is not None and (problem := numbers.problem_of_own(line.phone_number)):
        yield InvalidField("telephony.phone_number", problem)
    for number, country in enumerate(wanted.countries):
        if country not in phonenumbers.SUPPORTED_REGIONS:
            yield InvalidField(f"countries[{number}]", "write ISO 3166 codes such as US or DE")


async def _wrong_credential(tx: Transaction, caller: Caller, line: Telephony) -> list[InvalidField]:
    """What is wrong with the line's credential. Raises `NotFound` for one that is not the project's."""
    if line.provider not in telephony.CATALOGUE:
        return []
    credential = await credentials.find(tx, line.credential_id)
    caller.owns(credential.project_id, "credential", line.credential_id)
    if credential.provider == line.provider:
        return []
    return [InvalidField("telephony.credential_id", f"it is a credential for {credential.provider!r}")]


def _options(wanted: PhoneDeployment) -> PhoneOptions:
    return PhoneOptions(**{name: getattr(wanted, name) for name in PhoneOptions.__struct_fields__})


def _shown(node: Node, deployment: Deployment, told: Sequence[str] = ()) -> DeploymentView:
    shown, host = list(told), None
    try:
        host = node.addresses.answering(demo=deployment.demo)
    except SettingsError as missing:
        shown.append(f"{missing}.")
    return DeploymentView(
        assistant_id=deployment.assistant_id,
        enabled=deployment.enabled,
        demo=deployment.demo,
        telephony=TelephonyView(
            provider=deployment.carrier,
            credential_id=deployment.credential_id,
            phone_number=deployment.phone_number,
        ),
        options=msgspec.to_builtins(deployment.options),
        webhook_url=host and webhook_url(host, deployment.carrier, deployment.assistant_id),
        status_callback_url=host and number_status_url(host, deployment.carrier, deployment.assistant_id),
        hints=shown,
    )
