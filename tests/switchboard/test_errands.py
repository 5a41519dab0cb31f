"""The worker's errands: what waits is dialled, what time ends is closed, and the dead are taken over from."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

from sqlalchemy import select

from rapida.jobs.inline import InlineJobs
from rapida.store import credentials, deployments, pace
from rapida.store.tables import executors
from rapida.switchboard.errands import CATCHING_UP, DEAD_AFTER, Errands, Lane
from rapida.switchboard.exchange import Exchange
from rapida.switchboard.outbound import KEEPS_FOR, call_off
from tests.databases import Place, open_store
from tests.switchboard.desk import Desk


class Taking(InlineJobs):
    """Remembers from whom it took over, and forgets its jobs when the process ends, as every queue here."""

    def __init__(self, errands: Errands) -> None:
        super().__init__(errands.handlers)
        self.took_over_from: list[str] = []

    async def adopt(self, executor_id: str) -> int:
        self.took_over_from.append(executor_id)
        return await super().adopt(executor_id)


async def looks_around(desk: Desk, name: str = "node", exchange: Exchange | None = None) -> list[str]:
    """One heartbeat of a node, and everything it finds to do; from whom it took over."""
    errands = Errands(exchange or desk.office.exchange, desk.dialler, name)
    jobs = Taking(errands)
    await errands.look_around(jobs)
    await jobs.idle()
    return jobs.took_over_from


async def known(desk: Desk) -> set[str]:
    async with desk.office.exchange.store.read() as tx:
        return set((await tx.execute(select(executors.c.id))).scalars())


async def delete_credential(desk: Desk) -> None:
    async with desk.office.exchange.store.write() as tx:
        await deployments.remove_phone(tx, desk.office.assistant_id)
        await credentials.remove(tx, desk.office.credential_id)


# Calls ------------------------------------------------------------------------------------------------------


async def test_calls_that_a_stall_made_late_do_not_go_out_in_a_bunch() -> None:
    lane, begin = Lane(), asyncio.get_running_loop().time()
    await asyncio.gather(*(lane.moment(begin - 1, 0.002) for _ in range(10)))
    assert lane.free_at >= begin + 10 * 0.002 * CATCHING_UP


async def test_what_waits_is_dialled_when_there_is_room(desk: Desk) -> None:
    placed = await desk.queued()
    await desk.limit(credential=True)
    await looks_around(desk)
    assert (await desk.intent(placed)).status == "dialled"
    assert len(desk.twilio.asked) == 2


async def test_what_was_called_off_is_dialled_by_nobody(desk: Desk) -> None:
    placed = await desk.queued()
    context = await desk.context(placed)
    async with desk.office.exchange.store.write() as tx:
        assert await call_off(tx, context, desk.office.clock.now)
    await desk.limit(credential=True)
    await looks_around(desk)
    assert (await desk.intent(placed)).status == "refused"
    assert len(desk.twilio.asked) == 1


async def test_what_waited_too_long_ends_with_its_conversation(desk: Desk) -> None:
    placed = await desk.queued()
    await desk.limit(credential=True)
    desk.office.clock.now += KEEPS_FOR
    await looks_around(desk)
    intent, told = await desk.intent(placed), await desk.conversation(placed)
    assert (intent.status, intent.reason) == ("expired", "its turn did not come in time")
    assert (told.status, told.end_reason) == ("ended", "expired")
    assert len(desk.twilio.asked) == 1


async def test_the_unconfirmed_is_asked_after_once_its_time_is_over(desk: Desk) -> None:
    placed = await desk.dialling()
    desk.twilio.body = {"calls": [], "page_size": 50, "uri": "/", "next_page_uri": None}
    await looks_around(desk)
    assert (await desk.intent(placed)).status == "dialling"
    desk.office.clock.turn(minutes=2)
    await looks_around(desk)
    assert (await desk.intent(placed)).status == "unknown"
    assert [each.method for each in desk.twilio.asked] == ["POST", "GET"]


async def test_calls_whose_credential_was_deleted_are_settled_and_take_no_place(desk: Desk) -> None:
    unclear = await desk.dialling()
    desk.twilio.status = 201
    waiting = await desk.queued()
    asked = len(desk.twilio.asked)
    await delete_credential(desk)
    desk.office.clock.turn(minutes=2)
    await desk.limit(concurrent_calls=3)  # one of them rings
    await desk.limit(credential=True)
    await looks_around(desk)
    for placed, status, reason in ((unclear, "unknown", "unknown"), (waiting, "refused", "refused")):
        intent, told = await desk.intent(placed), await desk.conversation(placed)
        assert (intent.status, intent.reason) == (status, "its credential was deleted")
        assert (told.status, told.end_reason) == ("ended", reason)
    async with desk.office.exchange.store.write() as tx:
        whole, _ = await pace.lanes(tx, desk.office.project_id, desk.office.credential_id)
        assert await pace.free_places(tx, whole) == 2
    assert len(desk.twilio.asked) == asked


# The dead ---------------------------------------------------------------------------------------------------


async def test_a_silent_node_is_taken_over_from_once_and_forgotten(desk: Desk) -> None:
    await looks_around(desk, "dead")
    desk.office.clock.now += DEAD_AFTER - timedelta(seconds=1)
    assert await looks_around(desk, "one") == []
    assert await known(desk) == {"dead", "one"}
    desk.office.clock.turn(seconds=1)
    assert await looks_around(desk, "one") == ["dead"]
    assert await looks_around(desk, "other") == []
    assert await known(desk) == {"one", "other"}


async def test_of_many_nodes_at_once_one_takes_over_from_the_dead(desk: Desk, place: Place) -> None:
    await looks_around(desk, "dead")
    desk.office.clock.now += DEAD_AFTER
    async with open_store(place) as second, open_store(place) as third:
        shared = desk.office.exchange
        nodes = {"a": shared, "b": replace(shared, store=second), "c": replace(shared, store=third)}
        took_over = await asyncio.gather(*(looks_around(desk, *node) for node in nodes.items()))
    assert [name for each in took_over for name in each] == ["dead"]
    assert await known(desk) == set(nodes)


async def test_nodes_that_were_all_too_slow_live_on(desk: Desk, place: Place) -> None:
    names = ["a", "b"]
    for name in names:
        await looks_around(desk, name)
    async with open_store(place) as second:
        stores = [desk.office.exchange.store, second]
        for _ in range(5):
            desk.office.clock.now += DEAD_AFTER
            exchanges = [replace(desk.office.exchange, store=each) for each in stores]
            took_over = await asyncio.gather(
                *(looks_around(desk, *node) for node in zip(names, exchanges, strict=True))
            )
            # The first takes over from the second, which then finds that the first is alive.
            assert sorted(map(len, took_over)) == [0, 1]
            assert await known(desk) == set(names)


async def test_a_node_that_signs_off_is_taken_over_from_at_once(desk: Desk) -> None:
    leaving = Errands(desk.office.exchange, desk.dialler, "leaving")
    await leaving.look_around(Taking(leaving))
    await leaving.finish()
    assert await looks_around(desk, "staying") == ["leaving"]
