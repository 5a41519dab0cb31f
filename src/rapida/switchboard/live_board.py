"""The calls in progress, for pages that follow them: what each is at, what changes.

Every change is made into an event once, however many follow, and put into a ring with a number of its own;
each follower takes what is new ten times a second. So a call pays for one append, and a page that was away
for a moment goes on where it was. Of calls that other servers hold `live_relay.py` brings the same glimpses.
"""

from __future__ import annotations

import asyncio
import math
import time
import zlib
from collections import Counter, deque
from collections.abc import AsyncGenerator, Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct

from ..call.commands import EndCall
from ..engine.live import CallShown, Glimpse, Live
from .call_on_board import CallOnBoard

EVERY_S = 0.1
"""How often a follower is sent what is new: ten pictures a second look like one that moves."""
KEPT = 10_000
"""Events in the ring: at 200 calls some ten seconds of everything, minutes of what one project sees."""
MARKS = 1024
"""Numbers end in a mark of their server, so that another one shows everything instead of going on in the
middle: a thousand marks keep a number of milliseconds exact in JavaScript."""


class ToldElsewhere(Struct, frozen=True):
    """What one server tells another of its calls: first what changed, then all calls of some projects."""

    glimpses: list[Glimpse]
    levels: dict[int, list[int]]
    """In dBFS, by conversation."""
    projects: list[int]
    calls: list[CallOnBoard]
    """Every call of `projects`, as it stands behind `glimpses`."""


@dataclass(frozen=True)
class BoardEvent:
    """One change, ready to be sent. `project_id` is whose it is."""

    number: int
    project_id: int
    conversation_id: int
    name: str
    data: bytes


