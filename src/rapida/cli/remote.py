"""Asking a running server's API from a terminal: with a key, over HTTP, like any other client.

What goes wrong is a `ConfigurationError` in the server's own sentence.
"""

from __future__ import annotations

from typing import Annotated, Any

import httpx
import typer

from ..errors import ConfigurationError
from ..settings import load
from ..settings_read import url as read_url
from . import profiles
from .addresses import find

TIMEOUT_S = 30.0
"""Longer than a server that asks its carrier at once takes to hear from it."""

KeyOption = Annotated[str, typer.Option(envvar="RAPIDA_API_KEY", help="An API key of its project.")]
UrlOption = Annotated[
    str, typer.Option(help="The server, as http://HOST:PORT; this data directory's if left out.")
]


def connected(url: str, key: str) -> httpx.Client:
    """A client of the server that --url names, else of this data directory's; plain HTTP goes without saying.

    Raises `ConfigurationError`.
    """
    server, whose = server_and_key(url, key)
    return httpx.Client(base_url=server, headers={"authorization": f"Bearer {whose}"}, timeout=TIMEOUT_S)


def server_and_key(url: str, key: str) -> tuple[str, str]:
    """Whom to ask and with which key: what --url names, else a profile, else this data directory's server.

    A profile's key goes before one of the environment. Raises `ConfigurationError`.
    """
    profile = None if url else profiles.chosen()
    if profile is not None:
        key = profile.key or key
    if not key:
        raise ConfigurationError("there is no API key: set RAPIDA_API_KEY to one (`rapida keys create`)")
    if profile is not None:
        return profile.url, key
    named = url if "://" in url else f"http://{url}"
    return (read_url("--url", named) if url else f"http://{find(load())}"), key


def asked(client: httpx.Client, method: str, path: str, **more: Any) -> dict[str, Any]:
    """The answer's content. Raises `ConfigurationError` with the server's own sentence."""
    return answered(client, method, path, **more).json()


def pages(client: httpx.Client, path: str, wanted: dict[str, Any]) -> list[dict[str, Any]]:
    """Every item of a list, page by page. Raises `ConfigurationError`."""
    found: list[dict[str, Any]] = []
    cursor: str | None = ""
    while cursor is not None:
        page = asked(
            client, "GET", path, params=wanted | {"limit": 100} | ({"cursor": cursor} if cursor else {})
        )
        found += page["items"]
        cursor = page["next_cursor"]
    return found


def answered(client: httpx.Client, method: str, path: str, **more: Any) -> httpx.Response:
    """The answer, which is no error. Raises `ConfigurationError` with the server's own sentence."""
    try:
        answer = client.request(method, path, **more)
    except httpx.HTTPError as wrong:
        raise ConfigurationError(
            f"no server answers at {client.base_url} ({type(wrong).__name__}): start it with `rapida serve` "
            "in this directory, or name the one that runs with --url"
        ) from wrong
    if answer.is_error:
        raise ConfigurationError(_sentence(answer))
    return answer


def _sentence(answer: httpx.Response) -> str:
    try:
        return str(answer.json()["detail"])
    except (ValueError, KeyError):
        return f"the server answers with HTTP {answer.status_code}"
