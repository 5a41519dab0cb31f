"""What becomes of a wish for an appointment: it is done, or refused with a reason and a sentence to say.

Works on what stands in the calendar and on the opening hours; the present moment comes in as an argument.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import date, datetime, timedelta
from typing import Literal, get_args

from msgspec import Struct
from rapidfuzz import fuzz, utils

from ..errors import Conflict
from ..text.day_times import minutes_of, say_time
from .base import Booking, PlatformServices
from .opening_hours import OpeningHours

Action = Literal["free", "check", "book", "find", "move", "cancel"]
ACTIONS: tuple[Action, ...] = get_args(Action)
NEEDED: Mapping[Action, tuple[str, ...]] = {
    "free": ("day",),
    "check": ("day", "time"),
    "book": ("day", "time", "name"),
    "find": (),
    "move": ("day", "time"),
    "cancel": (),
}
"""The arguments without which nothing can be done."""
SAME_NAME_AT = 85.0
"""Likeness (0 to 100) from which two names are one person's: "Anna Myller" is "Anna Miller" with 91."""
OFFERED = 3
"""Times that a sentence offers: more are not kept in mind."""
_PARTS = {"": (0, 1440), "morning": (0, 720), "afternoon": (720, 1020), "evening": (1020, 1440)}
_END = "9999-12-31 23:59"
Told = dict[str, str]


class Asked(Struct, frozen=True):
    """What is wanted. Days as 2027-03-31, times as 14:30."""

    action: Action
    day: str = ""
    time: str = ""
    part: Literal["", "morning", "afternoon", "evening"] = ""
    name: str = ""
    phone: str = ""
    note: str = ""
    old_day: str = ""


class NotPossible(Exception):
    """Why it is not done: `reason` for a flow's rules, the text for the caller."""

    def __init__(self, reason: str, say: str) -> None:
        super().__init__(say)
        self.reason = reason