class LiveBoard:
    """What is told of every call of this process, and of others' that are brought. Belongs to the event loop.

    `server_id` marks the numbers of its events.
    """

    def __init__(self, live: Live, clock: Callable[[], datetime], server_id: str = "") -> None:
        self._live = live
        self._clock = clock
        self._calls: dict[int, CallOnBoard] = {}
        # Numbers go on behind those of the run before, so that a follower of it is not shown old ones as new.
        self._number = time.time_ns() // 1_000_000 * MARKS + zlib.crc32(server_id.encode()) % MARKS
        self._ring: deque[BoardEvent] = deque(maxlen=KEPT)
        self._encode = msgspec.json.Encoder().encode
        self._levels_now: dict[int, list[int]] = {}
        self._measured_s = -math.inf
        self.followers = 0
        self.followed = Counter[int]()
        """How many follow here, by project."""
        self._wanted: frozenset[int] = frozenset()
        self._unsent: list[Glimpse] = []
        self._elsewhere: dict[str, dict[int, CallOnBoard]] = {}
        self._levels_elsewhere: dict[str, dict[int, list[int]]] = {}
        live.watch(self._see)

    # What calls tell

    def _see(self, glimpse: Glimpse) -> None:
        if glimpse.project_id in self._wanted:
            self._unsent.append(glimpse)
        self._take(self._calls, glimpse)

    def _take(self, calls: dict[int, CallOnBoard], glimpse: Glimpse) -> None:
        what, conversation_id = glimpse.what, glimpse.conversation_id
        if isinstance(what, CallShown):
            calls[conversation_id] = CallOnBoard(
                conversation_id, glimpse.project_id, glimpse.assistant_id, self._clock()
            )
        call = calls.get(conversation_id)
        if call is None:
            return
        before = call.state
        if (told := call.take(what)) is not None:
            self._put(call, glimpse.at_us // 1000, *told)
        if isinstance(what, EndCall):
            del calls[conversation_id]
        elif call.state != before:
            self._put(call, glimpse.at_us // 1000, "call.state", {"state": call.state})

    def _put(self, call: CallOnBoard, at_ms: int, name: str, more: dict[str, Any]) -> None:
        self._number += MARKS
        data = {"conversation_id": call.conversation_id, "at_ms": at_ms, **more}
        self._ring.append(
            BoardEvent(self._number, call.project_id, call.conversation_id, name, self._encode(data))
        )

    # What servers tell one another

    def want(self, projects: Collection[int]) -> None:
        """Keep what changes in calls of these projects for `unsent`, because others follow them."""
        self._wanted = frozenset(projects)
        self._unsent = [each for each in self._unsent if each.project_id in self._wanted]

    def unsent(self, anew: Collection[int]) -> ToldElsewhere | None:
        """What changed since the last time, and all calls of the projects `anew`; None = nothing to tell."""
        glimpses, self._unsent = self._unsent, []
        measured = self._measured() if self._wanted else {}
        levels = {
            each.conversation_id: measured[each.conversation_id]
            for each in self._calls.values()
            if each.project_id in self._wanted and each.conversation_id in measured
        }
        calls = [each for each in self._calls.values() if each.project_id in anew]
        if not (glimpses or levels or anew):
            return None
        return ToldElsewhere(glimpses, levels, sorted(anew), calls)

    def hear(self, server_id: str, told: ToldElsewhere, followed: Collection[int]) -> None:
        """Take what another server tells of the projects that are `followed` here."""
        calls = self._elsewhere.setdefault(server_id, {})
        for glimpse in told.glimpses:
            if glimpse.project_id in followed:
                self._take(calls, glimpse)
        self._levels_elsewhere[server_id] = told.levels
        there = {each.conversation_id for each in told.calls}
        projects = set(told.projects) & set(followed)
        for call in [each for each in calls.values() if each.project_id in projects]:
            if call.conversation_id not in there:
                self._lose(calls, call)
        for call in told.calls:
            if call.project_id in projects:
                if call.conversation_id not in calls:
                    self._put(call, self._age_ms(call), "call.began", call.shown())
                calls[call.conversation_id] = call

    def keep_servers(self, living: Collection[str]) -> bool:
        """Take the calls of servers that are gone off the board; whether there was one."""
        gone = self._elsewhere.keys() - set(living)
        for server_id in gone:
            calls = self._elsewhere.pop(server_id)
            self._levels_elsewhere.pop(server_id, None)
            for call in tuple(calls.values()):
                self._lose(calls, call)
        return bool(gone)

    def let_go(self, project_id: int) -> None:
        """Nobody follows a project here any more, so what other servers hold of it is not kept."""
        for calls in self._elsewhere.values():
            for call in [each for each in calls.values() if each.project_id == project_id]:
                del calls[call.conversation_id]

    def _lose(self, calls: dict[int, CallOnBoard], call: CallOnBoard) -> None:
        del calls[call.conversation_id]
        self._put(call, self._age_ms(call), "call.ended", {"reason": "server_lost"})

    def _age_ms(self, call: CallOnBoard) -> int:
        return max(0, round((self._clock() - call.began_at).total_seconds() * 1000))

    def _all(self) -> Iterator[CallOnBoard]:
        yield from self._calls.values()
        for calls in self._elsewhere.values():
            yield from calls.values()

    # What followers take

    async def follow(
        self, project_id: int, *, conversation_id: int | None = None, after: int | None = None
    ) -> AsyncGenerator[list[BoardEvent]]:
        """What is new for a project, or for one call of it, ten times a second, also when that is nothing.

        It begins behind the event `after` if that is still known, else with a `calls` event that shows every
        call in progress.
        """
        self.followers += 1
        self.followed[project_id] += 1
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
            self.followed[project_id] -= 1

    def _knows(self, number: int) -> bool:
        ours = (number - self._number) % MARKS == 0
        return ours and bool(self._ring) and self._ring[0].number - MARKS <= number <= self._number

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
            for call in self._all()
            if call.project_id == project_id and conversation_id in {None, call.conversation_id}
        ]
        return BoardEvent(self._number, project_id, 0, "calls", self._encode({"calls": calls}))

    def _levels(self, project_id: int, conversation_id: int | None) -> BoardEvent | None:
        """How loud both sides of each call are now, in dBFS. It has no number: a late one is of no use."""
        now = dict(self._measured())
        for elsewhere in self._levels_elsewhere.values():
            now |= elsewhere
        levels = {
            str(call.conversation_id): now[call.conversation_id]
            for call in self._all()
            if call.project_id == project_id
            and conversation_id in {None, call.conversation_id}
            and call.conversation_id in now
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
