"""The calendar as a call uses it, on Wednesday, 11 March 2026, at ten in the morning."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest

from rapida.errors import ConfigurationError, ProviderUnavailable
from rapida.tools.base import Tool, ToolCaller
from rapida.tools.calendar import Calendar, CalendarOptions
from tests.tools.conformance import Arguments, ToolConformance
from tests.tools.in_memory import InMemory

FRIDAY, SUNDAY = "2026-03-13", "2026-03-15"


class Practice:
    """A calendar with what stands in it."""

    def __init__(self) -> None:
        self.services = InMemory()
        self.tool = Calendar(
            CalendarOptions(zone="Europe/Berlin"), now=lambda zone: datetime(2026, 3, 11, 10, 0, tzinfo=zone)
        )
        self.tool.serve_with(self.services)

    async def act(self, action: str, **arguments: str) -> dict[str, str]:
        return json.loads(await self.tool.run({"action": action, **arguments}, ToolCaller(1)))

    async def refused(self, action: str, **arguments: str) -> tuple[str, str]:
        told = await self.act(action, **arguments)
        assert told["done"] == "no"
        return told["reason"], told["say"]

    @property
    def standing(self) -> list[tuple[str, str]]:
        return sorted((each.starts_at, each.name) for each in self.services.appointments.values())


@pytest.fixture
def practice() -> Practice:
    return Practice()


class TestCalendar(ToolConformance):
    @pytest.fixture
    async def tool(self) -> Tool:
        return Practice().tool

    @pytest.fixture
    def good(self) -> Arguments:
        return {"action": "free", "day": FRIDAY}

    @pytest.fixture
    def bad(self) -> Arguments:
        return {"action": "free", "day": "next Friday"}


async def test_an_appointment_is_booked_found_moved_and_cancelled(practice: Practice) -> None:
    told = await practice.act("book", day=FRIDAY, time="15:00", name="Anna Miller", phone="", note="")
    assert told["say"] == "You have an appointment on Friday, March 13 at 3 PM."
    told = await practice.act("find", name="miller")
    assert (told["day"], told["time"]) == (FRIDAY, "15:00")
    assert told["say"] == "Anna Miller has an appointment on Friday, March 13 at 3 PM."
    told = await practice.act("move", name="Anna Myller", day=FRIDAY, time="09:30")
    assert told["say"] == "Your appointment is now on Friday, March 13 at 9:30 AM."
    assert practice.standing == [(f"{FRIDAY} 09:30", "Anna Miller")]
    told = await practice.act("cancel", name="Anna Miller")
    assert told["say"] == "Your appointment on Friday, March 13 at 9:30 AM is cancelled."
    assert practice.standing == []


async def test_free_times_are_few_and_spread_and_of_the_part_of_the_day_that_is_wanted(
    practice: Practice,
) -> None:
    told = await practice.act("free", day=FRIDAY)
    assert told["say"] == "On Friday, March 13 I have 8 AM, 1 PM or 5:30 PM."
    await practice.act("book", day=FRIDAY, time="12:00", name="Peter")
    told = await practice.act("free", day=FRIDAY, part="afternoon")
    assert told["times"].startswith("12:30, 13:00")
    told = await practice.act("free", day="2026-03-11", part="morning")
    assert told["times"] == "10:30, 11:00, 11:30", "what has passed is not free"


@pytest.mark.parametrize(
    ("day", "time", "reason", "say"),
    [
        (FRIDAY, "15:00", "taken", "Friday, March 13 at 3 PM is taken. I could offer 2:30 PM or 3:30 PM."),
        (
            FRIDAY,
            "15:10",
            "no such time",
            "There is no appointment at 3:10 PM. I could offer 2:30 PM or 3:30 PM.",
        ),
        (FRIDAY, "21:00", "no such time", "I could offer 5 PM or 5:30 PM."),
        (SUNDAY, "15:00", "closed", "I am sorry, we are closed on Sunday, March 15."),
        ("2026-03-10", "15:00", "past", "Tuesday, March 10 has passed already."),
        ("2026-03-11", "09:00", "past", "Wednesday, March 11 at 9 AM has passed already."),
        ("2027-03-12", "15:00", "far", "I can only book until Tuesday, June 9."),
    ],
)
async def test_what_cannot_be_booked_is_refused_with_a_sentence_to_say(
    practice: Practice, day: str, time: str, reason: str, say: str
) -> None:
    await practice.act("book", day=FRIDAY, time="15:00", name="Peter")
    for action in ("check", "book"):
        told = await practice.refused(action, day=day, time=time, name="Anna")
        assert told[0] == reason
        assert say in told[1]
    assert practice.standing == [(f"{FRIDAY} 15:00", "Peter")]


async def test_a_time_that_another_call_takes_in_between_is_refused(practice: Practice) -> None:
    services = practice.services
    booked = services.booked

    async def late(project_id: int, calendar: str, first: str, last: str) -> Any:
        found = await booked(project_id, calendar, first, last)
        services.booked = booked
        await practice.act("book", day=FRIDAY, time="15:00", name="Peter")
        return found

    services.booked = late
    reason, say = await practice.refused("book", day=FRIDAY, time="15:00", name="Anna")
    assert reason == "taken"
    assert "2:30 PM or 3:30 PM" in say
    assert practice.standing == [(f"{FRIDAY} 15:00", "Peter")]


async def test_who_books_their_own_time_again_has_it_once(practice: Practice) -> None:
    for _ in range(2):
        told = await practice.act("book", day=FRIDAY, time="15:00", name="Anna Miller")
        assert told["done"] == "yes"
    assert (await practice.act("check", day=FRIDAY, time="15:00", name="Anna Miller"))["done"] == "yes"
    assert practice.standing == [(f"{FRIDAY} 15:00", "Anna Miller")]


async def test_who_is_not_found_or_has_several_is_told_so(practice: Practice) -> None:
    assert (await practice.refused("cancel", name="Nobody"))[0] == "unknown"
    for time in ("10:00", "15:00"):
        await practice.act("book", day=FRIDAY, time=time, name="Anna Miller")
    await practice.act("book", day="2026-03-16", time="10:00", name="Anna Miller")
    reason, say = await practice.refused("cancel", name="Anna Miller")
    assert reason == "several"
    assert "on Friday, March 13 at 10 AM, Friday, March 13 at 3 PM and Monday, March 16 at 10 AM" in say
    told = await practice.act("cancel", name="Anna Miller", old_day="2026-03-16")
    assert told["day"] == "2026-03-16"


async def test_a_number_tells_people_of_one_name_apart(practice: Practice) -> None:
    await practice.act("book", day=FRIDAY, time="10:00", name="Anna Miller", phone="+12025550143")
    await practice.act("book", day=FRIDAY, time="11:00", name="Anna Miller", phone="+12025550199")
    assert (await practice.act("find", name="Anna Miller", phone="+12025550199"))["time"] == "11:00"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({}, "missing required field `action`"),
        ({"action": "delete"}, "Invalid enum value 'delete'"),
        ({"action": "book", "day": FRIDAY}, "book needs time and name"),
        ({"action": "cancel"}, "cancel needs the name or the phone number"),
        ({"action": "free", "day": "13.3."}, "a day is written as 2027-03-31"),
        ({"action": "check", "day": FRIDAY, "time": "3 pm"}, "a time is written as 14:30"),
    ],
)
async def test_arguments_that_are_none_are_told_to_a_model(
    practice: Practice, arguments: Any, told: str
) -> None:
    with pytest.raises(ValueError, match=r"\w") as wrong:
        await practice.tool.run(arguments, ToolCaller(1))
    assert told in str(wrong.value)


def test_a_zone_must_be_one() -> None:
    with pytest.raises(ConfigurationError, match="there is no time zone 'Berlin'"):
        Calendar(CalendarOptions(zone="Berlin"))


async def test_without_the_platform_there_are_no_appointments() -> None:
    with pytest.raises(ProviderUnavailable):
        await Calendar(CalendarOptions()).run({"action": "free", "day": FRIDAY}, ToolCaller(1))
