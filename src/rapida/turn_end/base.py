"""Turn-end models: has the caller finished, or only paused?

A model listens to the last seconds of the caller's sound when speech stops. No model ships yet; the call core
already knows what to do with a verdict, and without one it endpoints on silence.
"""

from __future__ import annotations

from typing import Protocol


class TurnEndModel(Protocol):
    """A model shared by all calls of the process."""

    window_ms: int
    """How much sound before the end of speech it wants."""

    async def start(self) -> None: ...

    async def aclose(self) -> None: ...

    async def complete(self, ulaw: bytes) -> bool:
        """Whether the caller has finished, judged from mu-law 8 kHz sound that ends where speech ended."""
        ...
