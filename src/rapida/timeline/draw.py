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
    axis = Axis(reading.events)
    agent, caller, services = AgentTrack(axis), CallerTrack(axis), ServiceTrack(axis)
    replies: list[ReplyTimes] = []
    until_us, mark_us, end_reason = 0, 0, ""
    knows_barge_ins = reading.has(c.RecordBargeIn("words"))
    for at_us, value in reading.entries:
        until_us = max(until_us, at_us)
        if isinstance(value, e.Event):
            agent.event(value)
            caller.event(at_us, value)
            services.event(at_us, value)
            mark_us = (value.at_us or at_us) if isinstance(value, e.MarkReturned) else at_us
        else:
            agent.command(at_us, value, knows_barge_ins=knows_barge_ins)
            caller.command(at_us, value)
            services.command(at_us, value)
            if isinstance(value, c.RecordStages):
                replies.append(_reply(axis, mark_us, value))
            elif isinstance(value, c.EndCall):
                end_reason = value.reason
    caller.end(until_us)
    lines = sorted(
        [*agent.lines(until_us), *caller.lines()],
        key=lambda line: (line.start_ms is None, line.start_ms or 0, line.id),
    )
    head = reading.head
    drawn = Timeline(
        conversation_id=head.conversation_id,
        assistant_id=head.assistant.id,
        version=head.assistant.version,
        started_at=_moment(head.started_at, axis.zero_us),
        zone=head.zone,
        duration_ms=axis.ms(until_us),
        end_reason=end_reason,
        whole=bool(end_reason) and not reading.torn and not reading.cut,
        lines=tuple(lines),
        speech=tuple(caller.speech),
        holds=tuple(agent.holds()),
        replies=tuple(replies),
        tools=tuple(services.tools()),
        keys=tuple(caller.keys),
        mutes=tuple(caller.mutes),
        services=services.used(head.assistant),
        failures=tuple(services.failures),
        callbacks=tuple(_callbacks(head.started_at, axis, facts.happened)),
        findings=(),
    )
    unreported = [each for _, each in facts.happened if isinstance(each, EndUnreported)]
    return replace(
        drawn,
        findings=findings(
            drawn,
            filler_ms=head.assistant.deadlines.filler_ms,
            usual_ms=facts.usual_reply_ms,
            verified=facts.verified,
            unreported=unreported[0] if unreported else None,
        ),
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
