"""When a socket is worth a look: with very many streams two frames must wait, and nothing waits for ever."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest

from rapida.sockets import coalescing
from rapida.sockets.coalescing import MANY_STREAMS, TWO_FRAMES_BYTES, Coalescing


class Socket:
    def __init__(self) -> None:
        self.read = False
        self.sizes: list[int] = []

    def wake_at(self, size: int) -> None:
        self.sizes.append(size)


class TwoSockets:
    """One socket that speaks and one that does not."""

    def __init__(self, streams: int) -> None:
        self.streams = streams
        self.coalescing = Coalescing(lambda: self.streams)
        self.speaking, self.silent = Socket(), Socket()
        for socket in (self.speaking, self.silent):
            self.coalescing.add(socket)

    def look(self) -> bool:
        self.speaking.read = True
        return self.coalescing.look()


def test_two_frames_are_waited_for_where_frames_come() -> None:
    both = TwoSockets(MANY_STREAMS)
    assert both.look()
    assert both.look()
    assert (both.speaking.sizes, both.silent.sizes) == ([TWO_FRAMES_BYTES], [])


def test_with_fewer_streams_every_message_is_worth_a_look() -> None:
    both = TwoSockets(MANY_STREAMS - 1)
    assert not both.look()
    assert both.speaking.sizes == []


def test_what_fell_silent_is_let_go() -> None:
    both = TwoSockets(MANY_STREAMS)
    both.look()
    assert both.coalescing.look(), "nothing came since the last look"
    assert both.speaking.sizes == [TWO_FRAMES_BYTES, 1]


def test_fewer_streams_let_all_go() -> None:
    both = TwoSockets(MANY_STREAMS)
    both.look()
    both.streams -= 1
    both.look()
    assert both.speaking.sizes == [TWO_FRAMES_BYTES, 1]


def test_a_socket_that_is_gone_is_forgotten() -> None:
    both = TwoSockets(MANY_STREAMS)
    both.coalescing.discard(both.speaking)
    both.coalescing.discard(both.speaking)
    both.look()
    assert both.speaking.sizes == []


async def test_the_end_lets_all_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coalescing, "LOOK_EVERY_S", 0.0)
    both = TwoSockets(MANY_STREAMS)
    both.speaking.read = True
    running = asyncio.create_task(both.coalescing.run())
    async with asyncio.timeout(120):
        while not both.speaking.sizes:
            await asyncio.sleep(0)
    both.speaking.read = True
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
    assert both.speaking.sizes[-1] == 1
