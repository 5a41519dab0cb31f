"""An assistant on the phone: with which credential, under which number, and how it behaves there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Body, Response
from pydantic import BaseModel

from ..errors import NotFound, SettingsError
from ..node.addresses import number_status_url, webhook_url
from ..node.node import Node
from ..store import deployments
from ..store.db import Transaction
from ..store.deployments import Deployment
from ..telephony import DEMO
from ..workspace import deployment_changes
from ..workspace.assistant_changes import own
from .auth import CallerHere
from .forms import IfMatch, RowId, router

_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {"$ref": "#/components/schemas/PhoneDeployment"},
                "example": {
                    "telephony": {"provider": DEMO, "credential_id": 1, "phone_number": "+14155550100"},
                    "greeting": "Hello, this is the reception.",
                },
            }
        },
    }
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
    async def read_deployment(assistant_id: RowId, caller: CallerHere, response: Response) -> DeploymentView:
        """With the exact URLs to paste."""
        async with node.store.read() as tx:
            await own(tx, caller, assistant_id)
            found = await _found(tx, assistant_id)
        response.headers["etag"] = deployment_changes.etag(found)
        return _shown(node, found)

    @made.put(path, operation_id="putPhoneDeployment", summary="Put it on the phone", openapi_extra=_BODY)
    async def put_deployment(
        assistant_id: RowId,
        body: Annotated[dict[str, Any], Body()],
        caller: CallerHere,
        response: Response,
        if_match: IfMatch = None,
    ) -> DeploymentView:
        """Replaces what was there. Calls in progress go on as they began."""
        put = await deployment_changes.put(node, caller, assistant_id, body, if_match)
        response.headers["etag"] = deployment_changes.etag(put.deployment)
        return _shown(node, put.deployment, put.hints)

    @made.delete(path, operation_id="deletePhoneDeployment", summary="Take it off the phone", status_code=204)
    async def delete_deployment(assistant_id: RowId, caller: CallerHere, if_match: IfMatch = None) -> None:
        """Callers hear that the number is not connected."""
        await deployment_changes.remove(node, caller, assistant_id, if_match)

    return made


async def _found(tx: Transaction, assistant_id: int) -> Deployment:
    found = await deployments.phone_of(tx, assistant_id)
    if found is None:
        raise NotFound("phone deployment of assistant", assistant_id)
    return found


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
