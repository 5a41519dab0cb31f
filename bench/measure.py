"""What a process tree costs and what the machine was doing meanwhile, read from /proc (Linux only)."""

from __future__ import annotations

import os
import platform
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

WATCHED = ("picows", "uvloop", "uvicorn", "msgspec", "onnxruntime", "numpy")


def tree(pid: int) -> list[int]:
    """`pid` and its living descendants."""
    found, waiting = list[int](), [pid]
    while waiting:
        each = waiting.pop()
        found.append(each)
        try:
            for task in Path(f"/proc/{each}/task").iterdir():
                waiting += map(int, (task / "children").read_text().split())
        except OSError:
            continue
    return found


def cpu_ns(pid: int) -> int:
    """CPU time of all threads of the tree so far."""
    total = 0
    for each in tree(pid):
        try:
            for task in Path(f"/proc/{each}/task").iterdir():
                total += int((task / "schedstat").read_text().split()[0])
        except OSError:
            continue
    return total


def rss_mb(pid: int, *, children: bool = True) -> float:
    """Resident memory of the tree, or of the process alone."""
    total_kb = 0
    for each in tree(pid) if children else [pid]:
        try:
            lines = Path(f"/proc/{each}/status").read_text().splitlines()
        except OSError:
            continue
        total_kb += sum(int(line.split()[1]) for line in lines if line.startswith("VmRSS:"))
    return total_kb / 1024


@dataclass(frozen=True)
class Machine:
    """What the machine and one of its cores have done so far, in ticks."""

    core_busy: int
    core_total: int
    steal: int
    total: int

    @classmethod
    def now(cls, core: int) -> Machine:
        """Read it."""
        lines = Path("/proc/stat").read_text().splitlines()
        counts = {
            line.split()[0]: [int(each) for each in line.split()[1:9]] for line in lines if line[:3] == "cpu"
        }
        own, every = counts[f"cpu{core}"], counts["cpu"]
        idle = own[3] + own[4]
        return cls(sum(own) - idle - own[7], sum(own), every[7], sum(every))

    def steal_since(self, before: Machine) -> float:
        """The share of all cores' time that the host took away."""
        return (self.steal - before.steal) / max(1, self.total - before.total)

    def busy_since(self, before: Machine) -> float:
        """The share of its time that the core was busy, whoever used it."""
        return (self.core_busy - before.core_busy) / max(1, self.core_total - before.core_total)


def pss_mb(pid: int) -> float:
    """Memory of a process and its children; pages that several share count once (proportional set size)."""
    total_kb = 0
    for each in tree(pid):
        with suppress(OSError):
            lines = Path(f"/proc/{each}/smaps_rollup").read_text(encoding="ascii").splitlines()
            total_kb += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total_kb / 1024


def describe() -> dict[str, str]:
    """The machine and the versions that a figure belongs to."""
    cpu = next(
        (
            line.split(":", 1)[1].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    memory_kb = int(Path("/proc/meminfo").read_text().split()[1])
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False
    ).stdout.strip()
    return {
        "cpu": f"{os.cpu_count()} x {cpu}",
        "memory": f"{memory_kb // 2**20} GiB",
        "kernel": platform.release(),
        "python": platform.python_version(),
        "commit": commit or "unknown",
        **{name: version(name) for name in WATCHED},
    }
