"""The OpenAPI document without a server, for what is drawn and generated from it.

The routes are made as always; what they would ask when they serve is not there, and is not asked.
"""

from __future__ import annotations

from typing import Any

from ..settings import Settings
from .build import build_api


class _Nothing:
    """Stands for what a route holds; only its routes are looked at."""

    def __getattr__(self, name: str) -> _Nothing:
        return self

    def __call__(self, *_: object, **__: object) -> _Nothing:
        return self


def offline_document() -> dict[str, Any]:
    """The whole document, as `/openapi.json` serves it."""
    nothing: Any = _Nothing()
    # Every part of the application that is optional stands in it.
    more = dict.fromkeys(("outbound", "carriers", "talk", "samples"), nothing)
    app = build_api(Settings(), nothing, nothing, nothing, **more)
    return app.openapi()
