"""Timers that share their wake-ups: the callbacks of all calls of one event loop, on a grid of 10 ms.

A loop that wakes for every message of every call spends more on waking than on the message (measured at 300
calls, each sending ten messages a second on an idle loop: 400 µs per call-second with a timer each, 150 on
the wheel). For what may come up to 10 ms late; what may not uses the clock's `call_at`.
"""

from __future__ import annotations

import asyncio
import heapq
import time
from collections import deque
from collections.abc import Callable
from weakref import WeakKeyDictionary

GRID_US = 10_000
"""Half a frame: no deadline of a call is finer than that, and a thousand calls share the loop's wake-ups."""


class Spoke:
    """A callback on the wheel."""

    __slots__ = ("_callback",)

    def __init__(self, callback: Callable[[], None]) -> None:
        self._callback: Callable[[], None] | None = callback

    def ring(self) -> None:
        callback, self._callback = self._callback, None
        if callback is not None:
            callback()

    def cancel(self) -> None:
        self._callback = None


class Wheel:
    """One event loop's wheel; `of_running_loop` finds it."""

    def __init__(self) -> None:
        self._slots: dict[int, deque[Spoke]] = {}
        """Callbacks by the multiple of the grid at which they come."""
        self._order: list[int] = []
        """The slots, as a heap."""
        self._timer: asyncio.TimerHandle | None = None
        self._next = 0
        """The slot the timer is set for."""
        self._turned = 0
        """Slots up to this one are over: nothing is put there any more."""

    def call_about(self, at_us: int, callback: Callable[[], None]) -> Spoke:
        """Call back at `at_us` of the monotonic clock or up to `GRID_US` later, never before."""
        spoke = Spoke(callback)
        slot = max(-(-at_us // GRID_US), self._turned + 1)
        if slot in self._slots:
            self._slots[slot].append(spoke)
            return spoke
        self._slots[slot] = deque((spoke,))
        heapq.heappush(self._order, slot)
        if self._timer is None or slot < self._next:
            self._set_timer()
        return spoke

    def _set_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._next = self._order[0]
        wait_us = self._next * GRID_US - time.monotonic_ns() // 1000
        # Asked for each time: kept here, the loop would keep itself alive through `_wheels`.
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(max(0, wait_us) / 1_000_000, self._turn)

    def _turn(self) -> None:
        """Ring what is due. A timer that came early finds nothing due and is set again."""
        self._timer = None
        self._turned = time.monotonic_ns() // 1000 // GRID_US
        try:
            while self._order and self._order[0] <= self._turned:
                spokes = self._slots[self._order[0]]
                while spokes:
                    spokes.popleft().ring()
                del self._slots[heapq.heappop(self._order)]
        finally:
            # A callback that raises is a bug of one call: the callbacks of the others still come.
            if self._order and (self._timer is None or self._order[0] < self._next):
                self._set_timer()


_wheels: WeakKeyDictionary[asyncio.AbstractEventLoop, Wheel] = WeakKeyDictionary()


def of_running_loop() -> Wheel:
    """The wheel of the event loop that runs."""
    loop = asyncio.get_running_loop()
    wheel = _wheels.get(loop)
    if wheel is None:
        wheel = _wheels[loop] = Wheel()
    return wheel
