"""The HTTP application: which routers there are, what stands before them, and the OpenAPI document.

A new resource is one file beside this one and one line in `build_api`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from .. import __version__
from ..settings import Settings
from ..switchboard.exchange import Exchange
from ..switchboard.inbound import Inbound
from ..switchboard.status import Callbacks
from ..telemetry.metrics import Metrics
from . import health, pages, problems, telephony
from .gate import BodyLimit, HostGate

_TITLE = "Rapida API"
_DESCRIPTION = (
    "A self-hosted voice-AI telephone platform. Errors are problem+json: `code` is for programs, `detail` "
    "is a sentence for people."
)
_PROBLEM_SCHEMA: dict[str, Any] = {
    "type": "object",
    "title": "Problem",
    "description": "An error after RFC 9457.",
    "required": ["type", "title", "status", "code", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string", "description": "Stable; for programs."},
        "detail": {"type": "string", "description": "What is wrong and what to do; for people."},
        "errors": {
            "type": "array",
            "description": "Which fields are wrong, with code `invalid`.",
            "items": {
                "type": "object",
                "properties": {"field": {"type": "string"}, "problem": {"type": "string"}},
            },
        },
    },
}


def build_api(
    settings: Settings,
    exchange: Exchange,
    inbound: Inbound,
    metrics: Metrics,
    *,
    accepting: Callable[[], bool] = lambda: True,
) -> FastAPI:
    """The application to serve. `accepting` turns false while the server drains."""
    app = FastAPI(
        title=_TITLE,
        version=__version__,
        openapi_url="/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,  # a redirect would repeat the Host the sender chose
    )

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            made = get_openapi(title=_TITLE, version=__version__, description=_DESCRIPTION, routes=app.routes)
            made.setdefault("components", {}).setdefault("schemas", {})["Problem"] = _PROBLEM_SCHEMA
            app.openapi_schema = made
        return app.openapi_schema

    app.openapi = document
    app.include_router(telephony.routes(inbound, Callbacks(exchange, inbound), metrics))
    app.include_router(health.routes(exchange.store, metrics, accepting))
    app.include_router(pages.routes(document))
    problems.install(app)
    # The last one added stands first.
    app.add_middleware(BodyLimit)
    app.add_middleware(HostGate, settings=settings)
    return app
