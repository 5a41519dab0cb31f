"""What the parts of one call share: the assistant, the time of the present event, the timers, the orders.

Every part writes its orders into the same list, in the order in which it decides, so that the shell performs
one sequence. Ids are counters; there is no chance anywhere in the core.
"""

from __future__ import annotations

from ..assistant import Assistant
from ..errors import IllegalEvent
from .abilities import Abilities
from .commands import Command
from .states import CALL, FLOOR, Machine
from .timers import SoundClock, Timers


class Shared:
    """Shared by all parts of one `Call`; nothing in it decides."""

    __slots__ = ("_ids", "abilities", "assistant", "floor", "life", "now", "orders", "sound", "timers")

    def __init__(self, assistant: Assistant, abilities: Abilities) -> None:
        self.assistant = assistant
        self.abilities = abilities
        self.now = 0
        self.sound = SoundClock()
        self.timers = Timers(self.sound)
        self.life = Machine(CALL)
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
