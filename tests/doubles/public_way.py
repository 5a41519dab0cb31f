"""A public name that leads to a server of this machine: in place of DNS, and of the proxy that has the
certificate.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from rapida.workspace import public_name


@contextmanager
def open_way(host: str, address: str) -> Iterator[None]:
    """What asks `https://host` is answered by `address` while the block lasts; other names stay."""
    asked = public_name.asked

    async def through(
        url: str, headers: Mapping[str, str] | None = None, body: bytes | None = None
    ) -> httpx.Response | str:
        base = f"https://{host}"
        if not url.startswith(base):
            return await asked(url, headers, body)
        return await asked(
            f"http://{address}{url.removeprefix(base)}", {**(headers or {}), "host": host}, body
        )

    known = socket.getaddrinfo

    def found(name: Any, *more: Any, **options: Any) -> Any:
        return known("127.0.0.1" if name == host else name, *more, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(public_name, "asked", through)
        patch.setattr(socket, "getaddrinfo", found)
        yield
