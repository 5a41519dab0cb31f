"""Addresses as people write them into options: what may stand there, and where a secret sent there would go.

Pure: no name is looked up. Whether a host may be asked at all is decided in `outgoing`.
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urlsplit

import httpx

from ..errors import ConfigurationError

HTTP: Final = ("http", "https")
WEBSOCKET: Final = ("ws", "wss")
_SHAPE: Final = re.compile(r"([a-z]+)://[^/\\@?#{}\s]+([/?][^@#\s]*)?")
"""Scheme, a plain host, then a path or query: no user, no key before an `@`, no fragment."""
_WEBSOCKET: Final = re.compile(r"^ws(?=s?://)", re.IGNORECASE)


def is_address(url: str, schemes: tuple[str, ...] = HTTP) -> bool:
    """Whether a text is an address with one of these schemes and a plain host."""
    found = _SHAPE.fullmatch(url)
    if found is None or found[1] not in schemes:
        return False
    try:
        return bool(httpx.URL(url).host)
    except httpx.InvalidURL:
        return False


def check_base_url(provider: str, url: str, example: str) -> None:
    """Hold a `base_url` to the rules: an address like `example`, with no key in it.

    Raises `ConfigurationError`, which does not repeat an address that may hold a key.
    """
    if "@" in url or "?" in url:
        raise ConfigurationError(
            f"{provider}: base_url may hold no key or query: keys belong into the credential: "
            f"write it like {example}"
        )
    schemes = WEBSOCKET if example.startswith("ws") else HTTP
    if not is_address(url, schemes):
        raise ConfigurationError(f"{provider}: base_url {url!r} is no address: write it like {example}")


def origin(url: str) -> tuple[str, str]:
    """Scheme and host; ("", "") for what is no address.

    A WebSocket begins as an HTTP request with the secret in it, and goes to the same host.
    """
    try:
        parts = urlsplit(_WEBSOCKET.sub("http", url))
    except ValueError:
        return "", ""
    return parts.scheme.lower(), parts.netloc.lower()
