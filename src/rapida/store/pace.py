"""Pace: how fast and how much a project, and each of its credentials, may dial.

A turn is taken under a lock on the lane's row, so the caps hold over all processes. The rule is the generic
cell rate algorithm: one turn every 1/calls_per_second, lateness made up for as long as it is below `SLACK`.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct
from sqlalchemy import Row, and_, bindparam, delete, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from . import intents
from .db import Transaction
from .tables import dial_days, dial_lanes

SLACK = timedelta(milliseconds=20)
"""More lateness than the clocks of two servers and one transaction's wait make is not made up for: calls
would go out in a bunch."""
WHOLE_PROJECT = 0
"""Stands for a credential in the row that counts a project's calls of all credentials."""


class DialLimit(Struct, frozen=True):
    """A row. Rates and counts of 0 mean: no limit of ours."""

    project_id: int
    credential_id: int
    calls_per_second: float
    concurrent_calls: int
    calls_per_day: int
    next_at: datetime | None = None


class DialTurn(Struct, frozen=True):
    """Whether a call may be dialled.

    `in_s` is until the instant of a turn that was taken. `wait_s` is until the next turn can be taken: this
    call's, or, when its turn was taken, the one after it. `full` = all places are taken, so that nobody knows
    how long it takes. `every_s` is how far apart calls must be; 0 = as close as they come.
    """

    taken: bool = False
    in_s: float = 0.0
    wait_s: float = 0.0
    every_s: float = 0.0
    full: bool = False


# A carrier dials one call a second for a new account; a stolen key is to cost little.
NEW_CREDENTIAL = {"calls_per_second": 1.0, "concurrent_calls": 0, "calls_per_day": 0}
NEW_PROJECT = {"calls_per_second": 0.0, "concurrent_calls": 20, "calls_per_day": 100}

_COLUMNS = [dial_lanes.c[name] for name in DialLimit.__struct_fields__]
_MINE = and_(
    dial_lanes.c.project_id == bindparam("project"),
    or_(
        dial_lanes.c.credential_id == WHOLE_PROJECT,
        dial_lanes.c.credential_id == bindparam("credential"),
    ),
)
_LANES = select(*_COLUMNS).where(_MINE).order_by(dial_lanes.c.credential_id)
_there = dial_lanes.alias()
_BOTH = _LANES.where(
    # Both rows are locked, or none: a transaction that held one of them and waited for the other could wait
    # for a transaction that waits for it.
    select(func.count())
    .where(_there.c.project_id == bindparam("project"))
    .where(or_(_there.c.credential_id == WHOLE_PROJECT, _there.c.credential_id == bindparam("credential")))
    .scalar_subquery()
    == 2
)


async def lanes(
    tx: Transaction, project_id: int, credential_id: int, *, hold: bool = False
) -> tuple[DialLimit, DialLimit]:
    """The project's lane and the credential's, made with their defaults if need be; `hold` locks them."""
    statement = _BOTH.with_for_update(key_share=True, of=dial_lanes) if hold else _BOTH
    asked = {"project": project_id, "credential": credential_id}
    rows = list(await tx.execute(statement, asked))
    if not rows:
        await _make(tx, project_id, WHOLE_PROJECT)
        await _make(tx, project_id, credential_id)
        rows = list(await tx.execute(statement, asked))
    project, credential = (_lane(row) for row in rows)
    return project, credential


async def lanes_as_they_are(tx: Transaction, project_id: int, credential_id: int) -> list[DialLimit]:
    """The same without making any: for a transaction that only reads."""
    found = await tx.execute(_LANES, {"project": project_id, "credential": credential_id})
    return [_lane(row) for row in found]


async def take_turn(
    tx: Transaction, project_id: int, credential_id: int, now: datetime, ahead: timedelta = timedelta()
) -> DialTurn:
    """Take the turn to dial one call, at most `ahead` of its instant, or say how long to wait.

    Nothing is changed unless it is taken.
    """
    both = await lanes(tx, project_id, credential_id, hold=True)
    at = max(_free_at(lane, now) for lane in both)
    if at > now + ahead:
        return DialTurn(wait_s=(at - ahead - now).total_seconds())
    for lane in both:
        if lane.concurrent_calls and await _taken(tx, lane) >= lane.concurrent_calls:
            return DialTurn(full=True)
    following = at
    for lane in both:
        if lane.calls_per_second:
            next_at = max(lane.next_at or at, at - SLACK) + timedelta(seconds=1 / lane.calls_per_second)
            following = max(following, next_at)
            await _set(tx, lane, next_at=next_at)
    until_next = (following - ahead - now).total_seconds()
    every_s = max((1 / lane.calls_per_second for lane in both if lane.calls_per_second), default=0.0)
    return DialTurn(True, (at - now).total_seconds(), max(0.0, until_next), every_s)


