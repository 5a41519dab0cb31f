"""Places: the calls of this process whose stream is still to come.

An announced call has a place until its stream is there, its time is over, or the carrier reports its end. A
wish to hang up that comes meanwhile is kept: whoever takes the place carries it out.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from ..call.events import HangUpRequested
from ..node.call_bus import CallBus, News


@dataclass
class _Place:
    timer: asyncio.TimerHandle
    leave: Callable[[], None]
    wish: HangUpRequested | None = None


class AwaitedStreams:
    """Belongs to the event loop."""

    def __init__(self, bus: CallBus) -> None:
        self._bus = bus
        self._kept: dict[UUID, _Place] = {}

    def __len__(self) -> int:
        return len(self._kept)

    def __contains__(self, context_id: UUID) -> bool:
        return context_id in self._kept

    def keep(
        self, context_id: UUID, for_s: float, late: Callable[[], None], over: Callable[[], None]
    ) -> None:
        """Keep a place for a while, then call `late`; or `over` at the news that the call has ended."""
        wish = self.take(context_id)

        def hear(news: News) -> None:
            if isinstance(news, HangUpRequested):
                place.wish = news
            else:
                over()

        timer = asyncio.get_running_loop().call_later(for_s, late)
        place = self._kept[context_id] = _Place(timer, self._bus.join(context_id, hear), wish)

    def take(self, context_id: UUID) -> HangUpRequested | None:
        """Free a place, if there is one; returns the wish to hang up that came meanwhile."""
        if (place := self._kept.pop(context_id, None)) is None:
            return None
        place.timer.cancel()
        place.leave()
        return place.wish
