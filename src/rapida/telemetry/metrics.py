"""The numbers a server shows at `/metrics`, in Prometheus' words.

This module decides which metrics there are, their units and their labels; every label takes a bounded set of
values, and an unknown one is counted as "other". When something is counted is decided where it happens. One
`Metrics` belongs to one app; there is no global registry, so that two apps in one process do not mix.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Protocol, get_args

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from ..call.commands import EndReason, Stages

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4

WITHOUT_STREAM = ("no_stream", "stream_refused")
"""How calls end that nobody held."""
END_REASONS: tuple[str, ...] = (*get_args(EndReason), *WITHOUT_STREAM)
STAGES = tuple(name.removesuffix("_us") for name in Stages.__struct_fields__)
"""The parts of a turn's latency, their total, and what speculation saved."""
FAMILIES = ("stt", "llm", "tts", "vad", "turn_end", "telephony")
TOOL_ENDS = ("answered", "failed", "late", "misused")
"""How a tool ended: with a result, an error, at its deadline, or with arguments it cannot take."""
ANSWERS = (
    "connected",
    "repeated",
    "busy",
    "refused",
    "apology",
    "unproved",
    "malformed",
    "unknown",
    "closed",
)
"""What a call webhook got: a stream, the same document again, a spoken refusal, or 403/400/404/503."""
REFUSED = ("webhook", "callback", "socket", "request")
"""What can be refused: a call's webhook, a callback, a media socket, any other request at the door."""
REFUSAL_REASONS = (
    *("not_proved", "malformed", "not_found", "context_gone", "not_configured", "store_unavailable"),
    *("host_not_allowed", "too_large", "method_not_allowed", "internal_error"),
    *("bad_handshake", "unknown_context", "context_used", "context_expired", "unavailable"),
)
"""Why, in the words of the answers' `code`."""
WIRE_FAULTS = ("binary", "too_long", "malformed", "violations", "unstarted", "stalls", "overflows", "faults")
"""What can go wrong on a media socket, as its counters are named."""
CLOSE_CODES = (1000, 1001, 1002, 1003, 1005, 1006, 1007, 1008, 1009, 1011)
"""Those of RFC 6455, 7.4.1, that a media socket may end with; any other is counted as one."""

_STAGE_BUCKETS_S = (0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0)
"""Finer below a second, where a caller begins to notice, than above it."""
_LAG_BUCKETS_S = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)
"""From what an idle loop shows to fifty frames late."""
_OTHER = "other"


def _bounded(value: str, known: tuple[str, ...]) -> str:
    return value if value in known else _OTHER


class SocketCounts(Protocol):
    """What the media sockets count by themselves: plain integers, and mappings by status and close code."""

    @property
    def open(self) -> int: ...
    @property
    def opened(self) -> int: ...
    @property
    def abandoned(self) -> int: ...
    @property
    def refused(self) -> Mapping[int, int]: ...
    @property
    def closed(self) -> Mapping[int, int]: ...


class WaitCounts(Protocol):
    """How long a recogniser's work waited: a count for each bucket, and one for what took longer."""

    @property
    def buckets_s(self) -> Sequence[float]: ...
    @property
    def counts(self) -> Sequence[int]: ...
    @property
    def sum_s(self) -> float: ...


class _Sockets(Collector):
    """Reads the sockets' counters, so that a frame of sound never touches a metric."""

    def __init__(self, counts: SocketCounts) -> None:
        self._counts = counts

    def collect(self) -> Iterator[Metric]:
        counts = self._counts
        yield GaugeMetricFamily("rapida_sockets_open", "Media sockets that are up", counts.open)
        yield CounterMetricFamily("rapida_sockets_opened", "Media sockets let in", counts.opened)
        gone = "Callers that were gone when they could be let in"
        yield CounterMetricFamily("rapida_sockets_abandoned", gone, counts.abandoned)
        closed: dict[str, int] = {}
        for code, count in counts.closed.items():
            shown = str(code) if code in CLOSE_CODES else _OTHER  # the other end may invent codes
            closed[shown] = closed.get(shown, 0) + count
        for name, what, label, values in (
            ("refused", "Upgrades refused, by HTTP status", "status", counts.refused),
            ("closed", "Media sockets that ended, by close code", "code", closed),
            ("faults", "What went wrong on them", "kind", {n: getattr(counts, n) for n in WIRE_FAULTS}),
        ):
            family = CounterMetricFamily(f"rapida_sockets_{name}", what, labels=[label])
            for key, value in values.items():
                family.add_metric([str(key)], value)
            yield family


class _DroppedWindows(Collector):
    """Reads the voice detectors' own count of what they were too late for."""

    def __init__(self, count: Callable[[], int]) -> None:
        self._count = count

    def collect(self) -> Iterator[Metric]:
        what = "Windows of sound that no voice detector looked at: the machine cannot keep up"
        yield CounterMetricFamily("rapida_vad_windows_dropped", what, self._count())


class _Waits(Collector):
    """Reads how long utterances waited for the recognisers that run here."""

    def __init__(self, waits: Callable[[], Sequence[WaitCounts]]) -> None:
        self._waits = waits

    def collect(self) -> Iterator[Metric]:
        what = "How long speech waited for a recogniser on this machine"
        family = HistogramMetricFamily("rapida_stt_queue_seconds", what)
        found = self._waits()
        if found:
            bounds = [*map(str, found[0].buckets_s), "+Inf"]
            counts = [sum(each) for each in zip(*(waits.counts for waits in found), strict=True)]
            below = [sum(counts[: nth + 1]) for nth in range(len(counts))]
            family.add_metric([], list(zip(bounds, below, strict=True)), sum(each.sum_s for each in found))
        yield family


