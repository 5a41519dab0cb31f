"""The messages of a Twilio media stream, as the carrier writes and reads them: no socket, no clock.

Writing follows the captures field by field, numbers as strings included. Reading is as strict as Twilio: a
missing field, an extra one, an unknown type or a foreign stream breaks the protocol (31951), a binary frame
cannot be decoded (31950). This module shares nothing with the server's own codec, so that it can judge it.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from .faults import LineFault


@dataclass(frozen=True)
class StreamFacts:
    """What a stream is: the ids and parameters of its `start` message."""

    account_sid: str
    call_sid: str
    stream_sid: str
    parameters: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True)
class Media:
    """Sound for the caller: mu-law 8 kHz, any length."""

    ulaw: bytes


@dataclass(frozen=True)
class Mark:
    name: str


@dataclass(frozen=True)
class Clear:
    pass


class Writer:
    """Twilio → server: numbers messages and chunks of one stream from 1, as strings."""

    def __init__(self, facts: StreamFacts) -> None:
        self._facts = facts
        self._sequence = 0
        self._chunk = 0

    def connected(self) -> str:
        return _text({"event": "connected", "protocol": "Call", "version": "1.0.0"})

    def start(self) -> str:
        facts = self._facts
        return self._numbered(
            "start",
            {
                "accountSid": facts.account_sid,
                "streamSid": facts.stream_sid,
                "callSid": facts.call_sid,
                "tracks": ["inbound"],
                "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
                "customParameters": dict(facts.parameters),
            },
        )

    def media(self, timestamp_ms: int, ulaw: bytes) -> str:
        self._chunk += 1
        return self._numbered(
            "media",
            {
                "track": "inbound",
                "chunk": str(self._chunk),
                "timestamp": str(timestamp_ms),
                "payload": base64.b64encode(ulaw).decode("ascii"),
            },
        )

    def dtmf(self, digit: str) -> str:
        return self._numbered("dtmf", {"track": "inbound_track", "digit": digit})

    def mark(self, name: str) -> str:
        return self._numbered("mark", {"name": name})

    def stop(self) -> str:
        facts = self._facts
        return self._numbered("stop", {"accountSid": facts.account_sid, "callSid": facts.call_sid})

    def _numbered(self, event: str, body: dict[str, Any]) -> str:
        self._sequence += 1
        return _text(
            {
                "event": event,
                "sequenceNumber": str(self._sequence),
                event: body,
                "streamSid": self._facts.stream_sid,
            }
        )


_FIELDS = {
    "media": frozenset({"event", "streamSid", "media"}),
    "mark": frozenset({"event", "streamSid", "mark"}),
    "clear": frozenset({"event", "streamSid"}),
}


def read(message: str | bytes, stream_sid: str) -> Media | Mark | Clear:
    """Decode one message of the server. Raises `LineFault` 31950 or 31951; what it names is ignored."""
    if isinstance(message, bytes):
        raise LineFault(31950, f"a binary frame of {len(message)} bytes")
    try:
        fields: Any = json.loads(message)
    except ValueError as wrong:
        raise LineFault(31951, "a message that is not JSON") from wrong
    if not isinstance(fields, dict):
        raise LineFault(31951, "a message that is not a JSON object")
    body = cast("dict[str, Any]", fields)
    event = body.get("event")
    expected = _FIELDS.get(event) if isinstance(event, str) else None
    if expected is None:
        raise LineFault(31951, f"unknown event {event!r}")
    _exactly(f"the {event} message", body, expected)
    if body["streamSid"] != stream_sid:
        raise LineFault(31951, f"the {event} message names another stream")
    if event == "media":
        return Media(_payload(body["media"]))
    return Mark(_name(body["mark"])) if event == "mark" else Clear()


def _exactly(what: str, fields: Mapping[str, Any], expected: frozenset[str]) -> None:
    if missing := sorted(expected - fields.keys()):
        raise LineFault(31951, f"{what} lacks {', '.join(missing)}")
    if extra := sorted(fields.keys() - expected):
        raise LineFault(31951, f"{what} has {', '.join(extra)}, which Twilio does not know")


def _inner(what: str, body: Any, key: str) -> str:
    if not isinstance(body, dict):
        raise LineFault(31951, f"{what} is not an object")
    fields = cast("dict[str, Any]", body)
    _exactly(what, fields, frozenset({key}))
    value = fields[key]
    if not isinstance(value, str):
        raise LineFault(31951, f"{what}.{key} is not a string")
    return value


def _payload(body: Any) -> bytes:
    try:
        return base64.b64decode(_inner("media", body, "payload"), validate=True)
    except binascii.Error as wrong:
        raise LineFault(31951, "media.payload is not base64") from wrong


def _name(body: Any) -> str:
    name = _inner("mark", body, "name")
    if not name:
        raise LineFault(31951, "mark.name is empty")
    return name


def _text(fields: Mapping[str, Any]) -> str:
    return json.dumps(fields, separators=(",", ":"), ensure_ascii=False)
