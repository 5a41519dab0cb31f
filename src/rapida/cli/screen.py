"""A call on a terminal: its transcript while it runs, what was cut, and where the time went."""

from __future__ import annotations

from pathlib import Path

from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ..call.commands import EndCall, Entry, RecordEntry, RecordStages, Stages
from ..engine.live import Glimpse

COLUMNS = {
    "stop_us": "stopped",
    "final_us": "words",
    "confirm_us": "turn",
    "token_us": "model",
    "sentence_us": "text",
    "sound_us": "voice",
    "frame_us": "frame",
    "mark_us": "mark",
    "total_us": "total",
}
WORDLESS = {"unclear": "(unclear)", "idle": "(nothing)"}


class Screen:
    """Prints what a watcher of calls is told."""

    def __init__(self, out: Console) -> None:
        self._out = out
        self._stages: list[Stages] = []

    def show(self, glimpse: Glimpse) -> None:
        """Print one thing that happened in a call."""
        match glimpse.what:
            case RecordEntry(entry=Entry(kind="opening", text="")):
                pass
            case RecordEntry(entry=entry):
                line = said(entry, styled=self._out.is_terminal)
                self._out.print(Text(f"{glimpse.at_us / 1e6:6.1f} s  ", "dim") + line)
            case RecordStages(stages=stages):
                self._stages.append(stages)
            case EndCall(reason):
                self._out.print(Text(f"{glimpse.at_us / 1e6:6.1f} s  the call ended: {reason}", "dim"))
            case _:
                pass

    def latency(self) -> Table:
        """Where the time of each reply went: milliseconds from the caller's last sound to the first mark."""
        table = Table(
            title="From the caller's last sound to the agent's first, in ms", title_justify="left", box=SIMPLE
        )
        table.add_column("reply", justify="right")
        for heading in COLUMNS.values():
            table.add_column(heading, justify="right")
        for number, stages in enumerate(self._stages, start=1):
            table.add_row(str(number), *(f"{getattr(stages, name) / 1000:.0f}" for name in COLUMNS))
        return table

    def conclude(self, recording: Path, replay: str, address: str, failure: str) -> None:
        """The table, where to look and listen next, and what went wrong, if anything did."""
        self._out.print()
        if self._stages:
            self._out.print(self.latency())
        if recording.exists():
            self._tell(f"Recording: {recording} (left: the caller, right: what the caller heard)")
        self._tell(f"Replay its journal: {replay}")
        self._tell(f"API pages: {address}/docs")
        if failure:
            self._tell(f"The call did not reach its end: {failure}")

    def _tell(self, line: str) -> None:
        """A line that a person may want to copy, so it is never folded."""
        self._out.print(line, soft_wrap=True, markup=False)


def said(entry: Entry, *, styled: bool = True) -> Text:
    """One line of the transcript; an agent's words that were never heard are struck through.

    Without styles they stand between tildes, as Markdown strikes them.
    """
    if entry.speaker == "caller":
        style = "dim" if entry.kind == "backchannel" else "cyan"
        return Text("caller  ", "bold cyan") + Text(entry.text or WORDLESS.get(entry.kind, ""), style)
    line = Text("agent   ", "bold green")
    if not entry.cut:
        return line.append(entry.text)
    unheard = entry.text[len(entry.heard) :].strip()
    line.append(f"{entry.heard} ".lstrip())
    return line.append(unheard if styled else f"~~{unheard}~~", "strike red")
