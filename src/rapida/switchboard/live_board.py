"""The calls of this server that are in progress, for pages that follow them: what each is at, what changes.

Every change is made into an event once, however many follow, and put into a ring with a number of its own;
each follower takes what is new ten times a second. So a call pays for one append, and a page that was away
for a moment goes on where it was.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections import deque
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from ..call.commands import EndCall
from ..engine.live import CallShown, Glimpse, Live
from .call_on_board import CallOnBoard

EVERY_S = 0.1
"""How often a follower is sent what is new: ten pictures a second look like one that moves."""
KEPT = 10_000
"""Events in the ring: at 200 calls some ten seconds of everything, minutes of what one project sees."""


@dataclass(frozen=True)
class BoardEvent:
    """One change, ready to be sent. `project_id` is whose it is."""

    number: int
    project_id: int
    conversation_id: int
    name: str
    data: bytes


class LiveBoard:
    """What is told of every call of this process. Belongs to the event loop."""

    def __init__(self, live: Live, clock: Callable[[], datetime]) -> None:
        self._live = live
        self._clock = clock
        self._calls: dict[int, CallOnBoard] = {}
        # Numbers go on behind those of the run before, so that a follower of it is not shown old ones as new.
        self._number = time.time_ns() // 1_000_000
        self._ring: deque[BoardEvent] = deque(maxlen=KEPT)
        self._encode = msgspec.json.Encoder().encode
        self._levels_now: dict[int, list[int]] = {}
        self._measured_s = -math.inf
        self.followers = 0
        live.watch(self._see)

    # What calls tell

    def _see(self, glimpse: Glimpse) -> None:
        what, conversation_id = glimpse.what, glimpse.conversation_id
        if isinstance(what, CallShown):
            self._calls[conversation_id] = CallOnBoard(
                conversation_id, glimpse.project_id, glimpse.assistant_id, self._clock()
            )
        call = self._calls.get(conversation_id)
        if call is None:
            return
        before = call.state
        if (told := call.take(what)) is not None:
            self._put(call, glimpse, *told)
        if isinstance(what, EndCall):
            del self._calls[conversation_id]
        elif call.state != before:
            self._put(call, glimpse, "call.state", {"state": call.state})

    def _put(self, call: CallOnBoard, glimpse: Glimpse, name: str, more: dict[str, Any]) -> None:
        self._number += 1
        data = {"conversation_id": call.conversation_id, "at_ms": glimpse.at_us // 1000, **more}
        self._ring.append(
            BoardEvent(self._number, call.project_id, call.conversation_id, name, self._encode(data))
        )

    # What followers take

    async def follow(
        self, project_id: int, *, conversation_id: int | None = None, after: int | None = None
    ) -> AsyncGenerator[list[BoardEvent]]:
        """What is new for a project, or for one call of it, ten times a second, also when that is nothing.

        It begins behind the event `after` if that is still known, else with a `calls` event that shows every
        call in progress.
        """
        self.followers += 1
        try:
            at = self._number if after is None else after
            if after is None or not self._knows(after):
                at = self._number
                yield [self._everything(project_id, conversation_id)]
            while True:
                new, at = self._newest(at), self._number
                mine = [event for event in new if _concerns(event, project_id, conversation_id)]
                if levels := self._levels(project_id, conversation_id):
                    mine.append(levels)
                yield mine
                await asyncio.sleep(EVERY_S)
        finally:
            self.followers -= 1

    def _knows(self, number: int) -> bool:
        return bool(self._ring) and self._ring[0].number <= number + 1 and number <= self._number

    def _newest(self, after: int) -> list[BoardEvent]:
        """The events behind a number; it is found from the end, since little is new each time."""
        found: list[BoardEvent] = []
        for event in reversed(self._ring):
            if event.number <= after:
                break
            found.append(event)
        found.reverse()
        return found

    def _everything(self, project_id: int, conversation_id: int | None) -> BoardEvent:
        calls = [
            call.shown()
            for call in self._calls.values()
            if call.project_id == project_id and conversation_id in {None, call.conversation_id}
        ]
        return BoardEvent(self._number, project_id, 0, "calls", self._encode({"calls": calls}))

    def _levels(self, project_id: int, conversation_id: int | None) -> BoardEvent | None:
        """How loud both sides of each call are now, in dBFS. It has no number: a late one is of no use."""
        levels = {
            str(call.conversation_id): measured
            for call in self._calls.values()
            if call.project_id == project_id
            and conversation_id in {None, call.conversation_id}
            and (measured := self._measured().get(call.conversation_id)) is not None
        }
        return BoardEvent(0, project_id, 0, "levels", self._encode({"levels": levels})) if levels else None

    def _measured(self) -> dict[int, list[int]]:
        """Every meter, read once for all followers of a moment: at 200 calls that is a millisecond."""
        now_s = asyncio.get_running_loop().time()
        if now_s - self._measured_s >= EVERY_S:
            self._measured_s = now_s
            self._levels_now = {
                number: [round(db) for db in meter()] for number, meter in self._live.meters.items()
            }
        return self._levels_now


def _concerns(event: BoardEvent, project_id: int, conversation_id: int | None) -> bool:
    return event.project_id == project_id and conversation_id in {None, event.conversation_id}
