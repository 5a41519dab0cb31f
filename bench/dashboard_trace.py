"""What a page's main thread did, from Chromium's own trace: each task's length and its processor time."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, Page

TASKS = "disabled-by-default-devtools.timeline"
"""The category that tells of each task (`RunTask`), with its length and processor time in microseconds."""
MARK = "bench-begins"


@contextmanager
def traced(browser: Browser, page: Page) -> Iterator[dict[str, float]]:
    """What is found of the block is in the dictionary when the block is over."""
    found: dict[str, float] = {}
    browser.start_tracing(page=page, categories=[TASKS, "blink.user_timing"])
    page.evaluate(f"performance.mark('{MARK}')")
    yield found
    events = json.loads(browser.stop_tracing())["traceEvents"]
    found |= figures_of(events)


def figures_of(events: list[dict[str, Any]]) -> dict[str, float]:
    """The longest task by the clock and by the processor, and the thread's share of a core."""
    mark = next(each for each in events if each["name"] == MARK)
    tasks = [
        each
        for each in events
        if each["name"] == "RunTask" and (each["pid"], each["tid"]) == (mark["pid"], mark["tid"])
        if each["ts"] >= mark["ts"] and "dur" in each  # the one that stops the trace has no end
    ]
    span_us = max(each["ts"] + each["dur"] for each in tasks) - mark["ts"]
    cpu_us = [each.get("tdur", 0) for each in tasks]
    return {
        "task_max_ms": max(each["dur"] for each in tasks) / 1000,
        "task_cpu_max_ms": max(cpu_us) / 1000,
        "main_thread_percent": 100 * sum(cpu_us) / span_us,
    }
