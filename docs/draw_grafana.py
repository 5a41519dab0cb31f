"""Draws docker/grafana/rapida.json, a Grafana dashboard of what `/metrics` shows: run it with `make docs`.

tests/test_grafana.py fails when the file is not what this script would write, or a metric is on no panel.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FILE = Path(__file__).parents[1] / "docker" / "grafana" / "rapida.json"
SCHEMA = 36
"""The schema that Grafana 10.1 writes; later ones read it."""
WIDTH, HEIGHT, ACROSS = 8, 8, 3
"""Of a panel, on Grafana's grid of 24; three stand side by side on a screen of 1280."""
SOURCE = {"type": "prometheus", "uid": "${source}"}
HERE = '{instance=~"$instance"}'


@dataclass(frozen=True)
class Drawn:
    """One panel: queries in PromQL with their legends. `unit` is Grafana's word."""

    title: str
    told: str
    queries: tuple[tuple[str, str], ...]
    unit: str = "short"


def _rate(name: str, *by: str) -> str:
    return f"sum by ({', '.join(by)}) (rate({name}{HERE}[$__rate_interval]))"


def _share(share: float, name: str, more: str = "", by: str = "") -> str:
    of = f'{{instance=~"$instance"{more}}}'
    buckets = f"sum by (le{by and f', {by}'}) (rate({name}_bucket{of}[$__rate_interval]))"
    return f"histogram_quantile({share}, {buckets})"


def _shares(name: str, more: str = "") -> tuple[tuple[str, str], ...]:
    return tuple((_share(share, name, more), f"p{share * 100:.0f}") for share in (0.5, 0.95, 0.99))


ROWS: dict[str, tuple[Drawn, ...]] = {
    "Calls": (
        Drawn(
            "Calls in progress",
            "Beside how many the servers would carry: near it, new calls hear that the lines are busy.",
            (
                (f"sum(rapida_calls_active{HERE})", "in progress"),
                (f"sum(rapida_calls_at_most{HERE})", "at most"),
            ),
        ),
        Drawn(
            "How calls end",
            "The reasons are explained in docs/operating.md, How calls end.",
            ((_rate("rapida_calls_total", "reason"), "{{reason}}"),),
            "cps",
        ),
        Drawn(
            "Webhooks, by what they got",
            "Anything but connected and repeated is a caller who did not reach an assistant.",
            ((_rate("rapida_webhooks_total", "answer"), "{{answer}}"),),
            "reqps",
        ),
    ),
    "How long callers wait": (
        Drawn(
            "From the caller's last word to the reply",
            "Above a second callers begin to ask whether somebody is there.",
            _shares("rapida_turn_stage_seconds", ', stage="total"'),
            "s",
        ),
        Drawn(
            "Where a reply's time goes (p95)",
            "The stages sum to the total; the largest is what to mend.",
            ((_share(0.95, "rapida_turn_stage_seconds", ', stage!="total"', "stage"), "{{stage}}"),),
            "s",
        ),
        Drawn(
            "Speech that waits for a recogniser",
            "Of the recognisers that run on this machine; it grows when the cores are used up.",
            _shares("rapida_stt_queue_seconds"),
            "s",
        ),
    ),
    "Whether the servers keep up": (
        Drawn(
            "How late the event loop wakes up",
            "Above 20 ms (p99) callers begin to hear gaps: fewer calls, or more processes.",
            _shares("rapida_loop_lag_seconds"),
            "s",
        ),
        Drawn(
            "What the servers are too late for",
            "Sound that no detector looked at, and speech that no recogniser had room for: both are to be 0.",
            (
                (_rate("rapida_vad_windows_dropped_total"), "windows of sound"),
                (_rate("rapida_transcriptions_refused_total"), "stretches of speech"),
            ),
        ),
        Drawn(
            "What waits for database and disk",
            "It grows while the database is away or the disk is slow, and goes down by itself.",
            (
                (f"sum(rapida_outcomes_unwritten{HERE})", "ended calls"),
                (f"sum(rapida_journal_backlog{HERE})", "journal lines"),
            ),
        ),
    ),
    "Media sockets": (
        Drawn(
            "Open",
            "One for each call with a stream.",
            ((f"sum(rapida_sockets_open{HERE})", "open"),),
        ),
        Drawn(
            "Opened, given up, ended",
            "By close code: 1000 is a hang-up, 1006 a connection that was lost.",
            (
                (_rate("rapida_sockets_opened_total"), "opened"),
                (_rate("rapida_sockets_abandoned_total"), "given up by the caller"),
                (_rate("rapida_sockets_closed_total", "code"), "ended with {{code}}"),
            ),
            "cps",
        ),
        Drawn(
            "Refused, and faults",
            "Refusals by HTTP status; faults by kind, as docs/operating.md explains them.",
            (
                (_rate("rapida_sockets_refused_total", "status"), "refused with {{status}}"),
                (_rate("rapida_sockets_faults_total", "kind"), "{{kind}}"),
            ),
            "cps",
        ),
    ),
    "What fails": (
        Drawn(
            "Providers",
            "Which vendor fails; what is not retryable wants a person: a key, a quota, a wrong setting.",
            (
                (
                    _rate("rapida_provider_failures_total", "family", "provider", "retryable"),
                    "{{family}} {{provider}} (retryable: {{retryable}})",
                ),
            ),
        ),
        Drawn(
            "Tools",
            "How they ended.",
            ((_rate("rapida_tool_runs_total", "end"), "{{end}}"),),
        ),
        Drawn(
            "Refusals at the door, and bugs",
            "An illegal event is a bug of ours: please report it.",
            (
                (_rate("rapida_refusals_total", "what", "reason"), "{{what}}: {{reason}}"),
                (_rate("rapida_illegal_events_total"), "illegal events"),
            ),
        ),
    ),
}


