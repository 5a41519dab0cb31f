"""Turns: lines in order, stages exact to the microsecond."""

from __future__ import annotations

import msgspec

from rapida.call.commands import Entry, Stages
from rapida.store import turns
from rapida.store.turns import TranscriptLine, TurnTiming
from tests.switchboard.ready_node import ReadyNode, context_of


async def test_every_field_of_a_line_and_of_a_stage_comes_back(ready: ReadyNode) -> None:
    context_of(await ready.rings())
    line = TranscriptLine(3, 2, Entry("agent", "Grüß Gott 👋", heard="Grüß", kind="opening", cut=True), 1250)
    large = Stages(*(2**40 + number for number in range(8)), total_us=2**43 + 28, saved_us=1)
    async with ready.node.store.write() as tx:
        await turns.add(tx, 1, [line], [TurnTiming(2, large)])
        assert await turns.transcript(tx, 1) == [line]
        (timing,) = await turns.timings(tx, 1)
    parts = msgspec.structs.asdict(timing.stages)
    assert timing == TurnTiming(2, large)
    assert (
        sum(value for name, value in parts.items() if name not in ("total_us", "saved_us"))
        == parts["total_us"]
    )


async def test_another_conversations_lines_stay_out(ready: ReadyNode) -> None:
    for call in ("CA1", "CA2"):
        await ready.rings(CallSid=call)
    async with ready.node.store.write() as tx:
        for conversation_id in (1, 2):
            await turns.add(
                tx, conversation_id, [TranscriptLine(1, 1, Entry("caller", str(conversation_id)))], []
            )
        assert [each.entry.text for each in await turns.transcript(tx, 2)] == ["2"]
        assert await turns.timings(tx, 2) == []
