"""One wheel for all calls: shared wake-ups, and one call's bug is no other's."""

import asyncio
import time
from typing import Any

from rapida.engine.wheel import GRID_US, Wheel, of_running_loop


def in_ms(ms: float) -> int:
    return time.monotonic_ns() // 1000 + int(ms * 1000)


async def test_every_call_of_a_loop_has_the_same_wheel() -> None:
    assert of_running_loop() is of_running_loop()


async def test_callbacks_of_the_same_slot_come_in_one_round_of_the_loop() -> None:
    wheel, rounds = Wheel(), list[int]()
    count = 0

    async def count_rounds() -> None:
        nonlocal count
        while len(rounds) < 50:
            count += 1
            await asyncio.sleep(0)

    at_us = (in_ms(30) // GRID_US) * GRID_US
    for nth in range(50):
        wheel.call_about(at_us - nth * GRID_US // 50, lambda: rounds.append(count))
    await count_rounds()
    assert len(set(rounds)) == 1


async def test_a_callback_that_raises_does_not_silence_the_others() -> None:
    problems: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, problem: problems.append(problem))
    wheel, came = Wheel(), list[int]()

    def broken() -> None:
        raise ArithmeticError("one call's bug")

    at_us = in_ms(5)
    for nth in range(6):
        wheel.call_about(at_us, broken if nth % 2 else lambda nth=nth: came.append(nth))
    wheel.call_about(at_us + 2 * GRID_US, lambda: came.append(99))
    while 99 not in came:
        await asyncio.sleep(0.002)
    assert came == [0, 2, 4, 99]
    assert len(problems) == 3


async def test_what_is_asked_for_in_the_past_comes_with_the_next_slot() -> None:
    wheel, came = Wheel(), list[str]()

    def again() -> None:
        came.append("first")
        wheel.call_about(in_ms(-100), lambda: came.append("second"))

    wheel.call_about(in_ms(-100), again)
    assert came == []
    while len(came) < 2:
        await asyncio.sleep(0.002)
    assert came == ["first", "second"]


async def test_an_earlier_callback_does_not_wait_for_a_later_one() -> None:
    wheel, came = Wheel(), list[str]()
    wheel.call_about(in_ms(60_000), lambda: came.append("late"))
    wheel.call_about(in_ms(5), lambda: came.append("early"))
    while not came:
        await asyncio.sleep(0.002)
    assert came == ["early"]
