"""What the engine hands back when a call is over: everything worth keeping, nothing written yet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from ..call import commands as c
from ..call import events as e
from ..call.commands import EndReason, Entry, Stages

_OF_ITS_OWN = (c.StartSynthesis, c.Transfer, c.LetCarrierSay, c.CloseStream, c.CompleteCall, c.EndCall)
"""What the agent stops itself for: an apology, a last sentence, the end."""
_INTERRUPTS_BY: dict[type[e.Event], str] = {
    e.KeyPressed: "key",
    e.TranscriptChanged: "words",
    e.TranscriptFinal: "words",
}


@dataclass
class CallOutcome:
    """One call's record, filled while it runs and complete when `Runner.run` returns."""

    started_at: datetime
    ended_at: datetime
    reason: EndReason = "internal_error"
    lines: dict[int, tuple[int, Entry]] = field(default_factory=dict[int, tuple[int, Entry]])
    """Transcript lines by entry id, in the order first written: (turn id, entry)."""
    stages: dict[int, Stages] = field(default_factory=dict[int, Stages])
    """Latency stages by turn id."""
    happenings: list[tuple[int, str, str]] = field(default_factory=list[tuple[int, str, str]])
    """(microseconds since the call's zero, kind, detail): failures, barge-ins, keys, tools by their names."""
    input_tokens: int = 0
    output_tokens: int = 0
    spoken_characters: int = 0
    heard_ms: int = 0
    """How much caller sound there was."""
    journal: Path | None = None
    recording: Path | None = None
    recording_ms: int = 0


def barge_in(floor: str, event: e.Event, orders: Sequence[c.Command]) -> str:
    """By what the caller has interrupted the agent: "key", "words" or "speech"; "" = there was no barge-in.

    `floor` is whose it was before `event`. Read from the orders because they are all that the core says: it
    clears the phone for a barge-in and then listens, or else for something of its own that it orders as well.
    """
    if floor not in ("agent", "contested", "yielded"):
        return ""  # nothing of the agent's was being heard: what is cleared was still to come
    cleared = any(isinstance(order, c.ClearPlayout) for order in orders)
    if not cleared or any(isinstance(order, _OF_ITS_OWN) for order in orders):
        return ""
    return _INTERRUPTS_BY.get(type(event), "speech")


def no_interruption(floor: str, after: str, orders: Sequence[c.Command]) -> list[tuple[str, str]]:
    """What was heard over the agent, or instead of an answer, and was nobody's words: (kind, detail).

    So the call's page can say why the agent stopped for a moment, or did not listen.
    """
    found = [
        ("noise", f"{order.end_ms - order.start_ms} ms of voice without a word")
        for order in orders
        if isinstance(order, c.DiscountVoice)
    ]
    if floor == "yielded" and after == "agent":
        found.append(("went on", "what had stopped the agent had no words of its own"))
    return found
