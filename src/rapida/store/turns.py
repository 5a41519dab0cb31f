"""Turns: the transcript as heard, line by line, and where each reply's time went."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import insert, select

from ..call.commands import Entry, Stages
from .db import Transaction
from .tables import metrics, turns


class TranscriptLine(Struct, frozen=True):
    """One line of the transcript, in its turn; `entry_id` gives the order."""

    entry_id: int
    turn_id: int
    entry: Entry
    at_ms: int | None = None
    """When it was first written, since the call's zero; None where an older version kept it."""


class TurnTiming(Struct, frozen=True):
    """The latency stages of one turn's reply."""

    turn_id: int
    stages: Stages


async def add(
    tx: Transaction, conversation_id: int, lines: Sequence[TranscriptLine], timings: Sequence[TurnTiming]
) -> None:
    """Write a whole transcript and its timings."""
    if lines:
        await tx.execute(insert(turns), [_line_row(conversation_id, each) for each in lines])
    measured = [row for each in timings for row in _timing_rows(conversation_id, each)]
    if measured:
        await tx.execute(insert(metrics), measured)


async def transcript(tx: Transaction, conversation_id: int) -> list[TranscriptLine]:
    """The transcript in order."""
    found = await tx.execute(
        select(turns).where(turns.c.conversation_id == conversation_id).order_by(turns.c.entry_id)
    )
    return [
        TranscriptLine(
            row.entry_id,
            row.turn_id,
            Entry(row.speaker, row.text, heard=row.heard, kind=row.kind, cut=row.cut),
            row.at_ms,
        )
        for row in found
    ]


async def timings(tx: Transaction, conversation_id: int) -> list[TurnTiming]:
    """The stages of every reply, by turn."""
    found = await tx.execute(
        select(metrics.c.turn_id, metrics.c.name, metrics.c.value)
        .where(
            metrics.c.conversation_id == conversation_id,
            metrics.c.turn_id.is_not(None),
        )
        .order_by(metrics.c.id)
    )
    return [TurnTiming(turn_id, stages) for turn_id, stages in sorted(stages_by_turn(found).items())]


def stages_by_turn(measures: Iterable[Any]) -> dict[int, Stages]:
    """The stages of replies, by turn, from their measures: (turn, name of the stage, microseconds)."""
    by_turn: dict[int, dict[str, int]] = {}
    for turn_id, name, value in measures:
        if name in Stages.__struct_fields__:
            by_turn.setdefault(turn_id, {})[name] = int(value)
    return {turn_id: Stages(**parts) for turn_id, parts in by_turn.items()}


def _line_row(conversation_id: int, line: TranscriptLine) -> dict[str, Any]:
    place = {"conversation_id": conversation_id, "entry_id": line.entry_id, "turn_id": line.turn_id}
    return place | {"at_ms": line.at_ms} | msgspec.structs.asdict(line.entry)


def _timing_rows(conversation_id: int, timing: TurnTiming) -> list[dict[str, Any]]:
    place = {"conversation_id": conversation_id, "turn_id": timing.turn_id}
    return [
        {**place, "name": name, "value": value}
        for name, value in msgspec.structs.asdict(timing.stages).items()
    ]
