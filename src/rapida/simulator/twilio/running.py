"""One call as Twilio runs it: TwiML verb by verb, the stream in between, and every callback in its order.

Inbound and outbound calls share everything from the first TwiML document on. A fault is written into the
report, and the call goes on, or ends, as it would at Twilio.
"""

from __future__ import annotations

import asyncio
import uuid
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from .callbacks import Callbacks
from .caller import Cue
from .chaos import Chaos
from .faults import Fault, LineFault
from .fields import TERMINAL, CallFacts, Status, call_fields, new_sid, status_fields, stream_fields
from .handset import Handset
from .media_socket import MediaSocket, SocketEnd, open_socket
from .network import Network
from .orders import Complete, NewTwiml, Orders
from .report import CallReport, End
from .stream import FIRST_TIMESTAMP_MS, Stream
from .twiml import (
    Dialled,
    HungUp,
    Paused,
    Played,
    Redirected,
    Rejected,
    Spoken,
    StreamTo,
    Verb,
    check_type,
    parse,
)
from .wire import StreamFacts

Note = Callable[[float, str], None]
"""Told what happens while it happens: seconds since the call began, and a few words."""

EVENT_OF: Mapping[Status, str] = {
    "initiated": "initiated",
    "ringing": "ringing",
    "in-progress": "answered",
    **dict.fromkeys(TERMINAL, "completed"),
}
"""Status → the callback event that tells it: `answered` carries in-progress, `completed` every end."""

TIME_LIMIT_S = 4 * 3600.0
"""Twilio ends a call after four hours, unless its request names less."""
DOCUMENTS = 20
"""Documents a call may go through before the phone takes it for a redirect loop."""


@dataclass(frozen=True)
class Subscription:
    """Where a call's status callbacks go, and which events are wanted."""

    url: str = ""
    events: tuple[str, ...] = ("completed",)
    method: str = "POST"


@dataclass(frozen=True)
class Person:
    """Whoever holds the phone: prepared cues, the noise around, and how long the script may take.

    The cues are for the call's first stream; on a later one the person only listens. With a `handset` there
    are no cues: a real person talks, on every stream.
    """

    cues: Sequence[Cue] = ()
    noise: bytes = b""
    limit_s: float = 300.0
    handset: Handset | None = None


@dataclass(frozen=True)
class Outcome:
    """Why and how a call is over."""

    end: End
    status: Status = "completed"


