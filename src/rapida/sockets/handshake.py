"""The upgrade of an HTTP request to a media socket: read it, have it decided in bounded time, or refuse it.

Whether a caller may come in is decided by its `Admit`; this module keeps it to two seconds, counts and
tells the refusals and words them as problem+json. The shells write what it returns.
"""

from __future__ import annotations

import asyncio
import binascii
import json
import re
from base64 import b64decode
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Final

import structlog

from ..errors import StoreError
from ..telemetry.refusals import Refused
from ..telephony.door import Admission, Admit, Handshake, Refusal
from .session import WireCounts

CHECK_WITHIN_S: Final = 2.0
"""How long the check of an upgrade may take: one look into the database, which is given up before the carrier
gives up the stream."""
PROBLEM_TYPE: Final = "application/problem+json"

_CODES: Final = {
    400: "bad_handshake",
    403: "not_proved",
    404: "unknown_context",
    409: "context_used",
    410: "context_expired",
    503: "unavailable",
}
_TOKEN: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")

_log = structlog.get_logger(__name__)


async def decide(
    admit: Admit, handshake: Handshake, counts: WireCounts, within_s: float = CHECK_WITHIN_S
) -> Admission | Refusal:
    """The decision, or 503 when it takes too long, the store is away, or it fails by a bug."""
    try:
        async with asyncio.timeout(within_s):
            decision = await admit(handshake)
    except TimeoutError:
        decision = Refusal(503, f"the call could not be checked within {within_s:g} s; try again")
    except StoreError:
        decision = Refusal(503, "the database is away; try again")
    except Exception:  # noqa: BLE001
        # A bug in letting one caller in must not break the server's protocol, on which all others hang.
        _log.exception("handshake_broken")
        decision = Refusal(503, "the call could not be checked")
    if isinstance(decision, Refusal):
        refuse(decision, handshake, counts)
    return decision


def refuse(refusal: Refusal, handshake: Handshake, counts: WireCounts) -> None:
    """Count and tell a refused upgrade."""
    counts.refuse(refusal.status)
    told = Refused(
        what="socket",
        reason=code_of(refusal),
        status=refusal.status,
        why=refusal.why or refusal.reason,
        url=refusal.url or handshake.path,
        address=handshake.address,
        host=handshake.headers.get("host", ""),
    )
    counts.tell(told)


def code_of(refusal: Refusal) -> str:
    """The refusal's word for programs."""
    return _CODES.get(refusal.status, "refused")


def headers_of(raw: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Header lines as a mapping with lower-case names; repeated lines are joined (RFC 9110 §5.3)."""
    headers: dict[str, str] = {}
    for name, value in raw:
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        headers[key] = f"{headers[key]}, {text}" if key in headers else text
    return headers


def malformed(method: str, headers: Mapping[str, str]) -> Refusal | None:
    """What is wrong with a WebSocket upgrade, before anybody is asked (RFC 6455 §4.2.1); None = nothing."""
    if method != "GET":
        return Refusal(400, f"a WebSocket is opened with GET, not {method}")
    if headers.get("sec-websocket-version") != "13":
        return Refusal(400, "the WebSocket version must be 13 (Sec-WebSocket-Version)")
    try:
        key = b64decode(headers.get("sec-websocket-key", ""), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    return None if len(key) == 16 else Refusal(400, "Sec-WebSocket-Key must be 16 bytes in base64")


def subprotocol_of(headers: Mapping[str, str]) -> str | None:
    """The subprotocol to select: the first one offered. One that was not offered breaks the client."""
    first = headers.get("sec-websocket-protocol", "").split(",")[0].strip()
    return first if _TOKEN.fullmatch(first) else None


def problem(refusal: Refusal) -> bytes:
    """The refusal's body (RFC 9457)."""
    title = HTTPStatus(refusal.status).phrase
    code = code_of(refusal)
    told = {"type": "about:blank", "title": title, "status": refusal.status}
    return json.dumps(told | {"code": code, "detail": refusal.reason}).encode()


def http_response(refusal: Refusal) -> bytes:
    """The whole HTTP/1.1 answer to a refused upgrade; the connection ends with it."""
    body = problem(refusal)
    lines = (
        f"HTTP/1.1 {refusal.status} {HTTPStatus(refusal.status).phrase}",
        f"Content-Type: {PROBLEM_TYPE}",
        f"Content-Length: {len(body)}",
        "Connection: close",
        "",
        "",
    )
    return "\r\n".join(lines).encode("latin-1") + body
