"""What the door refuses is counted and told: every carrier's request, and what came under a foreign name.

It stands before everything else and reads the answer as it goes out, so that nothing is refused in silence,
whichever layer refused it. A route that knows more than it may answer leaves that in the scope, for the log.
"""

from __future__ import annotations

from http import HTTPStatus

import msgspec
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..node.addresses import Addresses, carrier_prefixes
from ..telemetry.refusals import Refusals, Refused, What
from .gate import POLICY_VIOLATION, header
from .problems import WHY

FOREIGN = (HTTPStatus.MISDIRECTED_REQUEST, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
"""What is told of other requests too: they were refused before anybody looked at them."""
_CARRIERS = carrier_prefixes()


class _Problem(msgspec.Struct):
    code: str = "other"
    detail: str = ""


class RefusalLog:
    """Passes everything on, and tells what was answered with an error."""

    def __init__(self, app: ASGIApp, addresses: Addresses, refusals: Refusals) -> None:
        self._app = app
        self._addresses = addresses
        self._refusals = refusals

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await self._socket(scope, receive, send)
            return
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status, parts, why = 0, list[bytes](), list[str]()
        is_carriers = scope["path"].startswith(_CARRIERS)
        if is_carriers:
            scope[WHY] = why

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            elif status >= 400:
                parts.append(message.get("body", b""))
            await send(message)

        await self._app(scope, receive, watched)
        if status >= 400 and (is_carriers or status in FOREIGN):
            self._tell(scope, _what(scope["path"]), status, _problem(b"".join(parts)), why)

    async def _socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Media sockets are taken before they come here: what is refused here is no address of one."""
        begun = False

        async def watched(message: Message) -> None:
            nonlocal begun
            if not begun and message["type"] == "websocket.close":
                if message.get("code") == POLICY_VIOLATION:
                    self._tell(scope, "socket", 403, _Problem("not_allowed", "the guard refused it"), [])
                else:
                    self._tell(
                        scope, "socket", 404, _Problem("not_found", "there is no media socket here"), []
                    )
            begun = True
            await send(message)

        await self._app(scope, receive, watched)

    def _tell(self, scope: Scope, what: What, status: int, problem: _Problem, why: list[str]) -> None:
        raw: bytes = scope.get("raw_path") or scope["path"].encode()
        query = "?…" if scope.get("query_string") else ""
        scheme = "wss" if what == "socket" else "https"
        told = Refused(
            what=what,
            reason=problem.code,
            status=status,
            why="; ".join(why) or problem.detail,
            url=f"{scheme}://{self._addresses.asked}{raw.decode('ascii', 'replace')}{query}",
            address=(scope.get("client") or ("",))[0],
            host=header(scope, b"host"),
        )
        self._refusals.tell(told)


def _what(path: str) -> What:
    if path.startswith(tuple(f"{each}call/" for each in _CARRIERS)):
        return "webhook"
    if path.startswith(tuple(f"{each}{what}/" for each in _CARRIERS for what in ("ctx", "event"))):
        return "callback"
    return "request"


def _problem(body: bytes) -> _Problem:
    try:
        return msgspec.json.decode(body, type=_Problem)
    except msgspec.MsgspecError:
        return _Problem()
