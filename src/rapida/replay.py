"""Replay: feed a call's journal to a fresh core and see whether it decides the same.

With the assistant of the journal every order must come out identical, to the microsecond and the byte: that
is what makes a bug report a test. With another version of the assistant the first turn that differs is what
the change would have done to this call.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import msgspec

from .assistant import Assistant
from .call.call import Call
from .call.commands import Command, RecordEntry, StartReply
from .call.events import Event
from .errors import IllegalEvent
from .telemetry.journal import Reading

_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True)
class Difference:
    """Where two runs of a call part. `turn_id` is the turn being answered there, 0 before the first."""

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
    recorded = list(reading.commands)
    turn_id, count = 0, 0
    for at_us, orders in _orders(call, reading):
        for order in orders:
            expected = recorded[count] if count < len(recorded) else None
            if expected is None or expected[0] != at_us or _encode(expected[1]) != _encode(order):
                was = None if expected is None else expected[1]
                return Replayed(len(list(reading.events)), count, Difference(at_us, turn_id, was, order))
            count += 1
            if isinstance(order, StartReply | RecordEntry):
                turn_id = order.turn_id or turn_id
    difference = None
    if count < len(recorded) and not reading.torn and not reading.cut:
        at_us, was = recorded[count]
        difference = Difference(at_us, turn_id, was, None)
    return Replayed(len(list(reading.events)), count, difference)


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
