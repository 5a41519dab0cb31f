"""Runs one row: a server process on one core, the callers on another, three times over, and takes medians.

A run in which the host stole more than 5 % of the machine's time, or other work took 10 % of the server's
core, or the generator itself was late, is repeated a few times; if it stays so the figure is marked "noisy".
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, cast

from . import measure, speech
from .callers import percentiles
from .rows import Row

REPEATS = 3
RETRIES = 3
MAX_STEAL = 0.05
MAX_OTHERS = 0.1
MAX_LATE_P95_MS = 20.0
"""A generator whose frames leave later than one frame's time measures itself."""

PEER_PYTHON = Path(".tools/peers/bin/python")
OURS = (sys.executable, "-m")

Figures = dict[str, float]


def run(row: Row, *, calls: int, seconds: float, repeats: int = REPEATS) -> dict[str, Any]:
    """The medians over `repeats` runs, the runs themselves, and whether noise remained."""
    runs: list[Figures] = []
    noisy = False
    for number in range(repeats):
        figures = _watched(row, calls=calls, seconds=seconds, number=f"{number + 1}/{repeats}")
        for _ in range(RETRIES):
            if _quiet(figures):
                break
            print("  noisy, once more", file=sys.stderr, flush=True)
            figures = _watched(row, calls=calls, seconds=seconds, number=f"{number + 1}/{repeats}")
        noisy = noisy or not _quiet(figures)
        runs.append(figures)
    names = sorted({name for figures in runs for name in figures})
    median = {
        name: round(statistics.median([each[name] for each in runs if name in each]), 3) for name in names
    }
    return {"calls": calls, "seconds": seconds, "noisy": noisy, "median": median, "runs": runs}


def _quiet(figures: Figures) -> bool:
    return (
        figures["steal"] <= MAX_STEAL
        and figures["others"] <= MAX_OTHERS
        and figures.get("late_p95_ms", 0.0) <= MAX_LATE_P95_MS
    )


def once(row: Row, *, calls: int, seconds: float) -> Figures:
    """One run of one row."""
    with ExitStack() as open_ones:
        arguments = [*row.server]
        sink = None
        if row.server[0] == "cycle":
            sink = open_ones.enter_context(process([*OURS, "bench.sink"], core=1))
            arguments += ["--sink", str(line(sink)["port"])]
        server = open_ones.enter_context(process(_server(arguments), core=0))
        port = line(server)["port"]
        rest_mb = measure.rss_mb(server.pid, children=False)
        callers = open_ones.enter_context(process(_callers(row, port, calls, seconds), core=1))
        expect(callers, "measuring")
        began, core = time.perf_counter(), min(os.sched_getaffinity(server.pid))
        before, machine = measure.cpu_ns(server.pid), measure.Machine.now(core)
        tell(server, "reset")
        if sink:
            tell(sink, "reset")
        expect(callers, "measured")
        used, after = measure.cpu_ns(server.pid) - before, measure.Machine.now(core)
        wall = time.perf_counter() - began
        loaded_mb = measure.rss_mb(server.pid, children=False)
        told = {**ask(server, "report"), **(ask(sink, "report") if sink else {})}
        seen = line(callers)
        tell(callers, "hang up")
        callers.wait(30)
    if seen["closed"] or told.get("broken"):
        raise RuntimeError(f"{row.name}: {seen['closed']} calls were closed, {told.get('broken', 0)} broke")
    cpu_us = used / 1e3 / (calls * seconds)
    return {
        "cpu_us": round(cpu_us, 1),
        "calls_per_core": round(1e6 / cpu_us, 1),
        "rest_mb": round(rest_mb, 1),
        "per_call_mb": round((loaded_mb - rest_mb) / calls, 3),
        "steal": round(after.steal_since(machine), 4),
        "others": round(max(0.0, after.busy_since(machine) - used / 1e9 / wall), 3),
        **_holds(seen.pop("onsets"), told.pop("holds", [])),
        **_flat(seen),
        **_flat(told),
    }


def _server(arguments: list[str]) -> list[str]:
    """Our own server, or a peer's with its own Python."""
    if arguments[0] != "peer":
        return [*OURS, "bench.serve", *arguments]
    return [str(PEER_PYTHON), str(Path("bench/peers", arguments[1])), *arguments[2:]]


def _callers(row: Row, port: int, calls: int, seconds: float) -> list[str]:
    arguments = [
        *OURS,
        "bench.callers",
        "--port",
        str(port),
        "--calls",
        str(calls),
        "--seconds",
        str(seconds),
    ]
    if row.sound:
        arguments += ["--sound", str(speech.made(row.sound))]
    return [*arguments, *row.callers]


def _holds(onsets: list[tuple[int, float]], holds: list[tuple[int, float]]) -> Figures:
    """From each onset that met a speaking agent to the hold that answered it, within a second."""
    found: list[float] = []
    for number, onset in onsets:
        after = [at - onset for who, at in holds if who == number and 0 <= at - onset <= 1.0]
        found += [min(after)] if after else []
    if not onsets:
        return {}
    return _flat({"hold_ms": percentiles(found)}) | {
        "onsets": len(onsets),
        "unheld": len(onsets) - len(found),
    }


def brief(row: Row, figures: Mapping[str, float]) -> str:
    """The figures a row is about, in one line."""
    names = [*dict.fromkeys(["cpu_us", *row.goals, "late_p95_ms", "steal", "others"])]
    return ", ".join(f"{name} {figures.get(name, float('nan')):g}" for name in names)


def _watched(row: Row, *, calls: int, seconds: float, number: str) -> Figures:
    """One run, told of on the terminal."""
    figures = once(row, calls=calls, seconds=seconds)
    print(f"  {row.name} {number}: {brief(row, figures)}", file=sys.stderr, flush=True)
    return figures


def _flat(report: Mapping[str, Any]) -> Figures:
    """`{"echo_ms": {"p50": 1}}` as `{"echo_p50_ms": 1}`."""
    flat: Figures = {}
    for name, value in report.items():
        if isinstance(value, Mapping):
            stem, _, unit = name.rpartition("_")
            parts = cast("Mapping[str, float]", value)
            flat |= {
                f"{stem}_{part}" + ("" if part == "count" else f"_{unit}"): n for part, n in parts.items()
            }
        else:
            flat[name] = value
    return flat


@contextmanager
def process(command: Sequence[str], *, core: int) -> Iterator[subprocess.Popen[str]]:
    """A child on a core of its own, ended with the block."""
    child = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(child.pid, {cores[core % len(cores)]})  # before it has started a thread
    try:
        yield child
    finally:
        child.terminate()
        try:
            child.wait(15)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
        for pipe in (child.stdin, child.stdout):
            if pipe:
                pipe.close()


def tell(child: subprocess.Popen[str], word: str) -> None:
    assert child.stdin
    child.stdin.write(word + "\n")
    child.stdin.flush()


def ask(child: subprocess.Popen[str], word: str) -> dict[str, Any]:
    tell(child, word)
    return line(child)


def _read(child: subprocess.Popen[str]) -> str:
    assert child.stdout
    line = child.stdout.readline()
    if not line:
        raise RuntimeError(f"{child.args!r} ended with status {child.wait(10)}: see above")
    return line.strip()


def line(child: subprocess.Popen[str]) -> dict[str, Any]:
    return json.loads(_read(child))


def expect(child: subprocess.Popen[str], word: str) -> None:
    if (said := _read(child)) != word:
        raise RuntimeError(f"{child.args!r} said {said!r} instead of {word!r}")
