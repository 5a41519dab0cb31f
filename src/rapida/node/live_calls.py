"""How a call in progress hears what came in by another door: a terminal status, a wish to hang up.

One process, one registry keyed by context id. A bus between processes would stand behind the same `tell`.
"""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from ..call.events import HangUpRequested, StatusReported

News = StatusReported | HangUpRequested
Ear = Callable[[News], None]
"""Called on the event loop; must return at once."""


class LiveCalls:
    """The calls this process is holding."""

    def __init__(self) -> None:
        self._ears: dict[UUID, Ear] = {}

    def __len__(self) -> int:
        return len(self._ears)

    def join(self, context_id: UUID, ear: Ear) -> Callable[[], None]:
        """Let a call hear its news; the returned function ends that."""
        self._ears[context_id] = ear

        def leave() -> None:
            self._ears.pop(context_id, None)

        return leave

    def tell(self, context_id: UUID, news: News) -> bool:
        """Tell one call; False when this process does not hold it."""
        ear = self._ears.get(context_id)
        if ear is None:
            return False
        ear(news)
        return True

    def tell_all(self, news: News) -> int:
        """Tell every call; how many there were."""
        ears = list(self._ears.values())
        for ear in ears:
            ear(news)
        return len(ears)
