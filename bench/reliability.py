"""Runs the demo twenty times without a terminal and counts how often the call reached its end."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

RUNS = 20
AT_LEAST = 19
LOGS = Path(".tools/reliability")
DEMO_WITHIN_S = 300


def main() -> int:
    """Returns 0 when enough runs reached their end."""
    LOGS.mkdir(parents=True, exist_ok=True)
    good = 0
    for number in range(1, RUNS + 1):
        log = LOGS / f"{number:02}.log"
        began = time.monotonic()
        status = _demo(log)
        good += status == 0
        verdict = "reached its end" if status == 0 else f"ended with {status}, see {log}"
        print(f"{number}/{RUNS} {verdict} after {time.monotonic() - began:.0f} s", flush=True)
    print(f"{good} of {RUNS} calls reached their end; at least {AT_LEAST} must")
    return 0 if good >= AT_LEAST else 1


def _demo(log: Path) -> int:
    """One demo in a data directory of its own, on a free port; its exit status."""
    with tempfile.TemporaryDirectory() as folder, log.open("w", encoding="utf-8") as out:
        own = {"RAPIDA_DATA_DIR": folder, "RAPIDA_PORT": "0"}
        try:
            return subprocess.run(
                [str(Path(sys.executable).parent / "rapida"), "demo"],
                env={**os.environ, **own},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                timeout=DEMO_WITHIN_S,
                check=False,
            ).returncode
        except subprocess.TimeoutExpired:
            return -1
