"""The bus between servers: news reach the process that holds a call, once, and no other."""

from __future__ import annotations

from uuid import uuid4

import pytest

from rapida.call.events import HangUpRequested, StatusReported
from rapida.node import shared_bus
from rapida.node.call_bus import News
from rapida.node.shared_bus import SharedBus
from rapida.store import news
from tests.doubles.store_double import StoreDouble
from tests.switchboard.ready_node import ReadyNode, context_of

HANG_UP = HangUpRequested("operator")


def bus(ready: ReadyNode, server_id: str) -> SharedBus:
    made = SharedBus(ready.node.store, server_id, ready.clock)
    made.alone = False
    return made


async def test_news_reach_the_holder_in_order_and_once(ready: ReadyNode) -> None:
    here, there, third = bus(ready, "other"), bus(ready, ready.node.server_id), bus(ready, "third")
    context_id, heard, elsewhere = context_of(await ready.rings()), list[News](), list[News]()
    await ready.opens_stream(context_id)
    there.join(context_id, heard.append)
    third.join(uuid4(), elsewhere.append)
    for status in ("completed", "failed"):
        await here.publish(context_id, StatusReported(status))
    assert await there.look_around() == 2
    assert await there.look_around() == 0
    assert await third.look_around() == 0
    assert (heard, elsewhere) == ([StatusReported("completed"), StatusReported("failed")], [])
    await there.publish(context_id, HANG_UP)
    assert heard[2:] == [HANG_UP]
    assert await there.look_around() == 0, "what was heard here was not sent as well"


async def test_who_asks_learns_whether_the_holder_has_heard(
    ready: ReadyNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared_bus, "HEARD_WITHIN_S", 0.0)
    here, there = bus(ready, "other"), bus(ready, ready.node.server_id)
    context_id, heard = context_of(await ready.rings()), list[News]()
    await ready.opens_stream(context_id)
    assert not await here.ask(context_id, HANG_UP), "nobody answers"
    there.join(context_id, heard.append)

    async def look(sent: int) -> bool:
        assert await there.look_around() == 2  # the one that nobody had heard comes late, and is no harm
        return await SharedBus._is_heard(here, sent)

    monkeypatch.setattr(here, "_is_heard", look)
    assert await here.ask(context_id, HANG_UP)
    assert heard == [HANG_UP] * 2
    assert not await here.ask(uuid4(), HANG_UP), "of a call that there is not"


async def test_a_call_that_was_announced_here_and_is_held_elsewhere_hears_as_well(ready: ReadyNode) -> None:
    announcer, holder = bus(ready, "announcer"), bus(ready, ready.node.server_id)
    context_id, awaiting, heard = context_of(await ready.rings()), list[News](), list[News]()
    announcer.join(context_id, awaiting.append)
    await announcer.publish(context_id, HANG_UP)
    await ready.opens_stream(context_id)
    holder.join(context_id, heard.append)
    await announcer.publish(context_id, StatusReported("completed"))
    await holder.look_around()
    assert awaiting == [HANG_UP, StatusReported("completed")]
    assert heard == [StatusReported("completed")]


async def test_a_holder_hears_what_the_server_that_awaits_the_stream_has_heard_first(
    ready: ReadyNode,
) -> None:
    announcer, holder = bus(ready, "announcer"), bus(ready, ready.node.server_id)
    context_id, awaiting, heard = context_of(await ready.rings()), list[News](), list[News]()
    await ready.opens_stream(context_id)
    announcer.join(context_id, awaiting.append)
    await announcer.publish(context_id, HANG_UP)
    assert await announcer.look_around() == 1, "its own news, which it finds like any other"
    assert await holder.look_around() == 0, "the stream is here, and its call does not listen yet"
    holder.join(context_id, heard.append)
    assert await holder.look_around() == 1
    await announcer.publish(context_id, StatusReported("completed"))
    assert await holder.look_around() == 1
    assert heard == [HANG_UP, StatusReported("completed")]


async def test_news_that_were_committed_late_are_not_missed_and_old_ones_go(ready: ReadyNode) -> None:
    here, there = bus(ready, "other"), bus(ready, ready.node.server_id)
    context_id, heard = context_of(await ready.rings()), list[News]()
    await ready.opens_stream(context_id)
    there.join(context_id, heard.append)
    await here.publish(context_id, StatusReported("busy"))
    await there.look_around()
    there._last += 5  # as if a transaction with a higher number had been committed before the next one
    await here.publish(context_id, StatusReported("completed"))
    await there.look_around()
    assert heard == [StatusReported("busy"), StatusReported("completed")]
    ready.clock.turn(seconds=shared_bus.KEPT_FOR.total_seconds() + 1)
    await here.publish(context_id, HANG_UP)
    async with ready.node.store.read() as tx:
        assert len(await news.after(tx, 0, 10)) == 1


async def test_alone_nothing_is_asked_of_the_database_for_a_call_that_hears(ready: ReadyNode) -> None:
    only = SharedBus(ready.node.store, ready.node.server_id, ready.clock)
    context_id, heard = uuid4(), list[News]()
    leave = only.join(context_id, heard.append)
    store = ready.node.store
    assert isinstance(store, StoreDouble)
    store.goes_away()
    await only.publish(context_id, StatusReported("completed"))
    assert await only.ask(context_id, HANG_UP)
    leave()
    await only.publish(
        context_id, StatusReported("completed")
    )  # to nobody here, and it is away: told in the log
    assert len(heard) == 2
    only.tell_own(HANG_UP)
    assert len(only) == 0