class RunningCall:
    """One call, from its first status to its last callback. The network stays open after it."""

    def __init__(
        self,
        facts: CallFacts,
        network: Network,
        person: Person,
        *,
        subscription: Subscription,
        chaos: Chaos,
        note: Note,
        first_timestamp_ms: int = FIRST_TIMESTAMP_MS,
    ) -> None:
        self.facts = facts
        self.orders = Orders()
        self.time_limit_s = TIME_LIMIT_S
        """How long a stream may last; may change while it does."""
        self.report = CallReport(facts.call_sid, facts.direction, facts.caller.number, facts.called.number)
        self.callbacks = Callbacks(network, chaos)
        self.answered_at: datetime | None = None
        self._network = network
        self._person = person
        self._subscription = subscription
        self._chaos = chaos
        self._note = note
        self._first_timestamp_ms = first_timestamp_ms
        self._loop = asyncio.get_running_loop()
        self._began_at = self._loop.time()
        self._sequence = 0
        self._documents = 0
        self._lost = False

    @property
    def now_s(self) -> float:
        """Seconds since the call began."""
        return self._loop.time() - self._began_at

    def note(self, text: str) -> None:
        self._note(self.now_s, text)

    def become(self, status: Status) -> None:
        """Change the call's status and tell the event's subscriber."""
        self.report.status = status
        if status == "in-progress":
            self.answered_at = datetime.now(UTC)
        self.note(f"the call is {status}")
        event, subscription = EVENT_OF[status], self._subscription
        if not subscription.url or event not in subscription.events:
            return
        form = status_fields(
            self.facts,
            status,
            self._sequence,
            now=datetime.now(UTC),
            duration_s=self.duration_s,
            answered_by=self.report.answered_by,
        )
        self._sequence += 1
        self.callbacks.fire(event, form, subscription.url, subscription.method)

    @property
    def duration_s(self) -> int:
        """Whole seconds since the answer, 0 if there was none."""
        return round((datetime.now(UTC) - self.answered_at).total_seconds()) if self.answered_at else 0

    async def converse(self, opening: NewTwiml, first_form: Mapping[str, str]) -> Outcome:
        """From the first document to the end. An inbound call is answered by its first verb."""
        try:
            verbs = await self.document(opening, first_form)
            if self.report.status == "ringing" and not (verbs and isinstance(verbs[0], Rejected)):
                self.become("in-progress")
            return await self._perform(verbs)
        except LineFault as fault:
            self._fault(fault)
            self.note("the caller hears: an application error has occurred")
            return Outcome("application error")

    async def finish(self, outcome: Outcome) -> CallReport:
        """Fire the last callback, wait until all have been delivered, and hand over the report."""
        self.report.end = outcome.end
        self.report.duration_s = self.now_s
        self.become(outcome.status)
        await self.callbacks.close()
        self.report.callbacks = list(self.callbacks.sent)
        return self.report

    async def document(self, source: NewTwiml, form: Mapping[str, str] | None = None) -> list[Verb]:
        """Fetch, if need be, and read a document. Raises `LineFault`."""
        self._documents += 1
        if self._documents > DOCUMENTS:
            raise LineFault(11200, f"{DOCUMENTS} documents in one call: a redirect loop")
        body = source.twiml or await self._fetch(source, form or call_fields(self.facts, self.report.status))
        document = parse(body, source.url)
        self.report.faults += [Fault(12200, text, self.now_s, warning=True) for text in document.warnings]
        return list(document.verbs)

    async def _fetch(self, source: NewTwiml, form: Mapping[str, str]) -> bytes:
        token = str(uuid.uuid4())
        for _ in range(self._chaos.webhook_copies if self._documents == 1 else 1):
            answer = await self._network.request(
                source.url, form, method=source.method, signature=self._chaos.webhook_signature, token=token
            )
            self.report.webhooks.append(answer)
            self.note(f"{source.method} {answer.url} → {answer.status or answer.failure}")
        exchange = self.report.webhooks[-1]
        exchange.raise_for_failure()
        check_type(exchange.content_type)
        return exchange.body

    async def _perform(self, verbs: Sequence[Verb]) -> Outcome:
        left = deque(verbs)
        while left or self.orders.waiting:
            done = await self._obey() if self.orders.waiting else await self._do(left.popleft())
            if isinstance(done, Outcome):
                return done
            if done is not None:
                left = deque(done)
        if self._lost:
            return Outcome("stream lost")
        return Outcome("transferred" if self.report.dialled else "agent hung up")

    async def _obey(self) -> Outcome | list[Verb] | None:
        match self.orders.take():
            case Complete():
                return Outcome("hung up by the API")
            case NewTwiml() as order:
                return await self.document(order)
            case None:
                return None

    async def _do(self, verb: Verb) -> Outcome | list[Verb] | None:
        """Perform one verb: None = go on with the next, verbs = go on with these instead."""
        report = self.report
        match verb:
            case StreamTo():
                return await self._stream(verb)
            case Spoken(text):
                report.spoken.append(text)
                self.note(f'the carrier says "{text}"')
            case Played(url, digits):
                report.played.append(url or digits)
            case Paused(seconds):
                await self.orders.within(seconds)
            case Redirected(url, method):
                return await self.document(NewTwiml(url=url, method=method))
            case Dialled():
                return await self._dial(verb)
            case Rejected(reason):
                return Outcome("refused", "busy" if reason == "busy" else "no-answer")
            case HungUp():
                return Outcome("agent hung up" if report.streams else "refused")
        return None

    async def _dial(self, verb: Dialled) -> list[Verb] | None:
        """The other side of a transfer is not simulated: it answers, talks for no time and hangs up."""
        self.report.dialled.append(verb)
        self.note(f"transferred to {', '.join(verb.targets)}")
        if not verb.action:
            return None
        form = call_fields(self.facts, "in-progress") | {
            "DialCallStatus": "completed",
            "DialCallDuration": "0",
        }
        return await self.document(NewTwiml(url=verb.action, method=verb.action_method), form)

    async def _stream(self, to: StreamTo) -> Outcome | list[Verb] | None:
        """Run one stream; None lets the next verb have its turn, as after a close by the server."""
        stream = self._new_stream(to)
        self._lost = False
        try:
            socket = await open_socket(to.url, self._network, self._chaos)
        except LineFault as fault:
            self._lose(to, stream, fault)
        else:
            self.note(f"stream open: {to.url}")
            self._tell(to, stream, "stream-started")
            media = MediaSocket(socket, stream, self.orders, self._chaos)
            ended = await media.run(lambda: self.time_limit_s)
            outcome = self._stream_ended(to, stream, media, ended)
            if outcome is not None:
                return outcome
        if to.action:
            return await self.document(NewTwiml(url=to.action, method=to.action_method))
        return None

    def _new_stream(self, to: StreamTo) -> Stream:
        facts = StreamFacts(self.facts.account_sid, self.facts.call_sid, new_sid("MZ"), to.parameters)
        person = replace(self._person, cues=(), noise=b"") if self.report.streams else self._person
        return Stream(
            facts,
            person.cues,
            noise=person.noise,
            limit_s=person.limit_s,
            handset=person.handset,
            chaos=self._chaos,
            first_timestamp_ms=self._first_timestamp_ms,
            note=self.note,
        )

    def _stream_ended(
        self, to: StreamTo, stream: Stream, media: MediaSocket, ended: SocketEnd
    ) -> Outcome | None:
        self.note(f"stream ended: {ended.how} ({ended.code}{' ' if ended.detail else ''}{ended.detail})")
        report = stream.report(media.ended_s)
        self.report.streams.append(report)
        self.report.faults += report.faults
        self.report.problem = self.report.problem or report.problem
        if ended.how == "lost":
            self._lose(to, stream, LineFault(31921, f"close code {ended.code}: {ended.detail}"))
        self._tell(to, stream, "stream-stopped")
        if ended.how == "put down":
            return Outcome("caller hung up")
        return Outcome("time limit") if ended.how == "time limit" else None

    def _lose(self, to: StreamTo, stream: Stream, fault: LineFault) -> None:
        self._lost = True
        self._fault(fault)
        self._tell(to, stream, "stream-error", error=str(fault))

    def _tell(self, to: StreamTo, stream: Stream, event: str, error: str = "") -> None:
        if not to.status_callback:
            return
        facts = stream.facts
        form = stream_fields(facts, to.name, event, now=datetime.now(UTC), error=error)
        self.callbacks.fire(event, form, to.status_callback, to.status_method)

    def _fault(self, fault: LineFault) -> None:
        self.report.faults.append(fault.as_fault(self.now_s))
        self.note(str(self.report.faults[-1]))
