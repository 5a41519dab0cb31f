"""Routes that ask the guard before they read anything: requests, WebSockets, and mounted applications.

The table of least roles (`auth.LEAST`) names each kind: `GET /v1/me` for a route, `WS /v1/live` for a
WebSocket, `MOUNT /dashboard` for everything below a path. What is not listed, or does not ask, keeps the
application from being built. A stream of server-sent events is a route like any other: the guard is asked as
it begins.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable
from threading import Lock
from typing import Any

from fastapi import Request
from fastapi.routing import APIRoute, APIWebSocketRoute
from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket

from ..errors import RapidaError
from . import body, problems
from .auth import LEAST
from .gate import POLICY_VIOLATION


class GuardedRoute(APIRoute):
    """A route that asks the guard, and then for JSON that it can keep.

    Its signature is read when it is first asked, or when the document is drawn: to read all at once is
    nearly all the work of building the application (docs/why.md).
    """

    def __init__(self, path: str, endpoint: Callable[..., Any], **said: Any) -> None:
        methods: Iterable[str] = said.get("methods") or ("GET",)
        Route.__init__(self, path, endpoint, methods=list(methods), name=said.get("name"))
        self.methods = set(methods)  # a HEAD that nobody asked for is not answered
        self._said: dict[str, Any] | None = said
        self._reading = Lock()
        listed(self)

    def read(self) -> None:
        """Read the signature, unless that is done. The document is drawn in a thread of its own."""
        with self._reading:
            if self._said is not None:
                super().__init__(self.path, self.endpoint, **self._said)
                self._said = None

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.read()
        await super().handle(scope, receive, send)

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()
        key = listed(self)
        rows = body.ROWS.get(key, ())

        async def guarded(request: Request) -> Response:
            await request.app.state.guard.admit(request, key)
            if self.body_field is not None:
                await body.check(request, rows)
            return await handle(request)

        return guarded


class GuardedWebSocketRoute(APIWebSocketRoute):
    """A WebSocket whose handshake is refused unless the guard admits it."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **more: Any) -> None:
        super().__init__(path, endpoint, **more)
        self._key = listed(self)

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        websocket = WebSocket(scope, receive, send)
        try:
            await scope["app"].state.guard.admit(websocket, self._key)
        except RapidaError as refused:
            await _refuse(websocket, refused)
            return
        await super().handle(scope, receive, send)


class GuardedMount(Mount):
    """An application below a path that is asked nothing unless the guard admits it."""

    def __init__(self, path: str, app: ASGIApp, name: str | None = None) -> None:
        super().__init__(path, app, name=name)
        self._key = listed(self)

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            # What a page below the path may open is a route of its own.
            await _close(WebSocket(scope, receive, send))
            return
        await scope["app"].state.guard.admit(HTTPConnection(scope, receive), self._key)
        await super().handle(scope, receive, send)


Guarded = GuardedRoute | GuardedWebSocketRoute | GuardedMount


def listed(route: Guarded) -> str:
    """A route's key in the table. Raises `LookupError`: a route is not served before somebody decided."""
    key = key_of(route)
    if key not in LEAST:
        raise LookupError(f"{key} is missing from LEAST in api/auth.py: say who may ask it")
    return key


def check_guarded(routes: Iterable[BaseRoute]) -> None:
    """Raises `LookupError` for whatever would be served without asking the guard, of any kind."""
    for route in problems.leaves(routes):
        if not isinstance(route, Guarded):
            where, kind = getattr(route, "path", route), type(route).__name__
            raise LookupError(  # noqa: TRY004 - the route is missing from the guarded ones, as from a table
                f"{where} is a {kind}, which asks no guard: make it a GuardedRoute (by its router's "
                "route_class), a GuardedWebSocketRoute or a GuardedMount"
            )


def key_of(route: Guarded) -> str:
    """A route as the tables name it. Each of our routes has one method."""
    if isinstance(route, GuardedMount):
        return f"MOUNT {route.path}"
    if isinstance(route, GuardedWebSocketRoute):
        return f"WS {route.path}"
    (method,) = (route.methods or {"GET"}) - {"HEAD"}
    return f"{method} {route.path}"


async def _refuse(websocket: WebSocket, error: RapidaError) -> None:
    """Answer a handshake with the problem, where the server can; otherwise with nothing but a refusal."""
    if "websocket.http.response" in websocket.scope.get("extensions", {}):
        kind = problems.kind_of(error)
        answer = problems.response(kind.status, kind.code, kind.detail or str(error))
        await websocket.send_denial_response(answer)
    else:
        await _close(websocket)


async def _close(websocket: WebSocket) -> None:
    await websocket.close(POLICY_VIOLATION)
