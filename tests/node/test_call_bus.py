"""A call in progress hears the news that are sent to it, until it leaves the bus."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import msgspec
import pytest

from rapida.call.events import HangUpRequested, StatusReported
from rapida.node.call_bus import CallBus, LocalBus, News


async def test_news_reach_their_call_and_no_other() -> None:
    bus, first, second = LocalBus(), uuid4(), uuid4()
    heard: dict[str, list[Any]] = {"first": [], "second": []}
    bus.join(first, heard["first"].append)
    bus.join(second, heard["second"].append)
    await bus.publish(first, StatusReported("completed"))
    assert heard == {"first": [StatusReported("completed")], "second": []}


async def test_the_asker_learns_whether_a_call_has_heard() -> None:
    bus, call, heard = LocalBus(), uuid4(), list[News]()
    assert not await bus.ask(call, HangUpRequested("operator"))
    bus.join(call, heard.append)
    assert await bus.ask(call, HangUpRequested("operator"))
    assert heard == [HangUpRequested("operator")]


async def test_a_call_that_has_left_hears_nothing() -> None:
    bus, call, heard = LocalBus(), uuid4(), list[News]()
    leave = bus.join(call, heard.append)
    assert len(bus) == 1
    leave()
    leave()
    assert not await bus.ask(call, StatusReported("completed"))
    await bus.publish(call, StatusReported("completed"))
    assert (len(bus), heard) == (0, [])


async def test_an_earlier_hearer_that_leaves_late_does_not_take_a_later_one_off() -> None:
    bus, call, heard = LocalBus(), uuid4(), list[News]()
    leave = bus.join(call, lambda news: None)
    bus.join(call, heard.append)
    leave()
    await bus.publish(call, StatusReported("busy"))
    assert heard == [StatusReported("busy")]


def test_every_call_of_the_process_is_told_even_if_one_leaves_on_hearing_it() -> None:
    bus: CallBus = LocalBus()
    heard, leaves = list[int](), list[Any]()
    for number in range(3):

        def hear(news: News, number: int = number) -> None:
            del news
            heard.append(number)
            leaves[number]()

        leaves.append(bus.join(uuid4(), hear))
    bus.tell_own(HangUpRequested("drain"))
    bus.tell_own(HangUpRequested("drain"))
    assert sorted(heard) == [0, 1, 2]


@pytest.mark.parametrize("news", [StatusReported("no-answer"), HangUpRequested("operator")])
def test_news_can_travel_as_bytes(news: News) -> None:
    assert msgspec.json.decode(msgspec.json.encode(news), type=News) == news
