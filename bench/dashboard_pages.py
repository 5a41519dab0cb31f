"""The dashboard in a real Chromium at a real server: how soon a page is there, and how smoothly it moves.

The live board is told of two hundred calls, each of which says a line every few seconds; the table of calls
is scrolled through a hundred thousand rows, which were written straight into the database. The browser itself
times its frames (https://www.w3.org/TR/long-animation-frames/), and its trace tells what its main thread did.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from playwright.sync_api import Browser, Page
from tests.dashboard.browser import launched, opened
from tests.dashboard.conftest import state_of
from tests.dashboard.live_calls import go_on, tell_calls
from tests.dashboard.served import EMAIL, OWNER, PASSWORD, Served, served

from . import dashboard_trace as trace
from .archive import fill_sqlite
from .dashboard import Figures

CALLS = 200
FOR_S = 20
LINES_A_SECOND = 60
"""Of all calls: each says a line every three seconds or so, as people do."""
LOADS = 5

READY = """
new MutationObserver((_, watching) => {
  if (!document.querySelector(".call-row")) return;
  watching.disconnect();
  requestAnimationFrame(() => setTimeout(() => { window.readyMs = performance.now(); }));
}).observe(document, {childList: true, subtree: true});
"""
"""When the first rows are painted and the main thread is free again."""

SCRIPTS = """() => Object.fromEntries(performance.getEntriesByType("resource")
  .filter(each => each.name.endsWith(".js"))
  .map(each => [new URL(each.name).pathname, each.encodedBodySize]))"""
"""As they came over the wire: compressed."""

FRAMES = """
window.frames_ = {longest: 0, shown: 0, late: 0};
{
  const told = window.frames_;
  new PerformanceObserver(list => {
    for (const each of list.getEntries()) {
      told.late += 1;
      told.longest = Math.max(told.longest, each.duration);
    }
  }).observe({type: "long-animation-frame"});
  const step = () => { told.shown += 1; requestAnimationFrame(step); };
  requestAnimationFrame(step);
}
"""
"""Only frames of more than 50 ms are told by the browser; `longest` 0 = there was none."""

TO_THE_END = """rows => new Promise(done => {
  const step = () => {
    const table = document.querySelector("table[aria-rowcount]");
    if (Number(table.getAttribute("aria-rowcount")) > rows) done();
    else { scrollTo(0, document.body.scrollHeight); setTimeout(step, 20); }
  };
  step();
})"""

SCROLL = """forS => new Promise(done => {
  const tall = document.body.scrollHeight, begins = performance.now();
  const step = now => {
    const share = (now - begins) / (forS * 1000);
    scrollTo(0, tall * Math.max(0, 1 - share));
    if (share < 1) requestAnimationFrame(step); else done();
  };
  requestAnimationFrame(step);
})"""
"""From the last row to the first at an even pace: some hundred rows a frame, so none is drawn twice."""


def run(rows: int) -> Figures:
    """Everything, on the machine as it is; `load` is what else it did."""
    with TemporaryDirectory() as place, served(Path(place) / "data") as running, launched() as browser:
        with running.api() as client:
            client.post("/v1/setup", json=OWNER).raise_for_status()
        state = state_of(running, EMAIL, PASSWORD)
        running.do(fill_sqlite(Path(place) / "data" / "rapida.db", rows), 600)
        figures: Figures = {}
        for measure in (_first_load, _live, _scrolled):
            figures |= measure(browser, running, state, rows)
            print(f"  {measure.__name__}: done", file=sys.stderr, flush=True)
    figures["load"] = float(Path("/proc/loadavg").read_text().split()[0])
    return {name: round(value, 1) for name, value in figures.items()}


def _first_load(browser: Browser, running: Served, state: Any, rows: int) -> Figures:
    """A browser that has nothing of it yet, at the page of calls."""
    ready, first, whole = list[float](), list[float](), list[float]()
    for _ in range(LOADS):
        with opened(browser, running.url, state=state) as watched:
            watched.page.add_init_script(READY)
            watched.page.goto(f"{running.url}/calls")
            watched.page.wait_for_function("() => window.readyMs")
            ready.append(watched.page.evaluate("window.readyMs"))
            index = watched.page.request.get(f"{running.url}/calls").text()
            sizes: dict[str, int] = watched.page.evaluate(SCRIPTS)
            first.append(sum(size for path, size in sizes.items() if path in index) / 1000)
            whole.append(sum(sizes.values()) / 1000)
    return {
        "load_js_kb": max(first),
        "load_js_with_page_kb": max(whole),
        "load_ready_ms": statistics.median(ready),
        "load_ready_max_ms": max(ready),
    }


def _live(browser: Browser, running: Served, state: Any, rows: int) -> Figures:
    """The live board while calls go on."""

    async def tell() -> list[Any]:
        return tell_calls(running.server.rapida.live, 1, CALLS)

    calls = running.do(tell())
    with opened(browser, running.url, state=state) as watched:
        page = watched.open("/live")
        page.get_by_role("listitem").nth(3).wait_for()
        talking = asyncio.run_coroutine_threadsafe(go_on(calls, LINES_A_SECOND, FOR_S + 10), running.loop)
        found = _moved(browser, page, lambda: page.wait_for_timeout(FOR_S * 1000))
        talking.cancel()
    return {f"live_{name}": value for name, value in found.items()}


def _scrolled(browser: Browser, running: Served, state: Any, rows: int) -> Figures:
    """The table with all its rows, scrolled from the last to the first."""
    with opened(browser, running.url, state=state) as watched:
        page = watched.open("/calls")
        page.locator(".call-row").first.wait_for()
        page.set_default_timeout(900_000)
        page.evaluate(TO_THE_END, rows)
        found = _moved(browser, page, lambda: page.evaluate(SCROLL, FOR_S))
    return {f"scroll_{name}": value for name, value in found.items()}


def _moved(browser: Browser, page: Page, move: Any) -> Figures:
    """Frames and the main thread's tasks while something moves."""
    page.emulate_media(reduced_motion="no-preference")
    page.evaluate(FRAMES)
    with trace.traced(browser, page) as tasks:
        move()
    frames = page.evaluate("window.frames_")
    return {
        "frame_max_ms": frames["longest"],
        "frames_late": frames["late"],
        "frames_a_second": frames["shown"] / FOR_S,
        **tasks,
    }
