"""The carrier's routes: call webhooks, and callbacks of contexts and of phone numbers.

They take the request as it came, because its signature covers every byte of the address and every field;
what to answer is the switchboard's decision. The media socket is not a route: it is taken at the upgrade.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from .. import telephony
from ..errors import NotFound, ProofError, RapidaError, WireError
from ..node.addresses import TALK
from ..sockets.handshake import headers_of
from ..switchboard.callbacks import Callbacks
from ..switchboard.inbound import Inbound
from ..telemetry.metrics import Metrics
from ..telephony.webhooks import CarrierRequest, Webhook
from .forms import PROBLEM
from .guarded import GuardedRoute

_UNPROVED: dict[int | str, dict[str, Any]] = {
    400: {"description": "No form or JSON of the carrier's, or one that names somebody twice", **PROBLEM},
    403: {"description": "The signature is missing or not the account's", **PROBLEM},
    404: {"description": "Signed, or misspelt: there is no such assistant or context", **PROBLEM},
    503: {"description": "No public host is set, or the database is away", **PROBLEM},
}
_CALL: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The carrier's document: the media stream, or a spoken refusal",
        "content": {
            telephony.carrier(name).documents.content_type: {"schema": {"type": "string"}}
            for name in telephony.CATALOGUE
        },
    },
    **_UNPROVED,
}
_EVENT: dict[int | str, dict[str, Any]] = {
    204: {"description": "Taken, or known already"},
    410: {"description": "The call ended more than 24 hours ago", **PROBLEM},
    **_UNPROVED,
}


def routes(inbound: Inbound, callbacks: Callbacks, metrics: Metrics) -> APIRouter:
    """Each carrier's routes, below its own name, by POST and, as numbers can be configured so, by GET."""

    async def answer_call(carrier: str, assistant_id: str, request: Request) -> Response:
        """Paste this address as a phone number's voice webhook. Signed by the carrier; repeated safely."""
        try:
            answer = await inbound.answer(assistant_id, await webhook(carrier, request))
        except RapidaError as refused:
            metrics.webhook_answered(_counted(refused))
            raise
        metrics.webhook_answered(answer.kind)
        return Response(answer.document, media_type=answer.content_type)

    async def report_on_context(carrier: str, context_id: str, request: Request) -> Response:
        """Callbacks of the call, its stream, answering-machine detection and recordings, told by fields."""
        await callbacks.of_context(context_id, await webhook(carrier, request))
        return Response(status_code=204)

    async def report_on_number(carrier: str, assistant_id: str, request: Request) -> Response:
        """Paste this address as a phone number's status callback: the carrier's request names the call."""
        await callbacks.of_assistant(assistant_id, await webhook(carrier, request))
        return Response(status_code=204)

    router = APIRouter(prefix=f"{TALK}/{{carrier}}", tags=["Carrier"], route_class=GuardedRoute)
    event: dict[str, Any] = {"status_code": 204, "responses": _EVENT}
    _by_post_and_get(
        router,
        "/call/{assistant_id}",
        answer_call,
        operation_id="answerCall",
        summary="Answer an inbound call",
        responses=_CALL,
    )
    _by_post_and_get(
        router,
        "/ctx/{context_id}/event",
        report_on_context,
        operation_id="reportOnContext",
        summary="Report on one call",
        **event,
    )
    _by_post_and_get(
        router,
        "/event/{assistant_id}",
        report_on_number,
        operation_id="reportOnNumber",
        summary="Report on any call of a phone number",
        **event,
    )
    return router


def _by_post_and_get(
    router: APIRouter, path: str, handler: Callable[..., Any], *, operation_id: str, **told: Any
) -> None:
    for method, by in (("POST", ""), ("GET", "ByGet")):
        router.add_api_route(
            path,
            handler,
            methods=[method],
            operation_id=operation_id + by,
            response_class=Response,
            **told,
        )


async def webhook(carrier: str, request: Request) -> Webhook:
    """The request as its sender signed it. Raises `NotFound` for a carrier that there is not."""
    if carrier not in telephony.CATALOGUE:
        raise NotFound("carrier", carrier[:64])
    raw: bytes = request.scope.get("raw_path") or request.scope["path"].encode()
    query: bytes = request.scope["query_string"]
    asked = CarrierRequest(
        carrier=carrier,
        method=request.method,
        path=raw.decode("ascii", "replace"),
        query=query.decode("ascii", "replace"),
        headers=headers_of(request.headers.raw),
        body=await request.body(),
    )
    return telephony.carrier(carrier).webhooks.read(asked)


def _counted(refused: RapidaError) -> str:
    if isinstance(refused, ProofError):
        return "unproved"
    if isinstance(refused, WireError):
        return "malformed"
    return "unknown" if isinstance(refused, NotFound) else "closed"
