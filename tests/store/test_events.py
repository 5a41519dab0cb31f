"""Events: in order of time, and of arrival within an instant."""

from __future__ import annotations

from datetime import timedelta

from rapida.store import events
from rapida.store.events import Happening
from tests.switchboard.office import NOON, Office


async def test_events_come_back_in_order_of_time_then_of_arrival(office: Office) -> None:
    await office.rings()
    later = Happening(NOON + timedelta(seconds=1), "later", {"deep": [1, {"x": None}]})
    first, second = Happening(NOON, "first"), Happening(NOON, "second")
    async with office.node.store.write() as tx:
        await events.add(tx, 1, [later, first])
        await events.add(tx, 1, [second])
        await events.add(tx, 1, [])
        assert await events.of_conversation(tx, 1) == [first, second, later]
        assert await events.of_conversation(tx, 2) == []
