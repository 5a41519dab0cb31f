"""Twilio's Media Streams messages: text frames in → calls on a listener; sound, marks, clears → text frames.

It decides whether a message keeps the protocol; what follows from a broken one is the socket's affair. What
it reads may vary (numbers as text or numbers, any key order, any frame length, unknown events and fields);
what it sends is exactly the documented fields, because Twilio answers an extra one with warning 31951.
Messages: https://www.twilio.com/docs/voice/media-streams/websocket-messages
"""

from __future__ import annotations

from binascii import b2a_base64
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta, Struct

from ...errors import WireError
from ..stream import LegListener, StreamStart

MAX_MESSAGE_BYTES: Final = 64 * 1024
"""Far above Twilio's longest message, the start with all of its parameters."""
DIGITS: Final = frozenset("0123456789*#ABCD")
ENCODING: Final = "audio/x-mulaw"
RATE_HZ: Final = 8000
"""The only rate that Twilio's media streams have."""

_UNADDRESSED: Final = "a stream has no address before its start message"
_NOT_JSON: Final = 1003
"""Unsupported data (RFC 6455, 7.4.1)."""
_TOO_LONG: Final = 1009
"""A message that is too big to process (RFC 6455, 7.4.1)."""


class _Message(Struct, tag_field="event", gc=False):
    """What every message may carry. Fields nobody needs (sequenceNumber, chunk, …) are skipped unread."""


class _Connected(_Message, tag="connected", gc=False):
    pass


class _Format(Struct, gc=False, rename="camel"):
    encoding: str = ENCODING
    sample_rate: int = RATE_HZ
    channels: int = 1


class _Start(Struct, rename="camel"):
    call_sid: str
    account_sid: str
    stream_sid: str = ""
    media_format: _Format | None = None
    custom_parameters: dict[str, str | int | float | bool | None] | None = None


class _Started(_Message, tag="start", rename="camel"):
    start: _Start
    stream_sid: str = ""


class _Media(Struct, gc=False):
    payload: bytes
    timestamp: Annotated[int, Meta(ge=0, le=2**53)]
    track: str = "inbound"


class _Sound(_Message, tag="media", gc=False, rename="camel"):
    media: _Media
    stream_sid: str = ""


class _Dtmf(Struct, gc=False):
    digit: str | int


class _Key(_Message, tag="dtmf", gc=False, rename="camel"):
    dtmf: _Dtmf
    stream_sid: str = ""


class _Mark(Struct, gc=False):
    name: str


class _Marked(_Message, tag="mark", gc=False, rename="camel"):
    mark: _Mark
    stream_sid: str = ""


class _Stopped(_Message, tag="stop", gc=False, rename="camel"):
    stream_sid: str = ""


class _Event(Struct, gc=False):
    event: str


# Lax: Twilio writes most numbers as JSON strings, and may one day not.
_decode = msgspec.json.Decoder(
    _Connected | _Started | _Sound | _Key | _Marked | _Stopped, strict=False
).decode
_decode_event = msgspec.json.Decoder(_Event).decode
_KNOWN: Final = frozenset({"connected", "start", "media", "dtmf", "mark", "stop"})


