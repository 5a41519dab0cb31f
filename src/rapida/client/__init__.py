"""A typed client of the API, for code that waits and for asyncio.

    with Client("http://localhost:8080", key) as api:
        for call in api.conversations.iterate(status="ended"):
            print(call.id, call.end_reason)

It imports nothing of the server: httpx and msgspec are all it needs. Its shapes and operations are generated
from the server's own OpenAPI document.
"""

from __future__ import annotations

import os
from types import TracebackType

import httpx

from .connection import AsyncConnection, Connection, LiveEvent
from .error import ApiError
from .generated import AsyncSubjects, Subjects
from .generated.sign_in_shapes import Login, Me

__all__ = ["ApiError", "AsyncClient", "Client", "LiveEvent"]

KEY_VARIABLE = "RAPIDA_API_KEY"


def _headers(key: str | None, project: int | None) -> dict[str, str]:
    """Who asks. Without a key, one of the environment, else nobody: a person signs in."""
    known = os.environ.get(KEY_VARIABLE, "") if key is None else key
    headers = {"authorization": f"Bearer {known}"} if known else {}
    return headers if project is None else {**headers, "x-rapida-project": str(project)}


def _signed_in(me: Me, url: httpx.URL) -> dict[str, str]:
    """What a person's requests carry beside the cookie."""
    origin = f"{url.scheme}://{url.netloc.decode()}"
    return {"x-csrf-token": me.csrf_token or "", "origin": origin}


class Client(Subjects):
    """A server's API. `key` is an API key; left out, it is RAPIDA_API_KEY's. Every method raises `ApiError`.

    `project` is for people of several: the one meant. `transport` is httpx', for tests and proxies.
    """

    def __init__(
        self,
        url: str = "http://127.0.0.1:8080",
        key: str | None = None,
        *,
        project: int | None = None,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self.connection = Connection(url, _headers(key, project), transport)
        super().__init__(self.connection)

    def log_in(self, email: str, password: str) -> Me:
        """Sign in as a person: what reaches beyond one project is not for API keys."""
        me = self.sign_in.login(Login(email=email, password=password))
        self.connection.http.headers.update(_signed_in(me, self.connection.http.base_url))
        return me

    def close(self) -> None:
        """Let the connections go."""
        self.connection.http.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class AsyncClient(AsyncSubjects):
    """The same for asyncio: `async with AsyncClient(url, key) as api`."""

    def __init__(
        self,
        url: str = "http://127.0.0.1:8080",
        key: str | None = None,
        *,
        project: int | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self.connection = AsyncConnection(url, _headers(key, project), transport)
        super().__init__(self.connection)

    async def log_in(self, email: str, password: str) -> Me:
        """Sign in as a person: what reaches beyond one project is not for API keys."""
        me = await self.sign_in.login(Login(email=email, password=password))
        self.connection.http.headers.update(_signed_in(me, self.connection.http.base_url))
        return me

    async def aclose(self) -> None:
        """Let the connections go."""
        await self.connection.http.aclose()

    async def __aenter__(self) -> AsyncClient:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()