class Metrics:
    """All metrics of one app, with one method per thing that can happen. Cheap; call it on the loop."""

    def __init__(self, providers: tuple[str, ...] = ()) -> None:
        """`providers` are the catalogue names that may appear as a label."""
        self.registry = CollectorRegistry()
        self._providers = providers
        ProcessCollector(registry=self.registry)

        def counter(name: str, what: str, *labels: str) -> Counter:
            return Counter(f"rapida_{name}", what, labels, registry=self.registry)

        def histogram(name: str, what: str, buckets: tuple[float, ...], *labels: str) -> Histogram:
            return Histogram(f"rapida_{name}", what, labels, buckets=buckets, registry=self.registry)

        self._active = Gauge("rapida_calls_active", "Calls with an open stream", registry=self.registry)
        self._ended = counter("calls", "Calls that ended, by reason", "reason")
        self._webhooks = counter("webhooks", "Inbound call webhooks, by what they got", "answer")
        self._not_served = counter("refusals", "Requests at the carrier's door refused", "what", "reason")
        self._illegal = counter("illegal_events", "Events that no state foresees: a bug, please report it")
        self._stages = histogram(
            "turn_stage_seconds", "Where a reply's time went, by stage", _STAGE_BUCKETS_S, "stage"
        )
        self._lag = histogram("loop_lag_seconds", "How late the event loop wakes up", _LAG_BUCKETS_S)
        self._failures = counter("provider_failures", "Provider failures", "family", "provider", "retryable")
        self._tools = counter("tool_runs", "Tools that ended, by how they did", "end")
        self._refused = counter("transcriptions_refused", "Stretches of speech that the STT had no room for")
        self._unwritten = Gauge(
            "rapida_outcomes_unwritten", "Ended calls that wait for the database", registry=self.registry
        )
        self._backlog = Gauge(
            "rapida_journal_backlog", "Journal lines that wait for the disk", registry=self.registry
        )

    def call_started(self) -> None:
        self._active.inc()

    def call_ended(self, reason: str) -> None:
        """Exactly once for each `call_started`."""
        self._active.dec()
        self._ended.labels(_bounded(reason, END_REASONS)).inc()

    def call_missed(self, reason: str) -> None:
        """A call ended without a stream: one of `WITHOUT_STREAM`."""
        self._ended.labels(_bounded(reason, END_REASONS)).inc()

    def webhook_answered(self, answer: str) -> None:
        """One of `ANSWERS`."""
        self._webhooks.labels(_bounded(answer, ANSWERS)).inc()

    def refused(self, what: str, reason: str) -> None:
        """One of `REFUSED`, for one of `REFUSAL_REASONS`."""
        self._not_served.labels(_bounded(what, REFUSED), _bounded(reason, REFUSAL_REASONS)).inc()

    def illegal_event(self) -> None:
        self._illegal.inc()

    def turn_answered(self, stages: Stages) -> None:
        """Where one reply's time went."""
        for stage in STAGES:
            self._stages.labels(stage).observe(getattr(stages, f"{stage}_us") / 1e6)

    def loop_lagged(self, lag_s: float) -> None:
        """One sample of how much later than asked the loop woke up."""
        self._lag.observe(lag_s)

    def provider_failed(self, family: str, provider: str, *, retryable: bool) -> None:
        self._failures.labels(
            _bounded(family, FAMILIES), _bounded(provider, self._providers), str(retryable).lower()
        ).inc()

    def transcription_refused(self) -> None:
        """The STT's queue was full, and the caller is asked again."""
        self._refused.inc()

    def tool_ended(self, end: str) -> None:
        """One of `TOOL_ENDS`."""
        self._tools.labels(_bounded(end, TOOL_ENDS)).inc()

    def outcomes_unwritten(self, count: int) -> None:
        self._unwritten.set(count)

    def watch_sockets(self, counts: SocketCounts) -> None:
        """Show the media sockets' own counters, read whenever the metrics are shown."""
        self.registry.register(_Sockets(counts))

    def watch_detectors(self, dropped: Callable[[], int]) -> None:
        """Read from here how many windows the voice detectors dropped, whenever the metrics are shown."""
        self.registry.register(_DroppedWindows(dropped))

    def watch_recognisers(self, waits: Callable[[], Sequence[WaitCounts]]) -> None:
        """Read from here how long speech waited, whenever the metrics are shown. All have the same
        buckets."""
        self.registry.register(_Waits(waits))

    def watch_capacity(self, at_most: Callable[[], int]) -> None:
        """Read from here how many calls the process would carry, whenever the metrics are shown."""
        what = "Calls that the process would carry"
        Gauge("rapida_calls_at_most", what, registry=self.registry).set_function(at_most)

    def watch_journal(self, backlog: Callable[[], int]) -> None:
        """Read the journal's backlog from here whenever the metrics are shown."""
        self._backlog.set_function(backlog)

    def render(self) -> bytes:
        """The text that `/metrics` answers with, as `CONTENT_TYPE`."""
        return generate_latest(self.registry)

    async def told(self) -> bytes:
        """The same, for who may have to wait for the metrics of others."""
        return self.render()
