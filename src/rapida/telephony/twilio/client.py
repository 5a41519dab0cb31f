"""The HTTP client that Twilio's library is given: another host if need be, and a time-out.

The library's own has no time-out and uses a deprecated form of authentication.
Importing this module loads the library; only `rest` does, at its first request.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from base64 import b64encode
from urllib.parse import urlsplit, urlunsplit

from aiohttp import (
    ClientConnectionError,
    ClientConnectorError,
    ClientRequest,
    ClientSession,
    ClientTimeout,
    ConnectionTimeoutError,
    TCPConnector,
)
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.connector import Connection
from aiohttp.tracing import Trace
from twilio.http.async_http_client import AsyncTwilioHttpClient
from twilio.http.response import Response

from ...providers import outgoing

# The library would write every request's address and headers into the log.
_QUIET = logging.getLogger("rapida.twilio")
_QUIET.setLevel(logging.WARNING)
logging.getLogger("twilio").setLevel(logging.WARNING)

CONNECT_SHARE = 0.4
"""How much of a request's time looking its host up may take, and connecting to it (TLS too) again: less than
half each, so that what runs out of all its time was sent."""


TWILIOS_OWN = "api.twilio.com"
OTHER_HOSTS = frozenset({"pricing.twilio.com"})
"""What Twilio serves at hosts of their own; a proxy or a double serves it at its one."""


class NotConnected(ClientConnectionError):
    """There was no connection, so nothing was sent."""


class _Guard(AbstractResolver):
    """Finds only addresses that may be asked; the connection then goes to one of these."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        found = await outgoing.policy.resolve("twilio", host, port)
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
            for address in found
        ]

    async def close(self) -> None:
        """Nothing is kept."""


class _Connector(TCPConnector):
    """Connects within a time of its own; the library lets no session's time-out through."""

    def __init__(self, connect_s: float, resolver: AbstractResolver | None) -> None:
        super().__init__(resolver=resolver)  # pyright: ignore[reportUnknownMemberType]
        self._within = ClientTimeout(connect=connect_s)

    async def connect(self, req: ClientRequest, traces: list[Trace], timeout: ClientTimeout) -> Connection:  # noqa: ASYNC109
        return await super().connect(req, traces, self._within)


class HttpClient(AsyncTwilioHttpClient):
    """Sends every request to one host, whatever host the library had in mind; aim it before use.

    Only where that host is Twilio's own are `OTHER_HOSTS` asked too.
    """

    _guarded = False
    _base = urlsplit("https://api.twilio.com")
    _timeout_s = 10.0

    def aim(self, base_url: str, timeout_s: float, *, guarded: bool = False) -> None:
        """`base_url`: scheme, host and, of a proxy, the path before Twilio's own. `timeout_s`: connection and
        answer together.

        A `guarded` host was named by a user, and must be public (see `rapida.providers.outgoing`).
        """
        self.logger = _QUIET
        self._guarded = guarded
        self._base = urlsplit(base_url)
        self._timeout_s = timeout_s
        self.session = ClientSession(
            connector=_Connector(timeout_s * CONNECT_SHARE, _Guard() if guarded else None)
        )

    async def request(
        self,
        method: str,
        url: str,
        params: dict[str, object] | None = None,
        data: dict[str, object] | None = None,
        headers: dict[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,  # noqa: ASYNC109  # the library's signature
        allow_redirects: bool = False,
    ) -> Response:
        """One request.

        Raises `NotConnected` when it was not sent, `TimeoutError` and aiohttp's `ClientError` when it may
        have been, and `AddressRefused`.
        """
        base, parts = self._base, urlsplit(url)
        path = base.path.rstrip("/") + parts.path
        elsewhere = base.netloc == TWILIOS_OWN and parts.netloc in OTHER_HOSTS
        host = parts.netloc if elsewhere else base.netloc
        parts = parts._replace(scheme=base.scheme, netloc=host, path=path)
        told = dict(headers or {})
        if auth is not None:
            told["Authorization"] = "Basic " + b64encode(":".join(auth).encode()).decode()
        async with asyncio.timeout(timeout or self._timeout_s):
            if self._guarded:
                await self._look_up()
            try:
                return await super().request(
                    method,
                    urlunsplit(parts),
                    params=params,
                    data=data,
                    headers=told,
                    allow_redirects=allow_redirects,
                )
            except (ClientConnectorError, ConnectionTimeoutError) as never:
                raise NotConnected("no connection") from never

    async def _look_up(self) -> None:
        """Look at the host before it is asked.

        aiohttp asks its resolver about names only, not about addresses that stand in the URL.
        """
        port = self._base.port or (443 if self._base.scheme == "https" else 80)
        try:
            async with asyncio.timeout(self._timeout_s * CONNECT_SHARE):
                await outgoing.policy.resolve("twilio", self._base.hostname or "", port)
        except OSError as unknown:  # a time-out is one too
            raise NotConnected("the name was not found") from unknown
