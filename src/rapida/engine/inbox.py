"""The one inbox of a call: whatever happens to it in one order, and beside it the next deadline.

Events may come from any callback of the event loop; the loop's next round handles all that wait, in the
context (the log's fields) of the task that serves. A callback, not a task that waits: a future, a timer and a
task's step for every event were a tenth of what a call costs. What an event means is the handler's to say.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from contextvars import Context, copy_context

import structlog

from ..call.events import Event, TimerDue
from .clock import Clock, Handle

_log = structlog.get_logger(__name__)


class Inbox:
    """Belongs to the event loop; events posted before `serve` wait for it."""

    __slots__ = (
        "_alarm",
        "_alarm_us",
        "_clock",
        "_closed",
        "_context",
        "_deadline_us",
        "_events",
        "_handle",
        "_loop",
        "_over",
        "_scheduled",
    )

    def __init__(
        self, clock: Clock, handle: Callable[[Event], None], deadline_us: Callable[[], int | None]
    ) -> None:
        """`handle` gets `TimerDue` when the instant that `deadline_us` tells has come."""
        self._clock = clock
        self._handle = handle
        self._deadline_us = deadline_us
        self._events: deque[Event] = deque()
        self._scheduled = True
        """The next round handles what waits; so it is until `serve`, which does it first."""
        self._closed = False
        self._context: Context
        self._over: asyncio.Future[None]
        self._loop: asyncio.AbstractEventLoop
        self._alarm: Handle | None = None
        self._alarm_us = 0

    def post(self, event: Event) -> None:
        """Put an event behind all others. Only from the event loop."""
        self._events.append(event)
        if not self._scheduled:
            self._scheduled = True
            self._loop.call_soon(self._work, context=self._context)

    async def serve(self) -> None:
        """Handle events until `close`. Raises what the handler raised."""
        self._loop = asyncio.get_running_loop()
        self._context = copy_context()
        self._over = self._loop.create_future()
        self._context.run(self._work)
        try:
            await self._over
        finally:
            self.close()

    def close(self) -> None:
        """Handle nothing more."""
        self._closed = self._scheduled = True
        self._events.clear()
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        if not self._over.done():
            self._over.set_result(None)

    def _work(self) -> None:
        self._scheduled = False
        try:
            while not self._closed:
                if self._events:
                    self._handle(self._events.popleft())
                    continue
                due_us = self._deadline_us()
                if due_us is None or due_us > self._clock.now_us():
                    self._wake_by(due_us)
                    return
                self._handle(TimerDue())
        except Exception as bug:  # noqa: BLE001
            # It belongs to the task that serves: there it ends this call and no other.
            if self._over.done():
                _log.exception("call_broken_after_its_end")
            else:
                self._over.set_exception(bug)

    def _wake_by(self, due_us: int | None) -> None:
        """One alarm at most. It may come too early: deadlines move on far more often than they come."""
        if due_us is None or (self._alarm is not None and self._alarm_us <= due_us):
            return
        if self._alarm is not None:
            self._alarm.cancel()
        self._alarm_us = due_us
        self._alarm = self._clock.call_at(due_us, self._alarmed)

    def _alarmed(self) -> None:
        self._alarm = None
        if not self._scheduled:
            self._scheduled = True
            self._context.run(self._work)
