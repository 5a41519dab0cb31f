"""Errors as HTTP answers: RFC 9457 problem+json with a `code` for programs and a sentence for people.

One table says which exception gets which status. An exception it does not list is a bug of ours: it is
logged with its trace and answered with 500 and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import msgspec
import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute, Match

from ..errors import (
    ConfigurationError,
    Conflict,
    DiskFull,
    InvalidField,
    JournalError,
    NotAllowed,
    NotFound,
    NotSignedIn,
    ProofError,
    ProviderError,
    RapidaError,
    SettingsError,
    Stale,
    StoreError,
    TooManyTries,
    VaultError,
    WireError,
)
from ..outbound.accepting import DayUsedUp, KeyReused
from ..recurring import Recurring
from ..switchboard.claims import ContextGone
from ..switchboard.page_talks import OriginRefused, TokenRefused
from ..switchboard.talks import LinesBusy
from ..switchboard.timelines import NoJournal
from ..telephony.numbers import NotDiallable
from ..workspace.account_numbers import CarrierRefused
from ..workspace.number_purchases import NotConfirmed
from .rate_limit import TooManyRequests
from .request_ids import IN_SCOPE

_log = structlog.get_logger(__name__)
_away = Recurring()

CONTENT_TYPE = "application/problem+json"
WHY = "rapida.why"
"""Under this name a carrier's request has a list in its scope, for what only the log is told."""


@dataclass(frozen=True)
class Kind:
    """What an exception becomes. `detail` replaces its own sentence where that is not for outsiders."""

    status: int
    code: str
    detail: str = ""


TABLE: dict[type[RapidaError], Kind] = {
    SettingsError: Kind(503, "not_configured"),
    ConfigurationError: Kind(422, "configuration"),
    InvalidField: Kind(422, "invalid"),
    CarrierRefused: Kind(422, "carrier_refused"),
    NotConfirmed: Kind(422, "not_confirmed"),
    NotSignedIn: Kind(401, "not_signed_in"),
    NotAllowed: Kind(403, "not_allowed"),
    TokenRefused: Kind(403, "token_refused"),
    OriginRefused: Kind(403, "origin_refused"),
    TooManyTries: Kind(429, "too_many_tries"),
    TooManyRequests: Kind(429, "too_many_requests"),
    ProofError: Kind(403, "not_proved"),
    NotFound: Kind(404, "not_found"),
    NoJournal: Kind(404, "no_journal"),
    ContextGone: Kind(410, "context_gone"),
    Conflict: Kind(409, "conflict"),
    Stale: Kind(412, "stale"),
    StoreError: Kind(503, "store_unavailable", "The database cannot be reached; try again shortly."),
    DiskFull: Kind(503, "disk_full", "The server's disk is full: nothing can be saved until there is room."),
    VaultError: Kind(500, "vault", "A stored secret cannot be opened; the server's log says why."),
    ProviderError: Kind(502, "provider"),
    JournalError: Kind(500, "journal", "This call's journal cannot be read; the server's log says why."),
    KeyReused: Kind(422, "idempotency_key_reused"),
    NotDiallable: Kind(422, "number_not_allowed"),
    DayUsedUp: Kind(429, "daily_limit"),
    LinesBusy: Kind(429, "busy"),
    WireError: Kind(400, "malformed"),
}
"""The nearest class of an exception's ancestry counts."""


def problem(
    status: int, code: str, detail: str, more: Mapping[str, Any] | None = None
) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of a problem; `more` are further members."""
    body = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "code": code}
    headers = {"content-type": CONTENT_TYPE, "cache-control": "no-store"}
    return status, headers, msgspec.json.encode({**body, "detail": _sentence(detail), **(more or {})})


def response(status: int, code: str, detail: str, more: Mapping[str, Any] | None = None) -> Response:
    """The same as a response."""
    status, headers, body = problem(status, code, detail, more)
    return Response(body, status, headers)


def install(app: FastAPI) -> None:
    """Let every exception that leaves a route become a problem."""
    app.add_exception_handler(RapidaError, _ours)
    app.add_exception_handler(HTTPException, _frameworks)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(Exception, _bug)


def kind_of(error: RapidaError) -> Kind:
    """The table's row for an exception."""
    listed = (TABLE[each] for each in type(error).__mro__ if each in TABLE)
    return next(listed, Kind(500, "internal_error", "Something went wrong on our side."))


