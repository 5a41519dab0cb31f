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
from . import assistant_schemas, examples, problems
from .auth import CSRF_HEADER, LEAST, PEOPLE_ONLY, PROJECT_HEADER, SAFE, SESSION_COOKIE
from .forms import PROBLEM
from .guarded import GuardedRoute
from .request_ids import REQUEST_ID_HEADER

TITLE = "Rapida API"
DESCRIPTION = (
    "A self-hosted voice-AI telephone platform. Errors are problem+json: `code` is for programs, `detail` "
    "is a sentence for people.\n\n"
    "A program sends an API key with each request, as `Authorization: Bearer …` or `x-api-key`. A page signs "
    "in at `POST /v1/auth/login`, gets a cookie, and sends with whatever is no GET its `Origin` and the "
    f"session's `csrf_token` as `{CSRF_HEADER}`. A person of several projects names one with "
    f"`{PROJECT_HEADER}`.\n\n"
    "Names are in snake_case, times in UTC after RFC 3339. A list is `items` and `next_cursor`, which asks "
    "for what follows; null = that was all. What can be changed is read with an `ETag`; send it as "
    "`If-Match`, and nobody else's change is lost. Every answer tells in `RateLimit` how many requests are "
    f"left (draft-ietf-httpapi-ratelimit-headers), and has an `{REQUEST_ID_HEADER}`; send your own to find "
    "it again."
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
    "schema": {"type": "integer", "minimum": 1, "maximum": 999_999_999_999_999},
}
_CSRF = {
    "name": CSRF_HEADER,
    "in": "header",
    "required": False,
    "description": "With the session's cookie: its `csrf_token`. A program needs none.",
    "schema": {"type": "string"},
}
REFUSALS = {
    401: ("NotSignedIn", "Nobody we know: no API key or session, or one that is good no more"),
    403: ("NotAllowed", "The role is too small, or the request is a page's of another site"),
    404: ("NotFound", "No such thing in this project"),
    409: ("Conflict", "It contradicts what already holds"),
    412: ("Stale", "It changed since it was read: `etag` and `current` are what holds now"),
    413: ("TooLarge", "The body is larger than this server takes"),
    421: ("WrongHost", "The server does not answer under that host name"),
    429: ("TooManyRequests", "The key or session asks too often; `Retry-After` says for how many seconds"),
    422: ("Invalid", "A field is wrong; `errors` names each"),
    500: ("Broken", "Something went wrong on our side; the server's log says what"),
    503: ("Unavailable", "The database is away, or a setting is missing"),
}
"""What many operations can be refused with: status → component, meaning. Which of them, `_refusals` says."""
IF_MATCH = "if-match"
"""The header as the framework names it, of a parameter `if_match`."""
ETAG = {"description": "How it stands; goes along with a change as `If-Match`", "schema": {"type": "string"}}
LIMIT_HEADERS = {
    "Retry-After": {"description": "In how many seconds to ask again", "schema": {"type": "integer"}},
    "RateLimit": {
        "description": "`r`: how many requests are left; `t`: in how many seconds all are there again",
        "schema": {"type": "string"},
        "example": '"requests";r=0;t=2',
    },
    "RateLimit-Policy": {
        "description": "`q`: how many requests at once; `w`: in how many seconds as many come back",
        "schema": {"type": "string"},
        "example": '"requests";q=200;w=2',
    },
}
"""Of a 429; `RateLimit` and `RateLimit-Policy` stand in every answer to a key or session."""
ALWAYS_SERVED = ("GET /health/live",)
"""What needs neither a database nor a setting."""


