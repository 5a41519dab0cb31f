"""A telephone line whose number points at a voice webhook: `place_call` rings it and lives the call through.

This is the phone's front door for tests and the demo; the REST side rings in the other direction.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from .chaos import Chaos
from .fields import CallFacts, Party, inbound_fields, new_sid
from .handset import Handset
from .network import Account, Network
from .orders import NewTwiml
from .report import CallReport
from .running import Note, Person, RunningCall, Subscription
from .script import DEFAULT, Script
from .sounds import Speak, prepare, surroundings
from .stream import FIRST_TIMESTAMP_MS

CALLER = Party("+14155550123", "SAN FRANCISCO", "CA", "94105", "US")
CALLED = Party("+14155550100", "", "CA", "", "US")


def silent_note(at_s: float, text: str) -> None:
    """Tells nobody."""


@dataclass(frozen=True)
class Line:
    """A number as it is configured at Twilio, and who calls it.

    `voice_url` and `status_callback` are public addresses; `connect` ("HOST:PORT") is where they lead.
    Twilio fires only `completed` for a number; more `status_events` may be asked for. `extra` fields go
    with every request.
    """

    account: Account
    voice_url: str
    status_callback: str = ""
    status_events: tuple[str, ...] = ("completed",)
    voice_method: str = "POST"
    caller: Party = CALLER
    called: Party = CALLED
    connect: str | None = None
    chaos: Chaos = field(default_factory=Chaos)
    first_timestamp_ms: int = FIRST_TIMESTAMP_MS
    extra: Mapping[str, str] = field(default_factory=dict[str, str])


async def place_call(
    line: Line,
    script: Script = DEFAULT,
    *,
    speak: Speak | None = None,
    note: Note = silent_note,
    call_sid: str | None = None,
    handset: Handset | None = None,
    meanwhile: bool = False,
) -> CallReport:
    """Ring the number, follow the script, hang up; everything that happened is in the report.

    With a `handset` a person calls, and the script is left out. `meanwhile`: what the caller says is made
    while the call goes on.
    Raises `ConfigurationError` for a script or an address that cannot be used; what the server does wrong is
    a fault in the report.
    """
    cues = () if handset else await prepare(script, speak, meanwhile=meanwhile)
    person = Person(cues, surroundings(script), script.limit_s, handset)
    facts = CallFacts(
        account_sid=line.account.sid,
        call_sid=call_sid or new_sid("CA"),
        direction="inbound",
        caller=line.caller,
        called=line.called,
        extra=line.extra,
    )
    network = Network(line.account, line.connect)
    try:
        call = RunningCall(
            facts,
            network,
            person,
            subscription=Subscription(line.status_callback, line.status_events),
            chaos=line.chaos,
            note=note,
            first_timestamp_ms=line.first_timestamp_ms,
        )
        call.become("initiated")
        call.become("ringing")
        opening = NewTwiml(url=line.voice_url, method=line.voice_method)
        return await call.finish(await call.converse(opening, inbound_fields(facts)))
    finally:
        for cue in cues:
            if not isinstance(cue.ulaw, bytes):
                cue.ulaw.cancel()
        await network.aclose()
