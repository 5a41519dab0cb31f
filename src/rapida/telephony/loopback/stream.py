"""The loopback carrier's stream: text messages, each a JSON object with one key that says what it is.

`start`, `sound`, `key`, `played` and `stop` come in; `play`, `mark` and `clear` go out.
"""

from __future__ import annotations

from binascii import b2a_base64
from typing import Any

import msgspec
from msgspec import Struct

from ...errors import WireError
from ..stream import LegListener, StreamStart


class _Start(Struct):
    """Whose stream it is."""

    account: str
    call: str
    stream: str
    parameters: dict[str, str] = {}


class _Sound(Struct):
    """What the caller said from `at_ms` of the carrier's timeline on: mu-law 8 kHz, as base64 in JSON."""

    ulaw: bytes
    at_ms: int


class _Message(Struct):
    """One message; exactly one of these is set."""

    start: _Start | None = None
    sound: _Sound | None = None
    key: str | None = None
    played: str | None = None
    stop: bool = False


_decoder = msgspec.json.Decoder(_Message)


class LoopbackStream:
    """A `Codec`. It refuses the stream of another call or account; "" = of any call."""

    def __init__(self, call_id: str = "", account_id: str = "") -> None:
        self._call_id = call_id
        self._account_id = account_id
        self._started = False

    def receive(self, message: bytes | memoryview, listener: LegListener) -> None:
        """Decode one message and call the listener. Raises `WireError`."""
        try:
            told = _decoder.decode(message)
        except msgspec.MsgspecError:
            raise WireError("a message that is none of this carrier's") from None
        if told.start is not None:
            self._start(told.start, listener)
        elif not self._started:
            raise WireError("a stream begins with its start")
        elif told.sound is not None:
            listener.on_media(told.sound.at_ms, told.sound.ulaw)
        elif told.key is not None:
            listener.on_digit(told.key)
        elif told.played is not None:
            listener.on_mark(told.played)
        elif told.stop:
            listener.on_stop()

    def _start(self, start: _Start, listener: LegListener) -> None:
        if self._call_id not in ("", start.call) or self._account_id not in ("", start.account):
            raise WireError("the stream is of another call")
        self._started = True
        listener.on_start(StreamStart(start.stream, start.call, start.account, parameters=start.parameters))

    def media(self, ulaw: bytes) -> bytes:
        return b'{"play":"' + b2a_base64(ulaw, newline=False) + b'"}'

    def mark(self, name: str) -> bytes:
        return _text({"mark": name})

    def clear(self) -> bytes:
        return _text({"clear": True})


def _text(told: dict[str, Any]) -> bytes:
    return msgspec.json.encode(told)
