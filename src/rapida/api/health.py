"""Whether the server is alive, whether it should be sent calls, and its numbers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import BaseModel

from ..errors import StoreError
from ..store import Store
from ..telemetry.metrics import CONTENT_TYPE
from .forms import PROBLEM
from .guarded import GuardedRoute
from .problems import response
from .server_facts import ServerLoad

_NOT_READY: dict[int | str, dict[str, Any]] = {
    503: {"description": "The server drains or is full, or the database is away", **PROBLEM}
}


class Health(BaseModel):
    """`status` is always "ok": anything else is a problem."""

    status: str = "ok"


def routes(
    store: Store,
    metrics: Callable[[], Awaitable[bytes]],
    accepting: Callable[[], bool],
    load: Callable[[], ServerLoad],
) -> APIRouter:
    """`/health/live`, `/health/ready` and `/metrics`."""
    router = APIRouter(tags=["Operations"], route_class=GuardedRoute)

    @router.get("/health/live", operation_id="live", summary="Is the process alive?")
    async def live() -> Health:
        """Answers as long as the event loop turns."""
        return Health()

    @router.get(
        "/health/ready",
        operation_id="ready",
        summary="May calls be sent here?",
        response_model=Health,
        responses=_NOT_READY,
    )
    async def ready() -> Health | Response:
        """Fails while the server drains, carries all the calls it can, or its database is away."""
        if not accepting():
            return response(503, "draining", "The server is finishing its last calls.")
        if load().full:
            return response(503, "full", "The server carries as many calls as it can.")
        try:
            await store.ping()
        except StoreError:
            return response(503, "store_unavailable", "The database cannot be reached.")
        return Health()

    @router.get(
        "/metrics",
        operation_id="metrics",
        summary="Numbers for Prometheus",
        response_class=Response,
        responses={200: {"content": {CONTENT_TYPE.partition(";")[0]: {"schema": {"type": "string"}}}}},
    )
    async def show_metrics() -> Response:
        """Prometheus' text format: counts of the whole server, of no project in particular."""
        return Response(await metrics(), media_type=CONTENT_TYPE)

    return router
