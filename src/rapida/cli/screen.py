"""A call on a terminal: its transcript while it runs, what was cut, and where the time went."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ..call.commands import EndCall, Entry, RecordEntry, RecordStages, Stages
from ..engine.live import Glimpse
from ..phone.report import CallReport

COLUMNS = {
    "stop_us": "speech stop",
    "final_us": "transcript",
    "confirm_us": "turn end",
    "token_us": "model",
    "sentence_us": "sentence",
    "sound_us": "voice",
    "frame_us": "frame",
    "mark_us": "mark",
    "total_us": "total",
}
WORDLESS = {"unclear": "(unclear)", "idle": "(nothing)", "opening": "(the call opens)"}


class Screen:
    """Prints what a watcher of calls is told."""

    def __init__(self, out: Console) -> None:
        self._out = out
        self._stages: list[Stages] = []

    def show(self, glimpse: Glimpse) -> None:
        """Print one thing that happened in a call."""
        match glimpse.what:
            case RecordEntry(entry=entry):
                self._out.print(Text(f"{glimpse.at_us / 1e6:6.1f} s  ", "dim") + said(entry))
            case RecordStages(stages=stages):
                self._stages.append(stages)
            case EndCall(reason):
                self._out.print(Text(f"{glimpse.at_us / 1e6:6.1f} s  the call ended: {reason}", "dim"))

    def latency(self) -> Table:
        """Where the time of each reply went: milliseconds from the caller's last sound to the first mark."""
        table = Table(title="From the caller's last sound to the agent's first, in ms", title_justify="left")
        table.add_column("reply", justify="right")
        for heading in COLUMNS.values():
            table.add_column(heading, justify="right")
        for number, stages in enumerate(self._stages, start=1):
            table.add_row(str(number), *(f"{getattr(stages, name) / 1000:.0f}" for name in COLUMNS))
        return table

    def conclude(self, report: CallReport, recording: Path, address: str) -> None:
        """The table, and where to look and listen next."""
        self._out.print()
        if self._stages:
            self._out.print(self.latency())
        if recording.exists():
            self._out.print(f"Recording: {recording} (left: caller, right: what the caller heard)")
        self._out.print(f"API pages: {address}/docs")
        if report.failure:
            self._out.print(Text(f"The call did not reach its end: {report.failure}", "bold red"))


def said(entry: Entry) -> Text:
    """One line of the transcript; an agent's words that were never heard are struck through."""
    if entry.speaker == "caller":
        words = entry.text or WORDLESS.get(entry.kind, "")
        style = "dim" if entry.kind == "backchannel" else "cyan"
        return Text("caller  ", "bold cyan") + Text(words, style)
    line = Text("agent   ", "bold green")
    heard = entry.heard or ("" if entry.cut else entry.text)
    line.append(heard)
    if entry.cut:
        line.append(entry.text[len(heard) :], "strike red")
    return line
