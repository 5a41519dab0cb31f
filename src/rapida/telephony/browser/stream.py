"""The browser's stream: sound as binary messages, all else as JSON text in the shape of the phone's.

A binary message is mu-law at 8 kHz: from the browser whole frames of 160 bytes (20 ms), in order and without
gaps, so that the place of each on the timeline is what came before it; to the browser any length. Text
messages are objects with an `event`: `start`, `dtmf`, `say`, `mark` and `stop` come in, `mark` and `clear` go
out, and whatever its leg is told besides. Sound may also come as the phone sends it, as a `media` message.
docs/talking.md describes it for those who write a page.
"""

from __future__ import annotations

from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct

from ...audio.g711 import FRAME_BYTES, SAMPLES_PER_MS
from ...errors import WireError
from ..stream import LegListener, StreamStart

MOST_FRAMES: Final = 50
"""A message may bring a second of sound: more at once is no conversation."""
MOST_CHARACTERS: Final = 4000
"""Of a typed line: some pages of it, and little of a model's memory."""
KEYS: Final = frozenset("0123456789*#ABCD")
_NOT_JSON: Final = 1003
"""Unsupported data (RFC 6455, 7.4.1)."""


class _Told(Struct, tag_field="event"):
    """What every message carries."""


class _Start(_Told, tag="start"):
    pass


class _Sound(Struct):
    payload: bytes


class _Media(_Told, tag="media"):
    media: _Sound


class _Dtmf(Struct):
    digit: str


class _Key(_Told, tag="dtmf"):
    dtmf: _Dtmf


class _Line(Struct):
    text: Annotated[str, Meta(max_length=MOST_CHARACTERS)]


class _Say(_Told, tag="say"):
    say: _Line


class _Mark(Struct):
    name: str


class _Marked(_Told, tag="mark"):
    mark: _Mark


class _Stop(_Told, tag="stop"):
    pass


_decode = msgspec.json.Decoder(_Start | _Media | _Key | _Say | _Marked | _Stop).decode
_CLEAR: Final = b'{"event":"clear"}'


class BrowserStream:
    """A `BinaryCodec` of one stream, which is its context's and no other's: its address says which."""

    def __init__(self, context_id: str, *, sound: bool = True) -> None:
        """`sound` is false where everything is typed: then sound is refused."""
        self._context_id = context_id
        self._sound = sound
        self._started = self._stopped = False
        self._position_bytes = 0

    def receive(self, message: bytes | memoryview, listener: LegListener) -> None:
        """Decode one text message and call the listener. Raises `WireError`; nothing is said after `stop`."""
        try:
            told = _decode(message)
        except msgspec.ValidationError as wrong:
            raise WireError(f"a message that is none of a browser's: {wrong}") from None
        except (ValueError, RecursionError) as wrong:
            raise WireError(f"a message that is not JSON: {wrong}", _NOT_JSON) from None
        if isinstance(told, _Start):
            self._start(listener)
        elif not self._started:
            raise WireError("a stream begins with its start")
        elif not self._stopped:
            self._hear(told, listener)

    def _hear(self, told: _Media | _Key | _Say | _Marked | _Stop, listener: LegListener) -> None:
        match told:
            case _Media(media=sound):
                self.receive_sound(sound.payload, listener)
            case _Key(dtmf=key):
                if key.digit not in KEYS:
                    raise WireError("a dtmf message whose digit is none of 0-9, *, # and A-D")
                listener.on_digit(key.digit)
            case _Say(say=line):
                if text := " ".join(line.text.split()):
                    listener.on_text(text)
            case _Marked(mark=mark):
                listener.on_mark(mark.name)
            case _Stop():
                self._stopped = True
                listener.on_stop()

    def _start(self, listener: LegListener) -> None:
        if self._started:
            raise WireError("a second start message")
        self._started = True
        listener.on_start(StreamStart(self._context_id, self._context_id, ""))

    def receive_sound(self, message: bytes, listener: LegListener) -> None:
        """Take one message of sound. Raises `WireError` for what is no whole number of frames."""
        if not self._started:
            raise WireError("a stream begins with its start")
        if not self._sound:
            raise WireError("this conversation is in writing: it takes no sound")
        frames, odd = divmod(len(message), FRAME_BYTES)
        if odd or not 0 < frames <= MOST_FRAMES:
            raise WireError(
                f"a message of {len(message)} bytes of sound: write frames of {FRAME_BYTES} bytes, "
                f"{MOST_FRAMES} at most"
            )
        if not self._stopped:
            position_ms = self._position_bytes // SAMPLES_PER_MS
            self._position_bytes += len(message)
            listener.on_media(position_ms, message)

    def media(self, ulaw: bytes) -> bytes:
        """The binary message that is to be played."""
        return ulaw

    def mark(self, name: str) -> bytes:
        """The message that asks for `name` back when all before it has been played."""
        return b'{"event":"mark","mark":{"name":' + msgspec.json.encode(name) + b"}}"

    def clear(self) -> bytes:
        """The message that empties what waits to be played."""
        return _CLEAR
