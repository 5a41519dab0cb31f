"""Events: in order of time, and of arrival within an instant; each is read as the kind it says it is."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import insert

from rapida.call.happenings import (
    KINDS,
    BargeIn,
    CarrierReported,
    FalseBargeIn,
    OtherHappening,
    StreamRefused,
    VariablesMissing,
)
from rapida.store import events
from rapida.store.events import DatedHappening
from rapida.store.tables import events as rows
from tests.call.test_happenings import example
from tests.switchboard.ready_node import NOON, ReadyNode


async def test_events_come_back_in_order_of_time_then_of_arrival(ready: ReadyNode) -> None:
    await ready.rings()
    later = DatedHappening(NOON + timedelta(seconds=1), VariablesMissing(("role", "name")))
    first, second = DatedHappening(NOON, BargeIn("key")), DatedHappening(NOON, FalseBargeIn())
    async with ready.node.store.write() as tx:
        await events.add(tx, 1, [later, first])
        await events.add(tx, 1, [second])
        await events.add(tx, 1, [])
        assert await events.of_conversation(tx, 1) == [first, second, later]
        assert await events.of_conversation(tx, 2) == []


async def test_every_kind_comes_back_as_it_was(ready: ReadyNode) -> None:
    await ready.rings()
    happened = [DatedHappening(NOON, example(kind)) for kind in KINDS]
    async with ready.node.store.write() as tx:
        await events.add(tx, 1, happened)
        assert await events.of_conversation(tx, 1) == happened


async def test_whether_a_kind_happened_is_asked_of_the_conversation_alone(ready: ReadyNode) -> None:
    await ready.rings()
    async with ready.node.store.write() as tx:
        await events.add(tx, 1, [DatedHappening(NOON, StreamRefused("no proof"))])
        assert await events.has(tx, 1, StreamRefused)
        assert not await events.has(tx, 1, CarrierReported)
        assert not await events.has(tx, 2, StreamRefused)


@pytest.mark.parametrize(
    ("document", "name", "detail"),
    [
        ({"kind": "moon_rose", "phase": 3}, "moon_rose", {"phase": 3}),
        ({"kind": "barge_in", "by": "shouting"}, "barge_in", {"by": "shouting"}),
    ],
)
async def test_what_a_newer_version_wrote_is_read_as_it_stands(
    ready: ReadyNode, document: dict[str, object], name: str, detail: dict[str, object]
) -> None:
    await ready.rings()
    async with ready.node.store.write() as tx:
        await tx.execute(insert(rows).values(conversation_id=1, at=NOON, happening=document))
        assert await events.of_conversation(tx, 1) == [DatedHappening(NOON, OtherHappening(name, detail))]
