"""Who may ask what: the one table of routes and least roles, and the guard that enforces it.

A request is a program's (an API key) or a person's (a session cookie); either way it acts in one project with
one role. The role is checked before anything is looked up, so that an answer never tells whether a foreign id
exists. What the table does not list is not served at all (`guarded.py`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Literal

from fastapi import Depends
from starlette.requests import HTTPConnection

from ..errors import NotAllowed, NotFound, NotSignedIn
from ..node.clock import Clock
from ..settings import Settings
from ..store import Store
from ..store.users import Role
from ..vault import tokens
from ..workspace.actor import Actor
from ..workspace.identity import Identities
from .rate_limit import RateLimit
from .request_ids import FURTHER

Open = Literal["open", "carrier", "context"]
"""Served without a key: to everyone; to whoever the carrier's signature proves; to who may have a context."""

LEAST: dict[str, Role | Open] = {
    "GET /{path:path}": "open",
    "GET /assets/{name:path}": "open",
    "GET /widget/{name}": "open",
    "GET /docs": "open",
    "GET /docs/{file}": "open",
    "GET /openapi.json": "open",
    "GET /health/live": "open",
    "GET /health/ready": "open",
    "GET /metrics": "viewer",
    "POST /v1/talk/{carrier}/call/{assistant_id}": "carrier",
    "GET /v1/talk/{carrier}/call/{assistant_id}": "carrier",
    "POST /v1/talk/{carrier}/ctx/{context_id}/event": "carrier",
    "GET /v1/talk/{carrier}/ctx/{context_id}/event": "carrier",
    "POST /v1/talk/{carrier}/event/{assistant_id}": "carrier",
    "GET /v1/talk/{carrier}/event/{assistant_id}": "carrier",
    "GET /v1/setup": "open",
    "POST /v1/setup": "open",
    "POST /v1/auth/login": "open",
    "POST /v1/auth/logout": "viewer",
    "POST /v1/auth/password": "viewer",
    "GET /v1/me": "viewer",
    "GET /v1/server": "viewer",
    "GET /v1/servers": "admin",
    "GET /v1/settings": "admin",
    "GET /v1/vault": "admin",
    "POST /v1/vault/rotate": "owner",
    "GET /v1/projects": "viewer",
    "POST /v1/projects": "admin",
    "GET /v1/projects/{project_id}": "viewer",
    "PATCH /v1/projects/{project_id}": "admin",
    "GET /v1/members": "viewer",
    "POST /v1/members": "admin",
    "GET /v1/members/{user_id}": "viewer",
    "PATCH /v1/members/{user_id}": "admin",
    "DELETE /v1/members/{user_id}": "admin",
    "GET /v1/api-keys": "admin",
    "POST /v1/api-keys": "admin",
    "GET /v1/api-keys/{key_id}": "admin",
    "DELETE /v1/api-keys/{key_id}": "admin",
    "GET /v1/credentials": "viewer",
    "POST /v1/credentials": "editor",
    "GET /v1/credentials/{credential_id}": "viewer",
    "PATCH /v1/credentials/{credential_id}": "editor",
    "DELETE /v1/credentials/{credential_id}": "editor",
    "POST /v1/credentials/{credential_id}/verify": "editor",
    "GET /v1/providers": "viewer",
    "GET /v1/providers/tts/{name}/voices": "editor",
    "GET /v1/assistant-templates": "viewer",
    "POST /v1/assistants/check": "editor",
    "POST /v1/assistants/{assistant_id}/check": "editor",
    "GET /v1/assistants/{assistant_id}/versions/{version}/diff": "viewer",
    "GET /v1/assistants/{assistant_id}/versions/{version}/yaml": "viewer",
    "GET /v1/assistants": "viewer",
    "POST /v1/assistants": "editor",
    "GET /v1/assistants/{assistant_id}": "viewer",
    "PUT /v1/assistants/{assistant_id}": "editor",
    "DELETE /v1/assistants/{assistant_id}": "editor",
    "GET /v1/assistants/{assistant_id}/versions": "viewer",
    "GET /v1/assistants/{assistant_id}/versions/{version}": "viewer",
    "POST /v1/assistants/{assistant_id}/versions/{version}/publish": "editor",
    "GET /v1/assistants/{assistant_id}/latency": "viewer",
    "GET /v1/assistants/{assistant_id}/deployments/phone": "viewer",
    "PUT /v1/assistants/{assistant_id}/deployments/phone": "editor",
    "DELETE /v1/assistants/{assistant_id}/deployments/phone": "editor",
    "POST /v1/assistants/{assistant_id}/deployments/phone/check": "editor",
    "GET /v1/knowledge": "viewer",
    "GET /v1/knowledge/{name}": "viewer",
    "PUT /v1/knowledge/{name}": "editor",
    "DELETE /v1/knowledge/{name}": "editor",
    "POST /v1/knowledge/{name}/ask": "viewer",
    "GET /v1/phone-numbers": "viewer",
    "GET /v1/available-phone-numbers": "viewer",
    "POST /v1/phone-numbers": "admin",
    "PUT /v1/phone-numbers/{number}": "editor",
    "POST /v1/phone-numbers/{number}/restore": "editor",
    "GET /v1/live": "viewer",
    "GET /v1/conversations": "viewer",
    "GET /v1/conversations.csv": "viewer",
    "GET /v1/conversations.jsonl": "viewer",
    "GET /v1/conversations/summary": "viewer",
    "GET /v1/conversations/{conversation_id}": "viewer",
    "PATCH /v1/conversations/{conversation_id}": "editor",
    "DELETE /v1/conversations/{conversation_id}": "admin",
    "GET /v1/conversations/{conversation_id}/recording": "viewer",
    "GET /v1/conversations/{conversation_id}/journal": "viewer",
    "GET /v1/conversations/{conversation_id}/timeline": "viewer",
    "GET /v1/conversations/{conversation_id}/peaks": "viewer",
    "POST /v1/conversations/{conversation_id}/hangup": "editor",
    "POST /v1/talk/browser": "editor",
    "POST /v1/talk/say": "editor",
    "WS /v1/talk/browser/ctx/{context_id}": "context",
    "OPTIONS /v1/talk/web": "open",
    "POST /v1/talk/web": "open",
    "WS /v1/talk/web/ctx/{context_id}": "context",
    "GET /v1/publishable-tokens": "viewer",
    "POST /v1/publishable-tokens": "editor",
    "DELETE /v1/publishable-tokens/{token_id}": "editor",
    "POST /v1/talk/create-phone-call": "editor",
    "POST /v1/talk/create-bulk-phone-call": "editor",
    "GET /v1/outbound-limits": "viewer",
    "PUT /v1/outbound-limits": "admin",
    "GET /v1/statistics": "viewer",
    "GET /v1/rates": "viewer",
    "PUT /v1/rates": "admin",
    "GET /v1/retention": "viewer",
    "PUT /v1/retention": "admin",
    "GET /v1/audit": "admin",
}

