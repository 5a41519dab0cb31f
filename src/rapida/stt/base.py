"""Speech to text: what the engine needs of any recogniser, streaming or not.

`SpeechToText` is one per server process, `Transcriber` one per call. A transcriber is fed mu-law 8 kHz as it
came from the phone and tells what it hears through `emit`, as events of the call core with positions on the
caller's timeline.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from ..call.commands import FinishTranscription
from ..call.events import (
    TranscriptChanged,
    TranscriptFinal,
    TranscriptionBroke,
    TranscriptionFailed,
    TranscriptionFinished,
    TranscriptionRefused,
)

Heard = (
    TranscriptChanged
    | TranscriptFinal
    | TranscriptionFinished
    | TranscriptionRefused
    | TranscriptionBroke
    | TranscriptionFailed
)
Emit = Callable[[Heard], None]


class Transcriber(Protocol):
    """The ear of one call. All methods but `run` are synchronous and never block."""

    def feed(self, position_ms: int, ulaw: bytes) -> None:
        """Caller sound that begins at `position_ms`; about 100 ms at a time, without gaps."""
        ...

    def finish(self, request: FinishTranscription) -> None:
        """Speech is over: give the finals for it, then `TranscriptionFinished`."""
        ...

    async def run(self) -> None:
        """Hold the connection until cancelled. Returns at once where there is nothing to hold.

        Failures for good are emitted as `TranscriptionFailed`; it raises nothing of its own making.
        """
        ...


class SpeechToText(Protocol):
    """A recogniser shared by all calls of the process."""

    interims: bool
    """Whether it gives `TranscriptChanged` while the caller speaks (`barge_in: words` needs it)."""
    final_ms: int
    """p99 of its time to a final transcript, counted from the true end of speech."""

    async def start(self) -> None:
        """Load models, start workers. Raises `ConfigurationError` or `ProviderError`."""
        ...

    async def aclose(self) -> None: ...

    def transcriber(self, emit: Emit, *, language: str) -> Transcriber: ...
