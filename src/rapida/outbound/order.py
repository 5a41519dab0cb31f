"""An order: what is kept of a call that is to be dialled, and how it stands.

One call goes through four types on its way out: a door's own form, `CallRequest` (what is asked for), `Order`
(what is kept: the rows and the credential) and `Dial` (what the carrier is asked). `Placed` is the way back.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

import msgspec
from msgspec import Struct

from ..node.addresses import connecting, status_url
from ..store import intents
from ..store.contexts import Context
from ..store.credentials import Credential
from ..store.intents import Intent
from ..telephony.carrier import Dial

MOST_RING_S = 600
"""The longest that a carrier lets a telephone ring."""
HEARD_WITHIN = timedelta(seconds=60)
"""How long after its ringing time a dial may stay without any sign of life."""

Machine = Literal["ignore", "hang_up", "leave_message"]
Trouble = Literal["", "refused", "away"]
_DETECTIONS: dict[Machine, Literal["no", "fast", "greeting_end"]] = {
    "ignore": "no",
    "hang_up": "fast",
    "leave_message": "greeting_end",
}


class DialOptions(Struct, frozen=True, omit_defaults=True):
    """How one call is placed; kept with its intent."""

    ring_s: int = 60
    time_limit_s: int = 0
    caller_id: str = ""
    machine: Machine = "ignore"
    message: str = ""
    language: str = ""
    send_digits: str = ""
    stream_status_events: bool = True
    """As the phone deployment says (`PhoneOptions`)."""


@dataclass(frozen=True)
class Order:
    """An intent that is ours to dial, and what it takes."""

    intent: Intent
    context: Context
    credential: Credential

    @property
    def options(self) -> DialOptions:
        return options_of(self.intent)

    def taken(self, attempt: int) -> Order:
        """The same for one attempt: what becomes of it changes no later attempt."""
        return replace(self, intent=msgspec.structs.replace(self.intent, attempts=attempt))

    def to_dial(self) -> Dial:
        """What the carrier is asked."""
        options = self.options
        return Dial(
            to_number=self.intent.to_number,
            from_number=self.intent.from_number,
            document=connecting(
                self.context, self.intent.to_number, names_events=options.stream_status_events
            ),
            status_url=status_url(self.context.host, self.context.carrier, self.context.id),
            ring_s=options.ring_s,
            detect_machine=_DETECTIONS[options.machine],
            time_limit_s=options.time_limit_s,
            caller_id=options.caller_id,
            send_digits=options.send_digits,
        )


@dataclass(frozen=True)
class Placed:
    """How an outbound call stands. `trouble`: the carrier refused it, or did not answer."""

    conversation_id: int
    context_id: UUID
    carrier_call_id: str | None
    status: intents.Status
    reason: str = ""
    trouble: Trouble = ""


def options_of(intent: Intent) -> DialOptions:
    """An intent's options, as they were kept."""
    return msgspec.convert(intent.options, DialOptions)


def look_at(options: DialOptions, now: datetime) -> datetime:
    """When a dial of now must have been heard of."""
    return now + timedelta(seconds=options.ring_s) + HEARD_WITHIN
