"""Live calls hear what comes in by another door, until they leave."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from rapida.call.events import HangUpRequested, StatusReported
from rapida.node.live_calls import LiveCalls


def test_news_reach_their_call_and_no_other() -> None:
    live, first, second = LiveCalls(), uuid4(), uuid4()
    heard: dict[str, list[Any]] = {"first": [], "second": []}
    live.join(first, heard["first"].append)
    live.join(second, heard["second"].append)
    assert live.tell(first, StatusReported("completed"))
    assert heard == {"first": [StatusReported("completed")], "second": []}


def test_who_has_left_hears_nothing() -> None:
    live, call = LiveCalls(), uuid4()
    heard: list[Any] = []
    leave = live.join(call, heard.append)
    assert len(live) == 1
    leave()
    leave()
    assert not live.tell(call, StatusReported("completed"))
    assert len(live) == 0
    assert heard == []


def test_everybody_is_told_even_if_one_leaves_on_hearing_it() -> None:
    live = LiveCalls()
    heard: list[int] = []
    leaves = []
    for number in range(3):

        def ear(news: object, number: int = number) -> None:
            heard.append(number)
            leaves[number]()

        leaves.append(live.join(uuid4(), ear))
    assert live.tell_all(HangUpRequested("drain")) == 3
    assert sorted(heard) == [0, 1, 2]
    assert len(live) == 0
