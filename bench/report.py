"""Results on disk, and the table in README.md that is drawn from them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from . import measure
from .rows import ROWS, Row

HERE = Path(__file__).parent
RESULTS = HERE / "results"
README = HERE / "README.md"
BEGIN, END = "<!-- table: drawn by `make bench`, do not edit -->", "<!-- end of table -->"


def keep(row: Row, figures: dict[str, Any]) -> None:
    """Write one row's figures with the machine they were taken on."""
    RESULTS.mkdir(exist_ok=True)
    result = {
        "row": row.name,
        "taken_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": measure.describe(),
        **figures,
    }
    (RESULTS / f"{row.name}.json").write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


def line(row: Row, figures: dict[str, Any]) -> str:
    """One line of the table: what, how many, the marks and what was measured."""
    median = figures["median"]
    cells = [
        f"{name} {_number(median.get(name))} (≤ {_number(goal)}) {_verdict(median.get(name), goal)}"
        for name, goal in row.goals.items()
    ]
    noise = ", noisy" if figures["noisy"] else ""
    cpu = f"{_number(median['cpu_us'])} µs, {_number(median['calls_per_core'])} calls/core"
    return f"| {row.title} | {figures['calls']} | {'<br>'.join(cells)} | {cpu}{noise} |"


def redraw() -> None:
    """Put the kept figures of all rows into README.md."""
    kept = {
        path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(RESULTS.glob("*.json"))
    }
    rows = [line(row, kept[name]) for name, row in ROWS.items() if name in kept]
    machines = {
        ", ".join(f"{name} {value}" for name, value in result["machine"].items() if name != "commit")
        for result in kept.values()
    }
    table = "\n".join(
        [
            BEGIN,
            "",
            "| | calls | marks to reach | CPU per call-second |",
            "|---|---|---|---|",
            *rows,
            "",
            *(f"Taken on: {machine}." for machine in sorted(machines)),
            "",
            END,
        ]
    )
    text = README.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    README.write_text(before + table + rest.partition(END)[2], encoding="utf-8")


def _verdict(value: float | None, goal: float) -> str:
    if value is None:
        return "?"
    return "✓" if value <= goal else "✗"


def _number(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
