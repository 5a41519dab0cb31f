"""What the worker does: what waits is dialled, what time ends is closed, and the dead are taken over from."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from rapida.jobs.inline import InlineJobs
from rapida.node.node import Node
from rapida.outbound import scheduling
from rapida.outbound.accepting import KEEPS_FOR, call_off
from rapida.outbound.dialling import LOOK_FOR
from rapida.outbound.order import DialOptions, Order
from rapida.outbound.scheduling import CATCHING_UP, DEAD_AFTER, DialScheduler, Lane
from rapida.outbound.settling import RETRY_S
from rapida.store import credentials, deployments, intents, pace
from rapida.store.tables import executors
from tests.databases import Place, open_store
from tests.switchboard.calling_node import CallingNode
from tests.telephony.twilio.double import CALL


class Taking(InlineJobs):
    """Remembers from whom it took over, and forgets its jobs when the process ends, as every queue here."""

    def __init__(self, scheduler: DialScheduler) -> None:
        super().__init__(scheduler.handlers)
        self.took_over_from: list[str] = []
        self.asked_for: list[str] = []

    async def ensure(self, kind: str, ids: Sequence[str]) -> int:
        self.asked_for += ids
        return await super().ensure(kind, ids)

    async def adopt(self, executor_id: str) -> int:
        self.took_over_from.append(executor_id)
        return await super().adopt(executor_id)


async def looks_around(calling: CallingNode, name: str = "node", node: Node | None = None) -> list[str]:
    """One heartbeat of a node, and everything it finds to do; from whom it took over."""
    scheduler = DialScheduler(node or calling.ready.node, calling.dialler, name)
    jobs = Taking(scheduler)
    await scheduler.look_around(jobs)
    await jobs.idle()
    return jobs.took_over_from


async def known(calling: CallingNode) -> set[str]:
    async with calling.ready.node.store.read() as tx:
        return set((await tx.execute(select(executors.c.id))).scalars())


async def delete_credential(calling: CallingNode) -> None:
    async with calling.ready.node.store.write() as tx:
        await deployments.remove_phone(tx, calling.ready.assistant_id)
        await credentials.remove(tx, calling.ready.credential_id)


# Calls ------------------------------------------------------------------------------------------------------


async def test_calls_that_a_stall_made_late_do_not_go_out_in_a_bunch() -> None:
    lane, begin = Lane(), asyncio.get_running_loop().time()
    await asyncio.gather(*(lane.moment(begin - 1, 0.002) for _ in range(10)))
    assert lane.free_at >= begin + 10 * 0.002 * CATCHING_UP


async def test_what_waits_is_dialled_when_there_is_room(calling: CallingNode) -> None:
    placed = await calling.queued()
    await calling.limit(credential=True)
    await looks_around(calling)
    assert (await calling.intent(placed)).status == "dialled"
    assert len(calling.twilio.asked) == 2


async def test_while_the_server_has_no_room_what_waits_stays_and_the_unconfirmed_is_asked_after(
    calling: CallingNode,
) -> None:
    placed = await calling.queued()
    await calling.limit(credential=True)
    scheduler = DialScheduler(calling.ready.node, calling.dialler, "node")

    class Filling(Taking):
        async def ensure(self, kind: str, ids: Sequence[str]) -> int:
            scheduler.hold_back(True)  # the job is given, and has not begun
            return await super().ensure(kind, ids)

    jobs = Filling(scheduler)
    await scheduler.look_around(jobs)
    await jobs.idle()
    await scheduler.look_around(jobs)
    assert jobs.asked_for == [str(placed.context_id)]
    assert (await calling.intent(placed)).status == "queued"
    scheduler.hold_back(False)
    await looks_around(calling)
    assert (await calling.intent(placed)).status == "dialled"


async def test_what_was_called_off_is_dialled_by_nobody(calling: CallingNode) -> None:
    placed = await calling.queued()
    context = await calling.context(placed)
    async with calling.ready.node.store.write() as tx:
        assert await call_off(tx, context, calling.ready.clock.now)
    await calling.limit(credential=True)
    await looks_around(calling)
    assert (await calling.intent(placed)).status == "refused"
    assert len(calling.twilio.asked) == 1


async def test_what_waited_too_long_ends_with_its_conversation(calling: CallingNode) -> None:
    placed = await calling.queued()
    await calling.limit(credential=True)
    calling.ready.clock.now += KEEPS_FOR
    await looks_around(calling)
    intent, told = await calling.intent(placed), await calling.conversation(placed)
    assert (intent.status, intent.reason) == ("expired", "its turn did not come in time")
    assert (told.status, told.end_reason) == ("ended", "expired")
    assert len(calling.twilio.asked) == 1


async def test_the_unconfirmed_is_asked_after_once_its_time_is_over(calling: CallingNode) -> None:
    placed = await calling.dialling()
    calling.twilio.body = {"calls": [], "page_size": 50, "uri": "/", "next_page_uri": None}
    await looks_around(calling)
    assert (await calling.intent(placed)).status == "dialling"
    calling.ready.clock.turn(minutes=2)
    await looks_around(calling)
    assert (await calling.intent(placed)).status == "unknown"
    assert [each.method for each in calling.twilio.asked] == ["POST", "GET"]


async def test_calls_whose_credential_was_deleted_are_settled_and_take_no_place(calling: CallingNode) -> None:
    unclear = await calling.dialling()
    calling.twilio.status = 201
    waiting = await calling.queued()
    asked = len(calling.twilio.asked)
    await delete_credential(calling)
    calling.ready.clock.turn(minutes=2)
    await calling.limit(concurrent_calls=3)  # one of them rings
    await calling.limit(credential=True)
    await looks_around(calling)
    for placed, status, reason in ((unclear, "unknown", "unknown"), (waiting, "refused", "refused")):
        intent, told = await calling.intent(placed), await calling.conversation(placed)
        assert (intent.status, intent.reason) == (status, "its credential was deleted")
        assert (told.status, told.end_reason) == ("ended", reason)
    async with calling.ready.node.store.write() as tx:
        whole, _ = await pace.lanes(tx, calling.ready.project_id, calling.ready.credential_id)
        assert await pace.free_places(tx, whole) == 2
    assert len(calling.twilio.asked) == asked


async def test_a_dial_is_asked_after_a_minute_after_its_ringing_time_and_not_before(
    calling: CallingNode,
) -> None:
    placed = await calling.dialling(options=DialOptions(ring_s=25))
    calling.twilio.body = {"calls": [], "page_size": 50, "uri": "/", "next_page_uri": None}
    for seconds, status, asked in ((84, "dialling", ["POST"]), (1, "unknown", ["POST", "GET"])):
        calling.ready.clock.turn(seconds=seconds)
        await looks_around(calling)
        assert (await calling.intent(placed)).status == status
        assert [each.method for each in calling.twilio.asked] == asked


async def test_a_credential_has_so_many_calls_at_once(calling: CallingNode) -> None:
    await calling.limit(credential=True, concurrent_calls=2)
    calls = [await calling.place() for _ in range(3)]
    assert [each.status for each in calls] == ["dialled", "dialled", "queued"]
    await looks_around(calling)
    assert (await calling.intent(calls[2])).status == "queued"
    await calling.ready.reports(
        calls[0].context_id, CallSid=calls[0].carrier_call_id, CallStatus="busy", SequenceNumber="2"
    )
    await looks_around(calling)
    assert (await calling.intent(calls[2])).status == "dialled"


# Workers that share a queue ---------------------------------------------------------------------------------


def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let what was given to the queue be given again at the next look."""
    monkeypatch.setattr(scheduling, "GIVEN_S", 0.0)