class Schedule:
    """One calendar as one call meets it."""

    def __init__(
        self,
        services: PlatformServices,
        project_id: int,
        calendar: str,
        hours: OpeningHours,
        now: datetime,
        days_ahead: int,
    ) -> None:
        """`now`: the wall clock of the calendar's zone."""
        self._services = services
        self._project_id = project_id
        self._calendar = calendar
        self._hours = hours
        self._now = now
        self._now_text = f"{now:%Y-%m-%d %H:%M}"
        self._last_day = now.date() + timedelta(days=days_ahead)
        self._acts: Mapping[Action, Callable[[Asked], Awaitable[Told]]] = {
            "free": self._free,
            "check": self._check,
            "book": self._book,
            "find": self._find,
            "move": self._move,
            "cancel": self._cancel,
        }

    async def act(self, asked: Asked) -> Told:
        """What is told: `done`, `reason` where it was not, `say`, and the `day` and `time`."""
        about = {"day": asked.day, "time": asked.time}
        try:
            return {"done": "yes", "reason": "", **about, **await self._acts[asked.action](asked)}
        except NotPossible as refused:
            return {"done": "no", "reason": refused.reason, **about, "say": str(refused)}

    async def _free(self, asked: Asked) -> Told:
        day = self._open_day(asked.day)
        free = await self._free_times(day, asked.part)
        if not free:
            part = f" in the {asked.part}" if asked.part else ""
            raise NotPossible("full", f"I am sorry, on {_say_day(day)} nothing is free{part}.")
        return {"say": f"On {_say_day(day)} I have {_listed(_spread(free))}.", "times": ", ".join(free)}

    async def _check(self, asked: Asked) -> Told:
        await self._must_be_free(asked)
        return {"say": f"{_say_start(asked.day, asked.time)} is free."}

    async def _book(self, asked: Asked) -> Told:
        await self._must_be_free(asked)
        booking = Booking(f"{asked.day} {asked.time}", asked.name, asked.phone, asked.note)
        try:
            if not await self._is_theirs(asked):
                await self._services.book(self._project_id, self._calendar, booking)
        except Conflict:
            raise await self._taken(asked) from None
        return {"say": f"You have an appointment on {_say_start(asked.day, asked.time)}."}

    async def _find(self, asked: Asked) -> Told:
        found = await self._one(asked)
        day, _, time = found.starts_at.partition(" ")
        said = f"{found.name} has an appointment on {_say_start(day, time)}."
        return {"say": said, "day": day, "time": time}

    async def _move(self, asked: Asked) -> Told:
        found = await self._one(asked)
        if found.starts_at != f"{asked.day} {asked.time}":
            await self._must_be_free(asked)
            try:
                await self._services.move(found, f"{asked.day} {asked.time}")
            except Conflict:
                raise await self._taken(asked) from None
        return {"say": f"Your appointment is now on {_say_start(asked.day, asked.time)}."}

    async def _cancel(self, asked: Asked) -> Told:
        found = await self._one(asked)
        await self._services.cancel(found)
        day, _, time = found.starts_at.partition(" ")
        said = f"Your appointment on {_say_start(day, time)} is cancelled."
        return {"say": said, "day": day, "time": time}

    # What stands in the way ---------------------------------------------------------------------------------

    async def _one(self, asked: Asked) -> Booking:
        """The appointment that is meant, by name or telephone number."""
        coming = await self._services.booked(self._project_id, self._calendar, self._now_text, _END)
        found = [each for each in coming if _is_of(each, asked)]
        if asked.old_day:
            found = [each for each in found if each.starts_at.startswith(asked.old_day)]
        if not found:
            whose = f"under the name {asked.name}" if asked.name else "for that number"
            raise NotPossible("unknown", f"I cannot find an appointment {whose}.")
        if len(found) > 1:
            starts = [_say_start(*each.starts_at.split(" ")) for each in found[:OFFERED]]
            raise NotPossible("several", f"I see several appointments: on {_listed(starts, 'and')}.")
        return found[0]

    async def _must_be_free(self, asked: Asked) -> None:
        day = self._open_day(asked.day)
        if f"{asked.day} {asked.time}" <= self._now_text:
            raise NotPossible("past", f"{_say_start(asked.day, asked.time)} has passed already.")
        if asked.time not in self._hours.times_on(day):
            near = _nearest(await self._free_times(day, ""), asked.time)
            offer = f" I could offer {_listed(near)}." if near else ""
            raise NotPossible("no such time", f"There is no appointment at {say_time(asked.time)}.{offer}")
        if asked.time not in await self._free_times(day, "") and not await self._is_theirs(asked):
            raise await self._taken(asked)

    async def _is_theirs(self, asked: Asked) -> bool:
        """Whether they have that very time already: who calls twice is not refused their own appointment."""
        start = f"{asked.day} {asked.time}"
        there = await self._services.booked(self._project_id, self._calendar, start, start)
        return any(_is_of(each, asked) for each in there)

    async def _taken(self, asked: Asked) -> NotPossible:
        near = _nearest(await self._free_times(date.fromisoformat(asked.day), ""), asked.time)
        offer = f" I could offer {_listed(near)}." if near else " That day has nothing else free."
        return NotPossible("taken", f"I am sorry, {_say_start(asked.day, asked.time)} is taken.{offer}")

    def _open_day(self, text: str) -> date:
        day = date.fromisoformat(text)
        if day < self._now.date():
            raise NotPossible("past", f"{_say_day(day)} has passed already.")
        if day > self._last_day:
            raise NotPossible("far", f"I can only book until {_say_day(self._last_day)}.")
        if not self._hours.times_on(day):
            raise NotPossible("closed", f"I am sorry, we are closed on {_say_day(day)}.")
        return day

    async def _free_times(self, day: date, part: str) -> list[str]:
        first, last = _PARTS[part]
        booked = await self._services.booked(self._project_id, self._calendar, f"{day} 00:00", f"{day} 23:59")
        taken = {each.starts_at.partition(" ")[2] for each in booked}
        return [
            time
            for time in self._hours.times_on(day)
            if time not in taken and f"{day} {time}" > self._now_text and first <= minutes_of(time) < last
        ]


def _is_of(booking: Booking, asked: Asked) -> bool:
    if asked.phone and booking.phone:
        return asked.phone == booking.phone
    alike = fuzz.token_set_ratio if " " not in asked.name.strip() else fuzz.token_sort_ratio
    return (
        bool(asked.name) and alike(asked.name, booking.name, processor=utils.default_process) >= SAME_NAME_AT
    )


def _spread(times: list[str]) -> list[str]:
    """A few of many, from early to late."""
    if len(times) <= OFFERED:
        return [say_time(time) for time in times]
    step = (len(times) - 1) / (OFFERED - 1)
    return [say_time(times[round(step * each)]) for each in range(OFFERED)]


def _nearest(times: list[str], wanted: str) -> list[str]:
    near = sorted(times, key=lambda time: abs(minutes_of(time) - minutes_of(wanted)))[:2]
    return [say_time(time) for time in sorted(near)]


def _listed(said: list[str], last: str = "or") -> str:
    return said[0] if len(said) == 1 else f"{', '.join(said[:-1])} {last} {said[-1]}"


def _say_start(day: str, time: str) -> str:
    return f"{_say_day(date.fromisoformat(day))} at {say_time(time)}"


def _say_day(day: date) -> str:
    return f"{day:%A}, {day:%B} {day.day}"
