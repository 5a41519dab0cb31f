"""The media stream of one call: what is played on it, and what is heard from it.

The engine speaks to a `Leg` and is spoken to through a `LegListener`. Both are synchronous, because a frame
of sound cannot wait. A carrier's own messages stay behind its `Codec`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable


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


class TellingLeg(Leg, Protocol):
    """A leg on whose socket one can also send a message of one's own, to an end that reads it."""

    def tell(self, message: bytes) -> None:
        """Send one text message behind everything sent before."""
        ...


class LegListener(Protocol):
    """The incoming half: called in order, on the event loop, never concurrently, never awaited."""

    def on_start(self, start: StreamStart) -> None: ...

    def on_media(self, position_ms: int, ulaw: bytes) -> None:
        """Caller sound that *begins* at `position_ms` of the carrier's timeline; any length."""
        ...

    def on_digit(self, digit: str) -> None: ...

    def on_text(self, text: str) -> None:
        """A line that was typed in place of being said; telephones send none."""
        ...

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


@runtime_checkable
class BinaryCodec(Codec, Protocol):
    """The codec of a stream whose sound travels as binary messages: `media` makes such a one."""

    def receive_sound(self, message: bytes, listener: LegListener) -> None:
        """Decode one binary message and call the listener. Raises `WireError`."""
        ...
