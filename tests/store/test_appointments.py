"""Appointments: a time is given once, whoever asks for it and at the same moment."""

from __future__ import annotations

import asyncio

import pytest

from rapida.errors import Conflict
from rapida.store import appointments
from rapida.store.appointments import Appointment
from tests.switchboard.office import NOON, Office

FRIDAY, LATER = "2026-03-13 15:00", "2026-03-13 15:30"


async def book(office: Office, starts_at: str = FRIDAY, name: str = "Anna Miller") -> Appointment:
    async with office.node.store.write() as tx:
        draft = Appointment(
            id=0,
            calendar="appointments",
            starts_at=starts_at,
            name=name,
            phone="+12025550143",
            note="a check-up",
        )
        return await appointments.book(tx, office.project_id, draft, NOON)


async def standing(office: Office, calendar: str = "appointments", project: int = 0) -> list[tuple[str, str]]:
    async with office.node.store.read() as tx:
        found = await appointments.between(
            tx, project or office.project_id, calendar, "2026-03-13 00:00", "2026-03-13 23:59"
        )
    return [(each.starts_at, each.name) for each in found]


async def test_an_appointment_stands_in_its_own_calendar(office: Office) -> None:
    made = await book(office)
    assert (made.starts_at, made.phone, made.note) == (FRIDAY, "+12025550143", "a check-up")
    assert await standing(office) == [(FRIDAY, "Anna Miller")]
    assert await standing(office, "another") == []
    assert await standing(office, project=office.project_id + 1) == []


async def test_a_time_is_given_once_and_the_transaction_goes_on(office: Office) -> None:
    await book(office)
    async with office.node.store.write() as tx:
        draft = Appointment(0, "appointments", FRIDAY, "Peter")
        with pytest.raises(Conflict, match="is taken"):
            await appointments.book(tx, office.project_id, draft, NOON)
        other = Appointment(0, "appointments", LATER, "Peter")
        await appointments.book(tx, office.project_id, other, NOON)
    assert await standing(office) == [(FRIDAY, "Anna Miller"), (LATER, "Peter")]


async def test_of_two_calls_at_once_one_gets_the_time(office: Office) -> None:
    outcomes = await asyncio.gather(*(book(office, name=f"N{n}") for n in range(4)), return_exceptions=True)
    assert sorted(type(each).__name__ for each in outcomes) == ["Appointment", *["Conflict"] * 3]
    assert len(await standing(office)) == 1


async def test_a_cancelled_time_is_free_again(office: Office) -> None:
    made = await book(office)
    async with office.node.store.write() as tx:
        await appointments.cancel(tx, made.id, NOON)
    assert await standing(office) == []
    await book(office, name="Peter")
    assert await standing(office) == [(FRIDAY, "Peter")]


async def test_an_appointment_is_moved_to_a_free_time_only(office: Office) -> None:
    made, other = await book(office), await book(office, LATER, "Peter")
    async with office.node.store.write() as tx:
        with pytest.raises(Conflict):
            await appointments.move(tx, made.id, other.starts_at, NOON)
        await appointments.move(tx, made.id, "2026-03-13 09:00", NOON)
    assert await standing(office) == [("2026-03-13 09:00", "Anna Miller"), (LATER, "Peter")]
