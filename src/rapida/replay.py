"""Replay: feed a call's journal to a fresh core and see whether it decides the same.

With the assistant of the journal every order must come out identical, to the microsecond and the byte: that
is what makes a bug report a test. With another version of the assistant the first turn that differs is what
the change would have done to this call.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import msgspec

from .assistant import Assistant
from .call.call import Call
from .call.commands import Command, FinishTranscription, JudgeTurnEnd, RecordEntry, RecordStages, StartReply
from .call.events import Event
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
    """What a replay showed; `difference` is None when every order was the same."""

    events: int
    commands: int
    difference: Difference | None


def replay(reading: Reading, assistant: Assistant | None = None) -> Replayed:
    """Run a journal's events through a new core, with its own assistant or with `assistant`."""
    call = Call(assistant or reading.head.assistant, reading.head.abilities)
    recorded, events = list(reading.commands), len(list(reading.events))
    count = 0
    for at_us, orders in _orders(call, reading):
        for order in orders:
            expected = recorded[count] if count < len(recorded) else None
            if expected is None or expected[0] != at_us or _encode(expected[1]) != _encode(order):
                return Replayed(events, count, _difference(at_us, recorded, count, order))
            count += 1
    difference = None
    if count < len(recorded) and not reading.torn and not reading.cut:
        difference = _difference(recorded[count][0], recorded, count, None)
    return Replayed(events, count, difference)


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


def _orders(call: Call, reading: Reading) -> Iterator[tuple[int, tuple[Command, ...]]]:
    """The new core's orders, event by event; those of its opening come before the first event."""
    opened_at = next((at for at, value in reading.entries if isinstance(value, Command)), 0)
    yield opened_at, call.open(opened_at)
    for at_us, value in reading.entries:
        if isinstance(value, Event):
            try:
                yield at_us, call.handle(value, at_us)
            except IllegalEvent:
                continue  # the recorded call met it the same way: counted and ignored
