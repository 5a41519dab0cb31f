"""The metrics of several processes as those of one server: counts and gauges are added up.

Counts of processes that are gone stay in the sum, so that no counter ever goes back.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.parser import text_string_to_metric_families

LEAST = ("process_start_time_seconds", "process_max_fds")
"""Of these the least is shown: a sum of instants, or of limits that each process has, says nothing."""
CREATED = "_created"
"""How the names of series end that say since when a counter counts."""
LASTING = ("counter", "histogram", "summary")
"""The kinds that count what has happened."""

_Key = tuple[str, tuple[tuple[str, str], ...]]


def summed(texts: Sequence[str]) -> str:
    """Prometheus' text format in and out; families and series in the order in which they are first met."""
    families: dict[str, Metric] = {}
    values: dict[str, dict[_Key, float]] = {}
    for family in _families(texts):
        families.setdefault(family.name, family)
        series = values.setdefault(family.name, {})
        for sample in family.samples:
            key = sample.name, tuple(sample.labels.items())
            least = sample.name in LEAST or sample.name.endswith(CREATED)
            before = series.get(key)
            if before is None:
                series[key] = sample.value
            else:
                series[key] = min(before, sample.value) if least else before + sample.value
    return _rendered(_with_values(family, values[name]) for name, family in families.items())


def lasting(text: str) -> str:
    """What stays true of a process that is gone: what it has counted."""
    return _rendered(each for each in _families([text]) if each.type in LASTING)


def _families(texts: Iterable[str]) -> Iterator[Metric]:
    for text in texts:
        yield from text_string_to_metric_families(text)


def _with_values(family: Metric, series: dict[_Key, float]) -> Metric:
    made = Metric(family.name, family.documentation, family.type)
    for (name, labels), value in series.items():
        made.add_sample(name, dict(labels), value)
    return made


def _rendered(families: Iterable[Metric]) -> str:
    class Families(CollectorRegistry):
        def collect(self) -> Iterator[Metric]:
            yield from families

    return generate_latest(Families()).decode()
