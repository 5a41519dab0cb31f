"""What calls add up to: statistics, the day at a glance, an assistant's latency, and the rates of cost."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any, Literal

import msgspec
from fastapi import APIRouter, Query, Response
from pydantic import AwareDatetime, BaseModel, Field, StringConstraints

from ..node.node import Node
from ..store import contributions
from ..workspace import assistant_changes, rates, statistics
from ..workspace.etags import etag_of
from ..workspace.pricing import Rate, Rates, Unit
from ..workspace.statistics import By, CallSpan, Every, Group, Grouping
from .auth import CallerHere
from .costs import CostView, cost_view
from .forms import Form, IfMatch, RowId, router

Since = Annotated[AwareDatetime, Query(description="Of calls that began from then on.")]
Until = Annotated[AwareDatetime, Query(description="Of calls that began before.")]
Zone = Annotated[str, Query(max_length=64, description="IANA time zone in which days and hours begin.")]
FAILURES = frozenset(
    {
        "failed",
        "internal_error",
        "no_stream",
        "provider_failure",
        "server_lost",
        "stream_lost",
        "stream_refused",
    }
)
"""How calls end that should not have ended so, whoever is to blame."""


class Percentiles(BaseModel):
    """Of a stage of the replies, off by at most 4.5 %."""

    p50_ms: int
    p95_ms: int


class BargeIns(BaseModel):
    """How often the caller spoke over the agent: with words, and without."""

    true: int
    false: int


class StatisticsView(BaseModel):
    """Calls that began in one hour or day, of one assistant or version or of all."""

    at: datetime | None = Field(description="When the hour or day began; null of a total")
    assistant_id: int | None
    version: int | None
    calls: int
    inbound: int
    outbound: int
    answered: int = Field(description="Calls that had a stream")
    answer_rate: float
    duration_ms: int = Field(description="Of all streams together")
    replies: int
    latency: dict[str, Percentiles] = Field(description="By stage, as in a conversation's metrics")
    barge_ins: BargeIns
    failures: int = Field(description="Of providers and tools")
    tools: int
    ended: dict[str, int] = Field(description="Calls by the reason of their end")
    usage: dict[str, int]
    cost: CostView


class StatisticsList(BaseModel):
    """In the order of time; an hour or day without calls is left out."""

    items: list[StatisticsView]


class SummaryView(BaseModel):
    """Calls that began in one stretch of the day."""

    at: datetime
    calls: int
    inbound: int
    outbound: int
    answered: int
    failed: int = Field(description="Calls that broke off or never reached us")
    duration_ms: int


class Summary(BaseModel):
    """In the order of time; a stretch without calls is left out."""

    items: list[SummaryView]


class LatencyView(BaseModel):
    """How long an assistant's callers wait for a reply, and where the time goes."""

    replies: int
    latency: dict[str, Percentiles]


class RateForm(Form):
    """What `per` units of a provider cost from a day (UTC) on."""

    since: Annotated[date, Field(strict=False)]
    provider: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    model: Annotated[str, StringConstraints(max_length=200)] = Field(
        "", description="Empty = all models of the provider"
    )
    unit: Unit
    price: Annotated[Decimal, Field(strict=False, ge=0, le=1_000_000, max_digits=18)]
    per: Annotated[int, Field(ge=1, le=1_000_000_000)] = 1


class RatesForm(Form):
    """All rates of a project, in one currency (ISO 4217)."""

    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")] = "USD"
    rates: Annotated[list[RateForm], Field(max_length=1000, default_factory=list)]


def routes(node: Node) -> APIRouter:
    """`/v1/statistics`, `/v1/rates`, `/v1/conversations/summary`, `/v1/assistants/{id}/latency`."""
    made = router("Statistics")
    _add_statistics(made, node)
    _add_glances(made, node)
    _add_rates(made, node)
    return made


def _add_statistics(made: APIRouter, node: Node) -> None:
    @made.get("/v1/statistics", operation_id="readStatistics", summary="What calls add up to")
    async def read_statistics(
        caller: CallerHere,
        since: Since,
        until: Until,
        bucket: Annotated[Literal["hour", "day", "total"], Query()] = "day",
        by: Annotated[
            By, Query(description="One line for all, or for each assistant or version.")
        ] = "project",
        zone: Zone = "UTC",
        assistant_id: Annotated[int | None, Query(ge=1, lt=2**53)] = None,
        version: Annotated[int | None, Query(ge=1, lt=2**31)] = None,
    ) -> StatisticsList:
        """By hour (at most 31 days), day or as a total (at most 366). A call is counted some seconds after
        its end, in the quarter of an hour in which it began; a deleted one stays counted.
        """
        span = CallSpan(since, until, assistant_id, version)
        found = await statistics.gather(node, caller.project_id, span, Grouping(bucket, by, zone))
        return StatisticsList(items=[_shown(group, found.currency) for group in found.groups])


