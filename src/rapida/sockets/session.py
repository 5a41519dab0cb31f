"""One admitted media socket: what its messages, its silences and its faults lead to, whatever carries it.

It feeds the carrier's codec, gives the call its `Leg`, and decides with which code a socket is closed and
how that is counted. It does no I/O: the shells (`picows`, and `asgi` on any ASGI server) bring messages and
deadlines in and perform `send` and `close`. Per frame of sound it adds one call and no await, because what
hears a message is bound anew when it changes, rather than asked for each time:

    MediaSession._receive    the codec's `receive`          → once the socket is closing, `_ignore`
    MediaSession._listener   `_UntilStart`                  → from `start` on, what the admission answered
    that one's on_media      `EarlyListener`, which keeps   → from `hand_over` on, the call's `Runner`
    Runner.on_mark           the pacer's `marked`, from the first byte on
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Protocol

import structlog

from ..errors import WireError
from ..telemetry.refusals import Refused
from ..telephony.door import Admission
from ..telephony.stream import BinaryCodec, Codec, LegListener, StreamStart

MAX_MESSAGE_BYTES: Final = 64 * 1024
"""Far above a carrier's longest message, the start with all of its parameters; a longer one is not kept."""
MAX_BACKLOG_BYTES: Final = 1024 * 1024
"""More unsent sound than this (≈ 70 s of it, base64) and nobody is reading at the other end."""
START_WITHIN_S: Final = 5.0
"""How long a socket may stay without its start message: a carrier sends it at once."""
CLOSE_WITHIN_S: Final = 2.0
"""How long a closed socket may take to answer the close frame before it is cut."""

# Close codes (RFC 6455, 7.4.1).
NORMAL, UNSUPPORTED, ABNORMAL, VIOLATION, TOO_LONG, OUR_FAULT = 1000, 1003, 1006, 1008, 1009, 1011

_log = structlog.get_logger(__name__)


@dataclass
class WireCounts:
    """What happened on the media sockets since start; read by telemetry, written on the event loop only."""

    open: int = 0
    """Sockets that are up now."""
    opened: int = 0
    refused: dict[int, int] = field(default_factory=dict[int, int])
    """Upgrades answered with an HTTP error, by status."""
    abandoned: int = 0
    """Callers that were gone when the decision was made."""
    closed: dict[int, int] = field(default_factory=dict[int, int])
    """By the close code that ended them (1006 = none came)."""
    binary: int = 0
    too_long: int = 0
    malformed: int = 0
    """Messages that were no JSON."""
    violations: int = 0
    """Messages or frames that broke the carrier's or the WebSocket protocol."""
    unstarted: int = 0
    """Sockets that sent no `start` in time."""
    stalls: int = 0
    """Times the unsent sound passed the transport's high-water mark."""
    overflows: int = 0
    """Sockets cut because they did not read."""
    faults: int = 0
    """Bugs of ours that ended a socket with 1011."""

    tell: Callable[[Refused], None] = field(default=lambda refused: None, compare=False)
    """Told of each refused upgrade."""

    def refuse(self, status: int) -> None:
        """Count a refused upgrade."""
        self.refused[status] = self.refused.get(status, 0) + 1


class Wire(Protocol):
    """What a shell does for its session. None of it raises."""

    def send(self, message: bytes, then: bytes = b"") -> None:
        """Send one text message, and if it is not empty a second one right behind it."""
        ...

    def send_binary(self, message: bytes) -> None:
        """Send one binary message."""
        ...

    def close(self, code: int, reason: str) -> None:
        """Send what is unsent, then a close frame; cut the socket if no answer comes."""
        ...

    def cut(self) -> None:
        """Drop the connection and what is unsent."""
        ...

    def backlog(self) -> int:
        """Bytes handed over and not yet taken by the kernel."""
        ...


class TimerHandle(Protocol):
    def cancel(self) -> None: ...


CallLater = Callable[[float, Callable[[], None]], TimerHandle]


