"""Where a call stands in its flow, between two turns, and what becomes of its slots. Pure values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from .script import Ask


class Progress(Struct, frozen=True):
    """Where a call stands in its flow, between two turns."""

    state: str = ""
    """Empty = the flow has not begun."""
    phase: Literal["asked", "confirming", "waiting", "over"] = "waiting"
    misses: int = 0
    """Answers to the present question that could not be used."""
    slots: dict[str, str] = {}
    """The one filled last stands last."""
    early: tuple[str, ...] = ()
    """Slots that were filled before their question was asked: it is confirmed at the most."""
    settled: tuple[str, ...] = ()
    """Slots whose question is passed over, because a correction led back before it."""
    past: tuple[tuple[str, str], ...] = ()
    """Slots that were forgotten, each with its value."""
    asked: str = ""
    """The state of the last question."""
    calls: int = 0
    """Tool calls that are over."""

    def filled(self, slot: str, value: str) -> Progress:
        others = {name: each for name, each in self.slots.items() if name != slot}
        return replace(self, slots={**others, slot: value})

    def without(self, names: Iterable[str]) -> Progress:
        """With these slots empty, as if they had never been spoken of."""
        gone = set(names)
        return replace(
            self,
            slots={slot: value for slot, value in self.slots.items() if slot not in gone},
            early=tuple(slot for slot in self.early if slot not in gone),
            settled=tuple(slot for slot in self.settled if slot not in gone),
        )

    def forgetting(self, names: Iterable[str]) -> Progress:
        """With these slots empty for what comes now; that they were filled stays known."""
        after = self.without(names := tuple(names))
        gone = ((slot, value) for slot, value in self.slots.items() if slot in names)
        return replace(after, past=(*self.past, *gone))

    def answering(self, values: Mapping[str, str]) -> tuple[Progress, list[str]]:
        """With answers to questions that were not asked, and the slots that had another value before."""
        new = tuple(slot for slot in values if slot not in self.slots)
        changed = [slot for slot, value in values.items() if self.slots.get(slot, value) != value]
        after = replace(self, early=(*self.early, *new))
        for slot in (*new, *changed):
            after = after.filled(slot, values[slot])
        return after, changed

    def knows(self, ask: Ask) -> bool:
        """Whether a question need not be asked."""
        return ask.slot in (*self.early, *self.settled) or (ask.once and ask.slot in self.slots)

    def passing_over(self, slot: str) -> Progress:
        """With the question of `slot` behind it, this once."""
        return replace(
            self,
            early=tuple(each for each in self.early if each != slot),
            settled=tuple(each for each in self.settled if each != slot),
        )
