"""The numbers a server shows at `/metrics`, in Prometheus' words.

This module decides which metrics there are, their units and their labels; every label takes a bounded set of
values, and an unknown one is counted as "other". When something is counted is decided where it happens. One
`Metrics` belongs to one app; there is no global registry, so that two apps in one process do not mix.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import get_args

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from ..call.commands import EndReason, Stages

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4

END_REASONS: tuple[str, ...] = get_args(EndReason)
STAGES = tuple(name.removesuffix("_us") for name in Stages.__struct_fields__)
"""The parts of a turn's latency, their total, and what speculation saved."""
FAMILIES = ("stt", "llm", "tts", "vad", "turn_end", "tools", "telephony")
ANSWERS = ("connected", "repeated", "busy", "refused", "apology", "unproved", "unknown", "closed")
"""What an inbound call webhook got: a stream, the same document again, a spoken refusal, or 403/404/503."""
WIRE_ERRORS = ("binary", "not_json", "too_large", "no_start", "foreign_call", "malformed", "handshake")
SOCKET_REFUSALS = ("400", "403", "404", "409", "410", "503")

_STAGE_BUCKETS_S = (0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0)
_LAG_BUCKETS_S = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)
_OTHER = "other"


def _bounded(value: str, known: tuple[str, ...]) -> str:
    return value if value in known else _OTHER


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
        self._refused = counter("sockets_refused", "Media sockets refused before the upgrade", "status")
        self._wire = counter("wire_errors", "Carrier messages that broke their protocol", "kind")
        self._stale = counter("stale_events", "Events of an operation already over: normal after a cancel")
        self._illegal = counter("illegal_events", "Events that no state foresees: a bug, please report it")
        self._stages = histogram(
            "turn_stage_seconds", "Where a reply's time went, by stage", _STAGE_BUCKETS_S, "stage"
        )
        self._lag = histogram("loop_lag_seconds", "How late the event loop wakes up", _LAG_BUCKETS_S)
        self._failures = counter("provider_failures", "Provider failures", "family", "provider", "retryable")
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

    def webhook_answered(self, answer: str) -> None:
        """One of `ANSWERS`."""
        self._webhooks.labels(_bounded(answer, ANSWERS)).inc()

    def socket_refused(self, status: int) -> None:
        self._refused.labels(_bounded(str(status), SOCKET_REFUSALS)).inc()

    def wire_error(self, kind: str) -> None:
        """One of `WIRE_ERRORS`."""
        self._wire.labels(_bounded(kind, WIRE_ERRORS)).inc()

    def stale_event(self) -> None:
        self._stale.inc()

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

    def outcomes_unwritten(self, count: int) -> None:
        self._unwritten.set(count)

    def watch_journal(self, backlog: Callable[[], int]) -> None:
        """Read the journal's backlog from here whenever the metrics are shown."""
        self._backlog.set_function(backlog)

    def render(self) -> bytes:
        """The text that `/metrics` answers with, as `CONTENT_TYPE`."""
        return generate_latest(self.registry)
