"""Calls asked for in two processes at once: one has the key, the place, the turn, the last of the day."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace

from rapida.errors import Conflict
from rapida.node.carriers import Carriers
from rapida.outbound.accepting import DayUsedUp, Outbound
from rapida.outbound.dialling import Dialler
from rapida.outbound.order import Placed
from tests.databases import Place, open_store
from tests.switchboard.calling_node import CallingNode

AT_ONCE = 6


@asynccontextmanager
async def second(calling: CallingNode, place: Place) -> AsyncGenerator[Outbound]:
    """Another process's way of calling out, on the same database."""
    async with open_store(place) as store:
        node = replace(calling.ready.node, store=store)
        carriers = Carriers(node.prover, {"twilio": calling.twilio.url})
        yield Outbound(node, Dialler(node, carriers), lambda: None)
        await carriers.aclose()


async def at_once(calling: CallingNode, place: Place, key: str = "") -> list[Placed | BaseException]:
    """How several wishes, taken turn about by two processes at the same time, ended."""
    async with second(calling, place) as other:
        here_and_there = [calling.outbound, other] * (AT_ONCE // 2)
        placing = [each.place(calling.ready.project_id, calling.request(), key) for each in here_and_there]
        return await asyncio.gather(*placing, return_exceptions=True)


def words(ended: list[Placed | BaseException]) -> Counter[str]:
    return Counter(each.status if isinstance(each, Placed) else type(each).__name__ for each in ended)


def dials(calling: CallingNode) -> int:
    return sum(each.method == "POST" for each in calling.twilio.asked)


async def test_one_key_is_one_call(calling: CallingNode, place: Place) -> None:
    ended = await at_once(calling, place, key="key-1")
    placed = [each for each in ended if isinstance(each, Placed)]
    refused = [each for each in ended if not isinstance(each, Placed)]
    assert len({each.context_id for each in placed}) == 1
    assert all(isinstance(each, Conflict) for each in refused), refused
    assert dials(calling) == 1


async def test_the_last_place_is_taken_once(calling: CallingNode, place: Place) -> None:
    await calling.limit(concurrent_calls=1)
    assert words(await at_once(calling, place)) == {"dialled": 1, "queued": AT_ONCE - 1}
    assert dials(calling) == 1


async def test_the_last_call_of_the_day_is_accepted_once(calling: CallingNode, place: Place) -> None:
    await calling.limit(calls_per_day=1)
    assert words(await at_once(calling, place)) == {"dialled": 1, DayUsedUp.__name__: AT_ONCE - 1}
    assert dials(calling) == 1


async def test_the_rate_gives_one_turn_at_a_time(calling: CallingNode, place: Place) -> None:
    await calling.limit(credential=True, calls_per_second=0.01)
    assert words(await at_once(calling, place)) == {"dialled": 1, "queued": AT_ONCE - 1}
    assert dials(calling) == 1
