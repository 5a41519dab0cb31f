"""Recordings: one conversation may have several files."""

from __future__ import annotations

from rapida.store import recordings
from rapida.store.recordings import Recording
from tests.switchboard.office import NOON, Office


async def test_recordings_come_back_in_the_order_they_were_made(office: Office) -> None:
    await office.rings()
    made = [Recording("recordings/1.wav", 1_000, 16_044), Recording("recordings/1b.wav", 2**33, 2**40)]
    async with office.node.store.write() as tx:
        for each in made:
            await recordings.add(tx, 1, each, NOON)
        assert await recordings.of_conversation(tx, 1) == made
        assert await recordings.of_conversation(tx, 2) == []