# No sender is trusted for its address: what a plain reverse proxy passes on comes from this very machine.
OPEN_METRICS: dict[str, Role | Open] = {"GET /metrics": "open"}
"""What RAPIDA_OPEN_METRICS changes in `LEAST`."""

PEOPLE_ONLY = frozenset(
    {
        "POST /v1/auth/logout",
        "POST /v1/auth/password",
        "POST /v1/projects",
        "PATCH /v1/projects/{project_id}",
        "GET /v1/members",
        "POST /v1/members",
        "GET /v1/members/{user_id}",
        "PATCH /v1/members/{user_id}",
        "DELETE /v1/members/{user_id}",
        "GET /v1/servers",
        "GET /v1/settings",
        "GET /v1/vault",
        "POST /v1/vault/rotate",
    }
)
"""What reaches beyond one project, as an API key never does."""

SESSION_COOKIE = "rapida_session"
PROJECT_HEADER = "x-rapida-project"
CSRF_HEADER = "x-csrf-token"
SAFE = ("GET", "HEAD", "OPTIONS")


@dataclass(frozen=True)
class Caller(Actor):
    """The actor behind a request."""

    session_token: str = field(default="", repr=False)
    """A person's; empty for an API key."""


class Guard:
    """Finds the caller of a request, and refuses those whose role is too small for its route."""

    def __init__(self, settings: Settings, store: Store, clock: Clock) -> None:
        self._public = settings.public_host
        self._identities = Identities(store, clock)
        self._rate = RateLimit(settings.requests_per_second)
        self._changed = OPEN_METRICS if settings.open_metrics else {}

    async def admit(self, request: HTTPConnection, key: str) -> None:
        """Set `request.state.caller`; `key` is the route's.

        Raises `TooManyRequests`, `NotSignedIn` or `NotAllowed`.
        """
        least = self._changed.get(key) or LEAST[key]
        if least in ("open", "carrier", "context"):
            return
        if presented := _presented_key(request) or request.cookies.get(self.cookie_name(request), ""):
            self._rate.take(presented, request.scope.get(FURTHER, {}))
        caller = await self.identify(request)
        caller.must_be(least, "this")
        if key in PEOPLE_ONLY and caller.user is None:
            raise NotAllowed("this reaches beyond the project of an API key: sign in as a person")
        request.state.caller = caller

    async def identify(self, request: HTTPConnection) -> Caller:
        """The caller. Raises `NotSignedIn`, or `NotAllowed` for a cookie that another site sent along."""
        key = _presented_key(request)
        if key:
            return _as_caller(await self._identities.of_key(key, _wanted_project(request)))
        token = request.cookies.get(self.cookie_name(request), "")
        if not token:
            raise NotSignedIn("sign in, or send an API key as `Authorization: Bearer …` or `x-api-key`")
        if request.scope["type"] == "websocket":
            # A page of any site can open one, and send no header of its own; its origin the browser tells.
            self._check_told_origin(request)
        elif request.scope["method"] not in SAFE:
            self._check_told_origin(request)
            self._check_csrf(request, token)
        return _as_caller(await self._identities.of_session(token, _wanted_project(request)), token)

    async def person(self, connection: HTTPConnection, project_id: int) -> Caller:
        """Who is signed in, in a project. Raises `NotFound`, and else as `identify` does.

        For the sockets of pages, whose script can send no header.
        """
        token = connection.cookies.get(self.cookie_name(connection), "")
        if not token:
            raise NotSignedIn("sign in: this is opened by the session that asked for it")
        self._check_told_origin(connection)
        return _as_caller(await self._identities.of_session(token, project_id), token)

    def is_secure(self, request: HTTPConnection) -> bool:
        """Whether the browser came by https. The public host is always reached so."""
        host = request.headers.get("host", "").lower().removesuffix(":443")
        return request.url.scheme in ("https", "wss") or (self._public is not None and host == self._public)

    def cookie_name(self, request: HTTPConnection) -> str:
        """`__Host-` binds a cookie to this very host; browsers allow it on https only."""
        return f"__Host-{SESSION_COOKIE}" if self.is_secure(request) else SESSION_COOKIE

    def check_origin(self, request: HTTPConnection) -> None:
        """Raises `NotAllowed` for a request that a page of another site made."""
        origin = request.headers.get("origin")
        host = request.headers.get("host", "").lower()
        scheme = "https" if self.is_secure(request) else "http"
        if origin is not None and origin.lower() != f"{scheme}://{host}":
            raise NotAllowed("the request comes from a page of another site")

    def _check_told_origin(self, request: HTTPConnection) -> None:
        if request.headers.get("origin") is None:
            raise NotAllowed("a request with a cookie must say its Origin; programs use an API key")
        self.check_origin(request)

    def _check_csrf(self, request: HTTPConnection, token: str) -> None:
        if not tokens.same(request.headers.get(CSRF_HEADER, ""), tokens.csrf_of(token)):
            raise NotAllowed(f"send the `csrf_token` of the session as {CSRF_HEADER}")


def _caller(request: HTTPConnection) -> Caller:
    return request.state.caller


CallerHere = Annotated[Caller, Depends(_caller)]
"""A route's parameter: who asks."""


def _as_caller(actor: Actor, session_token: str = "") -> Caller:
    return Caller(
        organization_id=actor.organization_id,
        project_id=actor.project_id,
        role=actor.role,
        name=actor.name,
        user=actor.user,
        session_token=session_token,
    )


def _presented_key(request: HTTPConnection) -> str:
    scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
    return bearer.strip() if scheme.lower() == "bearer" else request.headers.get("x-api-key", "").strip()


def _wanted_project(request: HTTPConnection) -> int | None:
    text = request.headers.get(PROJECT_HEADER)
    if text is None:
        return None
    if not text.isascii() or not text.isdigit() or len(text) > 15:
        raise NotFound("project", "with this id", f"{PROJECT_HEADER} is a project's number")
    return int(text)
