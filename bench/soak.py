"""Calls coming and going for ten minutes, everything on: memory, threads and open files must stand still."""

from __future__ import annotations

import sys
import time
from contextlib import ExitStack
from pathlib import Path

from . import drive, measure, speech

MINUTES = 10
CALLS = 30
CALL_S = 10.0
SETTLE = 3
"""Rounds before the first figure counts."""
MAX_GROWTH_MB = 20.0


def main() -> int:
    """Returns 0 when the server ended about as large as it began."""
    rounds: list[tuple[float, int, int]] = []
    until = time.monotonic() + MINUTES * 60
    with ExitStack() as stack:
        sink = stack.enter_context(drive.process([*drive.OURS, "bench.sink"], core=1))
        port = str(drive.line(sink)["port"])
        kind = ["cycle", "--barge-in", "always", "--everything", "--sink", port]
        server = stack.enter_context(drive.process([*drive.OURS, "bench.serve", *kind], core=0))
        port = str(drive.line(server)["port"])
        while time.monotonic() < until or len(rounds) <= SETTLE:
            _calls(port)
            rounds.append((measure.rss_mb(server.pid), *_held(server.pid)))
            print(
                "{} calls: {:.0f} MB, {} threads, {} files".format((len(rounds)) * CALLS, *rounds[-1]),
                flush=True,
            )
    first, last = rounds[SETTLE], rounds[-1]
    grown = last[0] - first[0]
    print(f"grown by {grown:.1f} MB (at most {MAX_GROWTH_MB:.0f}) in {len(rounds) * CALLS} calls")
    return 0 if grown <= MAX_GROWTH_MB and last[1:] <= (first[1] + 2, first[2] + 2) else 1


def _calls(port: str) -> None:
    sound = str(speech.made("conversation"))
    command = [*drive.OURS, "bench.callers", "--port", port, "--calls", str(CALLS), "--sound", sound]
    with drive.process([*command, "--warm-s", "0", "--seconds", str(CALL_S)], core=1) as callers:
        drive.expect(callers, "measuring")
        drive.expect(callers, "measured")
        if closed := drive.line(callers)["closed"]:
            sys.exit(f"the server closed {closed} calls")
        drive.tell(callers, "hang up")
        callers.wait(30)
    time.sleep(1)


def _held(pid: int) -> tuple[int, int]:
    """Threads and open files."""
    return len(list(Path(f"/proc/{pid}/task").iterdir())), len(list(Path(f"/proc/{pid}/fd").iterdir()))
