"""Contexts: claimed once, whoever asks, and never after their time."""

from __future__ import annotations

import asyncio
import sys
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import msgspec
import pytest

from rapida.errors import Conflict
from rapida.store import contexts
from rapida.store.contexts import CarrierCall, Context
from tests.databases import Place
from tests.switchboard.ready_node import CALL, NOON, SID, ReadyNode, context_of

CLAIMANT = Path(__file__).with_name("claimant.py")
SECOND = timedelta(seconds=1)
NAMED = CarrierCall("twilio", SID, CALL)


async def waiting(ready: ReadyNode) -> Context:
    context_id = context_of(await ready.rings())
    async with ready.node.store.read() as tx:
        found = await contexts.find(tx, context_id)
    assert found is not None
    return found


async def test_a_context_comes_back_as_it_was_made(ready: ReadyNode) -> None:
    made = await waiting(ready)
    assert (made.carrier_account, made.carrier_call_id, made.attempt) == (SID, CALL, 1)
    assert (made.status, made.verified, made.host) == ("pending", None, "calls.example.org")
    assert made.expires_at - made.created_at == timedelta(seconds=60)
    async with ready.node.store.read() as tx:
        assert await contexts.of_call(tx, ready.project_id, NAMED) == [made]
        assert await contexts.of_call(tx, ready.project_id, NAMED._replace(account="AC" + "9" * 32)) == []
        assert await contexts.of_call(tx, ready.project_id + 1, NAMED) == []
        assert await contexts.of_call(tx, ready.project_id, NAMED._replace(carrier="another")) == []
        assert await contexts.at_assistant(tx, ready.assistant_id, NAMED) == [made]
        assert await contexts.at_assistant(tx, ready.assistant_id + 1, NAMED) == []
        assert await contexts.last_attempt(tx, SID, CALL) == 1
        assert await contexts.last_attempt(tx, SID, "CA" + "9" * 32) == 0
        assert await contexts.find(tx, uuid4()) is None


async def test_a_second_claim_fails(ready: ReadyNode) -> None:
    made = await waiting(ready)
    async with ready.node.store.write() as tx:
        assert await contexts.claim(tx, made.id, "one", True, NOON)
        assert not await contexts.claim(tx, made.id, "one", True, NOON)
        taken = await contexts.find(tx, made.id)
    assert taken is not None
    assert (taken.status, taken.verified, taken.claimed_at) == ("claimed", True, NOON)


@pytest.mark.parametrize(("after_s", "claimed"), [(59.9, True), (60, False), (3600, False)])
async def test_a_context_can_be_claimed_until_it_expires(
    ready: ReadyNode, after_s: float, claimed: bool
) -> None:
    made = await waiting(ready)
    async with ready.node.store.write() as tx:
        assert await contexts.claim(tx, made.id, "one", True, NOON + timedelta(seconds=after_s)) is claimed


async def test_of_two_processes_that_race_for_a_context_one_gets_it(ready: ReadyNode, place: Place) -> None:
    made = await waiting(ready)
    arguments = [place.url, str(made.id), NOON.isoformat()]

    async def a_claimant() -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            sys.executable,
            str(CLAIMANT),
            *arguments,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )

    racers = [await a_claimant() for _ in range(2)]
    for racer in racers:
        assert racer.stdout is not None
        assert await asyncio.wait_for(racer.stdout.readline(), 30) == b"ready\n"
    said = await asyncio.wait_for(asyncio.gather(*(racer.communicate(b"go\n") for racer in racers)), 30)
    assert sorted(output for output, _ in said) == [b"claimed\n", b"too late\n"]


async def test_a_call_cannot_have_two_contexts_of_one_attempt(ready: ReadyNode) -> None:
    made = await waiting(ready)
    with pytest.raises(Conflict):
        async with ready.node.store.write() as tx:
            await contexts.create(tx, msgspec.structs.replace(made, id=uuid4()))


