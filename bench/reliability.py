"""Runs the demo twenty times without a terminal: how often the call reached its end by speech, and how soon.

The demo itself says whether everything the caller said was understood. The greeting's time counts from the
command to the ring, as it is seen on the demo's output, and on to its first sound at the phone.
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
from dataclasses import dataclass
from pathlib import Path
from typing import Any

RUNS = 20
SHARE = 0.95
"""Of the calls must reach their end."""
LOGS = Path(".tools/reliability")
DEMO_WITHIN_S = 300
RINGING = "Ringing"
_GREETED = re.compile(r"The greeting was heard ([0-9.]+) s after")
_FAILED = re.compile(r"The call did not reach its end: (.*)")


@dataclass(frozen=True)
class Run:
    """One demo: its exit status, the seconds to its greeting and to its end, and what it said went wrong."""

    status: int
    greeting_s: float
    took_s: float
    failure: str


def run(times: int) -> dict[str, Any]:
    """All runs' figures; `good` of them, of which `needed` must be, reached their end."""
    LOGS.mkdir(parents=True, exist_ok=True)
    runs: list[Run] = []
    for number in range(1, times + 1):
        runs.append(one := _demo(LOGS / f"{number:02}.log"))
        verdict = "reached its end" if one.status == 0 else f"ended with {one.status} ({one.failure})"
        told = f"{verdict} after {one.took_s:.0f} s, greeting after {one.greeting_s:.1f} s"
        print(f"{number}/{times} {told}", flush=True)
    good, needed = sum(one.status == 0 for one in runs), math.ceil(times * SHARE)
    print(f"{good} of {times} calls reached their end by speech; at least {needed} must")
    greetings = [one.greeting_s for one in runs if one.greeting_s]
    return {
        "runs": times,
        "good": good,
        "needed": needed,
        "greeting_median_s": round(statistics.median(greetings or [0.0]), 1),
        "greeting_worst_s": round(max(greetings, default=0.0), 1),
        "failures": [one.failure for one in runs if one.status],
    }


def _demo(log: Path) -> Run:
    """One demo in a data directory of its own, on a free port."""
    with tempfile.TemporaryDirectory() as folder, log.open("w", encoding="utf-8") as out:
        own = {"RAPIDA_DATA_DIR": folder, "RAPIDA_PORT": "0", "PYTHONUNBUFFERED": "1"}
        began, rang = time.monotonic(), 0.0
        process = subprocess.Popen(
            ["timeout", str(DEMO_WITHIN_S), str(Path(sys.executable).parent / "rapida"), "demo"],
            env={**os.environ, **own},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert process.stdout is not None
        for line in process.stdout:
            out.write(line)
            if line.startswith(RINGING):
                rang = time.monotonic() - began
        status, took = process.wait(), time.monotonic() - began
    said = log.read_text(encoding="utf-8")
    greeted, failed = _GREETED.search(said), _FAILED.search(said)
    greeting_s = rang + float(greeted[1]) if greeted else 0.0
    return Run(status, greeting_s, took, failed[1] if failed else f"see {log}")
