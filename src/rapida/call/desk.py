"""What the parts of one call share: the assistant, the time of the present event, the timers, the orders.

Every part writes its orders into the same list, in the order in which it decides, so that the shell performs
one sequence. Ids are counters; there is no chance anywhere in the core.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from msgspec import Struct

from ..assistant import Assistant
from ..errors import ConfigurationError, IllegalEvent
from .commands import Command
from .states import FLOOR, Machine
from .timers import SoundClock, Timers


class ToolFacts(Struct, frozen=True):
    """What the core must know of a tool to order it."""

    deadline_ms: int = 0
    """0 = the assistant's default."""


class Abilities(Struct, frozen=True):
    """What the shell's parts can do in this call; part of the journal's head."""

    direction: Literal["inbound", "outbound"] = "inbound"
    interims: bool = False
    """The STT shows words while the caller speaks."""
    final_ms: int = 0
    """p99 of the STT's time to a final; 0 = the assistant's own deadline."""
    turn_end: bool = False
    """A turn-end model is at hand."""
    tools: Mapping[str, ToolFacts] = {}
    transfer: bool = True
    """Who thinks may hand the call to another number."""
    follow_up: bool = False
    """Who thinks wants to be asked again when a tool's result comes after the caller has gone on."""
    opens: bool = False
    """Who thinks begins by itself, behind the greeting too; without a greeting it does in any case."""


def check(assistant: Assistant, abilities: Abilities) -> None:
    """Refuse an assistant that its providers cannot serve. Raises `ConfigurationError`."""
    if "words" in {assistant.turn.barge_in, assistant.greeting_barge_in} and not abilities.interims:
        raise ConfigurationError(
            "barge_in 'words' needs an STT that shows words while the caller speaks, and "
            f"{assistant.stt.name!r} does not: choose barge_in 'always' or 'never', or another STT"
        )


class Desk:
    """Shared by all parts of one `Call`; nothing in it decides."""

    __slots__ = ("_ids", "abilities", "assistant", "floor", "now", "orders", "sound", "timers")

    def __init__(self, assistant: Assistant, abilities: Abilities) -> None:
        self.assistant = assistant
        self.abilities = abilities
        self.now = 0
        self.sound = SoundClock()
        self.timers = Timers(self.sound)
        self.floor = Machine(FLOOR)
        self.orders: list[Command] = []
        self._ids = 0

    def order(self, command: Command) -> None:
        self.orders.append(command)

    def next_id(self) -> int:
        """A number never used before in this call, for any kind of operation."""
        self._ids += 1
        return self._ids

    def issued(self, operation_id: int, event: object) -> None:
        """Raise `IllegalEvent` when an event names an operation that was never started."""
        if not 0 < operation_id <= self._ids:
            raise IllegalEvent(event, f"no operation {operation_id} was ever started")
