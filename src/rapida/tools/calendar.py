"""`calendar`: appointments that a call really makes, moves and cancels, for flows and models alike.

Each answer is JSON with `done` ("yes" or "no"), `reason` where it was not done, and `say`, a sentence that
can be spoken as it stands. Which times there are is `opening_hours.py`'s; that no time is given twice is the
database's, by a unique index, whatever two calls do at once.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from msgspec import Struct, field

from ..call.tool_requests import ToolSpec
from ..errors import ConfigurationError, ProviderUnavailable, StoreError
from ..text.day_times import is_time
from .base import PlatformServices, ToolCaller
from .opening_hours import OpeningHours
from .schedule import ACTIONS, NEEDED, Asked, Schedule

NAME = "calendar"
Now = Callable[[ZoneInfo], datetime]


class CalendarOptions(Struct, frozen=True):
    calendar: str = "appointments"
    """Which calendar of the project."""
    zone: str = "UTC"
    """IANA time zone in which its days and times are meant; write the assistant's own."""
    hours: dict[str, str] = field(default_factory=lambda: {"mon-fri": "08:00-18:00"})
    """Opening hours by weekday, as `{mon-fri: "08:00-12:00, 13:00-18:00", sat: "09:00-12:00"}`."""
    minutes: int = 30
    """How long an appointment takes."""
    closed: tuple[str, ...] = ()
    """Days on which nobody comes, as 2027-12-24."""
    days_ahead: int = 90
    """How far ahead an appointment can be made."""


class Calendar:
    """One calendar of each project."""

    Options = CalendarOptions
    deadline_ms = 0

    def __init__(self, options: CalendarOptions, *, now: Now = datetime.now) -> None:
        """Raises `ConfigurationError` for hours or a zone that are none."""
        try:
            self._zone = ZoneInfo(options.zone)
        except (ZoneInfoNotFoundError, ValueError):
            raise ConfigurationError(
                f"calendar: there is no time zone {options.zone!r}: write an IANA name such as Europe/Berlin"
            ) from None
        self._hours = OpeningHours(options.hours, options.minutes, options.closed)
        self._options = options
        self._now = now
        self._services: PlatformServices | None = None
        self.spec = ToolSpec(
            NAME,
            "Appointments. `free` lists free times of a day; `check` says whether a time is free; `book`, "
            "`move` and `cancel` change the calendar; `find` says when somebody comes. Tell the caller what "
            "`say` says.",
            _parameters(),
        )

    def serve_with(self, services: PlatformServices) -> None:
        """Take what keeps the appointments."""
        self._services = services

    async def run(self, arguments: Mapping[str, Any], caller: ToolCaller) -> str:
        """JSON: `done`, `reason`, `say`, and the `day` and `time` that it is about.

        Raises `ValueError` for arguments that are none, `ProviderUnavailable` without a database.
        """
        asked = _asked(arguments)
        if self._services is None:
            raise ProviderUnavailable(NAME, "there are no appointments here")
        schedule = Schedule(
            services=self._services,
            project_id=caller.project_id,
            calendar=self._options.calendar,
            hours=self._hours,
            now=self._now(self._zone),
            days_ahead=self._options.days_ahead,
        )
        try:
            told = await schedule.act(asked)
        except StoreError as away:
            raise ProviderUnavailable(NAME, "the appointments cannot be read now") from away
        return json.dumps(told, ensure_ascii=False)


def _asked(arguments: Mapping[str, Any]) -> Asked:
    """The arguments, empty ones left out as a flow has them. Raises `ValueError` that says what to mend."""
    given = {name: value for name, value in arguments.items() if value not in ("", None)}
    try:
        asked = msgspec.convert(given, Asked, strict=False)
        for day in (asked.day, asked.old_day):
            if day:
                date.fromisoformat(day)
    except msgspec.ValidationError as wrong:
        raise ValueError(f"the arguments are not right: {wrong}") from None
    except ValueError:
        raise ValueError("a day is written as 2027-03-31") from None
    if asked.time and not is_time(asked.time):
        raise ValueError("a time is written as 14:30")
    if lacking := [name for name in NEEDED[asked.action] if not getattr(asked, name)]:
        raise ValueError(f"{asked.action} needs {' and '.join(lacking)}")
    if asked.action in ("find", "move", "cancel") and not (asked.name or asked.phone):
        raise ValueError(f"{asked.action} needs the name or the phone number under which it was booked")
    return asked


def _parameters() -> dict[str, Any]:
    texts = {
        "day": "As 2027-03-31; of the new appointment.",
        "time": "As 14:30; of the new appointment.",
        "part": "For free: morning, afternoon or evening.",
        "name": "Who comes: for book the full name; for find, move and cancel the name it was booked under.",
        "phone": "As +12025550143.",
        "note": "What it is about.",
        "old_day": "For find, move and cancel, where somebody has several: the day of the one that is meant.",
    }
    properties: dict[str, Any] = {"action": {"type": "string", "enum": list(ACTIONS)}}
    properties |= {name: {"type": "string", "description": text} for name, text in texts.items()}
    return {"type": "object", "properties": properties, "required": ["action"]}