class MediaSession:
    """The socket's life: `opened`, then messages, then `lost` exactly once (calls after it do nothing)."""

    __slots__ = (
        "_admission",
        "_answered",
        "_call_later",
        "_close_code",
        "_counts",
        "_listener",
        "_lost",
        "_overdue",
        "_receive",
        "_receive_sound",
        "_stalled",
        "_start_within_s",
        "_wire",
        "closing",
    )

    def __init__(
        self,
        admission: Admission,
        wire: Wire,
        counts: WireCounts,
        call_later: CallLater,
        start_within_s: float = START_WITHIN_S,
    ) -> None:
        self._admission = admission
        self._wire = wire
        self._counts = counts
        codec = admission.codec
        self._receive = codec.receive
        self._receive_sound = codec.receive_sound if isinstance(codec, BinaryCodec) else None
        self._listener: LegListener
        self._answered: LegListener | None = None
        self._call_later = call_later
        self._start_within_s = start_within_s
        self._overdue: TimerHandle | None = None
        self.closing = False
        """Nothing is sent any more."""
        self._close_code = ABNORMAL
        self._stalled = False
        self._lost = False

    def opened(self) -> None:
        """The handshake is done: someone answers, and may speak from now on."""
        self._counts.open += 1
        self._counts.opened += 1
        self._overdue = self._call_later(self._start_within_s, self._no_start)
        try:
            self._answered = self._admission.answer(SocketLeg(self._admission.codec, self))
        except Exception:  # noqa: BLE001
            # We are called by the shared shell: a bug in beginning one call must not reach other sockets.
            _log.exception("leg_broken_at_start")
            self._fault()
            return
        self._listener = _UntilStart(self._answered, self._started)

    # What arrives -------------------------------------------------------------------------------------------

    def text(self, message: bytes | memoryview) -> None:
        """One whole text message; a memoryview need only live until this returns."""
        try:
            self._receive(message, self._listener)
        except Exception as broken:  # noqa: BLE001
            self._broken(broken)

    def binary(self, message: bytes) -> None:
        """One whole binary message, which only some streams have; carriers speak text."""
        if self.closing:
            return
        if self._receive_sound is None:
            self._counts.binary += 1
            self.close(UNSUPPORTED, "binary messages are not understood")
            return
        try:
            self._receive_sound(message, self._listener)
        except Exception as broken:  # noqa: BLE001
            self._broken(broken)

    def _broken(self, broken: Exception) -> None:
        """What a message led to: a breach of the protocol, or a bug, which must not reach other sockets."""
        if isinstance(broken, WireError):
            self._count_breach(broken.close_code)
            self.close(broken.close_code, str(broken))
        else:
            # The close code tells the other end that it was not at fault.
            _log.error("media_socket_broken", exc_info=broken)
            self._fault()

    def too_long(self) -> None:
        """A message passed `MAX_MESSAGE_BYTES` before it was whole."""
        if not self.closing:
            self._counts.too_long += 1
            self.close(TOO_LONG, f"a message may have {MAX_MESSAGE_BYTES} bytes")

    def parser_closed(self, code: int) -> None:
        """The WebSocket parser refused a frame and has itself sent a close frame with `code`."""
        if not self.closing:
            self._count_breach(code)
            self._end(code)

    def peer_closed(self, code: int) -> None:
        """The other end closed; 1005 when it gave no code."""
        if not self.closing:
            self._end(code)

    def lost(self) -> None:
        """The socket is gone: tell the listener, once, with the first close code that either side sent."""
        if self._lost:
            return
        self._end(self._close_code)
        self._lost = True
        self._counts.open -= 1
        self._counts.closed[self._close_code] = self._counts.closed.get(self._close_code, 0) + 1
        if self._answered is not None:
            self._answered.on_closed(self._close_code)

    # What leaves --------------------------------------------------------------------------------------------

    def send(self, message: bytes, then: bytes = b"") -> None:
        """Send one message, or two; the socket is not closing."""
        if self._stalled and self._wire.backlog() > MAX_BACKLOG_BYTES:
            self._overflow()
            return
        self._wire.send(message, then)

    def _overflow(self) -> None:
        self._counts.overflows += 1
        self._end(ABNORMAL)
        self._wire.cut()

    def send_sound(self, message: bytes, then: bytes = b"") -> None:
        """Send a binary message, and behind it a text message if there is one."""
        if self._stalled and self._wire.backlog() > MAX_BACKLOG_BYTES:
            self._overflow()
            return
        self._wire.send_binary(message)
        if then:
            self._wire.send(then)

    def write_paused(self) -> None:
        """The unsent sound passed the high-water mark: the phone, or the way to it, is not reading."""
        self._stalled = True
        self._counts.stalls += 1

    def write_resumed(self) -> None:
        """The unsent sound is back under the low-water mark."""
        self._stalled = False

    def close(self, code: int, reason: str) -> None:
        """Close the socket; what still arrives is not looked at."""
        if not self.closing:
            self._end(code)
            self._wire.close(code, _short(reason))

    # Inside -------------------------------------------------------------------------------------------------

    def _started(self, start: StreamStart, listener: LegListener) -> None:
        self._expect_start_no_more()
        self._listener = listener
        listener.on_start(start)

    def _no_start(self) -> None:
        if not self.closing:
            self._counts.unstarted += 1
            self.close(VIOLATION, "no start message came")

    def _fault(self) -> None:
        self._counts.faults += 1
        self.close(OUR_FAULT, "")

    def _count_breach(self, code: int) -> None:
        if code == TOO_LONG:
            self._counts.too_long += 1
        elif code == UNSUPPORTED:
            self._counts.malformed += 1
        else:
            self._counts.violations += 1

    def _end(self, code: int) -> None:
        if not self.closing:
            self.closing = True
            self._close_code = code
            self._receive = _ignore
            self._expect_start_no_more()

    def _expect_start_no_more(self) -> None:
        if self._overdue is not None:
            self._overdue.cancel()
            self._overdue = None


