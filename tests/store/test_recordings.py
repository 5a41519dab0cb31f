"""Recordings: one conversation may have several files."""

from __future__ import annotations

from rapida.store import recordings
from rapida.store.recordings import Recording
from tests.switchboard.ready_node import NOON, ReadyNode


async def test_recordings_come_back_in_the_order_they_were_made(ready: ReadyNode) -> None:
    await ready.rings()
    made = [Recording("recordings/1.wav", 1_000, 16_044), Recording("recordings/1b.wav", 2**33, 2**40)]
    async with ready.node.store.write() as tx:
        for each in made:
            await recordings.add(tx, 1, each, NOON)
        assert await recordings.of_conversation(tx, 1) == made
        assert await recordings.of_conversation(tx, 2) == []
