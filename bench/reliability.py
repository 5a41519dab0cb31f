"""Runs the demo twenty times without a terminal: how often the call reached its end by speech, and how soon.

The demo itself says whether everything the caller said was understood, and, at that very moment, that the
greeting is heard at the phone. Its time is taken here, from the command `rapida demo`, with everything set
up, to that line. A run is good if it reached its end and was greeted in time.

Before them the newcomer's way is gone once: `make demo` in a fresh clone, with the packages already in uv's
cache but nothing set up.
"""

from __future__ import annotations

import math
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

RUNS = 20
SHARE = 0.95
"""Of the runs must be good."""
LOGS = Path(".tools/reliability")
DEMO_WITHIN_S = 300
GREETED_WITHIN_S = 10.0
"""After the command."""
NEWCOMER_GREETED_WITHIN_S = 60.0
GREETED = "The greeting is heard"
_REPLY = re.compile(r"^ +\d+(?: +\d+){8} +(\d+) *$", re.MULTILINE)
"""A row of the demo's table: its last column is the whole."""
_FAILED = re.compile(r"The call did not reach its end: (.*)")


@dataclass(frozen=True)
class Run:
    """One demo: its exit status, the seconds to its greeting (0 = not heard) and its end, and its excuse."""

    status: int
    greeting_s: float
    took_s: float
    excuse: str = ""

    within_s: float = GREETED_WITHIN_S
    replies_ms: tuple[int, ...] = ()
    """From the caller's last sound to the agent's first, of each reply, as the demo's table says."""

    @property
    def failure(self) -> str:
        """Why it is not good; empty if it is."""
        if self.status != 0:
            return f"ended with {self.status} ({self.excuse})"
        if not 0 < self.greeting_s <= self.within_s:
            return f"the greeting was not heard within {self.within_s:.0f} s of the command"
        return ""


def run(times: int) -> dict[str, Any]:
    """All runs' figures; `good` of them, of which there must be `needed`, reached their end in time."""
    LOGS.mkdir(parents=True, exist_ok=True)
    newcomer = _newcomer()
    said = newcomer.failure or f"greeting after {newcomer.greeting_s:.1f} s"
    print(f"make demo in a fresh clone: {said}", flush=True)
    runs: list[Run] = []
    for number in range(1, times + 1):
        runs.append(one := _demo(LOGS / f"{number:02}.log"))
        took = f"{one.took_s:.0f} s, greeting after {one.greeting_s:.1f} s"
        print(f"{number}/{times} {one.failure or 'reached its end'}: {took}", flush=True)
    good, needed = sum(not one.failure for one in runs), math.ceil(times * SHARE)
    print(f"{good} of {times} calls reached their end by speech, greeted in time; at least {needed} must")
    greetings = [one.greeting_s for one in runs if one.greeting_s]
    replies = sorted(ms for one in runs for ms in one.replies_ms)
    return {
        "reply_p50_ms": _percentile(replies, 0.5),
        "reply_p95_ms": _percentile(replies, 0.95),
        "runs": times,
        "good": good,
        "needed": needed,
        "greeting_median_s": round(statistics.median(greetings or [0.0]), 1),
        "greeting_worst_s": round(max(greetings, default=0.0), 1),
        "newcomer_greeted": not newcomer.failure,
        "newcomer_greeting_s": round(newcomer.greeting_s, 1),
        "failures": [one.failure for one in (newcomer, *runs) if one.failure],
    }


def _percentile(ordered: Sequence[int], share: float) -> int:
    return ordered[min(len(ordered) - 1, math.ceil(share * len(ordered)))] if ordered else 0


def _newcomer() -> Run:
    """`make demo` in a fresh clone, with an environment and a home folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        clone, home = f"{folder}/rapida", f"{folder}/home"
        subprocess.run(["git", "clone", "-q", ".", clone], check=True)
        cache = os.environ.get("UV_CACHE_DIR") or str(Path.home() / ".cache/uv")
        own = {"HOME": home, "UV_CACHE_DIR": cache}
        one = _watched(["make", "-C", clone, "demo"], own, LOGS / "newcomer.log")
        return replace(one, within_s=NEWCOMER_GREETED_WITHIN_S)


def _demo(log: Path) -> Run:
    """One demo of what is set up here."""
    return _watched([str(Path(sys.executable).parent / "rapida"), "demo"], {}, log)


def _watched(command: list[str], own: dict[str, str], log: Path) -> Run:
    """One demo in a data directory of its own, on a free port."""
    with tempfile.TemporaryDirectory() as folder, log.open("w", encoding="utf-8") as out:
        own = {"RAPIDA_DATA_DIR": folder, "RAPIDA_PORT": "0", "PYTHONUNBUFFERED": "1", **own}
        began, greeting_s = time.monotonic(), 0.0
        process = subprocess.Popen(
            ["timeout", str(DEMO_WITHIN_S), *command],
            env={**os.environ, **own},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert process.stdout is not None
        for line in process.stdout:
            out.write(line)
            if line.startswith(GREETED):
                greeting_s = time.monotonic() - began
        status, took = process.wait(), time.monotonic() - began
    shown = log.read_text(encoding="utf-8")
    failed = _FAILED.search(shown)
    excuse = failed[1] if failed else f"see {log}"
    return Run(status, greeting_s, took, excuse, replies_ms=tuple(map(int, _REPLY.findall(shown))))