def _add_glances(made: APIRouter, node: Node) -> None:
    @made.get(
        "/v1/conversations/summary", operation_id="summarizeConversations", summary="The day at a glance"
    )
    async def summarize(
        caller: CallerHere,
        since: Since,
        until: Until,
        bucket: Annotated[Literal["15m", "1h", "1d"], Query()] = "15m",
        zone: Zone = "UTC",
        assistant_id: Annotated[int | None, Query(ge=1, lt=2**53)] = None,
    ) -> Summary:
        """How many calls began in each quarter of an hour (at most 7 days), hour or day, and what became of
        them. Calls in progress are not in it.
        """
        span, every = CallSpan(since, until, assistant_id), _EVERY[bucket]
        found = await statistics.gather(node, caller.project_id, span, Grouping(every, zone=zone))
        return Summary(items=[_stretch(group) for group in found.groups if group.at is not None])

    @made.get(
        "/v1/assistants/{assistant_id}/latency", operation_id="readLatency", summary="How long callers wait"
    )
    async def read_latency(
        assistant_id: RowId,
        caller: CallerHere,
        version: Annotated[int | None, Query(ge=1, lt=2**31)] = None,
        days: Annotated[int, Query(ge=1, le=365)] = 30,
    ) -> LatencyView:
        """Of all its replies in the last days, or those of one version: the median and the 95th percentile of
        each stage.
        """
        async with node.store.read() as tx:
            await assistant_changes.own(tx, caller, assistant_id)
        now = node.clock()
        # The quarter of an hour that is going on is counted too.
        span = CallSpan(now - timedelta(days=days), now + contributions.QUARTER, assistant_id, version)
        found = await statistics.gather(node, caller.project_id, span, Grouping("total"))
        if not found.groups:
            return LatencyView(replies=0, latency={})
        [group] = found.groups
        return LatencyView(replies=group.counts["replies"], latency=_latency(group))


def _add_rates(made: APIRouter, node: Node) -> None:
    @made.get("/v1/rates", operation_id="readRates", summary="What calls' usage costs")
    async def read_rates(caller: CallerHere, response: Response) -> RatesForm:
        """The project's own rates, from which every cost is told."""
        async with node.store.read() as tx:
            found = await rates.of_project(tx, caller.project_id)
        response.headers["etag"] = etag_of(found)
        return _rates_shown(found)

    @made.put(
        "/v1/rates",
        operation_id="setRates",
        summary="Set what calls' usage costs",
    )
    async def set_rates(
        form: RatesForm,
        caller: CallerHere,
        response: Response,
        if_match: IfMatch = None,
    ) -> RatesForm:
        """All of them at once. The newest that is not younger than a call holds for it; a model's own goes
        before its provider's. Costs are told by them at once, of past calls too.
        """
        wanted = Rates(form.currency, tuple(Rate(**each.model_dump()) for each in form.rates))
        kept = await rates.change(node, caller, wanted, if_match)
        response.headers["etag"] = etag_of(kept)
        return _rates_shown(kept)


_EVERY: dict[str, Every] = {"15m": "quarter", "1h": "hour", "1d": "day"}


def _rates_shown(found: Rates) -> RatesForm:
    rows = [RateForm(**msgspec.structs.asdict(rate)) for rate in found.rates]
    return RatesForm(currency=found.currency, rates=rows)


def _latency(group: Group) -> dict[str, Percentiles]:
    found = group.percentiles_ms().items()
    return {stage: Percentiles(p50_ms=usual, p95_ms=slow) for stage, (usual, slow) in found}


def _stretch(group: Group) -> SummaryView:
    ended = _named(group, contributions.ENDED)
    return SummaryView.model_validate(
        {
            "at": group.at,
            "calls": group.counts["calls"],
            "inbound": group.counts.get("inbound", 0),
            "outbound": group.counts.get("outbound", 0),
            "answered": group.counts.get("answered", 0),
            "failed": sum(many for reason, many in ended.items() if reason in FAILURES),
            "duration_ms": group.counts.get("duration_ms", 0),
        }
    )


def _shown(group: Group, currency: str) -> StatisticsView:
    counts: dict[str, Any] = {name: group.counts.get(name, 0) for name in _COUNTS}
    return StatisticsView(
        at=group.at,
        assistant_id=group.assistant_id,
        version=group.version,
        **counts,
        answer_rate=round(counts["answered"] / max(1, counts["calls"]), 4),
        latency=_latency(group),
        barge_ins=BargeIns(true=group.counts.get("cut", 0), false=group.counts.get("false_alarms", 0)),
        failures=group.counts.get("failed", 0),
        ended=_named(group, contributions.ENDED),
        usage=_named(group, contributions.USED),
        cost=cost_view(group.cost, currency),
    )


_COUNTS = ("calls", "inbound", "outbound", "answered", "duration_ms", "replies", "tools")
"""The counts that are shown by their own names."""


def _named(group: Group, beginning: str) -> dict[str, int]:
    names = sorted(name for name in group.counts if name.startswith(beginning))
    return {name.removeprefix(beginning): group.counts[name] for name in names}
