"""Appointments: a time is given once, whoever asks for it and at the same moment."""

from __future__ import annotations

import asyncio

import pytest

from rapida.errors import Conflict
from rapida.store import appointments
from rapida.store.appointments import Appointment
from tests.switchboard.ready_node import NOON, ReadyNode

FRIDAY, LATER = "2026-03-13 15:00", "2026-03-13 15:30"


async def book(ready: ReadyNode, starts_at: str = FRIDAY, name: str = "Anna Miller") -> Appointment:
    async with ready.node.store.write() as tx:
        draft = Appointment(
            id=0,
            calendar="appointments",
            starts_at=starts_at,
            name=name,
            phone="+12025550143",
            note="a check-up",
        )
        return await appointments.book(tx, ready.project_id, draft, NOON)


async def standing(
    ready: ReadyNode, calendar: str = "appointments", project: int = 0
) -> list[tuple[str, str]]:
    async with ready.node.store.read() as tx:
        found = await appointments.between(
            tx, project or ready.project_id, calendar, "2026-03-13 00:00", "2026-03-13 23:59"
        )
    return [(each.starts_at, each.name) for each in found]


async def test_an_appointment_stands_in_its_own_calendar(ready: ReadyNode) -> None:
    made = await book(ready)
    assert (made.starts_at, made.phone, made.note) == (FRIDAY, "+12025550143", "a check-up")
    assert await standing(ready) == [(FRIDAY, "Anna Miller")]
    assert await standing(ready, "another") == []
    assert await standing(ready, project=ready.project_id + 1) == []


async def test_a_time_is_given_once_and_the_transaction_goes_on(ready: ReadyNode) -> None:
    await book(ready)
    async with ready.node.store.write() as tx:
        draft = Appointment(0, "appointments", FRIDAY, "Peter")
        with pytest.raises(Conflict, match="is taken"):
            await appointments.book(tx, ready.project_id, draft, NOON)
        other = Appointment(0, "appointments", LATER, "Peter")
        await appointments.book(tx, ready.project_id, other, NOON)
    assert await standing(ready) == [(FRIDAY, "Anna Miller"), (LATER, "Peter")]


async def test_of_two_calls_at_once_one_gets_the_time(ready: ReadyNode) -> None:
    outcomes = await asyncio.gather(*(book(ready, name=f"N{n}") for n in range(4)), return_exceptions=True)
    assert sorted(type(each).__name__ for each in outcomes) == ["Appointment", *["Conflict"] * 3]
    assert len(await standing(ready)) == 1


async def test_a_cancelled_time_is_free_again(ready: ReadyNode) -> None:
    made = await book(ready)
    async with ready.node.store.write() as tx:
        await appointments.cancel(tx, made.id, NOON)
    assert await standing(ready) == []
    await book(ready, name="Peter")
    assert await standing(ready) == [(FRIDAY, "Peter")]


async def test_an_appointment_is_moved_to_a_free_time_only(ready: ReadyNode) -> None:
    made, other = await book(ready), await book(ready, LATER, "Peter")
    async with ready.node.store.write() as tx:
        with pytest.raises(Conflict):
            await appointments.move(tx, made.id, other.starts_at, NOON)
        await appointments.move(tx, made.id, "2026-03-13 09:00", NOON)
    assert await standing(ready) == [("2026-03-13 09:00", "Anna Miller"), (LATER, "Peter")]
