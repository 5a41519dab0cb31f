"""The door of the media sockets: a WebSocket upgrade, and the decision on it.

The sockets ask through `Admit`; who decides, and on what grounds, they do not know.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from .stream import Codec, LegListener, TellingLeg


@dataclass(frozen=True)
class Handshake:
    """A WebSocket upgrade request: the path as it came (no query), and headers with lower-case names."""

    path: str
    query: str
    headers: Mapping[str, str]
    address: str = ""
    """Where it came from."""


@dataclass(frozen=True)
class Refusal:
    """The upgrade is answered with an HTTP error and no socket. `status`: 400, 403, 404, 409, 410, 503."""

    status: int
    reason: str
    why: str = ""
    """What only the log is told, where `reason` must not say more."""
    url: str = ""
    """The address that the handshake was proved against."""


@dataclass(frozen=True)
class Admission:
    """The upgrade is granted: the codec of this stream, and who answers once the socket is up."""

    codec: Codec
    answer: Callable[[TellingLeg], LegListener]


Admit = Callable[[Handshake], Awaitable[Admission | Refusal]]
"""Decides on an upgrade; may ask the database; bounded by the caller to two seconds."""
