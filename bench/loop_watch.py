"""How late an event loop wakes: what everything else on it waits for."""

from __future__ import annotations

import asyncio
import time

AROUND_S = 0.15
"""How long after it is answered a call may still stall the loop with its set-up."""


class LoopWatch:
    """Samples how late a timer of this loop fires."""

    def __init__(self, every_s: float) -> None:
        self._every_s = every_s
        self.late: list[tuple[float, float]] = []

    async def run(self) -> None:
        clock = time.perf_counter
        while True:
            due = clock() + self._every_s
            await asyncio.sleep(self._every_s)
            now = clock()
            self.late.append((now, now - due))

    def worst_after(self, instants: list[float]) -> list[float]:
        """The latest wake-up within `AROUND_S` of each of these instants that lies in the watched time."""
        found: list[float] = []
        for instant in instants:
            near = [late for at, late in self.late if instant <= at <= instant + AROUND_S]
            if near:
                found.append(max(near))
        return found
