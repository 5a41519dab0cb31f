"""A call's webhook that comes again, and the further contexts of one call."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from rapida.store import assistants, contexts
from rapida.switchboard.refusals import OVER
from tests.switchboard.ready_node import (
    NOON,
    OTHER_CALL,
    ReadyNode,
    an_assistant,
    context_of,
    left_behind,
    spoken,
    stream_of,
)


async def test_a_repeated_webhook_gets_the_same_document_and_creates_nothing(ready: ReadyNode) -> None:
    first = await ready.rings()
    ready.clock.turn(seconds=59)
    second = await ready.rings()
    assert (second.kind, second.document) == ("repeated", first.document)
    assert await left_behind(ready) == (1, 1)
    assert len(ready.expected) == 1


async def test_a_webhook_repeated_while_draining_still_gets_its_document(ready: ReadyNode) -> None:
    first = await ready.rings()
    ready.accepting = False
    assert (await ready.rings()).document == first.document


async def test_webhooks_of_one_call_that_arrive_together_get_one_document(ready: ReadyNode) -> None:
    import asyncio

    answers = await asyncio.gather(*(ready.rings() for _ in range(5)))
    assert len({answer.document for answer in answers}) == 1
    assert await left_behind(ready) == (1, 1)
    assert len(ready.expected) == 1


async def test_a_webhook_that_loses_the_race_to_another_process_gets_the_winners_document(
    ready: ReadyNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    # SQLite lets one writer in at a time; on PostgreSQL both look first and the constraint decides.
    first = await ready.rings()
    honest = contexts.of_call
    looked: list[contexts.CarrierCall] = []

    async def sees_nothing_at_first(
        tx: Any, project_id: int, call: contexts.CarrierCall
    ) -> list[contexts.Context]:
        looked.append(call)
        return [] if len(looked) == 1 else await honest(tx, project_id, call)

    monkeypatch.setattr(contexts, "of_call", sees_nothing_at_first)
    assert (await ready.rings()).document == first.document
    assert len(looked) == 2
    assert await left_behind(ready) == (1, 1)


async def test_after_a_claim_the_same_call_gets_a_new_context_while_it_lives(ready: ReadyNode) -> None:
    first = context_of(await ready.rings())
    await ready.opens_stream(first)
    again = await ready.rings()
    assert again.kind == "connected"
    assert context_of(again) != first
    assert await left_behind(ready) == (2, 2)


async def test_once_a_terminal_status_is_known_the_call_gets_no_new_context(ready: ReadyNode) -> None:
    first = context_of(await ready.rings())
    await ready.opens_stream(first)
    await ready.reports(first, CallStatus="completed", SequenceNumber="3")
    answer = await ready.rings()
    assert (answer.kind, spoken(answer)) == ("refused", OVER)
    assert await left_behind(ready) == (1, 1)


async def test_a_call_gets_five_contexts_and_no_sixth(ready: ReadyNode) -> None:
    for _ in range(5):
        await ready.opens_stream(context_of(await ready.rings()))
    answer = await ready.rings()
    assert (answer.kind, spoken(answer)) == ("refused", OVER)
    assert await left_behind(ready) == (5, 5)


async def test_an_expired_context_is_replaced(ready: ReadyNode) -> None:
    first = context_of(await ready.rings())
    ready.clock.turn(seconds=60)
    assert context_of(await ready.rings()) != first


async def test_another_call_is_no_repetition(ready: ReadyNode) -> None:
    assert context_of(await ready.rings()) != context_of(await ready.rings(CallSid=OTHER_CALL))


async def test_a_call_sent_on_to_another_assistant_is_no_repetition(ready: ReadyNode) -> None:
    first = context_of(await ready.rings())
    async with ready.node.store.write() as tx:
        other = await assistants.create(tx, ready.project_id, an_assistant("Other"), NOON)
    ready.assistant_id = other.id
    await ready.deploy()
    answer = await ready.rings()
    assert context_of(answer) != first
    assert stream_of(answer.document).attrib["name"].startswith(f"{other.id}__")


async def test_a_webhook_that_comes_twice_at_once_makes_one_call(ready: ReadyNode) -> None:
    answers = await asyncio.gather(*(ready.rings() for _ in range(4)))
    assert sorted(each.kind for each in answers) == ["connected"] + ["repeated"] * 3
    assert len({each.document for each in answers}) == 1
    assert await left_behind(ready) == (1, 1)