def _ours(request: Request, error: Exception) -> Response:
    if not isinstance(error, RapidaError):  # the framework's signature is wider than its call
        raise error
    kind = kind_of(error)
    if (why := request.scope.get(WHY)) is not None:
        # The carrier's: told once for all its refusals, and not with a trace for each.
        why.append(getattr(error, "why", "") or str(error))
    elif kind.status >= 500:
        _tell(request, kind, error)
    more = None
    if isinstance(error, InvalidField):
        more = {"errors": [{"field": each.field, "problem": each.problem} for each in error.all]}
    if isinstance(error, Stale):
        more = {"etag": error.etag or None, "current": error.current}
    answer = response(kind.status, kind.code, kind.detail or str(error), more)
    if isinstance(error, NotSignedIn):
        answer.headers["www-authenticate"] = 'Bearer realm="rapida"'
    if isinstance(error, Stale) and error.etag:
        answer.headers["etag"] = error.etag
    if isinstance(error, TooManyTries):
        answer.headers["retry-after"] = str(error.wait_s)
    return answer


def _tell(request: Request, kind: Kind, error: RapidaError) -> None:
    """What went wrong on our side; of a database or a provider that is away once a minute, and no trace."""
    told = {"path": request.url.path, "code": kind.code, "request_id": request.scope.get(IN_SCOPE)}
    if not isinstance(error, StoreError | ProviderError):
        _log.error("request_failed", **told, exc_info=error)
    elif (untold := _away.worth((kind.code, str(error)))) is not None:
        _log.error("request_failed", **told, reason=str(error), untold=untold)


def _frameworks(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    code = HTTPStatus(error.status_code).name.lower()
    answer = response(error.status_code, code, str(error.detail))
    answer.headers.update(error.headers or {})
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        # The framework names the methods of one of the routes at this address.
        answer.headers["allow"] = ", ".join(sorted(_methods_at(request)))
    return answer


def leaves(routes: Iterable[BaseRoute]) -> Iterator[BaseRoute]:
    """Every route by itself, those of included routers too."""
    for route in routes:
        inner = getattr(getattr(route, "original_router", None), "routes", None)
        yield from [route] if inner is None else leaves(inner)


def _methods_at(request: Request) -> set[str]:
    found: set[str] = set()
    for route in leaves(request.app.routes):
        if route.matches(request.scope)[0] is not Match.NONE:
            found |= getattr(route, "methods", None) or set[str]()
    return found


def _invalid(request: Request, error: Exception) -> Response:
    del request
    if not isinstance(error, RequestValidationError):
        raise error
    found: Sequence[Any] = error.errors()
    fields = fields_of([{**each, "loc": each["loc"][1:] or each["loc"]} for each in found])
    first = fields[0]
    return response(422, "invalid", f"{first['field']}: {first['problem']}", {"errors": fields})


def fields_of(found: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    """Which fields are wrong, of pydantic's errors. What has no name is the body as a whole."""
    return [{"field": ".".join(map(str, each["loc"])) or "body", "problem": each["msg"]} for each in found]


def _bug(request: Request, error: Exception) -> Response:
    _log.error("request_broke", path=request.url.path, request_id=request.scope.get(IN_SCOPE), exc_info=error)
    return response(500, "internal_error", "Something went wrong on our side.")


def _sentence(text: str) -> str:
    text = text.strip()
    return text if text.endswith((".", "!", "?")) else f"{text}."
