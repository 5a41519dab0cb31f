"""A call's clock: whole microseconds since its zero, and a callback at one of them.

Everything of one call that measures or waits uses one `Clock`, so that a call can be run on a clock turned by
hand. What is due when is decided by those who ask.
"""

from __future__ import annotations

import asyncio
import heapq
import time
from collections.abc import Callable
from typing import Protocol

from .wheel import GRID_US, of_running_loop


class Handle(Protocol):
    """A callback that has not come yet."""

    def cancel(self) -> None:
        """Let it not come; after it came this does nothing."""
        ...


class Clock(Protocol):
    """Time since the call's zero."""

    def now_us(self) -> int: ...

    def call_at(self, at_us: int, callback: Callable[[], None]) -> Handle:
        """Call back on the event loop once `at_us` has been reached, never before it."""
        ...

    def call_about(self, at_us: int, callback: Callable[[], None]) -> Handle:
        """The same up to 10 ms later, sharing its wake-up with other calls: for what comes often."""
        ...


class LoopClock:
    """The real clock, with its zero at its making. Made and used on a running event loop."""

    __slots__ = ("_loop", "_wheel", "_zero_ns")

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._wheel = of_running_loop()
        self._zero_ns = time.monotonic_ns()

    def now_us(self) -> int:
        # Not the loop's time: uvloop's stands still between two rounds and counts in milliseconds.
        return (time.monotonic_ns() - self._zero_ns) // 1000

    def call_at(self, at_us: int, callback: Callable[[], None]) -> Handle:
        return _Alarm(self._loop, self, at_us, callback)

    def call_about(self, at_us: int, callback: Callable[[], None]) -> Handle:
        # Rounded up, as the wheel counts the whole microseconds of another zero.
        return self._wheel.call_about(at_us + self._zero_ns // 1000 + 1, callback)


class _Alarm:
    """One callback; uvloop's timers may ring up to a millisecond early, and then it waits once more."""

    __slots__ = ("_at_us", "_callback", "_clock", "_loop", "_timer")

    def __init__(
        self, loop: asyncio.AbstractEventLoop, clock: LoopClock, at_us: int, callback: Callable[[], None]
    ) -> None:
        self._loop = loop
        self._clock = clock
        self._at_us = at_us
        self._callback = callback
        self._set(at_us - clock.now_us())

    def _set(self, in_us: int) -> None:
        self._timer = self._loop.call_later(max(0, in_us) / 1_000_000, self._ring)

    def _ring(self) -> None:
        early_us = self._at_us - self._clock.now_us()
        if early_us > 0:
            self._set(max(early_us, 1000))
        else:
            self._callback()

    def cancel(self) -> None:
        self._timer.cancel()


class ManualClock:
    """A clock turned by hand: callbacks run inside `advance`, in the order they are due."""

    def __init__(self, now_us: int = 0) -> None:
        self._now_us = now_us
        self._alarms: list[_ManualAlarm] = []
        self._count = 0

    def now_us(self) -> int:
        return self._now_us

    def call_at(self, at_us: int, callback: Callable[[], None]) -> Handle:
        self._count += 1
        alarm = _ManualAlarm(max(at_us, self._now_us), self._count, callback)
        heapq.heappush(self._alarms, alarm)
        return alarm

    def call_about(self, at_us: int, callback: Callable[[], None]) -> Handle:
        return self.call_at(-(-at_us // GRID_US) * GRID_US, callback)

    def advance(self, by_us: int) -> None:
        """Let time pass; each callback sees the time it is due at."""
        until_us = self._now_us + by_us
        while self._alarms and self._alarms[0].at_us <= until_us:
            alarm = heapq.heappop(self._alarms)
            self._now_us = max(self._now_us, alarm.at_us)
            alarm.ring()
        self._now_us = until_us

    def stall(self, by_us: int) -> None:
        """Let time pass while the loop is blocked: what became due comes late, all at once, at the end."""
        self._now_us += by_us
        self.advance(0)

    @property
    def waiting(self) -> int:
        """How many callbacks are still to come."""
        return sum(1 for alarm in self._alarms if alarm.callback is not None)


class _ManualAlarm:
    __slots__ = ("at_us", "callback", "order")

    def __init__(self, at_us: int, order: int, callback: Callable[[], None]) -> None:
        self.at_us = at_us
        self.order = order
        self.callback: Callable[[], None] | None = callback

    def __lt__(self, other: _ManualAlarm) -> bool:
        return (self.at_us, self.order) < (other.at_us, other.order)

    def ring(self) -> None:
        callback, self.callback = self.callback, None
        if callback is not None:
            callback()

    def cancel(self) -> None:
        self.callback = None