def panels() -> Iterator[dict[str, Any]]:
    """Rows and their panels, in the order of the screen."""
    top, number = 0, 1
    for title, row in ROWS.items():
        at = {"h": 1, "w": WIDTH * ACROSS, "x": 0, "y": top}
        yield {"type": "row", "id": number, "title": title, "collapsed": False, "gridPos": at, "panels": []}
        for place, drawn in enumerate(row):
            at = {"h": HEIGHT, "w": WIDTH, "x": WIDTH * place, "y": top + 1}
            yield _panel(drawn, number + 1 + place, at)
        top, number = top + 1 + HEIGHT, number + 1 + len(row)


def _panel(drawn: Drawn, number: int, at: dict[str, int]) -> dict[str, Any]:
    return {
        "type": "timeseries",
        "id": number,
        "title": drawn.title,
        "description": drawn.told,
        "datasource": SOURCE,
        "gridPos": at,
        "fieldConfig": {"defaults": {"unit": drawn.unit, "min": 0}, "overrides": []},
        "options": {"legend": {"displayMode": "list", "placement": "bottom"}, "tooltip": {"mode": "multi"}},
        "targets": [
            {"refId": chr(ord("A") + place), "datasource": SOURCE, "expr": query, "legendFormat": legend}
            for place, (query, legend) in enumerate(drawn.queries)
        ],
    }


def dashboard() -> dict[str, Any]:
    """The whole dashboard, which asks for a Prometheus source and shows some or all servers."""
    source = {"type": "datasource", "name": "source", "label": "Prometheus", "query": "prometheus"}
    instance = {
        "type": "query",
        "name": "instance",
        "label": "Server",
        "datasource": SOURCE,
        "query": "label_values(rapida_calls_active, instance)",
        "refresh": 2,
        "multi": True,
        "includeAll": True,
        "allValue": ".*",
    }
    return {
        "uid": "rapida",
        "title": "Rapida",
        "description": "Calls, how long callers wait, and whether the servers keep up.",
        "tags": ["rapida"],
        "timezone": "browser",
        "editable": True,
        "schemaVersion": SCHEMA,
        "refresh": "30s",
        "time": {"from": "now-3h", "to": "now"},
        "templating": {"list": [source, instance]},
        "panels": list(panels()),
    }


def main() -> None:
    """Write the file."""
    text = json.dumps(dashboard(), indent=2) + "\n"
    if not FILE.exists() or FILE.read_text("utf-8") != text:
        FILE.write_text(text, "utf-8")
        sys.stdout.write(f"redrew {FILE.relative_to(FILE.parents[2])}\n")


if __name__ == "__main__":
    main()
