"""Intents: every step is taken by one, from where it may be, and never by an attempt that is over."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest

from rapida.call.happenings import DialFailed
from rapida.store import Transaction, contexts, conversations, events, intents
from rapida.store.intents import Intent
from tests.databases import Place, open_store
from tests.doubles.store_double import StoreDouble
from tests.store.races import racing
from tests.switchboard.ready_node import NOON, ReadyNode, context_of, open_ready_node

MIN = timedelta(minutes=1)
LATEST = NOON + 10 * MIN


async def wish(ready: ReadyNode, number: int = 1) -> Intent:
    """A queued intent, created `number` minutes after noon."""
    at = NOON + number * MIN
    intent = Intent(
        context_of(await ready.rings(CallSid=f"CA{number:032d}")),
        ready.project_id,
        ready.credential_id,
        to_number="+15550003",
        from_number="+15550002",
        options={"machine": "off"},
        not_after=LATEST,
        created_at=at,
        updated_at=at,
    )
    async with ready.node.store.write() as tx:
        await intents.create(tx, intent)
    return intent


async def stands(tx: Transaction, context_id: UUID) -> Intent:
    found = await intents.find(tx, context_id)
    assert found is not None
    return found


async def test_an_intent_comes_back_as_it_was_made(ready: ReadyNode) -> None:
    made = await wish(ready)
    inbound = context_of(await ready.rings(CallSid="CA" + "9" * 32))
    async with ready.node.store.read() as tx:
        assert await intents.find(tx, made.context_id) == made
        context = await contexts.find(tx, made.context_id)
        assert context is not None
        assert await intents.of_conversation(tx, context.conversation_id) == made
        assert await intents.find(tx, inbound) is None


async def test_of_two_processes_that_begin_one_intent_one_dials(place: Place) -> None:
    async with open_ready_node(place) as ready, open_store(place) as second:
        made = await wish(ready)

        async def begun(store: StoreDouble) -> int:
            async with store.write() as tx:
                attempt = await intents.begin(tx, made.context_id, NOON, look_at=NOON)
                await until_the_other_asks(store)
                return attempt

        with racing(ready.store, second) as until_the_other_asks:
            assert sorted(await asyncio.gather(begun(ready.store), begun(second))) == [0, 1]


async def test_an_intent_begins_neither_before_nor_after_its_time(ready: ReadyNode) -> None:
    made = await wish(ready)
    async with ready.node.store.write() as tx:
        assert not await intents.begin(tx, made.context_id, LATEST, LATEST)
        assert await intents.begin(tx, made.context_id, NOON, NOON + MIN) == 1
        assert await intents.put_back(tx, made.context_id, 1, "busy", NOON + 2 * MIN, NOON)
        assert not await intents.begin(tx, made.context_id, NOON + MIN, LATEST)
        assert await intents.begin(tx, made.context_id, NOON + 2 * MIN, LATEST) == 2


async def test_a_late_put_back_leaves_the_attempt_that_is_on_alone(ready: ReadyNode) -> None:
    made = await wish(ready)
    async with ready.node.store.write() as tx:
        await intents.begin(tx, made.context_id, NOON, NOON + MIN)
        assert await intents.put_back(tx, made.context_id, 1, "away", NOON, NOON)
        assert (await stands(tx, made.context_id)).reason == "away"
        assert await intents.begin(tx, made.context_id, NOON, NOON + MIN) == 2
        assert not await intents.put_back(tx, made.context_id, 1, "away", NOON, NOON)
        assert (await stands(tx, made.context_id)).status == "dialling"
        assert await intents.put_back(tx, made.context_id, 2, "away", NOON, NOON)
        assert (await stands(tx, made.context_id)).status == "queued"


@pytest.mark.parametrize("before", ["queued", "dialling", "unknown"])
async def test_a_call_is_proved_once_however_its_intent_stood(ready: ReadyNode, before: str) -> None:
    made = await wish(ready)
    async with ready.node.store.write() as tx:
        if before != "queued":
            await intents.begin(tx, made.context_id, NOON, NOON + MIN)
        if before == "unknown":
            await intents.lose(tx, made.context_id, "no answer", NOON)
        assert (await stands(tx, made.context_id)).status == before
        assert await intents.prove(tx, made.context_id, NOON)
        assert not await intents.prove(tx, made.context_id, NOON)
        proved = await stands(tx, made.context_id)
        assert (proved.status, proved.reason, proved.not_before) == ("dialled", None, None)
        assert not await intents.begin(tx, made.context_id, NOON, NOON + MIN)


async def test_a_lost_calls_conversation_ends_and_waits_again_once_proved(ready: ReadyNode) -> None:
    made = await wish(ready)
    async with ready.node.store.write() as tx:
        assert not await intents.lose(tx, made.context_id, "no answer", NOON)  # nobody has dialled it
        await intents.begin(tx, made.context_id, NOON, NOON + MIN)
        assert await intents.lose(tx, made.context_id, "no answer", NOON)
        context = await contexts.find(tx, made.context_id)
        assert context is not None
        ended = await conversations.find(tx, context.conversation_id)
        assert (ended.end_reason, ended.ended_at) == (intents.UNKNOWN, NOON)
        told = await events.of_conversation(tx, context.conversation_id)
        assert told[-1].happening == DialFailed("unknown", "no answer")
        await intents.prove(tx, made.context_id, NOON)
        again = await conversations.find(tx, context.conversation_id)
        assert (again.status, again.end_reason, again.ended_at) == ("waiting", None, None)


async def test_an_intent_that_is_over_takes_no_step(ready: ReadyNode) -> None:
    made = await wish(ready)
    async with ready.node.store.write() as tx:
        assert await intents.close(tx, made.context_id, "refused", "not wanted", NOON)
        over = await stands(tx, made.context_id)
        assert (over.status, over.reason, over.ended_at) == ("refused", "not wanted", NOON)
        assert not await intents.begin(tx, made.context_id, NOON, NOON + MIN)
        assert not await intents.close(tx, made.context_id, "refused", "", NOON, ("queued", "dialling"))
        assert not await intents.close(tx, made.context_id, "expired", "", NOON)
        assert not await intents.prove(tx, made.context_id, NOON)
        assert await stands(tx, made.context_id) == over


async def test_what_is_being_dialled_is_neither_called_off_nor_expired_by_the_queue(ready: ReadyNode) -> None:
    made = await wish(ready)
    async with ready.node.store.write() as tx:
        await intents.begin(tx, made.context_id, NOON, NOON + MIN)
        assert not await intents.close(tx, made.context_id, "refused", "", NOON)
        assert not await intents.close(tx, made.context_id, "expired", "", LATEST)
        assert await intents.close(tx, made.context_id, "expired", "stood still", LATEST, ("dialling",))
        assert (await stands(tx, made.context_id)).status == "expired"


async def test_a_call_takes_a_place_from_its_dial_to_its_end(ready: ReadyNode) -> None:
    made, waits = await wish(ready), await wish(ready, 2)
    async with ready.node.store.write() as tx:

        async def taken() -> tuple[int, int]:
            of_project = await intents.open_calls(tx, project_id=ready.project_id)
            return of_project, await intents.open_calls(tx, credential_id=ready.credential_id)

        assert await taken() == (0, 0)
        await intents.begin(tx, made.context_id, NOON, NOON + MIN)
        assert await taken() == (1, 1)
        await intents.prove(tx, made.context_id, NOON)
        assert await taken() == (1, 1)
        await intents.end(tx, [made.context_id], NOON)
        assert await taken() == (0, 0)
        assert await intents.waiting_lanes(tx) == [(ready.project_id, ready.credential_id)]
        assert await intents.next_queued(tx, ready.credential_id, 9, NOON) == [waits.context_id]


async def test_places_of_calls_that_nobody_ended_are_freed_in_time(ready: ReadyNode) -> None:
    made, later = await wish(ready), await wish(ready, 2)
    async with ready.node.store.write() as tx:
        for each, at in ((made, NOON), (later, NOON + MIN)):
            await intents.begin(tx, each.context_id, at, LATEST)
            await intents.prove(tx, each.context_id, at)
        assert await intents.end_with_contexts(tx, LATEST, NOON) == 0
        assert await intents.end_with_contexts(tx, LATEST, NOON + MIN) == 1
        assert (await stands(tx, made.context_id)).ended_at == LATEST
        assert (await stands(tx, later.context_id)).ended_at is None


async def test_the_oldest_that_may_be_dialled_are_next(ready: ReadyNode) -> None:
    first, second, third = [(await wish(ready, number)).context_id for number in (3, 1, 2)]
    async with ready.node.store.write() as tx:

        async def following(most: int) -> list[UUID]:
            return await intents.next_queued(tx, ready.credential_id, most, NOON)

        assert await following(9) == [second, third, first]
        assert await following(2) == [second, third]
        await intents.begin(tx, second, NOON, NOON + MIN)
        await intents.put_back(tx, second, 1, "busy", NOON + MIN, NOON)
        assert await following(9) == [third, first]
        assert await intents.next_queued(tx, ready.credential_id + 1, 9, NOON) == []


async def test_what_is_late_or_unclear_is_found_when_its_time_comes(ready: ReadyNode) -> None:
    waits, dialled = await wish(ready), await wish(ready, 2)
    just_before = timedelta(milliseconds=1)
    async with ready.node.store.write() as tx:
        await intents.begin(tx, dialled.context_id, NOON, NOON + MIN)
        assert await intents.unclear(tx, NOON + MIN - just_before) == []
        assert [each.context_id for each in await intents.unclear(tx, NOON + MIN)] == [dialled.context_id]
        assert await intents.late(tx, LATEST - just_before) == []
        assert [each.context_id for each in await intents.late(tx, LATEST)] == [waits.context_id]


async def test_rivals_are_other_unclear_dials_between_the_same_numbers(ready: ReadyNode) -> None:
    mine, other, dialled = [await wish(ready, number) for number in (1, 2, 3)]
    async with ready.node.store.write() as tx:
        for each in (mine, other, dialled):
            await intents.begin(tx, each.context_id, NOON + MIN, LATEST)
        await intents.prove(tx, dialled.context_id, NOON + MIN)
        assert await intents.rivals(tx, mine, NOON, NOON + MIN) == 1
        assert await intents.rivals(tx, mine, NOON + 2 * MIN, NOON + 3 * MIN) == 0


async def test_what_rings_is_what_was_dialled_lately_and_nobody_has_answered(ready: ReadyNode) -> None:
    answered, ended, rings, older = [await wish(ready, number) for number in range(1, 5)]
    async with ready.node.store.write() as tx:
        for each in (answered, ended, rings, older):
            at = LATEST - 3 * MIN if each is older else LATEST - MIN
            assert await intents.begin(tx, each.context_id, at, LATEST)
        await intents.note(tx, rings.context_id, "nobody knows", LATEST)
        await intents.end(tx, [ended.context_id], LATEST)
        await contexts.end(tx, answered.context_id, LATEST)
        found = await intents.ringing(tx, LATEST - 2 * MIN)
    assert [(each.context_id, each.reason) for each in found] == [(rings.context_id, "nobody knows")]
