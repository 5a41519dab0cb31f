"""Before any route: who may ask what under which host name, and how much they may send.

Management answers on this machine's own names and on those RAPIDA_ALLOWED_HOSTS lists; the public host
serves the carrier, unless RAPIDA_PUBLIC_API opens it. A foreign Host is refused, which also ends DNS
rebinding. The carrier's routes answer under any name, since a proxy may put its own in the place of the
public one: their proof is over the public host, whatever `Host` says. These checks are no authentication.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..node.addresses import TALK, carrier_prefixes
from ..settings import Settings
from .problems import problem

MOST_BODY_BYTES = 64 * 1024
"""What a carrier may send; people and programs send whole assistants."""
MOST_MANAGEMENT_BYTES = 1024 * 1024
"""What people and programs may send: an assistant's flow is the largest, some 100 KiB of script."""
PUBLIC_PATHS = ("/health/live",)
PUBLIC_PREFIXES = (f"{TALK}/web", "/widget/")
"""What pages of other sites ask for: they know this server by its public name alone."""
_CARRIERS = carrier_prefixes()
_ASKED = ("http", "websocket")
POLICY_VIOLATION = 1008
"""RFC 6455, 7.4.1. Before the handshake is answered, servers make HTTP 403 of it."""


class HostGate:
    """Refuses what is asked under the wrong name."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._public = settings.public_host
        self._public_api = settings.public_api
        self._allowed = frozenset(settings.allowed_hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in _ASKED and (refused := self._refusal(scope)) is not None:
            if scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": POLICY_VIOLATION})
            else:
                await _answer(send, *refused)
            return
        await self._app(scope, receive, send)

    def _refusal(self, scope: Scope) -> tuple[int, Mapping[str, str], bytes] | None:
        path: str = scope["path"]
        host = header(scope, b"host").lower().removesuffix(":443")
        if path.startswith(_CARRIERS) or is_loopback(host) or host in self._allowed:
            return None
        if host != self._public:
            return problem(
                421,
                "host_not_allowed",
                "This server does not answer under that host; to allow it, add it to RAPIDA_ALLOWED_HOSTS",
            )
        if self._public_api or path in PUBLIC_PATHS or path.startswith(PUBLIC_PREFIXES):
            return None
        return problem(404, "not_found", "There is nothing here")


class BodyLimit:
    """Reads a request's body before any route does, and refuses one that is too large with 413."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path: str = scope.get("path", "")
        most = MOST_BODY_BYTES if path.startswith(_CARRIERS) else MOST_MANAGEMENT_BYTES
        body = await _read(scope, receive, most)
        if body is None:
            await _answer(send, *problem(413, "too_large", f"A request may carry at most {most} bytes"))
            return
        await self._app(scope, _replay(body, receive), send)


def is_loopback(host: str) -> bool:
    """Whether a Host header names this very machine, with any port."""
    name = host.partition("]")[0].removeprefix("[") if host.startswith("[") else host.partition(":")[0]
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def header(scope: Scope, name: bytes) -> str:
    """A request header's value, or nothing."""
    found: Any = next((value for key, value in scope["headers"] if key == name), b"")
    return found.decode("latin-1")


async def _read(scope: Scope, receive: Receive, most: int) -> bytes | None:
    announced = header(scope, b"content-length")
    if announced.isdigit() and int(announced) > most:
        return None
    parts: list[bytes] = []
    size = 0
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            break
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > most:
            return None
        more = message.get("more_body", False)
    return b"".join(parts)


def _replay(body: bytes, receive: Receive) -> Receive:
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def next_message() -> Message:
        return waiting.pop() if waiting else await receive()

    return next_message


async def _answer(send: Send, status: int, headers: Mapping[str, str], body: bytes) -> None:
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    raw.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": raw})
    await send({"type": "http.response.body", "body": body})
