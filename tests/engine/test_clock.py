"""The real clock on both event loops, and the one turned by hand."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
import uvloop

from rapida.engine.clock import LoopClock, ManualClock
from rapida.engine.wheel import GRID_US

RUNNERS: list[Callable[..., Any]] = [asyncio.run, uvloop.run]


async def rings(*at_us: int, about: bool) -> list[int]:
    """The instants at which callbacks asked for at these instants came."""
    clock = LoopClock()
    came: list[int] = []
    ask = clock.call_about if about else clock.call_at
    for at in at_us:
        ask(at, lambda: came.append(clock.now_us()))
    while len(came) < len(at_us):
        await asyncio.sleep(0.001)
    return came


@pytest.mark.parametrize("run", RUNNERS)
@pytest.mark.parametrize("about", [False, True])
def test_no_callback_comes_early_or_out_of_order(run: Callable[..., Any], about: bool) -> None:
    asked = [200, 1_700, 3_333, 12_001, 24_999, 25_000]
    for came, at in zip(run(rings(*asked, about=about)), asked, strict=True):
        assert came >= at


@pytest.mark.parametrize("run", RUNNERS)
@pytest.mark.parametrize("about", [False, True])
def test_a_cancelled_callback_does_not_come(run: Callable[..., Any], about: bool) -> None:
    async def main() -> list[str]:
        clock = LoopClock()
        came: list[str] = []
        ask = clock.call_about if about else clock.call_at
        cancelled = ask(2_000, lambda: came.append("cancelled"))
        ask(2_000, lambda: came.append("kept"))
        cancelled.cancel()
        while not came:
            await asyncio.sleep(0.001)
        await asyncio.sleep(0.02)
        cancelled.cancel()
        return came

    assert run(main()) == ["kept"]


async def test_each_clock_begins_at_zero_and_goes_on() -> None:
    clock = LoopClock()
    first = clock.now_us()
    assert 0 <= first < 20_000_000
    await asyncio.sleep(0.005)
    assert clock.now_us() >= first + 4_000


def test_by_hand_callbacks_come_in_order_at_their_own_time() -> None:
    clock, came = ManualClock(), list[tuple[str, int]]()
    clock.call_at(300, lambda: came.append(("c", clock.now_us())))
    clock.call_at(100, lambda: came.append(("a", clock.now_us())))
    clock.call_at(100, lambda: came.append(("b", clock.now_us())))
    clock.advance(250)
    assert came == [("a", 100), ("b", 100)]
    assert (clock.now_us(), clock.waiting) == (250, 1)
    clock.advance(50)
    assert came[2:] == [("c", 300)]


def test_by_hand_a_callback_may_ask_for_the_next_one() -> None:
    clock, came = ManualClock(), list[int]()

    def again() -> None:
        came.append(clock.now_us())
        if len(came) < 4:
            clock.call_at(clock.now_us() + 10, again)

    clock.call_at(10, again)
    clock.advance(100)
    assert came == [10, 20, 30, 40]


def test_by_hand_a_stall_makes_what_was_due_come_late() -> None:
    clock, came = ManualClock(), list[int]()
    clock.call_at(10, lambda: came.append(clock.now_us()))
    clock.call_at(50, lambda: came.append(clock.now_us()))
    clock.stall(40)
    assert came == [40]
    clock.advance(20)
    assert came == [40, 50]


def test_by_hand_about_means_the_next_point_of_the_grid() -> None:
    clock, came = ManualClock(), list[int]()
    clock.call_about(GRID_US + 1, lambda: came.append(clock.now_us()))
    clock.call_about(GRID_US, lambda: came.append(clock.now_us()))
    clock.advance(10 * GRID_US)
    assert came == [GRID_US, 2 * GRID_US]
