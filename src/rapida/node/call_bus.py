"""The bus by which a call in progress hears what came in elsewhere: its terminal status, an order to hang up.

News are serialisable structs and go to a context id, not to an object, because a call may be held by another
process. `LocalBus` reaches the calls of its own process, `shared_bus.py` those of every server of the
database.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol
from uuid import UUID

from ..call.events import HangUpRequested, StatusReported

News = StatusReported | HangUpRequested
Hear = Callable[[News], None]
"""Called on the event loop; must return at once."""


class CallBus(Protocol):
    """Carries news to whatever process holds a call."""

    def join(self, context_id: UUID, hear: Hear) -> Callable[[], None]:
        """Let a call of this process hear its news; the returned function ends that."""
        ...

    async def publish(self, context_id: UUID, news: News) -> None:
        """Send news to a call. Nobody learns whether a process holds it."""
        ...

    async def ask(self, context_id: UUID, news: News) -> bool:
        """Send news to a call, and wait until its holder has heard them. False when no holder answers."""
        ...

    def tell_own(self, news: News) -> None:
        """Tell every call of this process, and no call of another."""
        ...


class LocalBus:
    """The bus of one process."""

    def __init__(self) -> None:
        self._hearers: dict[UUID, Hear] = {}

    def __len__(self) -> int:
        return len(self._hearers)

    def __contains__(self, context_id: UUID) -> bool:
        return context_id in self._hearers

    def join(self, context_id: UUID, hear: Hear) -> Callable[[], None]:
        self._hearers[context_id] = hear

        def leave() -> None:
            # A later hearer of the same call stays.
            if self._hearers.get(context_id) is hear:
                del self._hearers[context_id]

        return leave

    async def publish(self, context_id: UUID, news: News) -> None:
        await self.ask(context_id, news)

    async def ask(self, context_id: UUID, news: News) -> bool:
        hear = self._hearers.get(context_id)
        if hear is not None:
            hear(news)
        return hear is not None

    def tell_own(self, news: News) -> None:
        for hear in tuple(self._hearers.values()):
            hear(news)
