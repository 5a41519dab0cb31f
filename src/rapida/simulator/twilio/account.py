"""What Twilio's REST API keeps for one account: its numbers, the calls placed through it, its refusals.

It decides whether a request for a call is accepted, when an accepted call begins (calls per second), and what
an update does to it. HTTP is left to `rest`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from .callee import Callee, Dial, ring
from .chaos import Chaos
from .dial_form import Form, Refused, is_callable, not_found, number, one, opening, read_dial
from .fields import TERMINAL, CallFacts, Party, new_sid
from .line import silent_note
from .network import Account, Network
from .orders import Complete
from .report import CallReport
from .running import Note, Outcome, Person, RunningCall
from .script import Script
from .sounds import Speak, prepare, surroundings


@dataclass
class Number:
    """One incoming phone number; `settings` holds VoiceUrl and its like in the API's snake case."""

    phone_number: str
    sid: str = field(default_factory=lambda: new_sid("PN"))
    settings: dict[str, str] = field(default_factory=dict[str, str])


@dataclass
class PlacedCall:
    """A call made through the API, from the queue on."""

    running: RunningCall
    dial: Dial
    callee: Callee
    created_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    ended_at: datetime | None = None

    @property
    def report(self) -> CallReport:
        return self.running.report


class AccountCalls:
    """One account. `callees` says what each number does when it rings; `anyone` serves all others.

    `numbers` are the account's own, which alone may be used as From; none given = any may.
    """

    def __init__(
        self,
        account: Account,
        network: Network,
        *,
        callees: Mapping[str, Callee],
        anyone: Callee,
        numbers: Sequence[str] = (),
        calls_per_second: float = 1.0,
        chaos: Chaos | None = None,
        speak: Speak | None = None,
        note: Note = silent_note,
    ) -> None:
        self.account = account
        self.calls: dict[str, PlacedCall] = {}
        self.numbers = {number.sid: number for number in map(Number, numbers)}
        self._network = network
        self._callees = callees
        self._anyone = anyone
        self._interval_s = 1 / calls_per_second
        self._next_at = 0.0
        self._chaos = chaos or Chaos()
        self._speak = speak
        self._note = note
        self._people: dict[Callee, Person] = {}
        self._tasks: dict[str, asyncio.Task[CallReport]] = {}

    async def open(self) -> None:
        """Give every callee its voice. Raises `ConfigurationError` for a script that cannot be performed."""
        for callee in (*self._callees.values(), self._anyone):
            script = callee.script if callee.behaviour == "answers" else Script()
            cues = await prepare(script, self._speak)
            self._people[callee] = Person(cues, surroundings(script), script.limit_s)

    def create(self, form: Form) -> PlacedCall:
        """Accept a call; it is dialled as soon as the rate of calls allows. Raises `Refused`."""
        to, by = one(form, "To"), one(form, "From")
        if not to:
            raise Refused(400, 21201, "No 'To' number is specified")
        if not by:
            raise Refused(400, 21213, "No 'From' number is specified")
        if not is_callable(to):
            raise Refused(400, 21211, f"Invalid 'To' Phone Number: {to}")
        if not is_callable(by):
            raise Refused(400, 21212, f"Invalid 'From' Phone Number: {by}")
        if self.numbers and by not in {number.phone_number for number in self.numbers.values()}:
            raise Refused(400, 21210, f"Source phone number not yet verified: {by}")
        dial = read_dial(form)
        callee = self._callees.get(to, self._anyone)
        person = self._people[callee]
        facts = CallFacts(self.account.sid, new_sid("CA"), "outbound-api", Party(by), Party(to))
        running = RunningCall(
            facts,
            self._network,
            person,
            subscription=dial.subscription,
            chaos=self._chaos,
            note=self._note,
        )
        running.time_limit_s = number(form, "TimeLimit", running.time_limit_s)
        placed = self.calls[facts.call_sid] = PlacedCall(running, dial, callee)
        self._tasks[facts.call_sid] = asyncio.create_task(self._live(placed))
        return placed

    def update(self, call: PlacedCall, form: Form) -> None:
        """Hang a call up, give it up, or send it elsewhere. Raises `Refused`, 21220 when it is over."""
        status, twiml, url = one(form, "Status"), one(form, "Twiml"), one(form, "Url")
        if call.report.status in TERMINAL:
            raise Refused(400, 21220, "Call is not in-progress. Cannot redirect.")
        if twiml and url:
            raise Refused(400, 20001, "Twiml and Url are mutually exclusive")
        if "TimeLimit" in form:
            call.running.time_limit_s = number(form, "TimeLimit", call.running.time_limit_s)
        if status == "completed":
            call.running.orders.give(Complete())
        elif status == "canceled":
            if call.running.answered_at is not None:
                raise Refused(400, 21220, "Call is in-progress. Cannot cancel.")
            call.running.orders.give(Complete(canceled=True))
        elif status:
            raise Refused(400, 20001, f"Invalid Status: {status}")
        elif twiml or url:
            if call.running.answered_at is None:
                raise Refused(400, 21220, "Call is not in-progress. Cannot redirect.")
            call.running.orders.give(opening(twiml, url, one(form, "Method") or "POST"))

    def find(self, sid: str) -> PlacedCall:
        """Raises `Refused` 20404."""
        if sid not in self.calls:
            raise not_found(f"Calls/{sid}.json")
        return self.calls[sid]

    async def ended(self, sid: str) -> CallReport:
        """Wait for a call's end."""
        return await asyncio.shield(self._tasks[sid])

    async def aclose(self) -> None:
        """Hang up what still runs and wait for it; a bug in a call raises here."""
        for call in self.calls.values():
            if call.report.status not in TERMINAL:
                call.running.orders.give(Complete())
        await asyncio.gather(*self._tasks.values())

    async def _live(self, call: PlacedCall) -> CallReport:
        loop = asyncio.get_running_loop()
        begins_at = max(self._next_at, loop.time())
        self._next_at = begins_at + self._interval_s
        if await call.running.orders.within(begins_at - loop.time()):
            call.running.orders.take()
            report = await call.running.finish(Outcome("canceled", "canceled"))
        else:
            report = await ring(call.running, call.dial, call.callee)
        call.ended_at = datetime.now(UTC)
        return report
