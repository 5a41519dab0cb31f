"""The one function that draws a call: a journal, and what happened around it, in; a timeline out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from ..call import commands as c
from ..call import events as e
from ..call.happenings import CarrierReported, EndUnreported, Happening
from ..telemetry.journal import Reading
from .agent import AgentTrack
from .axis import Axis
from .caller import CallerTrack
from .findings import findings
from .services import ServiceTrack
from .shapes import ReplyTimes, ReportedStatus, Timeline

STAGES = c.Stages.__struct_fields__[:8]
"""The stages of a reply in their order, each the time between two boundaries."""


@dataclass(frozen=True)
class CallFacts:
    """What a journal does not know: what happened around the call, whether its stream was proved (None = it
    was not asked to be), and how long a reply of this assistant usually takes (0 = nobody knows)."""

    happened: Sequence[tuple[datetime, Happening]] = ()
    verified: bool | None = None
    usual_reply_ms: int = 0


def draw(reading: Reading, facts: CallFacts) -> Timeline:
    """The timeline of a call. The same journal gives the same timeline, also of a call in progress."""
    drawing = _Drawing(reading)
    for at_us, value in reading.entries:
        drawing.take(at_us, value)
    drawn = drawing.timeline(facts)
    unreported = [each for _, each in facts.happened if isinstance(each, EndUnreported)]
    return replace(
        drawn,
        findings=findings(
            drawn,
            filler_ms=reading.head.assistant.deadlines.filler_ms,
            usual_ms=facts.usual_reply_ms,
            verified=facts.verified,
            unreported=unreported[0] if unreported else None,
        ),
    )


class _Drawing:
    """The tracks of a call as far as its journal has been read; each entry is taken once, in its order."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._axis = axis = Axis(reading.events)
        self._agent, self._caller, self._services = AgentTrack(axis), CallerTrack(axis), ServiceTrack(axis)
        self._replies: list[ReplyTimes] = []
        self._until_us, self._mark_us, self._end_reason = 0, 0, ""
        self._knows_barge_ins = reading.has(c.RecordBargeIn("words"))

    def take(self, at_us: int, value: e.Event | c.Command) -> None:
        self._until_us = max(self._until_us, at_us)
        if isinstance(value, e.Event):
            self._event(at_us, value)
        else:
            self._command(at_us, value)

    def _event(self, at_us: int, event: e.Event) -> None:
        self._agent.event(event)
        self._caller.event(at_us, event)
        self._services.event(at_us, event)
        self._mark_us = (event.at_us or at_us) if isinstance(event, e.MarkReturned) else at_us

    def _command(self, at_us: int, order: c.Command) -> None:
        self._agent.command(at_us, order, knows_barge_ins=self._knows_barge_ins)
        self._caller.command(at_us, order)
        self._services.command(at_us, order)
        if isinstance(order, c.RecordStages):
            self._replies.append(_reply(self._axis, self._mark_us, order))
        elif isinstance(order, c.EndCall):
            self._end_reason = order.reason

    def timeline(self, facts: CallFacts) -> Timeline:
        """What all tracks show, without findings."""
        head, axis = self._reading.head, self._axis
        self._caller.end(self._until_us)
        lines = sorted(
            [*self._agent.lines(self._until_us), *self._caller.lines()],
            key=lambda line: (line.start_ms is None, line.start_ms or 0, line.id),
        )
        return Timeline(
            conversation_id=head.conversation_id,
            assistant_id=head.assistant.id,
            version=head.assistant.version,
            started_at=_moment(head.started_at, axis.zero_us),
            zone=head.zone,
            duration_ms=axis.ms(self._until_us),
            end_reason=self._end_reason,
            whole=bool(self._end_reason) and not self._reading.torn and not self._reading.cut,
            lines=tuple(lines),
            speech=tuple(self._caller.speech),
            holds=tuple(self._agent.holds()),
            replies=tuple(self._replies),
            tools=tuple(self._services.tools()),
            keys=tuple(self._caller.keys),
            mutes=tuple(self._caller.mutes),
            services=self._services.used(head.assistant),
            failures=tuple(self._services.failures),
            callbacks=tuple(_callbacks(head.started_at, axis, facts.happened)),
            findings=(),
        )


def _reply(axis: Axis, mark_us: int, order: c.RecordStages) -> ReplyTimes:
    """The stages end at the mark that just came back, and sum up to where the caller's last sound was."""
    at_us = mark_us - order.stages.total_us
    boundaries = [axis.ms(at_us)]
    for name in STAGES:
        at_us += getattr(order.stages, name)
        boundaries.append(axis.ms(at_us))
    return ReplyTimes(order.turn_id, tuple(boundaries), round(order.stages.saved_us / 1000))


def _moment(started_at: str, zero_us: int) -> str:
    return (datetime.fromisoformat(started_at) + timedelta(microseconds=zero_us)).isoformat()


def _callbacks(
    started_at: str, axis: Axis, happened: Sequence[tuple[datetime, Happening]]
) -> list[ReportedStatus]:
    zero = datetime.fromisoformat(started_at)
    return [
        ReportedStatus(
            axis.ms(round((at - zero).total_seconds() * 1e6)),
            what.about,
            what.status,
            what.reason,
            what.sequence,
        )
        for at, what in happened
        if isinstance(what, CarrierReported)
    ]
