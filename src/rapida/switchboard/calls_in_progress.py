"""The calls of this process: held ones, and announced ones whose stream is still to come; and their end.

The process is idle when there is neither. What is still to be written of calls that are over, and what the
carrier has yet to say about them, is waited for when the process ends.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar
from uuid import UUID

import structlog

from ..call.events import HangUpRequested
from ..node.node import Node
from .awaited_callbacks import AwaitedCallbacks
from .awaited_streams import AwaitedStreams

_log = structlog.get_logger(__name__)

T = TypeVar("T")

CLEAN_UP_S = 8.0
"""How long calls that were told to end may take, longer than a carrier that says nothing is waited for."""


class CallsInProgress:
    """Belongs to the event loop."""

    def __init__(self, node: Node) -> None:
        self._bus = node.bus
        self._held: dict[int, asyncio.Task[None]] = {}
        self._to_write: set[asyncio.Task[None]] = set()
        """What is still to be written of calls that are over: a late recording, an end that nobody held."""
        self._callbacks = AwaitedCallbacks(node.store)
        self._streams = AwaitedStreams(node.bus)
        self._idle = asyncio.Event()
        self._idle.set()
        self.latest = 0
        """The conversation that was connected last."""

    @property
    def busy(self) -> int:
        """Calls in progress, and calls whose stream is still to come."""
        return len(self._held) + len(self._streams)

    @property
    def held(self) -> int:
        """Calls in progress."""
        return len(self._held)

    # Announced calls

    def await_stream(
        self, context_id: UUID, for_s: float, late: Callable[[], None], over: Callable[[], None]
    ) -> None:
        """Count a call whose stream may come as one of ours. For `late` and `over` see `AwaitedStreams`."""
        self._streams.keep(context_id, for_s, late=late, over=over)
        self._idle.clear()

    def awaits(self, context_id: UUID) -> bool:
        """Whether a call's stream is still to come."""
        return context_id in self._streams

    def stream_came(self, context_id: UUID) -> HangUpRequested | None:
        """The stream is there, and its call is held next; the wish to hang up that came meanwhile."""
        return self._streams.take(context_id)

    def no_longer_await(self, context_id: UUID) -> None:
        """No stream will come."""
        self._streams.take(context_id)
        self._note_idle()

    @property
    def awaited(self) -> list[UUID]:
        """The contexts whose streams are still to come."""
        return self._streams.ids

    def went_elsewhere(self, context_id: UUID) -> HangUpRequested | None:
        """The stream came to another server, or the call is over; the wish to hang up that came meanwhile."""
        return self._streams.give_up(context_id)

    # Held calls

    def hold(self, conversation_id: int, holding: Coroutine[Any, Any, None]) -> None:
        """Run what holds a call to its end."""
        self._idle.clear()
        self.latest = conversation_id
        self._held[conversation_id] = asyncio.create_task(holding)

    def ended(self, conversation_id: int) -> None:
        """A held call is over."""
        self._held.pop(conversation_id, None)
        self._note_idle()

    def await_callbacks(self, context_id: UUID) -> None:
        """A call is over here: what its carrier has yet to say of it is waited for."""
        self._callbacks.call_over(context_id)

    def write(self, writing: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Write something of a call that is over, for as long as the database needs."""
        return kept_in(self._to_write, writing)

    def _note_idle(self) -> None:
        if not self.busy:
            self._idle.set()

    # The end of the process

    async def idle(self) -> None:
        """Until there is neither a call nor an announced one."""
        await self._idle.wait()

    async def drain(self, within_s: float, hurried: asyncio.Event) -> None:
        """Wait for the last call, announced ones too; after `within_s`, or when hurried, hang up.

        Then, within bounds, until what the calls leave is written, and what the carrier reports is taken.
        """
        waits = [asyncio.create_task(self._idle.wait()), asyncio.create_task(hurried.wait())]
        await asyncio.wait(waits, timeout=within_s, return_when=asyncio.FIRST_COMPLETED)
        for wait in waits:
            wait.cancel()
        if self._held:
            _log.warning("calls_hung_up", calls=len(self._held))
            self._bus.tell_own(HangUpRequested("drain"))
            await self._end_all()
        if self._to_write:
            _, unwritten = await asyncio.wait(self._to_write, timeout=min(within_s, CLEAN_UP_S))
            if unwritten:
                _log.warning("books_not_closed", calls=len(unwritten))
        await self._callbacks.taken(within_s, hurried)

    async def _end_all(self) -> None:
        held = list(self._held.values())
        _, stuck = await asyncio.wait(held, timeout=CLEAN_UP_S)
        for task in stuck:
            task.cancel()
        await asyncio.gather(*stuck, return_exceptions=True)


def kept_in(tasks: set[asyncio.Task[T]], work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
    """Begin some work whose task is kept until it is done."""
    task = asyncio.create_task(work)
    tasks.add(task)
    task.add_done_callback(tasks.discard)
    return task
