"""Calls that a server believes to be in progress, as many as are wanted: what watchers are told of them, told
without a line. For pictures of the live board and for measuring it.
"""

from __future__ import annotations

import asyncio
import math
import random
import time
from collections.abc import Iterator

from rapida.call.commands import Entry, RecordEntry, RecordStages, Stages
from rapida.call.states import FloorState
from rapida.engine.live import (
    CallShown,
    FloorShown,
    Glimpse,
    Live,
    SecretShown,
    Shown,
    StreamShown,
    ThoughtShown,
    ToolShown,
)

FIRST_ID = 9_000_000
LOUD_DB, SILENT_DB = -14.0, -96.0
_DIALOGUE = (
    ("caller", "It is the cleaning and the check-up, both."),
    ("agent", "The two together take fifty minutes. I have Monday at nine or Tuesday at half past one."),
    ("caller", "Could we make it a little later that day?"),
    ("agent", "Half past three is free as well. Shall I write it down?"),
    ("caller", "Yes, it is Okonkwo, O K O N K W O."),
    ("agent", "Thank you. Do you need to bring the form? Only your insurance card, the form is with us."),
)
SCENES = ("agent", "caller", "thinks", "tool", "held", "secret", "rings")
_NAMES = ("Front desk", "Front desk", "Reminders", "Front desk", "Front desk", "Billing line", "Reminders")


class ToldCall:
    """One of them. `take_turn` moves it on by a line; what it is at between lines is told by its scene."""

    def __init__(self, live: Live, project_id: int, index: int, chance: random.Random) -> None:
        self._live = live
        self._project_id = project_id
        self.conversation_id = FIRST_ID + index
        self._chance = chance
        self._lines = 0
        self._floor: FloorState = "nobody"
        self._phase = chance.uniform(0, 7)
        kind = index % len(SCENES)
        self.scene = SCENES[kind]
        outbound = _NAMES[kind] == "Reminders"
        number = "" if self.scene == "secret" else f"+1415555{index % 10_000:04}"
        ours = "+14155550100"
        self.tell(
            CallShown(
                14 - kind,
                "outbound" if outbound else "inbound",
                _NAMES[kind],
                ours if outbound else number,
                number if outbound else ours,
            )
        )
        if self.scene != "rings":
            self.tell(StreamShown())
            live.meter(self.conversation_id, self._levels)
            for _ in range(chance.randrange(2, 5)):
                self.take_turn()

    def tell(self, what: Shown) -> None:
        self._live.tell(Glimpse(self.conversation_id, self._project_id, 1, 1_000_000, what))

    def take_turn(self) -> None:
        """The next line, and with the agent's how long it was waited for."""
        speaker, text = _DIALOGUE[self._lines % len(_DIALOGUE)]
        self._lines += 1
        heard = text if speaker == "caller" else text[: int(len(text) * self._chance.uniform(0.4, 1))]
        self._move("caller" if speaker == "caller" else "agent")
        entry = (
            Entry("caller", text)
            if speaker == "caller"
            else Entry("agent", text, heard=heard.rpartition(" ")[0] or heard)
        )
        self.tell(RecordEntry(self._lines, (self._lines + 1) // 2, entry))
        if speaker == "agent":
            parts = [int(share * self._chance.uniform(0.8, 1.5)) for share in _USUAL_US]
            self.tell(RecordStages(self._lines // 2, Stages(*parts, total_us=sum(parts))))

    def come_to_scene(self) -> None:
        """What it is at when the picture is taken."""
        match self.scene:
            case "caller" | "agent" as floor:
                self._move(floor)
            case "thinks" | "tool":
                self._move("nobody")
                self.tell(ThoughtShown(1) if self.scene == "thinks" else ToolShown("find_slots"))
            case "held":
                self._move("contested")
            case "secret":
                self.tell(SecretShown(typing=True))
            case _:
                pass

    def _move(self, floor: FloorState) -> None:
        self._floor = floor
        self.tell(FloorShown(floor))

    def _levels(self) -> tuple[float, float]:
        """Turns of some three seconds each, with syllables in them."""
        now = time.monotonic() + self._phase
        syllable = LOUD_DB - 16 * abs(math.sin(now * 4.1)) - 8 * abs(math.sin(now * 9.7))
        speaks = math.sin(now / 1.1)
        if abs(speaks) < 0.25 or self.scene == "rings":
            return SILENT_DB, SILENT_DB
        return (syllable, SILENT_DB) if speaks > 0 else (SILENT_DB, syllable)


_USUAL_US = (208_000, 112_000, 281_000, 155_000, 48_000, 91_000, 1_000, 42_000)


def tell_calls(live: Live, project_id: int, count: int) -> list[ToldCall]:
    """Begin so many calls of a project."""
    chance = random.Random(7)
    return [ToldCall(live, project_id, index, chance) for index in range(count)]


async def go_on(calls: list[ToldCall], turns_a_second: float, for_s: float) -> None:
    """One call after the other takes a turn, so many a second in all."""
    order = _for_ever([each for each in calls if each.scene != "rings"])
    end = time.monotonic() + for_s
    while time.monotonic() < end:
        next(order).take_turn()
        await asyncio.sleep(1 / turns_a_second)


def _for_ever(calls: list[ToldCall]) -> Iterator[ToldCall]:
    while True:
        yield from calls
