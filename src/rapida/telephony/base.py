"""What a carrier is to the rest of the house: two half-duplex faces, a door, and a hand on its calls.

The engine speaks to a `Leg` and is spoken to through a `LegListener`; both are synchronous, because a frame
of sound waits for nobody. A carrier's own messages stay behind its `Codec`. `Carrier` places, ends and hands
over calls from outside their stream.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol

from ..errors import ProviderRefused


class NoSuchCall(ProviderRefused):
    """The carrier knows no call of this name in this account."""


@dataclass(frozen=True)
class StreamStart:
    """What the carrier said about the stream it opened."""

    stream_id: str
    call_id: str
    account_id: str
    encoding: str = "audio/x-mulaw"
    rate_hz: int = 8000
    channels: int = 1
    parameters: Mapping[str, str] = field(default_factory=dict[str, str])


class Leg(Protocol):
    """The outgoing half of one call's stream. Sending to a closed leg does nothing."""

    def play(self, ulaw: bytes, mark: str = "") -> None:
        """Queue mu-law 8 kHz sound at the phone, and if it has a name a `mark` right behind it."""
        ...

    def mark(self, name: str) -> None:
        """Ask for `name` back when everything queued before it has been played."""
        ...

    def clear(self) -> None:
        """Empty the phone's buffer; its marks come back at once."""
        ...

    def close(self, code: int = 1000, reason: str = "") -> None:
        """Close the stream's socket; further calls do nothing."""
        ...


class LegListener(Protocol):
    """The incoming half: called in order, on the event loop, never concurrently, never awaited."""

    def on_start(self, start: StreamStart) -> None: ...

    def on_media(self, position_ms: int, ulaw: bytes) -> None:
        """Caller sound that *begins* at `position_ms` of the carrier's timeline; any length."""
        ...

    def on_digit(self, digit: str) -> None: ...

    def on_mark(self, name: str) -> None: ...

    def on_stop(self) -> None: ...

    def on_closed(self, code: int) -> None:
        """The socket is gone, exactly once, after everything else. 1006 = no close frame came."""
        ...


class Codec(Protocol):
    """One stream's wire format, sans-I/O: bytes in → calls on a listener; orders → bytes out."""

    def receive(self, message: bytes | memoryview, listener: LegListener) -> None:
        """Decode one text message and call the listener. Raises `WireError`."""
        ...

    def media(self, ulaw: bytes) -> bytes: ...

    def mark(self, name: str) -> bytes: ...

    def clear(self) -> bytes: ...


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
    answer: Callable[[Leg], LegListener]


Doorkeeper = Callable[[Handshake], Awaitable[Admission | Refusal]]
"""Decides on an upgrade; may ask the database; bounded by the caller to two seconds."""


@dataclass(frozen=True)
class Dial:
    """A call to be placed. Numbers are E.164 (or what else the carrier can call: `sip:`, `client:`)."""

    to_number: str
    from_number: str
    document: str
    """What the carrier shall do when the call is answered, in its own language (TwiML)."""
    status_url: str
    """Where every change of the call is reported, the answering machine's verdict included."""
    ring_s: int = 60
    detect_machine: Literal["no", "fast", "greeting_end"] = "no"
    """Whether to find out who answered while the call goes on: at once, or when a greeting has ended."""
    time_limit_s: int = 0
    """After how long the carrier ends the call; 0 = the carrier's own limit."""
    caller_id: str = ""
    """What the callee is shown, where that is not `from_number`; empty = `from_number`."""
    send_digits: str = ""
    """Keys that the carrier sends as soon as the call is taken: an extension. `w` waits for half a
    second, `W` for a whole one; 32 in all."""


@dataclass(frozen=True)
class PlacedCall:
    """A call as its carrier knows it. `status` is the carrier's own word."""

    call_id: str
    status: str
    direction: str
    from_number: str
    to_number: str
    duration_s: int | None = None
    answered_by: str = ""
    created_at: datetime | None = None
    """When the carrier was asked for it, to the second."""


class Carrier(Protocol):
    """One account at a carrier. Everything raises `ProviderError` when the carrier refuses or is away."""

    async def ready(self) -> None:
        """Load whatever the first request would have to load before it could be sent."""
        ...

    async def dial(self, order: Dial) -> PlacedCall:
        """Place a call. After an error that is not `retryable` it may ring: look before dialling again."""
        ...

    async def complete(self, call_id: str) -> None:
        """End a call; one that is over already is ended. Raises `NoSuchCall` too."""
        ...

    async def transfer(self, call_id: str, to: str, caller_id: str) -> None:
        """Connect the caller with another number; the call's stream ends."""
        ...

    async def fetch(self, call_id: str) -> PlacedCall:
        """Look a call up. Raises `NoSuchCall` too."""
        ...

    async def placed_since(self, to_number: str, from_number: str, since: datetime) -> list[PlacedCall]:
        """Calls between two numbers that were placed through this interface since then, newest first."""
        ...

    async def say(self, call_id: str, sentence: str, language: str = "") -> None:
        """Let the carrier itself say a sentence and hang up; the call's stream ends."""
        ...

    async def aclose(self) -> None: ...
