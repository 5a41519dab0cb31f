"""What is asked of a running call from outside its own script: the REST side's updates, or a person's Ctrl-C.

One order at a time; what waits in the call wakes up for it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Complete:
    """Hang up (`Status=completed`), or give up before an answer (`canceled`)."""

    canceled: bool = False


@dataclass(frozen=True)
class NewTwiml:
    """Leave what is running and perform this document, or the one at `url`."""

    twiml: bytes = b""
    url: str = ""
    method: str = "POST"


Order = Complete | NewTwiml


class Orders:
    """One call's order box."""

    def __init__(self) -> None:
        self._given = asyncio.Event()
        self._order: Order | None = None
        self.listener: Callable[[], None] = lambda: None

    def give(self, order: Order) -> None:
        self._order = order
        self._given.set()
        self.listener()

    @property
    def waiting(self) -> bool:
        return self._order is not None

    def take(self) -> Order | None:
        """The order that waits, if any; it is then no longer there."""
        order, self._order = self._order, None
        self._given.clear()
        return order

    async def within(self, seconds: float) -> bool:
        """Wait that long; True as soon as an order is there (it stays in the box)."""
        try:
            async with asyncio.timeout(seconds):
                await self._given.wait()
        except TimeoutError:
            return False
        return True
