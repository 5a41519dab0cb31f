"""What the engine hands back when a call is over: everything worth keeping, nothing written yet."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from ..call.commands import EndReason, Entry, Stages
from ..call.happenings import Happening


class WrittenLine(NamedTuple):
    """A transcript line as it was last written, and when it was first, in microseconds since the call's
    zero."""

    turn_id: int
    entry: Entry
    at_us: int


@dataclass
class CallOutcome:
    """One call's record, filled while it runs and complete when `Runner.run` returns."""

    started_at: datetime
    ended_at: datetime
    reason: EndReason = "internal_error"
    lines: dict[int, WrittenLine] = field(default_factory=dict[int, WrittenLine])
    """Transcript lines by entry id, in the order first written."""
    stages: dict[int, Stages] = field(default_factory=dict[int, Stages])
    """Latency stages by turn id."""
    happenings: list[tuple[int, Happening]] = field(default_factory=list[tuple[int, Happening]])
    """What happened besides, each with its microseconds since the call's zero."""
    answers: tuple[tuple[str, str], ...] = ()
    """What the caller answered, each with the name of what was asked."""
    input_tokens: int = 0
    output_tokens: int = 0
    spoken_characters: int = 0
    heard_ms: int = 0
    """How much caller sound there was."""
    journal: Path | None = None
    recording: Path | None = None
    recording_ms: int = 0