async def free_places(tx: Transaction, lane: DialLimit) -> int | None:
    """How many more calls a lane may have at once; None = any number."""
    if not lane.concurrent_calls:
        return None
    return max(0, lane.concurrent_calls - await _taken(tx, lane))


async def limit(
    tx: Transaction,
    project_id: int,
    credential_id: int,
    *,
    calls_per_second: float,
    concurrent_calls: int,
    calls_per_day: int = 0,
) -> None:
    """Set a lane's limits. `credential_id` 0 = the whole project, which alone has a daily one."""
    await _make(tx, project_id, credential_id)
    lane = DialLimit(project_id, credential_id, calls_per_second, concurrent_calls, calls_per_day)
    await _set(
        tx,
        lane,
        calls_per_second=calls_per_second,
        concurrent_calls=concurrent_calls,
        calls_per_day=calls_per_day,
    )


async def limits(tx: Transaction, project_id: int) -> list[DialLimit]:
    """Every lane of a project, its own first."""
    statement = (
        select(*_COLUMNS).where(dial_lanes.c.project_id == project_id).order_by(dial_lanes.c.credential_id)
    )
    found = [_lane(row) for row in await tx.execute(statement)]
    if found and found[0].credential_id == WHOLE_PROJECT:
        return found
    await _make(tx, project_id, WHOLE_PROJECT)
    return [_lane(row) for row in await tx.execute(statement)]


async def count_today(tx: Transaction, lane: DialLimit, now: datetime) -> bool:
    """Count one more accepted call of a project's day (UTC); False when the day is used up."""
    mine = (dial_days.c.project_id == lane.project_id, dial_days.c.day == now.date().isoformat())
    room = (dial_days.c.calls < lane.calls_per_day,) if lane.calls_per_day else ()
    counted = update(dial_days).where(*mine, *room).values(calls=dial_days.c.calls + 1)
    if (await tx.execute(counted)).rowcount == 1:
        return True
    try:
        async with tx.begin_nested():
            day = {"project_id": lane.project_id, "day": now.date().isoformat(), "calls": 1}
            await tx.execute(insert(dial_days).values(**day))
    except IntegrityError:  # there is a row: it is full, or another process has just made it
        return (await tx.execute(counted)).rowcount == 1
    return True


async def used_today(tx: Transaction, project_id: int, now: datetime) -> int:
    """How many calls of a project were accepted today (UTC)."""
    mine = (dial_days.c.project_id == project_id, dial_days.c.day == now.date().isoformat())
    return await tx.scalar(select(dial_days.c.calls).where(*mine)) or 0


async def forget_days(tx: Transaction, before: datetime) -> None:
    """Drop counts that no limit looks at any more."""
    await tx.execute(delete(dial_days).where(dial_days.c.day < before.date().isoformat()))


def _free_at(lane: DialLimit, now: datetime) -> datetime:
    if not lane.calls_per_second or lane.next_at is None:
        return now
    return max(now, lane.next_at)


async def _taken(tx: Transaction, lane: DialLimit) -> int:
    if lane.credential_id == WHOLE_PROJECT:
        return await intents.open_calls(tx, project_id=lane.project_id)
    return await intents.open_calls(tx, credential_id=lane.credential_id)


async def _make(tx: Transaction, project_id: int, credential_id: int) -> None:
    defaults = NEW_PROJECT if credential_id == WHOLE_PROJECT else NEW_CREDENTIAL
    try:
        async with tx.begin_nested():
            await tx.execute(
                insert(dial_lanes).values(project_id=project_id, credential_id=credential_id, **defaults)
            )
    except IntegrityError:
        return  # it was there, or another process has just made it


async def _set(tx: Transaction, lane: DialLimit, **values: object) -> None:
    await tx.execute(
        update(dial_lanes)
        .where(dial_lanes.c.project_id == lane.project_id, dial_lanes.c.credential_id == lane.credential_id)
        .values(**values)
    )


def _lane(row: Row[Any]) -> DialLimit:
    return DialLimit(*row)
