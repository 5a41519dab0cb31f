"""Places: a call whose stream is to come is kept for its time, and what is wished for it meanwhile is too."""

from __future__ import annotations

import asyncio
from uuid import UUID, uuid4

import pytest

from rapida.call.events import HangUpRequested, StatusReported
from rapida.node.call_bus import LocalBus
from rapida.switchboard.awaited_streams import AwaitedStreams

LONG_S = 600.0
WISH = HangUpRequested("operator")


class Waiting:
    """The places of a process, and what became of each."""

    def __init__(self) -> None:
        self.bus = LocalBus()
        self.places = AwaitedStreams(self.bus)
        self.told: list[tuple[str, UUID]] = []

    def keep(self, context_id: UUID, for_s: float = LONG_S) -> UUID:
        self.places.keep(
            context_id,
            for_s,
            late=lambda: self.told.append(("late", context_id)),
            over=lambda: self.told.append(("over", context_id)),
        )
        return context_id


@pytest.fixture
async def waiting() -> Waiting:
    return Waiting()


async def test_a_place_is_taken_once_and_its_time_is_no_longer_counted(waiting: Waiting) -> None:
    context_id = waiting.keep(uuid4(), 0.0)
    assert (len(waiting.places), context_id in waiting.places) == (1, True)
    assert waiting.places.take(context_id) is None
    assert (len(waiting.places), context_id in waiting.places, len(waiting.bus)) == (0, False, 0)
    await asyncio.sleep(0.01)
    assert waiting.told == []
    assert waiting.places.take(context_id) is None


async def test_a_place_that_nobody_takes_in_time_is_told_of_alone(waiting: Waiting) -> None:
    late, kept = waiting.keep(uuid4(), 0.0), waiting.keep(uuid4())
    async with asyncio.timeout(120):
        while not waiting.told:
            await asyncio.sleep(0)
    assert waiting.told == [("late", late)]
    assert kept in waiting.places


async def test_news_of_the_calls_end_is_told_at_once(waiting: Waiting) -> None:
    ended, kept = waiting.keep(uuid4()), waiting.keep(uuid4())
    assert await waiting.bus.ask(ended, StatusReported("completed"))
    assert waiting.told == [("over", ended)]
    assert waiting.places.take(kept) is None


async def test_a_wish_to_hang_up_waits_for_whoever_takes_the_place(waiting: Waiting) -> None:
    context_id = waiting.keep(uuid4())
    assert await waiting.bus.ask(context_id, WISH)
    assert waiting.told == []
    assert waiting.places.take(context_id) == WISH


async def test_a_wish_outlives_the_place_being_kept_anew(waiting: Waiting) -> None:
    context_id = waiting.keep(uuid4(), 0.0)
    await waiting.bus.ask(context_id, WISH)
    waiting.keep(context_id)
    await asyncio.sleep(0.01)
    assert waiting.told == [], "the first place's time counts no more"
    assert (len(waiting.places), waiting.places.take(context_id)) == (1, WISH)
