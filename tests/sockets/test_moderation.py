"""Pauses between the loop's rounds: only with many streams, and never while a request is answered."""

from __future__ import annotations

import asyncio

import pytest

from rapida.sockets.moderation import BUSY_STREAMS, PAUSE_S, Moderation


class Machine:
    """A clock that moves by pauses, and by what each round of the loop is made to cost."""

    def __init__(self, streams: int, round_s: float = 0.0005) -> None:
        self.streams = streams
        self.round_s = round_s
        self.now = 0.0
        self.pauses: list[float] = []
        self.moderation = Moderation(lambda: self.streams, clock=self.clock, pause=self.pause)

    def clock(self) -> float:
        return self.now

    def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds

    async def rounds(self, count: int) -> int:
        """Let the loop turn; how many pauses came."""
        before = len(self.pauses)
        for _ in range(count):
            self.now += self.round_s
            await asyncio.sleep(0)
        return len(self.pauses) - before


async def moderated(machine: Machine) -> asyncio.Task[None]:
    task = asyncio.create_task(machine.moderation.run())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    return task


async def test_many_streams_are_taken_in_rounds_of_two_milliseconds() -> None:
    machine = Machine(BUSY_STREAMS)
    task = await moderated(machine)
    begun = machine.now
    assert await machine.rounds(20) == 20
    assert machine.now - begun == pytest.approx(20 * PAUSE_S, rel=0.1)
    task.cancel()


async def test_a_round_that_took_longer_is_followed_at_once() -> None:
    machine = Machine(BUSY_STREAMS, round_s=PAUSE_S)
    task = await moderated(machine)
    assert await machine.rounds(20) == 0
    task.cancel()


async def test_few_streams_wait_for_nothing() -> None:
    machine = Machine(BUSY_STREAMS - 1)
    task = await moderated(machine)
    assert await machine.rounds(20) == 0
    task.cancel()


async def test_pauses_end_with_the_rush() -> None:
    machine = Machine(BUSY_STREAMS)
    task = await moderated(machine)
    assert await machine.rounds(3) == 3
    machine.streams = BUSY_STREAMS - 1
    await machine.rounds(1)
    assert await machine.rounds(10) == 0
    task.cancel()


async def test_a_request_in_progress_lifts_the_pauses_and_brings_them_back() -> None:
    machine = Machine(BUSY_STREAMS)
    task = await moderated(machine)
    assert await machine.rounds(3) == 3
    with machine.moderation.lifted():
        with machine.moderation.lifted():
            assert await machine.rounds(10) == 0
        assert await machine.rounds(10) == 0
    assert await machine.rounds(10) >= 9
    task.cancel()


async def test_its_end_is_the_end_of_the_pauses() -> None:
    machine = Machine(BUSY_STREAMS)
    task = await moderated(machine)
    task.cancel()
    await machine.rounds(2)
    assert await machine.rounds(10) == 0