class SocketLeg:
    """The `Leg` over a media socket: encodes with the carrier's codec, never raises once it is closed."""

    __slots__ = ("_codec", "_send_sound", "_session")

    def __init__(self, codec: Codec, session: MediaSession) -> None:
        self._codec = codec
        self._session = session
        self._send_sound = session.send_sound if isinstance(codec, BinaryCodec) else session.send

    def play(self, ulaw: bytes, mark: str = "") -> None:
        if ulaw and not self._session.closing:
            codec = self._codec
            self._send_sound(codec.media(ulaw), codec.mark(mark) if mark else b"")

    def mark(self, name: str) -> None:
        if not self._session.closing:
            self._session.send(self._codec.mark(name))

    def clear(self) -> None:
        if not self._session.closing:
            self._session.send(self._codec.clear())

    def tell(self, message: bytes) -> None:
        if not self._session.closing:
            self._session.send(message)

    def close(self, code: int = NORMAL, reason: str = "") -> None:
        self._session.close(code, reason)


class _UntilStart:
    """The listener's stand-in until `start` has come, so that nothing need be asked per frame after it."""

    def __init__(self, listener: LegListener, started: Callable[[StreamStart, LegListener], None]) -> None:
        self._started = started
        self._listener = listener
        self.on_media = listener.on_media
        self.on_digit = listener.on_digit
        self.on_text = listener.on_text
        self.on_mark = listener.on_mark
        self.on_stop = listener.on_stop
        self.on_closed = listener.on_closed

    def on_start(self, start: StreamStart) -> None:
        self._started(start, self._listener)


def _ignore(message: bytes | memoryview, listener: LegListener) -> None:
    """What a closing socket does with messages."""


def _short(reason: str) -> str:
    """A close frame has room for 123 bytes of reason (RFC 6455 §5.5)."""
    return reason.encode()[:123].decode(errors="ignore")
