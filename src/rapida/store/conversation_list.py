"""Conversations as a list: the newest of a project that meet what is asked, a page at a time.

Each page is read from an index in its own order, so that the newest of a million cost no more than the newest
of a hundred.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from msgspec import Struct
from sqlalchemy import ColumnElement, Float, Select, exists, extract, func, select, tuple_, union
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from . import spoken_words
from .conversations import COLUMNS, Channel, Conversation, Direction, Status
from .db import Transaction
from .tables import conversations, figures, tags

Moment = Literal["cut", "false_alarms", "failed", "tools"]
"""What may have happened in a call, as `Moments` has it."""


class Wanted(Struct, frozen=True):
    """Which conversations to list: of a project, behind one that was listed, and what else is asked of them.

    `number` is that of either side, as it is kept. Times are of the beginning: from `since` on, before
    `until`. Durations are whole seconds of a stream that is over. `words` were all said (`text/findable.py`);
    `slower_than_ms`: some reply took longer. `happened`: at least once, in a call that is filed. `tag`:
    people marked it so.
    """

    project_id: int
    before: int | None = None
    assistant_id: int | None = None
    status: Status | None = None
    version: int | None = None
    direction: Direction | None = None
    channel: Channel | None = None
    number: str | None = None
    end_reason: str | None = None
    call_status: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    min_duration_s: int | None = None
    max_duration_s: int | None = None
    slower_than_ms: int | None = None
    happened: Moment | None = None
    words: Sequence[str] = ()
    tag: str | None = None


class _DurationS(FunctionElement[float]):
    """Seconds between the start and the end of a conversation's stream."""

    inherit_cache = True
    type = Float()


@compiles(_DurationS)
def _duration(element: _DurationS, compiler: SQLCompiler, **more: Any) -> str:
    return compiler.process(extract("epoch", _AT.ended_at - _AT.started_at), **more)


@compiles(_DurationS, "sqlite")
def _sqlite_duration(element: _DurationS, compiler: SQLCompiler, **more: Any) -> str:
    days = func.julianday(_AT.ended_at) - func.julianday(_AT.started_at)
    # A day's share in a float is off by some microseconds.
    return compiler.process(func.round(days * 86_400, 3), **more)


_AT = conversations.c


def _happened(moment: Moment) -> ColumnElement[bool]:
    times: ColumnElement[int] = figures.c[moment]
    here = (figures.c.conversation_id == _AT.id, times > 0)
    return exists().where(*here).correlate(conversations)


_FITS: Mapping[str, Callable[[Any], ColumnElement[bool]]] = {
    "assistant_id": lambda number: _AT.assistant_id == number,
    "status": lambda status: _AT.status == status,
    "version": lambda number: _AT.assistant_version == number,
    "direction": lambda direction: _AT.direction == direction,
    "channel": lambda channel: _AT.channel == channel,
    "end_reason": lambda reason: _AT.end_reason == reason,
    "call_status": lambda status: _AT.call_status == status,
    "since": lambda at: _AT.created_at >= at,
    "until": lambda at: _AT.created_at < at,
    "min_duration_s": lambda seconds: _DurationS() >= seconds,
    "max_duration_s": lambda seconds: _DurationS() < seconds + 1,
    "slower_than_ms": lambda ms: _AT.slowest_ms > ms,
    "happened": _happened,
}
"""What most fields of `Wanted` ask of a row; the others decide where to look."""
_NEWEST = (_AT.created_at.desc(), _AT.id.desc())


async def page(tx: Transaction, wanted: Wanted, limit: int) -> list[Conversation]:
    """The newest conversations that fit."""
    fits = _fits(wanted)
    if wanted.words or wanted.tag is not None:
        statement = await _marked(tx, wanted, fits, limit)
    elif wanted.number is None:
        statement = select(*COLUMNS).where(*fits).order_by(*_NEWEST).limit(limit)
    else:
        statement = _of_number(wanted.number, fits, limit)
    return [Conversation(*row) for row in await tx.execute(statement)]


