"""One provider's HTTP: guarded connections that are kept open, time-outs, and failures as our two errors.

A request goes to the one host that the client was made for, at an address that `outgoing` has looked at; no
redirection is followed, since the secret would go along. When to give up waiting for an answer is the call
core's; the time-outs here only keep a dead connection from being held for ever.
"""

from __future__ import annotations

import asyncio
import re
import ssl
import threading
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from functools import cache
from types import TracebackType
from typing import Any, Final, Self

import httpx

from ..errors import ConfigurationError
from . import outgoing
from .line_streams import JsonEvents, Lines
from .refusals import Failures

CONNECT_S: Final = 5.0
"""How long a connection may take to open: three attempts of TCP to be heard (after 0, 1 and 3 s)."""
SILENCE_S: Final = 60.0
"""The longest silence within an answer: models that think first take tens of seconds."""
IDLE_S: Final = 300.0
"""How long an unused connection is kept: over the pauses between the calls of a quiet hour."""
IDLE_CONNECTIONS: Final = 100
"""How many unused connections are kept: as many calls speak with one vendor at one moment."""
WARM_UP_S = 2.0
"""How long a start waits for its first connection: callers wait meanwhile."""


def problem_of_header(name: str, value: str) -> str:
    """What is wrong with a request header; empty = nothing. Follows RFC 9110 5.5 and 5.6.2."""
    if not re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", name):
        return f"{name!r} is no header: a name has letters, digits and -"
    if not (value.isascii() and value.isprintable()):
        return f"the header {name} can have no line breaks and no letters beyond ASCII"
    return ""


def problem_of_headers(headers: Mapping[str, str], taken: Mapping[str, str]) -> str:
    """What is wrong with headers that a person wrote; empty = nothing.

    `taken`: for each name, in lower case, that they may not set, what to do instead.
    """
    for name, value in headers.items():
        if name.lower() in taken:
            return f"the header {name} {taken[name.lower()]}"
        if problem := problem_of_header(name, value):
            return problem
    return ""


def sendable(provider: str, secret: str) -> str:
    """A secret without the line's end that was pasted with it.

    Raises `ConfigurationError` for one that no request could carry.
    """
    bare = secret.strip()
    if problem_of_header("secret", bare):
        raise ConfigurationError(
            f"{provider}: its credential holds line breaks or letters beyond ASCII: copy the key again"
        )
    return bare


_read = cache(ssl.create_default_context)
_reading = threading.Lock()


async def certificates() -> ssl.SSLContext:
    """Whom this process trusts: read once, in a thread, since it takes tens of milliseconds."""
    return await asyncio.to_thread(_certificates)


def _certificates() -> ssl.SSLContext:
    with _reading:
        return _read()


class Client:
    """Requests to one host. Open it on the event loop that uses it."""

    def __init__(
        self,
        failures: Failures,
        base_url: str,
        headers: Mapping[str, str] | None = None,
        *,
        silence_s: float = SILENCE_S,
        idle_s: float = IDLE_S,
        guarded: bool = True,
    ) -> None:
        """`guarded`: a user named the host, so it is asked only at a public address, or if it is allowed."""
        self._failures = failures
        self._base_url = base_url.rstrip("/") + "/"
        self._headers = dict(headers or {})
        self._timeouts = httpx.Timeout(silence_s, connect=min(silence_s, CONNECT_S))
        self._limits = httpx.Limits(
            max_connections=None, max_keepalive_connections=IDLE_CONNECTIONS, keepalive_expiry=idle_s
        )
        self._guarded = guarded
        self._client: httpx.AsyncClient | None = None

    async def open(self, warm_up: str = "") -> None:
        """Make the pool, unless it is there. `warm_up`: what to ask for, so that a connection is open.

        Raises `AddressRefused` for a host that the warm-up may not ask. Whatever else is wrong, the first
        request will tell.
        """
        verify = await certificates() if self._base_url.startswith("https:") else None
        if self._client is None:
            self._client = self._made(verify)
        if warm_up:
            with suppress(httpx.HTTPError, TimeoutError):
                async with asyncio.timeout(WARM_UP_S):
                    await self._client.get(warm_up)

    def _made(self, verify: ssl.SSLContext | None) -> httpx.AsyncClient:
        trusted: ssl.SSLContext | bool = True if verify is None else verify
        transport = (
            outgoing.transport(self._failures.provider, verify=trusted, limits=self._limits)
            if self._guarded
            else httpx.AsyncHTTPTransport(verify=trusted, limits=self._limits, trust_env=False)
        )
        return httpx.AsyncClient(
            base_url=self._base_url,
            headers=self._headers,
            timeout=self._timeouts,
            follow_redirects=False,
            transport=transport,
            trust_env=False,
        )

    async def aclose(self) -> None:
        """Close every connection; requests in progress fail."""
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    @asynccontextmanager
    async def ask(self, method: str, url: str, **content: Any) -> AsyncGenerator[httpx.Response]:
        """An answer of any status, whose body is still to come. `content` is what httpx takes.

        Raises `ProviderRefused` or `ProviderUnavailable`, also for what breaks while the body is read.
        """
        if self._client is None:
            raise self._failures.unavailable("it is closed")
        try:
            async with self._client.stream(method, url, **content) as response:
                yield response
        except httpx.TimeoutException:
            raise self._failures.no_answer() from None
        except httpx.HTTPError as wrong:
            raise self._failures.no_connection(wrong) from None
        except httpx.InvalidURL:
            raise self._failures.refused("its address is none: check `base_url`") from None

    @asynccontextmanager
    async def post(
        self, path: str, body: Mapping[str, Any], params: Mapping[str, str] | None = None
    ) -> AsyncGenerator[StreamedAnswer]:
        """The answer to JSON that was posted behind `base_url`; it has status 200.

        Raises `ProviderRefused` or `ProviderUnavailable`, also for what breaks while the answer is read.
        """
        async with self.ask("POST", path, json=body, params=params) as response:
            if response.status_code != 200:
                told = await response.aread()
                raise self._failures.of_answer(response.status_code, response.headers, told)
            yield StreamedAnswer(response, self._failures)


@dataclass(frozen=True)
class StreamedAnswer:
    """A good answer that is being streamed, cut as its protocol cuts it."""

    response: httpx.Response
    failures: Failures

    async def json_events(self) -> AsyncIterator[Any]:
        """The values of server-sent events, or of JSON that came whole; see `JsonEvents`.

        Raises `ProviderUnavailable` for what is no JSON.
        """
        events = JsonEvents()
        try:
            async for piece in self.response.aiter_bytes():
                for value in events.feed(piece):
                    yield value
            for value in events.finish():
                yield value
        except ValueError:
            raise self.failures.unavailable(
                f"{self.failures.server} sent something that is no JSON"
            ) from None

    async def lines(self) -> AsyncIterator[bytes]:
        """The lines that say something. Raises `ProviderUnavailable` for one without an end."""
        lines = Lines()
        try:
            async for piece in self.response.aiter_bytes():
                for line in lines.feed(piece):
                    if line.strip():
                        yield line
        except ValueError:
            raise self.failures.nonsense("a line that has no end") from None
        if (last := lines.finish()).strip():
            yield last


async def beginning(pieces: AsyncIterator[bytes], most_bytes: int) -> bytes:
    """The first bytes of a body; no more than a piece beyond them is read."""
    body = bytearray()
    async for piece in pieces:
        body += piece
        if len(body) >= most_bytes:
            break
    return bytes(body[:most_bytes])
