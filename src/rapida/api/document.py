"""The OpenAPI document: what the routes say of themselves, and how to be let in, which the guard decides.

Who may ask what stands in `auth.LEAST`; each operation's security, headers and least role are told from it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, get_args

from fastapi.openapi.utils import get_openapi
from starlette.routing import BaseRoute

from .. import __version__
from ..store import intents
from . import assistant_schemas, problems
from .auth import CSRF_HEADER, LEAST, PEOPLE_ONLY, PROJECT_HEADER, SAFE, SESSION_COOKIE

TITLE = "Rapida API"
DESCRIPTION = (
    "A self-hosted voice-AI telephone platform. Errors are problem+json: `code` is for programs, `detail` "
    "is a sentence for people.\n\n"
    "A program sends an API key with each request, as `Authorization: Bearer …` or `x-api-key`. A page signs "
    "in at `POST /v1/auth/login`, gets a cookie, and sends with whatever is no GET its `Origin` and the "
    f"session's `csrf_token` as `{CSRF_HEADER}`. A person of several projects names one with "
    f"`{PROJECT_HEADER}`."
)
OTHER_CODES = (
    *(f"call_{status}" for status in get_args(intents.Status)),
    "bad_request",
    "carrier_away",
    "draining",
    "full",
    "host_not_allowed",
    "internal_error",
    "method_not_allowed",
    "secret_refused",
    "too_large",
)
"""Codes that no exception's row in `problems.TABLE` has."""
SCHEMES = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "An API key."},
    "api_key": {"type": "apiKey", "in": "header", "name": "x-api-key", "description": "An API key."},
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": SESSION_COOKIE,
        "description": "A person's, from `POST /v1/auth/login`; over https its name begins with `__Host-`.",
    },
    "carrier": {
        "type": "apiKey",
        "in": "header",
        "name": "signature",
        "description": "The carrier's proof over the public address and the fields, in a header of its own.",
    },
}
_PROJECT = {
    "name": PROJECT_HEADER,
    "in": "header",
    "required": False,
    "description": "Of a person's projects, the one meant; their first if left out. An API key has its own.",
    "schema": {"type": "integer"},
}
_CSRF = {
    "name": CSRF_HEADER,
    "in": "header",
    "required": False,
    "description": "With the session's cookie: its `csrf_token`. A program needs none.",
    "schema": {"type": "string"},
}


def draw(routes: Sequence[BaseRoute]) -> dict[str, Any]:
    """The document of an application's routes."""
    made = get_openapi(title=TITLE, version=__version__, description=DESCRIPTION, routes=routes)
    made["servers"] = [{"url": "/", "description": "This server"}]
    components = made.setdefault("components", {})
    components["securitySchemes"] = SCHEMES
    components.setdefault("schemas", {}).update({**assistant_schemas.schemas(), "Problem": _problem()})
    assistant_schemas.refer(made)
    for method, path, operation in _operations(made):
        _spare(method, path, operation)
        _secure(f"{method} {path}", method, operation)
    return made


def codes() -> list[str]:
    """Every `code` that a problem may have."""
    return sorted({*(kind.code for kind in problems.TABLE.values()), *OTHER_CODES})


def _operations(made: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in made["paths"].items():
        for method, operation in item.items():
            yield method.upper(), path, operation


def _spare(method: str, path: str, operation: dict[str, Any]) -> None:
    """Leave out answers that a question without any field of its own cannot get."""
    if method == "GET" and "{" not in path and not operation.get("parameters"):
        for status in ("404", "409", "422"):
            operation["responses"].pop(status, None)
    if LEAST[f"{method} {path}"] == "open":
        operation["responses"].pop("403", None)


def _secure(key: str, method: str, operation: dict[str, Any]) -> None:
    """Say who may ask an operation, and which headers it then wants."""
    least = LEAST[key]
    if least == "open":
        operation["security"] = []
    elif least == "carrier":
        operation["security"] = [{"carrier": []}]
    else:
        programs: list[dict[str, list[str]]] = [] if key in PEOPLE_ONLY else [{"bearer": []}, {"api_key": []}]
        operation["security"] = [*programs, {"session": []}]
        operation["x-least-role"] = least
        headers = [_PROJECT] if method in SAFE else [_PROJECT, _CSRF]
        operation["parameters"] = [*operation.get("parameters", []), *headers]


def _problem() -> dict[str, Any]:
    return {
        "type": "object",
        "title": "Problem",
        "description": "An error after RFC 9457.",
        "required": ["type", "title", "status", "code", "detail"],
        "properties": {
            "type": {"type": "string"},
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "code": {"type": "string", "description": "Stable; for programs.", "enum": codes()},
            "detail": {"type": "string", "description": "What is wrong and what to do; for people."},
            "errors": {
                "type": "array",
                "description": "Which fields are wrong, with code `invalid`.",
                "items": {
                    "type": "object",
                    "required": ["field", "problem"],
                    "properties": {"field": {"type": "string"}, "problem": {"type": "string"}},
                },
            },
        },
    }
