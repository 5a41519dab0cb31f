"""The Grafana dashboard: of Grafana's own shapes, with queries that Prometheus reads."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import promql_parser
import pytest
from docs import draw_grafana
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import Dashboard

from rapida.telemetry.metrics import WIRE_FAULTS, Metrics

OURS = re.compile(r"rapida_[a-z_]+")


@pytest.fixture(scope="module")
def written() -> dict[str, Any]:
    return json.loads(draw_grafana.FILE.read_text("utf-8"))


def queries(written: dict[str, Any]) -> Iterator[str]:
    for panel in written["panels"]:
        yield from (target["expr"] for target in panel.get("targets", ()))


def shown() -> dict[str, str]:
    """Each metric as Prometheus keeps it, and its kind."""
    metrics = Metrics()
    counts: Any = SimpleNamespace(
        open=0, opened=0, abandoned=0, refused={}, closed={}, **dict.fromkeys(WIRE_FAULTS, 0)
    )
    metrics.watch_sockets(counts)
    metrics.watch_detectors(lambda: 0)
    metrics.watch_recognisers(lambda: [])
    metrics.watch_capacity(lambda: 0)
    found = {each.name: each.type for each in metrics.registry.collect() if OURS.fullmatch(each.name)}
    ending = {"counter": "_total", "histogram": "_bucket", "gauge": ""}
    return {name + ending[kind]: kind for name, kind in found.items()}


def test_the_file_is_as_its_script_would_write_it(written: dict[str, Any]) -> None:
    assert written == draw_grafana.dashboard(), "run `make docs`"


def test_grafana_knows_every_field_of_it(written: dict[str, Any]) -> None:
    """What Grafana's own types do not know is lost on the way through them."""
    read = json.loads(JSONEncoder().encode(Dashboard.from_json(written)))
    assert missing(written, read) == []


def missing(wanted: Any, found: Any, at: str = "") -> list[str]:
    if isinstance(wanted, dict):
        if not isinstance(found, dict):
            return [at]
        return [
            each
            for key, value in wanted.items()
            for each in ([f"{at}.{key}"] if key not in found else missing(value, found[key], f"{at}.{key}"))
        ]
    if isinstance(wanted, list):
        if not isinstance(found, list) or len(found) != len(wanted):
            return [at]
        return [
            each
            for place, (one, other) in enumerate(zip(wanted, found, strict=True))
            for each in missing(one, other, f"{at}[{place}]")
        ]
    return [] if wanted == found else [at]


def test_prometheus_reads_every_query(written: dict[str, Any]) -> None:
    for query in queries(written):
        assert promql_parser.parse(query.replace("$__rate_interval", "5m").replace("$instance", ".*"))
    with pytest.raises(ValueError, match=r"\S"):
        promql_parser.parse("rate(rapida_calls_total[5m]")


def test_every_metric_is_on_some_panel_as_what_it_is_and_nothing_else_is(written: dict[str, Any]) -> None:
    kept = shown()
    asked = [name for query in queries(written) for name in OURS.findall(query)]
    assert set(asked) == set(kept)
    for query in queries(written):
        for name in OURS.findall(query):
            assert ("rate(" in query) == (kept[name] != "gauge"), query


def test_panels_do_not_lie_over_each_other(written: dict[str, Any]) -> None:
    places = [
        (x, y)
        for each in written["panels"]
        for x in range(each["gridPos"]["x"], each["gridPos"]["x"] + each["gridPos"]["w"])
        for y in range(each["gridPos"]["y"], each["gridPos"]["y"] + each["gridPos"]["h"])
    ]
    assert len(places) == len(set(places))
    assert len({each["id"] for each in written["panels"]}) == len(written["panels"])