async def test_outbound_contexts_without_a_call_yet_do_not_collide(ready: ReadyNode) -> None:
    made = await waiting(ready)
    async with ready.node.store.write() as tx:
        for _ in range(2):
            await contexts.create(
                tx, msgspec.structs.replace(made, id=uuid4(), carrier_call_id=None, direction="outbound")
            )


async def test_calls_in_use_are_the_awaited_and_the_talking_but_not_the_forgotten(ready: ReadyNode) -> None:
    first = await waiting(ready)
    second = context_of(await ready.rings(CallSid="CA" + "3" * 32))
    async with ready.node.store.write() as tx:

        async def in_use(now_s: float, claimed_since_s: float = -3600) -> int:
            now = NOON + timedelta(seconds=now_s)
            since = NOON + timedelta(seconds=claimed_since_s)
            return await contexts.in_use(tx, first.assistant_id, since, now)

        assert await in_use(0) == 2
        await contexts.claim(tx, first.id, "one", True, NOON)
        assert await in_use(30) == 2
        assert await in_use(90) == 1
        assert await in_use(90, claimed_since_s=60) == 0
        await contexts.end(tx, first.id, NOON)
        assert await in_use(30) == 1
        await contexts.expire(tx, second, NOON)
        assert await in_use(30) == 0


async def test_contexts_of_a_conversation_and_of_a_call_are_found(ready: ReadyNode) -> None:
    made = await waiting(ready)
    async with ready.node.store.write() as tx:
        assert await contexts.find_all(tx, [made.id, uuid4()]) == [made]
        assert await contexts.of_conversation(tx, made.conversation_id) == [made]
        assert await contexts.of_call_locked(tx, ready.project_id, NAMED) == [made]
        assert await contexts.bound(tx, "twilio", SID, [CALL, "CA9"]) == {CALL}
        assert await contexts.bound(tx, "another", SID, [CALL]) == set()


async def test_an_outbound_context_is_bound_to_its_call_once(ready: ReadyNode) -> None:
    inbound = await waiting(ready)
    out = msgspec.structs.replace(inbound, id=uuid4(), direction="outbound", carrier_call_id=None)
    async with ready.node.store.write() as tx:
        await contexts.create(tx, out)
        assert [await contexts.bind(tx, out.id, each) for each in (CALL, "CA9")] == [True, False]
        bound = await contexts.find(tx, out.id)
        assert bound is not None
        assert (bound.id, bound.carrier_call_id, bound.attempt) == (out.id, CALL, 2)


async def test_a_pending_context_expires_when_its_time_is_over_and_may_be_given_more(
    ready: ReadyNode,
) -> None:
    made = await waiting(ready)
    async with ready.node.store.write() as tx:
        assert await contexts.expired(tx, made.expires_at - SECOND) == []
        assert await contexts.expired(tx, made.expires_at) == [made]
        await contexts.extend(tx, made.id, made.expires_at + SECOND, made.expires_at)
        assert await contexts.expired(tx, made.expires_at) == []


async def test_the_carrier_is_asked_about_a_call_when_that_is_due_and_by_one_alone(ready: ReadyNode) -> None:
    made = await waiting(ready)
    later = NOON + SECOND
    async with ready.node.store.write() as tx:
        await contexts.ask_soon(tx, made.id, NOON)
        assert await contexts.unreported(tx, NOON - SECOND, 9) == []
        assert [each.id for each in await contexts.unreported(tx, NOON, 9)] == [made.id]
        assert [await contexts.ask_again(tx, made.id, NOON, later) for _ in range(2)] == [True, False]
        assert await contexts.unreported(tx, NOON, 9) == []
        await contexts.set_call_status(tx, made.id, "busy", 3, "", last=True)
        assert await contexts.unreported(tx, later, 9) == [], "after the last word nobody asks"
        told = await contexts.find(tx, made.id)
        assert told is not None
        assert (told.call_status, told.call_status_sequence) == ("busy", 3)
        await contexts.end(tx, made.id, NOON)
        await contexts.ask_soon(tx, made.id, NOON)
        assert await contexts.unreported(tx, later, 9) == [], "nor about a call that is over"
