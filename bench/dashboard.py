"""The dashboard in a real Chromium at a real server: its marks and its table. `dashboard_pages` measures."""

from __future__ import annotations

NAME = "dashboard"
ROWS = 100_000
GOALS = {
    "load_js_kb": 250,
    "load_ready_ms": 1500,
    "live_frame_max_ms": 50,
    "live_task_cpu_max_ms": 50,
    "scroll_task_cpu_max_ms": 50,
}
Figures = dict[str, float]


def run(rows: int) -> Figures:
    """Everything, on the machine as it is."""
    from . import dashboard_pages  # noqa: PLC0415 - it wants pytest and a browser, which others do without

    return dashboard_pages.run(rows)


def lines(figures: Figures) -> list[str]:
    """The table of the README."""
    return ["| | mark | |", "|---|---|---|", *(_line(name, value) for name, value in figures.items())]


def _line(name: str, value: float) -> str:
    goal = GOALS.get(name)
    if goal is None:
        return f"| {name} | | {value:g} |"
    return f"| {name} | ≤ {goal} | {value:g} {'✓' if value <= goal else '✗'} |"
