"""Pace: turns are evenly spaced, however early or late they are asked for."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from itertools import cycle, pairwise
from uuid import UUID

import pytest

from rapida.store import intents, pace
from tests.databases import Place, open_store
from tests.doubles.store_double import StoreDouble
from tests.store.races import racing
from tests.switchboard.ready_node import NOON, ReadyNode, context_of, open_ready_node

MS = timedelta(milliseconds=1)
AHEAD = 250 * MS


async def ask(ready: ReadyNode, at: datetime, ahead: timedelta = timedelta()) -> pace.DialTurn:
    async with ready.node.store.write() as tx:
        return await pace.take_turn(tx, ready.project_id, ready.credential_id, at, ahead)


async def rate(ready: ReadyNode, calls_per_second: float) -> None:
    async with ready.node.store.write() as tx:
        for credential_id, each in ((pace.WHOLE_PROJECT, 0), (ready.credential_id, calls_per_second)):
            await pace.limit(tx, ready.project_id, credential_id, calls_per_second=each, concurrent_calls=0)


async def test_turns_taken_ahead_are_evenly_spaced_whenever_they_are_asked_for(ready: ReadyNode) -> None:
    await rate(ready, 50)
    now, instants = NOON, list[datetime]()
    slow_at_times = cycle((*[1] * 20, 190, *[1] * 20, 220))
    while len(instants) < 60:
        now += next(slow_at_times) * MS
        turn = await ask(ready, now, AHEAD)
        if turn.taken:
            instants.append(now + timedelta(seconds=turn.in_s))
        now += timedelta(seconds=turn.wait_s)
    assert {round((after - before) / MS) for before, after in pairwise(instants)} == {20}


async def test_whoever_asks_too_early_is_told_how_long_to_wait(ready: ReadyNode) -> None:
    await rate(ready, 2)
    assert await ask(ready, NOON) == pace.DialTurn(taken=True, wait_s=0.5, every_s=0.5)
    assert await ask(ready, NOON + 100 * MS) == pace.DialTurn(wait_s=0.4)
    ahead = await ask(ready, NOON + 250 * MS, AHEAD)
    assert (ahead.taken, ahead.in_s, ahead.wait_s) == (True, 0.25, 0.5)
    assert await ask(ready, NOON + 500 * MS) == pace.DialTurn(wait_s=0.5)


async def test_lateness_is_made_up_for_only_while_it_is_small(ready: ReadyNode) -> None:
    await rate(ready, 10)
    await ask(ready, NOON)
    assert (await ask(ready, NOON + 115 * MS)).wait_s == pytest.approx(0.085)
    assert (await ask(ready, NOON + 1000 * MS)).wait_s == pytest.approx(0.080)


async def test_the_slower_of_project_and_credential_sets_the_pace(ready: ReadyNode) -> None:
    await rate(ready, 50)
    async with ready.node.store.write() as tx:
        await pace.limit(tx, ready.project_id, pace.WHOLE_PROJECT, calls_per_second=4, concurrent_calls=0)
    await ask(ready, NOON)
    assert await ask(ready, NOON + 20 * MS) == pace.DialTurn(wait_s=0.23)


async def test_without_a_limit_every_turn_is_now(ready: ReadyNode) -> None:
    await rate(ready, 0)
    for _ in range(3):
        assert await ask(ready, NOON, AHEAD) == pace.DialTurn(taken=True)


async def test_two_processes_that_ask_at_once_get_one_turn(place: Place) -> None:
    async with open_ready_node(place) as ready, open_store(place) as second:
        await rate(ready, 0.01)

        async def taken(store: StoreDouble) -> bool:
            async with store.write() as tx:
                turn = await pace.take_turn(tx, ready.project_id, ready.credential_id, NOON)
                await until_the_other_asks(store)
                return turn.taken

        with racing(ready.store, second) as until_the_other_asks:
            assert sorted(await asyncio.gather(taken(ready.store), taken(second))) == [False, True]


async def queued(ready: ReadyNode, number: int) -> UUID:
    """The context of a call that waits to be dialled."""
    context_id, until = context_of(await ready.rings(CallSid=f"CA{number:032d}")), NOON + timedelta(hours=1)
    numbers = ("+15550003", "+15550002")
    wish = intents.Intent(context_id, ready.project_id, ready.credential_id, *numbers, {}, until, NOON, NOON)
    async with ready.node.store.write() as tx:
        await intents.create(tx, wish)
    return context_id


@pytest.mark.parametrize("of_project", [True, False])
async def test_of_two_processes_one_takes_the_last_place(place: Place, of_project: bool) -> None:
    async with open_ready_node(place) as ready, open_store(place) as second:
        await rate(ready, 0)
        limited = pace.WHOLE_PROJECT if of_project else ready.credential_id
        async with second.write() as tx:
            await pace.limit(tx, ready.project_id, limited, calls_per_second=0, concurrent_calls=1)
        calls = [await queued(ready, number) for number in (1, 2)]

        async def full(store: StoreDouble, context_id: UUID) -> bool:
            async with store.write() as tx:
                turn = await pace.take_turn(tx, ready.project_id, ready.credential_id, NOON)
                if turn.taken:
                    await intents.begin(tx, context_id, NOON, NOON)
                await until_the_other_asks(store)
                return turn.full

        with racing(ready.store, second) as until_the_other_asks:
            assert sorted(await asyncio.gather(*map(full, (ready.store, second), calls))) == [False, True]


@pytest.mark.parametrize(("begun", "accepted"), [(0, [True, True]), (1, [False, True]), (2, [False, False])])
async def test_two_processes_accept_no_more_calls_than_the_day_has_left(
    place: Place, begun: int, accepted: list[bool]
) -> None:
    async with open_ready_node(place) as ready, open_store(place) as second:
        lane = pace.DialLimit(ready.project_id, pace.WHOLE_PROJECT, 0, 0, 2)
        async with second.write() as tx:
            for _ in range(begun):
                assert await pace.count_today(tx, lane, NOON)

        async def counted(store: StoreDouble) -> bool:
            async with store.write() as tx:
                room = await pace.count_today(tx, lane, NOON)
                await until_the_other_asks(store)
                return room

        with racing(ready.store, second) as until_the_other_asks:
            assert sorted(await asyncio.gather(counted(ready.store), counted(second))) == accepted
        async with second.write() as tx:
            assert await pace.count_today(tx, lane, NOON + timedelta(days=1))


async def test_a_project_has_its_own_lane_first_and_one_for_each_credential_that_was_asked_for(
    ready: ReadyNode,
) -> None:
    ours, credential_id = ready.project_id, ready.credential_id
    async with ready.node.store.read() as tx:
        assert await pace.lanes_as_they_are(tx, ours, credential_id) == []
    async with ready.node.store.write() as tx:
        assert [each.credential_id for each in await pace.limits(tx, ours)] == [pace.WHOLE_PROJECT]
    async with ready.node.store.write() as tx:
        project, credential = await pace.lanes(tx, ours, credential_id, hold=True)
        assert (project.credential_id, credential.credential_id) == (pace.WHOLE_PROJECT, credential_id)
        assert await pace.limits(tx, ours) == [project, credential]
        assert await pace.lanes_as_they_are(tx, ours, credential_id) == [project, credential]


async def test_a_lane_has_as_many_free_places_as_its_calls_leave(ready: ReadyNode) -> None:
    context_id = await queued(ready, 1)
    async with ready.node.store.write() as tx:
        await pace.limit(tx, ready.project_id, pace.WHOLE_PROJECT, calls_per_second=0, concurrent_calls=2)
        await pace.limit(tx, ready.project_id, ready.credential_id, calls_per_second=0, concurrent_calls=0)
        lane, unlimited = await pace.lanes(tx, ready.project_id, ready.credential_id)
        assert (await pace.free_places(tx, lane), await pace.free_places(tx, unlimited)) == (2, None)
        assert await intents.begin(tx, context_id, NOON, NOON)
        assert await pace.free_places(tx, lane) == 1


async def test_a_day_that_is_over_is_forgotten_and_today_is_not(ready: ReadyNode) -> None:
    async with ready.node.store.write() as tx:
        await pace.limit(
            tx,
            ready.project_id,
            pace.WHOLE_PROJECT,
            calls_per_second=0,
            concurrent_calls=0,
            calls_per_day=1,
        )
        lane, _ = await pace.lanes(tx, ready.project_id, ready.credential_id)
        for today in (NOON, NOON + timedelta(days=1)):
            assert await pace.count_today(tx, lane, today)
            assert not await pace.count_today(tx, lane, today)
        await pace.forget_days(tx, NOON + timedelta(days=1))
        assert await pace.count_today(tx, lane, NOON)
        assert not await pace.count_today(tx, lane, NOON + timedelta(days=1))