async def test_what_another_process_left_waiting_is_given_to_the_queue_again(
    calling: CallingNode, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_once(monkeypatch)
    placed = await calling.queued()
    await calling.limit(credential=True)
    async with open_store(place) as second:
        asking = DialScheduler(calling.ready.node, calling.dialler, "asking")
        working = DialScheduler(replace(calling.ready.node, store=second), calling.dialler, "working")
        queue = Taking(working)  # whatever is asked for, the other process gets to do
        calling.twilio.status, calling.twilio.body = (
            429,
            {"code": 20429, "message": "slow down", "status": 429},
        )
        await asking.look_around(queue)
        await queue.idle()
        assert (await calling.intent(placed)).status == "queued"
        calling.twilio.status, calling.twilio.body = 201, dict(CALL) | {"sid": "CA" + "9" * 32}
        calling.ready.clock.turn(seconds=10)
        await asking.look_around(queue)
        await queue.idle()
    assert (await calling.intent(placed)).status == "dialled"
    assert queue.asked_for == [str(placed.context_id)] * 2


async def test_what_was_just_given_or_runs_here_is_not_given_again(
    calling: CallingNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    placed = await calling.queued()  # its turn does not come
    asking = DialScheduler(calling.ready.node, calling.dialler, "asking")
    elsewhere, here = Taking(DialScheduler(calling.ready.node, calling.dialler, "elsewhere")), Taking(asking)
    await asking.look_around(elsewhere)
    await asking.look_around(elsewhere)
    assert elsewhere.asked_for == [str(placed.context_id)]
    at_once(monkeypatch)
    await asking.look_around(here)
    await until_waiting(asking)
    await asking.look_around(here)
    assert here.asked_for == [str(placed.context_id)]
    for queue in (elsewhere, here):
        await queue.aclose()


async def test_of_what_was_given_nothing_is_remembered_for_long(
    calling: CallingNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_once(monkeypatch)
    await calling.queued()
    asking = DialScheduler(calling.ready.node, calling.dialler, "asking")
    elsewhere = Taking(DialScheduler(calling.ready.node, calling.dialler, "elsewhere"))
    await asking.look_around(elsewhere)
    calling.ready.clock.now += KEEPS_FOR
    for _ in range(2):  # it is closed by the first look, and no more wanted at the second
        await asking.look_around(elsewhere)
    assert asking._given == {}
    await elsewhere.aclose()


async def test_a_process_that_finishes_leaves_what_waits_to_the_next(calling: CallingNode) -> None:
    placed = await calling.queued()  # its turn does not come
    leaving = DialScheduler(calling.ready.node, calling.dialler, "leaving")
    queue = Taking(leaving)
    await leaving.look_around(queue)
    await until_waiting(leaving)
    async with asyncio.timeout(120):
        await leaving.finish()
        await queue.idle()
    assert (await calling.intent(placed)).status == "queued"
    await calling.limit(credential=True)
    await looks_around(calling)
    assert (await calling.intent(placed)).status == "dialled"


async def test_a_process_that_finishes_dials_what_it_has_just_taken(
    calling: CallingNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    placed = await calling.queued()
    await calling.limit(credential=True)
    leaving = DialScheduler(calling.ready.node, calling.dialler, "leaving")
    queue = Taking(leaving)
    ready, take, taking = calling.ready, leaving._take, asyncio.Event()

    async def taken(order: Order) -> Any:
        taking.set()
        return await take(order)

    monkeypatch.setattr(leaving, "_take", taken)
    async with ready.node.store.write() as tx:
        await pace.lanes(tx, ready.project_id, ready.credential_id, hold=True)
        # Its turn is being taken, and cannot be before this transaction ends.
        working = asyncio.ensure_future(leaving.handlers["dial"](str(placed.context_id)))
        async with asyncio.timeout(120):
            await taking.wait()
        finishing = asyncio.create_task(leaving.finish())
        await asyncio.sleep(0.05)
        assert not finishing.done()
    async with asyncio.timeout(120):
        await finishing
        assert (await calling.intent(placed)).status == "dialled"
        await working
    await queue.aclose()


async def until_waiting(scheduler: DialScheduler) -> None:
    """Until a job of this process holds its lane: its turn is being taken, or is waited for."""
    async with asyncio.timeout(120):
        while not any(lane.turn.locked() for lane in scheduler._lanes.values()):
            await asyncio.sleep(0.01)


# The dead ---------------------------------------------------------------------------------------------------


async def test_a_silent_node_is_taken_over_from_once_and_forgotten(calling: CallingNode) -> None:
    await looks_around(calling, "dead")
    calling.ready.clock.now += DEAD_AFTER - timedelta(seconds=1)
    assert await looks_around(calling, "one") == []
    assert await known(calling) == {"dead", "one"}
    calling.ready.clock.turn(seconds=1)
    assert await looks_around(calling, "one") == ["dead"]
    assert await looks_around(calling, "other") == []
    assert await known(calling) == {"one", "other"}


async def test_of_many_nodes_at_once_one_takes_over_from_the_dead(calling: CallingNode, place: Place) -> None:
    await looks_around(calling, "dead")
    calling.ready.clock.now += DEAD_AFTER
    async with open_store(place) as second, open_store(place) as third:
        shared = calling.ready.node
        nodes = {"a": shared, "b": replace(shared, store=second), "c": replace(shared, store=third)}
        took_over = await asyncio.gather(*(looks_around(calling, *node) for node in nodes.items()))
    assert [name for each in took_over for name in each] == ["dead"]
    assert await known(calling) == set(nodes)


async def test_nodes_that_were_all_too_slow_live_on(calling: CallingNode, place: Place) -> None:
    names = ["a", "b"]
    for name in names:
        await looks_around(calling, name)
    async with open_store(place) as second:
        stores = [calling.ready.node.store, second]
        for _ in range(5):
            calling.ready.clock.now += DEAD_AFTER
            other_nodes = [replace(calling.ready.node, store=each) for each in stores]
            took_over = await asyncio.gather(
                *(looks_around(calling, *node) for node in zip(names, other_nodes, strict=True))
            )
            # The first takes over from the second, which then finds that the first is alive.
            assert sorted(map(len, took_over)) == [0, 1]
            assert await known(calling) == set(names)


async def test_a_node_that_signs_off_is_taken_over_from_at_once(calling: CallingNode) -> None:
    leaving = DialScheduler(calling.ready.node, calling.dialler, "leaving")
    await leaving.look_around(Taking(leaving))
    calling.ready.node.prover.uses[calling.ready.credential_id] = 3
    await leaving.finish()
    assert await looks_around(calling, "staying") == ["leaving"]
    async with calling.ready.node.store.read() as tx:
        assert list((await credentials.uses(tx, calling.ready.credential_id)).values()) == [3]


async def test_uses_are_written_down_again_and_again_while_a_node_works(
    calling: CallingNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    working = DialScheduler(calling.ready.node, calling.dialler, "working")
    assert scheduling.TALLY_S <= 30 < scheduling.TIDY_S
    monkeypatch.setattr(scheduling, "TALLY_S", 0.0)
    for written in (1, 2):
        calling.ready.node.prover.uses[calling.ready.credential_id] += 1
        await working.look_around(Taking(working))
        async with calling.ready.node.store.read() as tx:
            uses = await credentials.uses(tx, calling.ready.credential_id)
        assert list(uses.values()) == [written]


# A carrier that does not answer ----------------------------------------------------------------------------


async def test_a_carrier_that_refuses_its_list_is_asked_for_an_hour_and_then_nobody_knows(
    calling: CallingNode,
) -> None:
    placed = await calling.dialling()
    calling.twilio.status = 401
    calling.twilio.body = {"code": 20003, "message": "Authenticate", "status": 401}
    calling.ready.clock.turn(minutes=2)
    order = await calling.dialler.load(placed.context_id)
    assert order is not None
    assert await calling.dialler.look(order) == RETRY_S[-1]
    assert (await calling.intent(placed)).status == "dialling"
    calling.ready.clock.now += LOOK_FOR
    await looks_around(calling)
    intent, told = await calling.intent(placed), await calling.conversation(placed)
    assert (intent.status, told.end_reason) == ("unknown", "unknown")
    assert "the carrier's list could not be asked: twilio: the Account SID and Auth Token" in str(
        intent.reason
    )
    async with calling.ready.node.store.read() as tx:
        assert await intents.open_calls(tx, project_id=calling.ready.project_id) == 0
