"""Turn-end models: has the caller finished, or only paused?

A model listens to the last seconds of the caller's sound when speech stops, or reads the words as soon as
they are known. Its verdict sets how long a pause ends the turn; without one it is endpointed on silence.
"""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from msgspec import Struct

from ..call.events import Question


class TurnEndVerdict(Struct, frozen=True):
    """What a pause is taken for."""

    complete: bool
    pause_ms: int | None = None
    """How long a pause, from the true end of speech, ends the turn; None = the assistant's own numbers."""


class TurnEndModel(Protocol):
    """A model that listens, shared by all calls of the process."""

    window_ms: int
    """How much sound before the end of speech it wants."""

    async def start(self) -> None: ...

    async def aclose(self) -> None: ...

    async def complete(self, ulaw: bytes) -> bool:
        """Whether the caller has finished, judged from mu-law 8 kHz sound that ends where speech ended."""
        ...


@runtime_checkable
class TurnEndReader(Protocol):
    """A model that reads, shared by all calls of the process. It takes no time."""

    async def start(self) -> None: ...

    async def aclose(self) -> None: ...

    def read(self, text: str, question: Question, language: str) -> TurnEndVerdict | None:
        """The verdict on what the turn says so far, in answer to a question; None = silence decides."""
        ...
