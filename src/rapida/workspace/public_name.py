"""The way from outside to this server: what is met when it is asked under its public name, as a carrier asks.

Nothing is judged here (`checks.py`, `phone_checks.py`), and nothing is changed at the other end.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any, Final

import httpx

from .. import telephony
from ..node.addresses import number_status_url, prefix
from ..node.clock import utc_now

ANSWER_WITHIN_S: Final = 10.0
"""As long as a carrier waits for a webhook, and some of what a tunnel needs to wake up."""
UPGRADE: Final = {
    "connection": "Upgrade",
    "upgrade": "websocket",
    "sec-websocket-version": "13",
    "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
}
"""The request for a WebSocket, with the key of RFC 6455's own example."""
NO_CONTEXT: Final = "00000000-0000-4000-8000-000000000000"


@dataclass(frozen=True, kw_only=True)
class PublicNameFacts:
    """What was met on the way. Errors are sentences, empty where there is none; None = it was not asked."""

    public_host: str | None = None
    resolve_error: str = ""
    public_error: str = ""
    """Why https://PUBLIC_ASSISTANT_HOST cannot be asked at all: connection or certificate."""
    public_status: int | None = 200
    """`/health/live`, asked through the public name."""
    upgrade_status: int | None = 403
    """What an unsigned media socket is answered there: 403 is our own refusal; None = nothing."""
    skew_s: float | None = 0.0
    """How far our clock is ahead of the one behind the public name."""

    @property
    def leads_here(self) -> bool:
        """Whether a server of ours answers behind the name."""
        met = not (self.resolve_error or self.public_error)
        return self.public_host is not None and met and self.public_status == HTTPStatus.OK


async def look(host: str | None) -> PublicNameFacts:
    """What is met under a public host."""
    if host is None:
        return PublicNameFacts(skew_s=None)
    name, _, port = host.partition(":")
    try:
        await asyncio.get_running_loop().getaddrinfo(name, int(port or 443), type=socket.SOCK_STREAM)
    except OSError as unknown:
        error = unknown.strerror or str(unknown)
        return PublicNameFacts(public_host=host, resolve_error=error, skew_s=None)
    answer = await asked(f"https://{host}/health/live")
    if not isinstance(answer, httpx.Response):
        return PublicNameFacts(public_host=host, public_error=answer, skew_s=None)
    return PublicNameFacts(
        public_host=host,
        public_status=answer.status_code,
        upgrade_status=await unsigned_socket(f"https://{host}"),
        skew_s=_skew_s(answer),
    )


async def unsigned_socket(base: str) -> int | None:
    """With which status a media socket without a signature is refused; None = there is no answer.

    A proxy that keeps the upgrade to itself leaves a plain request, for which there is no route: 404.
    """
    return _status(await asked(f"{base}{prefix(telephony.DEMO)}ctx/{NO_CONTEXT}", UPGRADE))


@dataclass(frozen=True)
class RoundTrip:
    """How a number's status callback is answered. None = it was not asked, or there is no answer."""

    signed: int | None = None
    """Signed by the credential: 204 is our thanks for a call that we do not know."""
    forged: int | None = None
    """The same with another signature: 403 is our refusal."""


async def round_trip(host: str, carrier: str, assistant_id: int, secret: Mapping[str, str]) -> RoundTrip:
    """Report a call that there is not, through the public name, once signed and once forged."""
    url = number_status_url(host, carrier, assistant_id)
    webhooks = telephony.carrier(carrier).webhooks
    told = webhooks.trial(url, secret)
    forged = {**told.headers, webhooks.signature_header: "forged"}
    answers = await asyncio.gather(*(asked(url, each, told.body) for each in (told.headers, forged)))
    return RoundTrip(*map(_status, answers))


async def asked(
    url: str, headers: Mapping[str, str] | None = None, body: bytes | None = None
) -> httpx.Response | str:
    """The answer, or why there is none."""
    try:
        async with httpx.AsyncClient(timeout=ANSWER_WITHIN_S, trust_env=False) as client:
            return await client.request("GET" if body is None else "POST", url, headers=headers, content=body)
    except httpx.HTTPError as failed:
        return str(failed) or type(failed).__name__


def _status(answer: httpx.Response | str) -> int | None:
    return answer.status_code if isinstance(answer, httpx.Response) else None


def _skew_s(answer: httpx.Response) -> float | None:
    try:
        theirs: Any = parsedate_to_datetime(answer.headers["date"])
        return (utc_now() - theirs).total_seconds()
    except (KeyError, ValueError, TypeError):
        return None
