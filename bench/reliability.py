"""Runs the demo twenty times without a terminal: how often the call reached its end by speech, and how soon.

The demo itself says whether everything the caller said was understood, and, at that very moment, that the
greeting is heard at the phone. Its time is taken here, from the command `rapida demo`, with everything set
up, to that line. A run is good if it reached its end and was greeted in time.
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
"""Of the runs must be good."""
LOGS = Path(".tools/reliability")
DEMO_WITHIN_S = 300
GREETED_WITHIN_S = 10.0
"""After the command."""
GREETED = "The greeting is heard"
_FAILED = re.compile(r"The call did not reach its end: (.*)")


@dataclass(frozen=True)
class Run:
    """One demo: its exit status, the seconds to its greeting (0 = not heard) and its end, and its excuse."""

    status: int
    greeting_s: float
    took_s: float
    excuse: str = ""

    @property
    def failure(self) -> str:
        """Why it is not good; empty if it is."""
        if self.status != 0:
            return f"ended with {self.status} ({self.excuse})"
        if not 0 < self.greeting_s <= GREETED_WITHIN_S:
            return f"the greeting was not heard within {GREETED_WITHIN_S:.0f} s of the command"
        return ""


def run(times: int) -> dict[str, Any]:
    """All runs' figures; `good` of them, of which there must be `needed`, reached their end in time."""
    LOGS.mkdir(parents=True, exist_ok=True)
    runs: list[Run] = []
    for number in range(1, times + 1):
        runs.append(one := _demo(LOGS / f"{number:02}.log"))
        took = f"{one.took_s:.0f} s, greeting after {one.greeting_s:.1f} s"
        print(f"{number}/{times} {one.failure or 'reached its end'}: {took}", flush=True)
    good, needed = sum(not one.failure for one in runs), math.ceil(times * SHARE)
    print(f"{good} of {times} calls reached their end by speech, greeted in time; at least {needed} must")
    greetings = [one.greeting_s for one in runs if one.greeting_s]
    return {
        "runs": times,
        "good": good,
        "needed": needed,
        "greeting_median_s": round(statistics.median(greetings or [0.0]), 1),
        "greeting_worst_s": round(max(greetings, default=0.0), 1),
        "failures": [one.failure for one in runs if one.failure],
    }


def _demo(log: Path) -> Run:
    """One demo in a data directory of its own, on a free port."""
    with tempfile.TemporaryDirectory() as folder, log.open("w", encoding="utf-8") as out:
        own = {"RAPIDA_DATA_DIR": folder, "RAPIDA_PORT": "0", "PYTHONUNBUFFERED": "1"}
        began, greeting_s = time.monotonic(), 0.0
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
            if line.startswith(GREETED):
                greeting_s = time.monotonic() - began
        status, took = process.wait(), time.monotonic() - began
    failed = _FAILED.search(log.read_text(encoding="utf-8"))
    return Run(status, greeting_s, took, failed[1] if failed else f"see {log}")
