"""One provider's WebSockets: opened where they may go, and opened again after a break.

A stream goes to an address that `outgoing` has looked at, follows no redirection, since the secret would go
along, and fails as one of our two errors. What is said on it is its provider's.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection
from websockets.asyncio.client import connect as _connect
from websockets.exceptions import InvalidHandshake, InvalidStatus

from ..errors import ProviderUnavailable
from . import outgoing
from .http import CONNECT_S, certificates
from .refusals import Failures

CLOSE_S: Final = 0.5
"""How long a closing stream waits for the other side's word: nobody needs it any more."""
LONGEST_WAIT_S: Final = 5.0
"""The longest wait that is granted to a server that asks to be left alone: a caller is speaking meanwhile."""

# At DEBUG the library would write the handshake's headers, and with them the secret.
_wire_log = logging.getLogger("rapida.providers.websocket.wire")
_wire_log.setLevel(logging.WARNING)


async def connect(
    failures: Failures, url: str, headers: Mapping[str, str], *, reason_header: str = ""
) -> ClientConnection:
    """Open a stream. `reason_header`: where the vendor writes why it refuses one, if not in the body.

    Raises `ProviderRefused` (`AddressRefused` for a private host) or `ProviderUnavailable`.
    """
    parts = urlsplit(url)
    port = parts.port or outgoing.DEFAULT_PORTS[parts.scheme]
    more: dict[str, Any] = {"ssl": await certificates()} if parts.scheme == "wss" else {}
    try:
        async with asyncio.timeout(CONNECT_S):
            addresses = await outgoing.policy.resolve(failures.provider, parts.hostname or "", port)
            for address in addresses[:-1]:
                try:
                    return await _opened(url, headers, host=address, port=port, **more)
                except OSError:  # nothing listens there, or no way leads there: the name has another one
                    continue
            return await _opened(url, headers, host=addresses[-1], port=port, **more)
    except InvalidStatus as refused:
        answer = refused.response
        told = answer.headers.get(reason_header, "").encode() or bytes(answer.body)
        raise failures.of_answer(answer.status_code, answer.headers, told) from None
    except TimeoutError:
        raise failures.no_answer() from None
    except (OSError, InvalidHandshake) as wrong:
        raise failures.no_connection(wrong) from None


async def _opened(url: str, headers: Mapping[str, str], **where: Any) -> ClientConnection:
    return await _Straight(
        url,
        proxy=None,
        additional_headers=headers,
        compression=None,
        open_timeout=None,
        close_timeout=CLOSE_S,
        logger=_wire_log,
        **where,
    )


class _Straight(_connect):
    """Opens a stream where it was told to."""

    def process_redirect(self, exc: Exception) -> Exception | str:
        return exc


class Reconnection:
    """When to connect again: at once after the first failure, then after waits that double."""

    def __init__(self, attempts: int, first_wait_s: float) -> None:
        """`attempts`: how many failures in a row are borne. `first_wait_s`: before the second attempt."""
        self._attempts = attempts
        self._first_wait_s = first_wait_s
        self._failures = 0

    def succeeded(self) -> None:
        """The stream works: what failed before counts no more."""
        self._failures = 0

    def wait_s(self, failed: ProviderUnavailable) -> float:
        """How long to wait before the next attempt. Raises `failed` when there were enough of them."""
        self._failures += 1
        if self._failures > self._attempts:
            raise failed
        doubled = 0.0 if self._failures == 1 else self._first_wait_s * 2 ** (self._failures - 2)
        return max(doubled, min(failed.retry_after_s or 0.0, LONGEST_WAIT_S))
