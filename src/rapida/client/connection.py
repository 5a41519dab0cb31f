"""How the client asks: one request as a value, when it is sent again, and the two connections that send it.

A request is sent again only where that cannot do anything twice: it reads, it carries an Idempotency-Key, or
the server never had it (no connection, or 429).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeVar
from urllib.parse import quote
from uuid import uuid4

import httpx
import msgspec

from .error import UNREACHABLE, ApiError, refused

T = TypeVar("T")

TRIES = 3
"""With the waits between them, for about as long as a server takes to restart."""
FIRST_WAIT_S = 0.25
"""Doubled each time; a server that restarts is back within a second or two."""
LONGEST_WAIT_S = 30.0
"""A server that asks for more patience than this is told to the caller instead."""
TIMEOUT_S = 30.0
"""Longer than a server that asks its carrier at once takes to hear from it."""
AWAY = (502, 503, 504)
"""What a server that restarts, or a proxy before it, answers."""


@dataclass
class Ask(Generic[T]):
    """One request. `answer` is the type of what comes back; `safe`: it may be sent twice."""

    method: str
    path: str
    answer: type[T]
    query: Mapping[str, object] = field(default_factory=dict[str, object])
    headers: Mapping[str, str | None] = field(default_factory=dict[str, "str | None"])
    body: object = None
    safe: bool = False

    def parameters(self) -> dict[str, str]:
        """The query as it is sent; what is None is left out."""
        return {name: _text(value) for name, value in self.query.items() if value is not None}

    def sent(self) -> tuple[dict[str, str], bytes | None]:
        """Headers and body."""
        headers = {name: value for name, value in self.headers.items() if value}
        if self.body is None:
            return headers, None
        return {**headers, "content-type": "application/json"}, msgspec.json.encode(self.body)

    def read(self, answer: httpx.Response) -> T:
        """What the server answered. Raises `ApiError`."""
        if answer.is_error:
            raise refused(answer.status_code, dict(answer.headers), answer.content)
        if self.answer is bytes or self.answer is str:
            found: Any = answer.content if self.answer is bytes else answer.text
            return found
        if self.answer is type(None):
            nothing: Any = None
            return nothing
        return msgspec.json.decode(answer.content, type=self.answer)


@dataclass(frozen=True)
class LiveEvent:
    """One server-sent event: its name, its JSON, and the id from which one can go on."""

    name: str
    data: Any
    id: str


def quoted(value: object) -> str:
    """A value as a part of a path."""
    return quote(str(value), safe="")


def new_key() -> str:
    """An Idempotency-Key of its own."""
    return uuid4().hex


def wait_before(number: int, failed: ApiError | httpx.TransportError, *, safe: bool) -> float | None:
    """How long to wait before trying a request again that failed `number` times; None = never."""
    if number >= TRIES:
        return None
    wait_s = FIRST_WAIT_S * 2 ** (number - 1)
    if isinstance(failed, ApiError):
        if failed.status != 429 and not (safe and failed.status in AWAY):
            return None
        wait_s = failed.wait_s if failed.wait_s is not None else wait_s
        return wait_s if wait_s <= LONGEST_WAIT_S else None
    never_sent = isinstance(failed, httpx.ConnectError | httpx.ConnectTimeout)
    return wait_s if safe or never_sent else None


class Connection:
    """To a server, for code that waits."""

    def __init__(self, url: str, headers: Mapping[str, str], transport: httpx.BaseTransport | None) -> None:
        self.http = httpx.Client(base_url=url, headers=dict(headers), timeout=TIMEOUT_S, transport=transport)
        self.sleep: Callable[[float], None] = time.sleep

    def ask(self, wanted: Ask[T]) -> T:
        """Raises `ApiError`."""
        headers, body = wanted.sent()
        number = 0
        while True:
            number += 1
            try:
                answer = self.http.request(
                    wanted.method, wanted.path, params=wanted.parameters(), headers=headers, content=body
                )
                return wanted.read(answer)
            except (ApiError, httpx.TransportError) as failed:
                wait_s = wait_before(number, failed, safe=wanted.safe)
                if wait_s is None:
                    raise _told(failed, self.http.base_url) from failed
            self.sleep(wait_s)

    def parts(self, path: str) -> Iterator[bytes]:
        """A long answer as it comes, such as an export: it is never held whole. Raises `ApiError`."""
        try:
            with self.http.stream("GET", path, timeout=None) as answer:
                if answer.is_error:
                    raise refused(answer.status_code, dict(answer.headers), answer.read())
                yield from answer.iter_bytes()
        except httpx.TransportError as failed:
            raise _told(failed, self.http.base_url) from failed

    def events(self, wanted: Ask[bytes]) -> Iterator[LiveEvent]:
        """Server-sent events until the server or the caller ends. Raises `ApiError`."""
        headers, _ = wanted.sent()
        try:
            with self.http.stream(
                wanted.method, wanted.path, params=wanted.parameters(), headers=headers, timeout=None
            ) as answer:
                if answer.is_error:
                    raise refused(answer.status_code, dict(answer.headers), answer.read())
                reading = _Events()
                for line in answer.iter_lines():
                    yield from reading.take(line)
        except httpx.TransportError as failed:
            raise _told(failed, self.http.base_url) from failed


class AsyncConnection:
    """To a server, for asyncio."""

    def __init__(
        self, url: str, headers: Mapping[str, str], transport: httpx.AsyncBaseTransport | None
    ) -> None:
        self.http = httpx.AsyncClient(
            base_url=url, headers=dict(headers), timeout=TIMEOUT_S, transport=transport
        )
        self.sleep: Callable[[float], Awaitable[None]] = asyncio.sleep

    async def ask(self, wanted: Ask[T]) -> T:
        """Raises `ApiError`."""
        headers, body = wanted.sent()
        number = 0
        while True:
            number += 1
            try:
                answer = await self.http.request(
                    wanted.method, wanted.path, params=wanted.parameters(), headers=headers, content=body
                )
                return wanted.read(answer)
            except (ApiError, httpx.TransportError) as failed:
                wait_s = wait_before(number, failed, safe=wanted.safe)
                if wait_s is None:
                    raise _told(failed, self.http.base_url) from failed
            await self.sleep(wait_s)

    async def events(self, wanted: Ask[bytes]) -> AsyncIterator[LiveEvent]:
        """Server-sent events until the server or the caller ends. Raises `ApiError`."""
        headers, _ = wanted.sent()
        try:
            async with self.http.stream(
                wanted.method, wanted.path, params=wanted.parameters(), headers=headers, timeout=None
            ) as answer:
                if answer.is_error:
                    raise refused(answer.status_code, dict(answer.headers), await answer.aread())
                reading = _Events()
                async for line in answer.aiter_lines():
                    for event in reading.take(line):
                        yield event
        except httpx.TransportError as failed:
            raise _told(failed, self.http.base_url) from failed


class _Events:
    """Reads the lines of a stream of events (https://html.spec.whatwg.org/multipage/server-sent-events.html)."""

    def __init__(self) -> None:
        self._name, self._data, self._id = "message", list[str](), ""

    def take(self, line: str) -> Iterator[LiveEvent]:
        """The event that a line ends, if it does."""
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if not line:
            if self._data:
                yield LiveEvent(self._name, msgspec.json.decode("\n".join(self._data)), self._id)
            self._name, self._data = "message", []
        elif name == "event":
            self._name = value
        elif name == "data":
            self._data.append(value)
        elif name == "id":
            self._id = value


def _told(failed: ApiError | httpx.TransportError, url: httpx.URL) -> ApiError:
    if isinstance(failed, ApiError):
        return failed
    return ApiError(0, UNREACHABLE, f"no server answers at {url} ({type(failed).__name__})")


def _text(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return value.isoformat() if isinstance(value, datetime) else str(value)
