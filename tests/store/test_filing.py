"""Filing: what is over is found by its words and shows its figures, however often it ends."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from functools import partial

import msgspec
from sqlalchemy import event

from rapida.call.commands import Entry
from rapida.call.happenings import BargeIn, FalseBargeIn, ProviderFailed, ToolAnswered, ToolFailed
from rapida.store import Transaction, conversation_list, conversations, erasing, filing, statistics
from rapida.store.conversation_list import Moments, Wanted
from rapida.store.events import DatedHappening
from rapida.store.turns import TranscriptLine, TurnTiming
from tests.store.test_conversations import LATER, STAGES, an_outcome, rung
from tests.switchboard.ready_node import NOON, ReadyNode

DAY = timedelta(days=1)


async def moments(tx: Transaction, number: int) -> Moments:
    return (await conversation_list.figures_of(tx, [number]))[number].moments


async def counted(tx: Transaction, ready: ReadyNode) -> Counter[str]:
    rows = await statistics.read(tx, ready.project_id, NOON - DAY, NOON + DAY)
    return sum((Counter(row.counts) for row in rows), Counter())


async def test_a_conversation_is_filed_when_it_is_over(ready: ReadyNode) -> None:
    _, number = await rung(ready)
    happened = (
        *(BargeIn("words"), BargeIn("key"), FalseBargeIn(), ProviderFailed("llm", "away")),
        *(ToolAnswered("when"), ToolFailed("where", "late")),
    )
    waits = (400_000, 1_700_000, 900_400)
    outcome = msgspec.structs.replace(
        an_outcome(number),
        stages=tuple(
            TurnTiming(turn, msgspec.structs.replace(STAGES, total_us=total_us))
            for turn, total_us in enumerate(waits)
        ),
        events=tuple(DatedHappening(NOON, each) for each in happened),
    )
    async with ready.node.store.write() as tx:
        assert await filing.unfiled(tx, 9) == []
        await conversations.finish(tx, outcome, LATER)
        assert await filing.unfiled(tx, 9, locked=True) == [number]
        assert await conversation_list.figures_of(tx, [number]) == {}
        await filing.file(tx, [number])
        assert await filing.unfiled(tx, 9) == []
        found = await conversations.find(tx, number)
        assert (found.usual_ms, found.slowest_ms) == (900, 1700)
        assert await moments(tx, number) == Moments(2, 1, 2, 2)


async def test_a_conversation_that_ends_by_the_carriers_word_and_then_by_its_record_is_filed_twice(
    ready: ReadyNode,
) -> None:
    _, number = await rung(ready)
    async with ready.node.store.write() as tx:
        await conversations.end(tx, number, "completed", NOON)
        await filing.file(tx, await filing.unfiled(tx, 9))
        assert await moments(tx, number) == Moments()
        assert (await counted(tx, ready)).keys() == {"calls", "inbound", "ended:completed"}
        await conversations.finish(tx, an_outcome(number), LATER)
        await filing.file(tx, await filing.unfiled(tx, 9))
        assert await moments(tx, number) == Moments(cut=1)
        found = await conversation_list.page(tx, Wanted(ready.project_id, words=["stop"]), 9)
        assert [each.id for each in found] == [number]
        once = await counted(tx, ready)
        assert (once["calls"], once["ended:agent_hangup"], once["replies"], once["cut"]) == (1, 1, 2, 1)
        assert (once["answered"], once["duration_ms"], once["minutes:twilio:inbound"]) == (1, 42_000, 1)
        assert "ended:completed" not in once
        await filing.file(tx, [number])
        assert await counted(tx, ready) == once


async def test_an_erased_conversation_is_not_found_by_its_words_whenever_it_is_filed(
    ready: ReadyNode,
) -> None:
    _, number = await rung(ready)
    heard = TranscriptLine(1, 1, Entry("caller", "Straße, don't!"))
    outcome = msgspec.structs.replace(an_outcome(number), turns=(heard,))
    wanted = Wanted(ready.project_id, words=["strasse", "dont"])
    async with ready.node.store.write() as tx:
        await conversations.finish(tx, outcome, LATER)
        await filing.file(tx, [number])
        assert len(await conversation_list.page(tx, wanted, 9)) == 1
        await erasing.erase(tx, number, LATER)
        assert await conversation_list.page(tx, wanted, 9) == []
        await filing.file(tx, [number])
        assert await conversation_list.page(tx, wanted, 9) == []


async def test_what_is_to_be_filed_is_found_without_looking_at_every_conversation(
    ready: ReadyNode,
) -> None:
    asked: list[str] = []
    async with ready.node.store.read() as tx:
        listen = partial(event.listen, tx.sync_connection, "before_cursor_execute")
        listen(lambda _, cursor, statement, *rest: asked.append(statement))
        await filing.unfiled(tx, 20)
        if tx.dialect.name == "sqlite":  # PostgreSQL reads a small table whole, whatever there is
            plan = (await tx.exec_driver_sql(f"EXPLAIN QUERY PLAN {asked[0]}", (20, 0))).all()
            assert [row for row in plan if "ix_conversations_unfiled" in str(row)], plan


async def test_what_waits_again_is_taken_back_from_the_statistics(ready: ReadyNode) -> None:
    context_id, number = await rung(ready)
    async with ready.node.store.write() as tx:
        await conversations.end(tx, number, "unknown", NOON)
        await filing.file(tx, [number])
        assert (await counted(tx, ready))["calls"] == 1
        await conversations.reopen(tx, context_id, "unknown")
        await filing.file(tx, [number])
        assert await statistics.read(tx, ready.project_id, NOON - DAY, NOON + DAY) == []
        await conversations.finish(tx, an_outcome(number), LATER)
        await filing.file(tx, [number])
        assert (await counted(tx, ready))["calls"] == 1


async def test_an_erased_conversation_stays_counted_as_it_was(ready: ReadyNode) -> None:
    _, number = await rung(ready)
    async with ready.node.store.write() as tx:
        await conversations.finish(tx, an_outcome(number), LATER)
        await filing.file_now(tx, number)
        once = await counted(tx, ready)
        await erasing.erase(tx, number, LATER)
        await filing.file(tx, [number])
        assert await counted(tx, ready) == once
        assert once["cut"] == 1
