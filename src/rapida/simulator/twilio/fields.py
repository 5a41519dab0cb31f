"""The form fields of Twilio's webhooks and callbacks, complete and in Twilio's spelling.

A `Party` is one end's number with the place Twilio looks up for it; what the fields mean to a call is the
line's business.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Literal

from .wire import StreamFacts

Direction = Literal["inbound", "outbound-api"]
Status = Literal[
    "queued", "initiated", "ringing", "in-progress", "completed", "busy", "failed", "no-answer", "canceled"
]
TERMINAL: frozenset[Status] = frozenset({"completed", "busy", "failed", "no-answer", "canceled"})


def new_sid(kind: str) -> str:
    """A Twilio-like id: two letters (CA a call, MZ a stream, PN a number) and 32 hex digits."""
    return kind + uuid.uuid4().hex


@dataclass(frozen=True)
class Party:
    """One end of a call: a number, or `anonymous`, `client:…`, `sip:…`, and its place."""

    number: str
    city: str = ""
    state: str = ""
    zip_code: str = ""
    country: str = ""


@dataclass(frozen=True)
class CallFacts:
    """What stays the same in every request about one call."""

    account_sid: str
    call_sid: str
    direction: Direction
    caller: Party
    called: Party
    extra: Mapping[str, str] = field(default_factory=dict[str, str])


def call_fields(facts: CallFacts, status: Status) -> dict[str, str]:
    """The standard set every voice webhook carries."""
    form = {
        "AccountSid": facts.account_sid,
        "ApiVersion": "2010-04-01",
        "CallSid": facts.call_sid,
        "CallStatus": status,
        "Direction": facts.direction,
    }
    for names, party in ((("From", "Caller"), facts.caller), (("To", "Called"), facts.called)):
        for name in names:
            form[name] = party.number
            form[f"{name}City"] = party.city
            form[f"{name}State"] = party.state
            form[f"{name}Zip"] = party.zip_code
            form[f"{name}Country"] = party.country
    return form | dict(facts.extra)


def inbound_fields(facts: CallFacts) -> dict[str, str]:
    """The webhook of a call that arrives."""
    form = call_fields(facts, "ringing")
    if facts.caller.number.startswith("+"):
        form.setdefault("StirVerstat", "TN-Validation-Passed-A")
        form.setdefault("CallToken", '{"parentCallInfoToken":"simulated","identityHeaderTokens":[]}')
    return form


_SIP_CODES: Mapping[str, str] = {
    "completed": "200",
    "busy": "486",
    "no-answer": "487",
    "failed": "404",
    "canceled": "487",
}


def status_fields(
    facts: CallFacts, status: Status, sequence: int, *, now: datetime, duration_s: int, answered_by: str = ""
) -> dict[str, str]:
    """A call's status callback; `sequence` counts the events that were fired."""
    form = call_fields(facts, status) | {
        "CallbackSource": "call-progress-events",
        "SequenceNumber": str(sequence),
        "Timestamp": format_datetime(now),
    }
    if status in TERMINAL:
        form |= {"CallDuration": str(duration_s), "SipResponseCode": _SIP_CODES[status]}
    if status == "completed":
        form["Duration"] = str(-(-duration_s // 60))
    if answered_by:
        form["AnsweredBy"] = answered_by
    return form


def stream_fields(
    facts: StreamFacts, name: str, event: str, *, now: datetime, error: str = ""
) -> dict[str, str]:
    """A stream's status callback: other fields than a call's, and another spelling of the time."""
    form = {
        "AccountSid": facts.account_sid,
        "CallSid": facts.call_sid,
        "StreamSid": facts.stream_sid,
        "StreamName": name or facts.stream_sid,
        "StreamEvent": event,
        "Timestamp": now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f") + "000Z",
    }
    return form | ({"StreamError": error} if error else {})


def amd_fields(facts: CallFacts, answered_by: str, duration_ms: int) -> dict[str, str]:
    """The callback of asynchronous answering-machine detection."""
    return {
        "AccountSid": facts.account_sid,
        "CallSid": facts.call_sid,
        "AnsweredBy": answered_by,
        "MachineDetectionDuration": str(duration_ms),
    }
