"""Replay: feed a call's journal to a fresh core and see whether it decides the same.

With the assistant of the journal every order must come out identical, to the microsecond and the byte: that
is what makes a bug report a test. Orders of which journals of its format lack some are left out. With another
version of the assistant the first turn that differs is what the change would have done to this call.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import msgspec

from .assistant import Assistant
from .call.call import Call
from .call.commands import (
    Command,
    EndCall,
    FinishTranscription,
    JudgeTurnEnd,
    RecordEntry,
    RecordStages,
    StartReply,
)
from .errors import IllegalEvent
from .telemetry.journal import Reading

_EAR = (FinishTranscription, JudgeTurnEnd)
_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True)
class Difference:
    """Where two runs of a call part. `turn_id` is the turn that differs, 0 before the first."""

    at_us: int
    turn_id: int
    recorded: Command | None
    replayed: Command | None


@dataclass(frozen=True)
class Replayed:
    """What a replay showed; `difference` is None when every order was the same.

    `ends_early`: the journal stops before its call did, and what came after nobody knows.
    """

    events: int
    commands: int
    difference: Difference | None
    ends_early: bool = False


def replay(reading: Reading, assistant: Assistant | None = None) -> Replayed:
    """Run a journal's events through a new core, with its own assistant or with `assistant`."""
    call = Call(assistant or reading.head.assistant, reading.head.abilities)
    recorded = [each for each in reading.commands if reading.has(each[1])]
    events = len(list(reading.events))
    early = reading.torn or reading.cut or not any(isinstance(order, EndCall) for _, order in recorded)
    count = 0
    for fed, at_us, orders in _orders(call, reading):
        for order in filter(reading.has, orders):
            if early and fed == events and count == len(recorded):
                # Whole lines are kept in order: only the orders of the last event can be missing.
                return Replayed(events, count, None, early)
            expected = recorded[count] if count < len(recorded) else None
            if expected is None or expected[0] != at_us or _encode(expected[1]) != _encode(order):
                return Replayed(events, count, _difference(at_us, recorded, count, order), early)
            count += 1
    difference = None
    if count < len(recorded):
        difference = _difference(recorded[count][0], recorded, count, None)
    return Replayed(events, count, difference, early)


def _difference(
    at_us: int, recorded: Sequence[tuple[int, Command]], count: int, replayed: Command | None
) -> Difference:
    """What parts the runs after `count` equal orders, and the turn it is about."""
    was = recorded[count][1] if count < len(recorded) else None
    # Turns are numbered upwards: of two that differ here the lower is the first.
    named = [turn_id for order in (was, replayed) if (turn_id := _turn_of(order))]
    if named:
        turn_id = min(named)
    elif isinstance(was or replayed, _EAR):
        turn_id = next(filter(None, (_line_of(order) for _, order in recorded[count:])), 0)
    else:
        turn_id = next(filter(None, (_turn_of(order) for _, order in reversed(recorded[:count]))), 0)
    return Difference(at_us, turn_id, was, replayed)


def _turn_of(order: Command | None) -> int:
    return order.turn_id if isinstance(order, StartReply | RecordEntry | RecordStages) else 0


def _line_of(order: Command) -> int:
    """The turn of a caller's line: the ear's orders are about the one that is written next."""
    if isinstance(order, RecordEntry) and order.entry.speaker == "caller":
        return order.turn_id
    return 0


def _orders(call: Call, reading: Reading) -> Iterator[tuple[int, int, tuple[Command, ...]]]:
    """How many events the new core was told, when, and its orders; those of its opening come before any."""
    opened_at = next((at for at, value in reading.entries if isinstance(value, Command)), 0)
    yield 0, opened_at, call.open(opened_at)
    for fed, (at_us, event) in enumerate(reading.events, start=1):
        try:
            yield fed, at_us, call.handle(event, at_us)
        except IllegalEvent:
            continue  # the recorded call met it the same way: counted and ignored
