"""Appointments, by project and calendar: who comes when. A cancelled one is kept, and its time is free.

`starts_at` is the wall clock of the calendar's zone ("2027-03-31 14:30"): it sorts as text.
"""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct
from sqlalchemy import ColumnElement, insert, select, update
from sqlalchemy.exc import IntegrityError

from ..errors import Conflict
from .db import Transaction
from .tables import appointments


class Appointment(Struct, frozen=True):
    """Somebody's time. `phone` in E.164, or empty."""

    id: int
    calendar: str
    starts_at: str
    name: str
    phone: str = ""
    note: str = ""


_COLUMNS = [appointments.c[name] for name in Appointment.__struct_fields__]


async def book(tx: Transaction, project_id: int, draft: Appointment, now: datetime) -> Appointment:
    """Keep a time for somebody; the draft's id counts for nothing. Raises `Conflict` if somebody has it."""
    written = insert(appointments).values(
        project_id=project_id,
        calendar=draft.calendar,
        starts_at=draft.starts_at,
        name=draft.name,
        phone=draft.phone,
        note=draft.note,
        created_at=now,
        updated_at=now,
    )
    try:
        async with tx.begin_nested():
            made = await tx.execute(written.returning(*_COLUMNS))
    except IntegrityError as taken:
        raise Conflict(f"{draft.starts_at} is taken") from taken
    return Appointment(*made.one())


async def move(tx: Transaction, appointment_id: int, starts_at: str, now: datetime) -> None:
    """Give somebody another time. Raises `Conflict` if somebody else has it; the old one is kept then."""
    moved = update(appointments).where(appointments.c.id == appointment_id)
    try:
        async with tx.begin_nested():
            await tx.execute(moved.values(starts_at=starts_at, updated_at=now))
    except IntegrityError as taken:
        raise Conflict(f"{starts_at} is taken") from taken


async def cancel(tx: Transaction, appointment_id: int, now: datetime) -> None:
    """Free an appointment's time."""
    await tx.execute(
        update(appointments)
        .where(appointments.c.id == appointment_id, appointments.c.cancelled_at.is_(None))
        .values(cancelled_at=now, updated_at=now)
    )


async def between(
    tx: Transaction, project_id: int, calendar: str, first: str, last: str
) -> list[Appointment]:
    """What stands from `first` to `last`, in order of time."""
    at = appointments.c.starts_at
    wanted = select(*_COLUMNS).where(_standing(project_id, calendar), at >= first, at <= last).order_by(at)
    return [Appointment(*row) for row in await tx.execute(wanted)]


def _standing(project_id: int, calendar: str) -> ColumnElement[bool]:
    at = appointments.c
    return (at.project_id == project_id) & (at.calendar == calendar) & at.cancelled_at.is_(None)