class MediaStreams:
    """One stream's `Codec`. Give it the Sids that the stream's webhook proved, to refuse any other call."""

    __slots__ = ("_account_id", "_call_id", "_clear", "_mark_head", "_media_head", "_stopped", "_stream_id")

    def __init__(self, call_id: str = "", account_id: str = "") -> None:
        self._call_id = call_id
        self._account_id = account_id
        self._stream_id = ""
        self._stopped = False
        self._media_head = self._mark_head = self._clear = b""

    def receive(self, message: bytes | memoryview, listener: LegListener) -> None:
        """Decode one text message and call the listener; nothing is said after `stop`.

        Raises `WireError` and nothing else (but what the listener itself raises).
        """
        if len(message) > MAX_MESSAGE_BYTES:
            raise WireError(f"a message of {len(message)} bytes: at most {MAX_MESSAGE_BYTES}", _TOO_LONG)
        try:
            told = _decode(message)
        except msgspec.ValidationError as wrong:
            if _unknown_event(message):
                return
            raise WireError(f"a message that is no Media Streams message: {wrong}") from None
        except (ValueError, RecursionError) as wrong:  # malformed JSON, broken UTF-8, absurd nesting
            raise WireError(f"a message that is not JSON: {wrong}", _NOT_JSON) from None
        if type(told) is _Sound:
            if told.stream_sid != self._stream_id or not told.stream_sid:
                self._same_stream("media", told.stream_sid)
            sound = told.media
            if sound.payload and sound.track == "inbound" and not self._stopped:
                listener.on_media(sound.timestamp, sound.payload)
        elif not self._stopped:
            self._receive_rarer(told, listener)

    def _receive_rarer(
        self, told: _Connected | _Started | _Sound | _Key | _Marked | _Stopped, listener: LegListener
    ) -> None:
        match told:
            case _Started():
                listener.on_start(self._begin(told))
            case _Key():
                self._same_stream("dtmf", told.stream_sid)
                digit = str(told.dtmf.digit)
                if digit not in DIGITS:
                    raise WireError("a dtmf message whose digit is none")
                listener.on_digit(digit)
            case _Marked():
                self._same_stream("mark", told.stream_sid)
                listener.on_mark(told.mark.name)
            case _Stopped():
                self._same_stream("stop", told.stream_sid)
                self._stopped = True
                listener.on_stop()
            case _:  # `connected` says nothing that `start` does not
                pass

    def _same_stream(self, event: str, stream_id: str) -> None:
        if not self._stream_id:
            raise WireError(f"a {event} message before start")
        if stream_id not in (self._stream_id, ""):
            raise WireError(f"a {event} message of another stream")

    def _begin(self, told: _Started) -> StreamStart:
        start, form = told.start, told.start.media_format or _Format()
        stream_id = told.stream_sid or start.stream_sid
        if self._stream_id:
            raise WireError("a second start message")
        if not stream_id or start.stream_sid not in ("", stream_id):
            raise WireError("a start message without one streamSid")
        if self._call_id not in ("", start.call_sid) or self._account_id not in ("", start.account_sid):
            raise WireError("the stream belongs to another call than the one its webhook announced")
        if (form.encoding.lower(), form.sample_rate, form.channels) != (ENCODING, RATE_HZ, 1):
            raise WireError(
                f"the stream brings {form.encoding[:40]!r} at {form.sample_rate} Hz in {form.channels} "
                f"channel(s); only mono {ENCODING} at {RATE_HZ} Hz is served"
            )
        self._address(stream_id)
        return StreamStart(
            stream_id=stream_id,
            call_id=start.call_sid,
            account_id=start.account_sid,
            encoding=ENCODING,
            rate_hz=form.sample_rate,
            channels=form.channels,
            parameters={name: _text(value) for name, value in (start.custom_parameters or {}).items()},
        )

    def _address(self, stream_id: str) -> None:
        """Prebuild what precedes the only part of each message that differs."""
        self._stream_id = stream_id
        to = b',"streamSid":' + msgspec.json.encode(stream_id)
        self._media_head = b'{"event":"media"' + to + b',"media":{"payload":"'
        self._mark_head = b'{"event":"mark"' + to + b',"mark":{"name":'
        self._clear = b'{"event":"clear"' + to + b"}"

    def media(self, ulaw: bytes) -> bytes:
        """The message that queues mu-law 8 kHz sound. Before `start` a stream cannot be spoken to: a bug."""
        if not self._media_head:
            raise RuntimeError(_UNADDRESSED)
        return self._media_head + b2a_base64(ulaw, newline=False) + b'"}}'

    def mark(self, name: str) -> bytes:
        """The message that asks for `name` (not empty: 31951) back."""
        if not self._mark_head:
            raise RuntimeError(_UNADDRESSED)
        return self._mark_head + msgspec.json.encode(name) + b"}}"

    def clear(self) -> bytes:
        """The message that empties the phone's buffer."""
        if not self._clear:
            raise RuntimeError(_UNADDRESSED)
        return self._clear


def _unknown_event(message: bytes | memoryview) -> bool:
    """Whether a message that fits no known shape is of an event we have never heard of."""
    try:
        return _decode_event(message).event not in _KNOWN
    except (ValueError, RecursionError):
        return False


def _text(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