def _fits(wanted: Wanted) -> list[ColumnElement[bool]]:
    asked = {name: getattr(wanted, name) for name in _FITS}
    fits = [_FITS[name](value) for name, value in asked.items() if value is not None]
    # An assistant is of one project: as a sum this asks nothing of an index, and the assistant's own is used.
    project = _AT.project_id if wanted.assistant_id is None else _AT.project_id + 0
    fits.append(project == wanted.project_id)
    if wanted.before is not None and not wanted.words and wanted.tag is None:
        last = select(_AT.created_at).where(_AT.id == wanted.before).scalar_subquery()
        fits.append(tuple_(_AT.created_at, _AT.id) < tuple_(last, wanted.before))
    return fits


async def _marked(
    tx: Transaction, wanted: Wanted, fits: Sequence[ColumnElement[bool]], limit: int
) -> Select[Any]:
    """Those in which words were said, or that have a tag, in the order of their ids, as in the indexes."""
    words = await spoken_words.rarest_first(tx, wanted.project_id, wanted.words)
    marks = [(tags, tags.c.tag.name, wanted.tag)] if wanted.tag is not None else []
    marks += [(spoken_words.TABLE, spoken_words.WORD, word) for word in words]
    (table, name, value), *others = marks
    first = table.alias()
    number = first.c.conversation_id
    statement = select(*COLUMNS).select_from(first).join(conversations, _AT.id == number)
    statement = statement.where(first.c.project_id == wanted.project_id, first.c[name] == value, *fits)
    for table, name, value in others:
        other = table.alias()
        here = (other.c.project_id == wanted.project_id, other.c[name] == value)
        statement = statement.where(exists().where(*here, other.c.conversation_id == number))
    if wanted.before is not None:
        statement = statement.where(number < wanted.before)
    if wanted.number is not None:
        statement = statement.where((_AT.caller == wanted.number) | (_AT.callee == wanted.number))
    return statement.order_by(number.desc()).limit(limit)


def _of_number(number: str, fits: Sequence[ColumnElement[bool]], limit: int) -> Select[Any]:
    """Those of a number: the newest as caller and the newest as callee, each from its own index."""
    sides = [
        select(_AT.id.label("id"), _AT.created_at.label("at"))
        .where(side == number, *fits)
        .order_by(*_NEWEST)
        .limit(limit)
        .subquery()
        for side in (_AT.caller, _AT.callee)
    ]
    both = union(*(select(side.c.id, side.c.at) for side in sides)).subquery()
    newest = select(both.c.id).order_by(both.c.at.desc(), both.c.id.desc()).limit(limit)
    return select(*COLUMNS).where(_AT.id.in_(newest)).order_by(*_NEWEST)


class Moments(Struct, frozen=True):
    """How often what happened in a call: the agent was cut off, stopped for nothing, a provider or a tool
    failed, a tool was used.
    """

    cut: int = 0
    false_alarms: int = 0
    failed: int = 0
    tools: int = 0


class Figures(Struct, frozen=True):
    """What is told of a conversation besides its row, once it is filed."""

    moments: Moments
    counts: Mapping[str, int]
    """What it was counted as (`contributions.py`)."""


async def figures_of(tx: Transaction, conversation_ids: Sequence[int]) -> dict[int, Figures]:
    """The figures of conversations, as far as they are filed."""
    at = figures.c
    columns: list[Any] = [at.counted, *(at[name] for name in Moments.__struct_fields__)]
    found: Any = await tx.execute(
        select(at.conversation_id, *columns).where(at.conversation_id.in_(conversation_ids))
    )
    told: dict[int, Figures] = {}
    for row in found:
        number, counted, *happened = row
        told[number] = Figures(Moments(*happened), {} if counted is None else counted["counts"])
    return told
