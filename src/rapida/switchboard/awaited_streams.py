"""The calls of this process whose stream is still to come.

The stream of an announced call is awaited until it is there, its time is over, or the carrier reports the
call's end. A request to hang up that comes meanwhile is kept for the stream.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from ..call.events import HangUpRequested
from ..node.call_bus import CallBus, News


@dataclass
class _Awaited:
    timer: asyncio.TimerHandle
    leave: Callable[[], None]
    over: Callable[[], None]
    hang_up: HangUpRequested | None = None


class AwaitedStreams:
    """Belongs to the event loop."""

    def __init__(self, bus: CallBus) -> None:
        self._bus = bus
        self._kept: dict[UUID, _Awaited] = {}

    def __len__(self) -> int:
        return len(self._kept)

    def __contains__(self, context_id: UUID) -> bool:
        return context_id in self._kept

    def keep(
        self, context_id: UUID, for_s: float, late: Callable[[], None], over: Callable[[], None]
    ) -> None:
        """Await a stream for a while, then call `late`; or `over` at the news that the call has ended."""
        hang_up = self.take(context_id)

        def hear(news: News) -> None:
            if isinstance(news, HangUpRequested):
                awaited.hang_up = news
            else:
                over()

        timer = asyncio.get_running_loop().call_later(for_s, late)
        leave = self._bus.join(context_id, hear)
        awaited = self._kept[context_id] = _Awaited(timer, leave, over, hang_up)

    @property
    def ids(self) -> list[UUID]:
        """The contexts whose streams are awaited."""
        return list(self._kept)

    def give_up(self, context_id: UUID) -> HangUpRequested | None:
        """The stream will not come here; returns the request to hang up that came meanwhile."""
        if (awaited := self._kept.get(context_id)) is None:
            return None
        awaited.over()
        return awaited.hang_up

    def take(self, context_id: UUID) -> HangUpRequested | None:
        """Await a stream no longer, if it was; returns the request to hang up that came meanwhile."""
        if (awaited := self._kept.pop(context_id, None)) is None:
            return None
        awaited.timer.cancel()
        awaited.leave()
        return awaited.hang_up
