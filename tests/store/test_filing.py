"""Filing: what is over is found by its words and shows its figures, however often it ends."""

from __future__ import annotations

import msgspec

from rapida.call.commands import Entry
from rapida.call.happenings import BargeIn, FalseBargeIn, ProviderFailed, ToolAnswered, ToolFailed
from rapida.store import conversation_list, conversations, erasing, filing
from rapida.store.conversation_list import Moments, Wanted
from rapida.store.events import DatedHappening
from rapida.store.turns import TranscriptLine, TurnTiming
from tests.store.test_conversations import LATER, STAGES, an_outcome, rung
from tests.switchboard.ready_node import NOON, ReadyNode


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
        assert await conversation_list.moments(tx, [number]) == {}
        await filing.file(tx, [number])
        assert await filing.unfiled(tx, 9) == []
        found = await conversations.find(tx, number)
        assert (found.usual_ms, found.slowest_ms) == (900, 1700)
        assert await conversation_list.moments(tx, [number]) == {number: Moments(2, 1, 2, 2)}


async def test_a_conversation_that_ends_by_the_carriers_word_and_then_by_its_record_is_filed_twice(
    ready: ReadyNode,
) -> None:
    _, number = await rung(ready)
    async with ready.node.store.write() as tx:
        await conversations.end(tx, number, "completed", NOON)
        await filing.file(tx, await filing.unfiled(tx, 9))
        assert await conversation_list.moments(tx, [number]) == {number: Moments()}
        await conversations.finish(tx, an_outcome(number), LATER)
        await filing.file(tx, await filing.unfiled(tx, 9))
        assert await conversation_list.moments(tx, [number]) == {number: Moments(cut=1)}
        found = await conversation_list.page(tx, Wanted(ready.project_id, words=["stop"]), 9)
        assert [each.id for each in found] == [number]
        await filing.file(tx, [number])


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
