"""Many calls in one request: each accepted or refused by itself, within the day's limit."""

from __future__ import annotations

import pytest

from rapida.errors import NotFound, RapidaError, StoreError
from rapida.outbound.accepting import BATCH, CallRequest, DayUsedUp
from rapida.outbound.order import Placed
from rapida.store.tables import intents as intents_table
from rapida.telephony.numbers import NotDiallable
from tests.switchboard.calling_node import CallingNode


async def test_of_many_each_is_accepted_or_refused_by_itself(calling: CallingNode) -> None:
    requests = [
        (calling.request(), "a"),
        (calling.request(to_number="+18765551234"), "b"),
        (calling.request(assistant_id=999), "c"),
        (calling.request(), "a"),
        (calling.request(to_number="+14155550133"), "d"),
    ]
    answers = await calling.outbound.place_many(calling.ready.project_id, requests)
    kinds = [type(each) for each in answers]
    assert kinds == [Placed, NotDiallable, NotFound, Placed, Placed]
    assert answers[0] == answers[3]
    assert await calling.ready.count(intents_table) == 2
    assert calling.twilio.asked == []
    assert calling.woken == [True]


async def test_more_than_a_thousand_are_refused_whole(calling: CallingNode) -> None:
    with pytest.raises(RapidaError, match="1000"):
        await calling.outbound.place_many(calling.ready.project_id, [(calling.request(), "")] * 1001)


async def test_a_refused_row_is_not_counted_against_the_day(calling: CallingNode) -> None:
    await calling.limit(calls_per_day=1)
    requests = [
        (calling.request(to_number="+18765551234"), ""),
        (calling.request(), ""),
        (calling.request(), ""),
    ]
    answers = await calling.outbound.place_many(calling.ready.project_id, requests)
    assert [type(each) for each in answers] == [NotDiallable, Placed, DayUsedUp]


async def numbered(calling: CallingNode, how_many: int) -> list[tuple[CallRequest, str]]:
    await calling.limit()  # as many a day as one likes
    return [(calling.request(to_number=f"+1415555{2000 + each}"), f"key-{each}") for each in range(how_many)]


async def test_a_database_that_goes_away_refuses_the_rows_from_there_on_and_keeps_those_before(
    calling: CallingNode,
) -> None:
    requests = await numbered(calling, 3 * BATCH)
    calling.ready.store.loses_writes(after=1)
    answers = await calling.outbound.place_many(calling.ready.project_id, requests)
    calling.ready.store.comes_back()
    assert [type(each) for each in answers] == [Placed] * BATCH + [StoreError] * (2 * BATCH)
    assert await calling.ready.count(intents_table) == BATCH
    assert calling.woken == [True], "what was kept is dialled"
    again = await calling.outbound.place_many(calling.ready.project_id, requests)
    assert again[:BATCH] == answers[:BATCH], "nobody is called twice"
    assert await calling.ready.count(intents_table) == 3 * BATCH


async def test_a_database_that_takes_no_row_is_away_for_the_whole_request(
    calling: CallingNode,
) -> None:
    requests = await numbered(calling, 2 * BATCH)
    calling.ready.store.loses_writes(after=0)
    with pytest.raises(StoreError):
        await calling.outbound.place_many(calling.ready.project_id, requests)
    assert (await calling.ready.count(intents_table), calling.woken) == (0, [])
