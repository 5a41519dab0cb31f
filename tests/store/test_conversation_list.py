"""Lists of conversations: the newest first, by whatever is asked of them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, get_args

from rapida.store import Transaction, conversation_list, conversations, filing
from rapida.store.conversation_list import Wanted
from rapida.store.conversations import NewConversation
from tests.store.test_conversations import LATER, an_outcome, rung
from tests.switchboard.ready_node import NOON, ReadyNode


async def ids_of(tx: Transaction, ready: ReadyNode, **wanted: Any) -> list[int]:
    found = await conversation_list.page(tx, Wanted(ready.project_id, **wanted), 9)
    return [each.id for each in found]


async def test_conversations_are_listed_newest_first_by_project_assistant_and_status(
    ready: ReadyNode,
) -> None:
    _, first = await rung(ready)
    async with ready.node.store.write() as tx:
        draft = NewConversation(
            project_id=ready.project_id,
            assistant_id=ready.assistant_id,
            assistant_version=1,
            direction="outbound",
            caller="+1",
            callee="+2",
        )
        second = await conversations.create(tx, draft, NOON)
        await conversations.begin(tx, second, NOON)

        async def ids(**wanted: Any) -> list[int]:
            found = await conversation_list.page(tx, Wanted(ready.project_id, **wanted), 9)
            return [each.id for each in found]

        assert await ids() == [second, first]
        assert await ids(before=second) == [first]
        assert await ids(status="live") == [second]
        assert await ids(assistant_id=ready.assistant_id + 1) == []
        assert await conversation_list.page(tx, Wanted(ready.project_id + 1), 9) == []


async def test_conversations_are_found_by_whatever_is_asked_of_them(ready: ReadyNode) -> None:
    async with ready.node.store.write() as tx:
        drafts = [
            NewConversation(
                project_id=ready.project_id,
                assistant_id=ready.assistant_id,
                assistant_version=1,
                direction="inbound",
                caller="+1",
                callee="+2",
            ),
            NewConversation(
                project_id=ready.project_id,
                assistant_id=ready.assistant_id,
                assistant_version=2,
                direction="outbound",
                caller="+2",
                callee="+3",
            ),
        ]
        inbound, outbound = [
            await conversations.create(tx, draft, NOON + timedelta(hours=hour))
            for hour, draft in enumerate(drafts)
        ]
        await conversations.set_call_status(tx, outbound, "busy")
        await conversations.finish(tx, an_outcome(inbound), LATER)
        lasted = round((an_outcome(inbound).ended_at - an_outcome(inbound).started_at).total_seconds())

        async def ids(**wanted: Any) -> list[int]:
            found = await conversation_list.page(tx, Wanted(ready.project_id, **wanted), 9)
            return [each.id for each in found]

        assert await ids(version=2) == [outbound]
        assert await ids(direction="inbound") == [inbound]
        assert (await ids(number="+2"), await ids(number="+3")) == ([outbound, inbound], [outbound])
        assert await ids(end_reason=an_outcome(inbound).end_reason) == [inbound]
        assert await ids(call_status="busy") == [outbound]
        one = NOON + timedelta(hours=1)
        assert (await ids(since=one), await ids(until=one)) == ([outbound], [inbound])
        assert await ids(min_duration_s=lasted, max_duration_s=lasted) == [inbound]
        assert (await ids(min_duration_s=lasted + 1), await ids(max_duration_s=lasted - 1)) == ([], [])
        assert await ids(direction="inbound", number="+3") == []


async def test_the_newest_come_first_also_where_another_server_counted_later(ready: ReadyNode) -> None:
    draft = NewConversation(ready.project_id, ready.assistant_id, 1, "inbound", "+1", "+2")
    async with ready.node.store.write() as tx:
        later = await conversations.create(tx, draft, NOON + timedelta(seconds=1))
        sooner = await conversations.create(tx, draft, NOON)
        assert await ids_of(tx, ready) == [later, sooner]
        for more in ({}, {"number": "+1"}, {"number": "+2"}):
            assert await ids_of(tx, ready, before=later, **more) == [sooner]
            assert await ids_of(tx, ready, before=sooner, **more) == []


async def test_a_call_from_a_number_to_itself_is_listed_once(ready: ReadyNode) -> None:
    draft = NewConversation(ready.project_id, ready.assistant_id, 1, "inbound", "+1", "+1")
    async with ready.node.store.write() as tx:
        number = await conversations.create(tx, draft, NOON)
        assert await ids_of(tx, ready, number="+1") == [number]


async def test_conversations_are_found_by_all_of_the_words_that_were_said(ready: ReadyNode) -> None:
    draft = NewConversation(ready.project_id, ready.assistant_id, 1, "inbound", "+1", "+2")
    async with ready.node.store.write() as tx:
        first, second = [await conversations.create(tx, draft, NOON) for _ in range(2)]
        for number in (first, second):
            await conversations.finish(tx, an_outcome(number), LATER)
        await filing.file(tx, [first, second])
        assert await ids_of(tx, ready, words=["stop"]) == [second, first]
        assert await ids_of(tx, ready, words=["stop", "one"]) == [second, first]
        assert await ids_of(tx, ready, words=["stop"], before=second) == [first]
        assert await ids_of(tx, ready, words=["stop"], number="+2", direction="inbound") == [second, first]
        assert await ids_of(tx, ready, words=["stop"], number="+3") == []
        assert await ids_of(tx, ready, words=["two"]) == [], "the agent was cut off before"
        assert await ids_of(tx, ready, words=["sto"]) == [], "whole words only"
        assert await conversation_list.page(tx, Wanted(ready.project_id + 1, words=["stop"]), 9) == []


async def test_conversations_are_found_by_their_slowest_reply(ready: ReadyNode) -> None:
    _, number = await rung(ready)
    async with ready.node.store.write() as tx:
        await conversations.finish(tx, an_outcome(number), LATER)
        await filing.file(tx, [number])
        found = await conversations.find(tx, number)
        assert (found.usual_ms, found.slowest_ms) == (0, 0), "36 microseconds"
        assert await ids_of(tx, ready, slower_than_ms=0) == []
        assert await ids_of(tx, ready, slower_than_ms=-1) == [number]
        happened = (await conversation_list.figures_of(tx, [number]))[number].moments
        for moment in get_args(conversation_list.Moment):
            found = await ids_of(tx, ready, happened=moment)
            assert found == ([number] if getattr(happened, moment) else []), moment
        assert (happened.failed, happened.cut) == (0, 1)
