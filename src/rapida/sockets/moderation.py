"""Interrupt moderation: with many streams, what arrives within two milliseconds is taken in one go.

Frames of hundreds of calls come evenly spread, and each would wake the loop for itself: the wake-up (the
poll's return, an idle processor, cold caches) costs more than the frame. So from `BUSY_STREAMS` on the loop
lets `PAUSE_S` pass between its rounds, as a network card does with its interrupts, and worker threads get the
interpreter meanwhile. A sixth of the CPU is saved for two milliseconds of delay. HTTP requests take many
rounds each: while one is answered there are no pauses.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager

BUSY_STREAMS = 100
"""With fewer streams the loop is idle most of the time anyway, and delay counts for more."""
PAUSE_S = 0.002
"""5 ms were measured to save nothing more."""
LOOK_EVERY_S = 1.0
"""How often it is decided anew whether the loop rests: load changes by calls, which take longer."""
_WORTH_IT_S = 0.0001
"""A shorter rest costs more than it saves: the system call and the wake-up."""


class Moderation:
    """The pauses of one event loop. `streams` tells how many media streams are open."""

    def __init__(
        self,
        streams: Callable[[], int],
        *,
        clock: Callable[[], float] = time.monotonic,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._streams = streams
        self._clock = clock
        self._pause = pause
        self._lifted = 0
        self._over_at = 0.0
        """When the last pause was over."""
        self._next: asyncio.Handle | None = None

    async def run(self) -> None:
        """Pause whenever there is reason to; ends by being cancelled."""
        try:
            while True:
                self._resume()
                await asyncio.sleep(LOOK_EVERY_S)
        finally:
            self._stop()

    @contextmanager
    def lifted(self) -> Generator[None]:
        """No pauses meanwhile."""
        self._lifted += 1
        self._stop()
        try:
            yield
        finally:
            self._lifted -= 1
            self._resume()

    def _resume(self) -> None:
        if self._next is None and not self._lifted and self._streams() >= BUSY_STREAMS:
            self._next = asyncio.get_running_loop().call_soon(self._round)

    def _stop(self) -> None:
        if self._next is not None:
            self._next.cancel()
            self._next = None

    def _round(self) -> None:
        """What is left of the pause since the last one; then the loop's round, and again."""
        self._next = None
        left_s = self._over_at + PAUSE_S - self._clock()
        if left_s > _WORTH_IT_S:
            self._pause(left_s)
        self._over_at = self._clock()
        self._resume()
