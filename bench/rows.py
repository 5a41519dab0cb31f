"""The table of what is measured: one entry per row of README.md, with the mark it is to reach."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Row:
    """How one row is run, and what it must not exceed."""

    name: str
    title: str
    server: tuple[str, ...]
    calls: int
    goals: Mapping[str, float] = field(default_factory=dict[str, float])
    callers: tuple[str, ...] = ()
    speech: bool = False
    """Whether the callers speak; otherwise they are silent."""
    seconds: float = 10.0


_ECHO = ("echo",)

ROWS: dict[str, Row] = {
    row.name: row
    for row in (
        Row("echo-500", "echo through the real path", _ECHO, 500, {"cpu_us": 1000}, ("--echo",)),
        Row("echo-1000", "echo through the real path", _ECHO, 1000, {"cpu_us": 850}, ("--echo",)),
    )
}