def draw(routes: Sequence[BaseRoute]) -> dict[str, Any]:
    """The document of an application's routes."""
    for route in routes:
        if isinstance(route, GuardedRoute):
            route.read()
    made = get_openapi(title=TITLE, version=__version__, description=DESCRIPTION, routes=routes)
    made["jsonSchemaDialect"] = "https://json-schema.org/draft/2020-12/schema"
    made["servers"] = [{"url": "/", "description": "This server"}]
    components = made.setdefault("components", {})
    components["securitySchemes"] = SCHEMES
    components.setdefault("schemas", {}).update({**assistant_schemas.schemas(), "Problem": _problem()})
    assistant_schemas.refer(made)
    components["responses"] = {name: {"description": told, **PROBLEM} for name, told in REFUSALS.values()}
    components["responses"]["TooManyRequests"]["headers"] = LIMIT_HEADERS
    components["responses"]["Stale"]["headers"] = {"ETag": ETAG}
    _tag(made)
    for method, path, operation in _operations(made):
        _secure(f"{method} {path}", method, operation)
        _refuse(f"{method} {path}", method, operation)
        for parameter in operation.get("parameters", ()):
            _without_null(parameter["schema"])
    for frameworks in ("HTTPValidationError", "ValidationError"):
        components["schemas"].pop(frameworks, None)
    examples.add(made)
    return made


def codes() -> list[str]:
    """Every `code` that a problem may have."""
    return sorted({*(kind.code for kind in problems.TABLE.values()), *OTHER_CODES})


def _operations(made: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in made["paths"].items():
        for method, operation in item.items():
            yield method.upper(), path, operation


def _tag(made: dict[str, Any]) -> None:
    """Say which answers carry an ETag: those that show what can be changed with an `If-Match`."""
    for item in made["paths"].values():
        if any(has_if_match(each) for each in item.values()):
            for method in {"get", "put", "patch"} & set(item):
                item[method]["responses"]["200"]["headers"] = {"ETag": ETAG}


def has_if_match(operation: dict[str, Any]) -> bool:
    """Whether an operation can be refused because its subject changed meanwhile."""
    return any(each["name"] == IF_MATCH for each in operation.get("parameters", ()))


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


def _refuse(key: str, method: str, operation: dict[str, Any]) -> None:
    """Say how an operation can be refused, beside what its route says of itself."""
    answers: dict[str, Any] = operation["responses"]
    for answer in answers.values():
        if events := answer.get("content", {}).get("text/event-stream"):
            events["schema"] = _event(events["schema"])
    if "application/json" in answers.get("422", {}).get("content", {}):
        del answers["422"]  # the framework's own, which no route of ours gives
    general = {str(status): _component(status) for status in _refusals(key, method, operation)}
    operation["responses"] = dict(sorted((general | answers).items()))


def _event(told: dict[str, Any]) -> dict[str, Any]:
    """One event of a stream, as OpenAPI 3.2 (section "Server-Sent Events") has it; routes tell its data.

    The framework says that it is a text beside.
    """
    data = {key: value for key, value in told.items() if key not in ("type", "title")}
    sent = {"type": "string", "contentMediaType": "application/json", "contentSchema": data}
    fields = {"id": {"type": "string"}, "event": {"type": "string"}, "data": sent}
    return {"type": "object", "required": ["event", "data"], "properties": fields}


def _refusals(key: str, method: str, operation: dict[str, Any]) -> Iterator[int]:
    least, has_body = LEAST[key], "requestBody" in operation
    if least == "carrier":
        yield 413
    else:
        yield 421
        yield from (413, 422) if has_body else (422,) if operation.get("parameters") else ()
        yield from () if method in SAFE else (409,)
    if has_if_match(operation):
        yield 412
    if least not in ("open", "carrier"):
        yield from (401, 403, 404, 429)  # 404: also of the header that names a project
    if key not in ALWAYS_SERVED:
        yield from (500, 503)


def _without_null(schema: dict[str, Any]) -> None:
    """A parameter that is optional is left out: on the wire there is no null."""
    kinds = [each for each in schema.get("anyOf", ()) if each.get("type") != "null"]
    if len(kinds) == 1:
        del schema["anyOf"]
        schema |= {**kinds[0], **schema}
    if schema.get("default", "") is None:
        del schema["default"]


def _component(status: int) -> dict[str, str]:
    return {"$ref": f"#/components/responses/{REFUSALS[status][0]}"}


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
            "etag": {
                "type": ["string", "null"],
                "description": "With code `stale`: how it stands now. null = it is not there",
            },
            "current": {"description": "With code `stale`: what it is now, without secrets"},
        },
    }
