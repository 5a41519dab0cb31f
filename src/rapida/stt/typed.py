"""The ear of a conversation in writing: it hears nothing, because every line is typed.

Lines reach the call core by themselves (`CallerWrote`). This only stands where an ear must be.
"""

from __future__ import annotations

from msgspec import Struct

from ..call.commands import FinishTranscription
from ..call.events import TranscriptionFinished
from .base import Emit


class TypedOptions(Struct, frozen=True):
    """There is nothing to choose."""


class TypedLines:
    """No transcripts, as a `SpeechToText`."""

    Options = TypedOptions
    interims = True
    """A typed line is as good as a word that is shown at once: `barge_in: words` is served."""
    final_ms = 0

    def __init__(self, options: TypedOptions) -> None:
        del options

    async def start(self) -> None:
        """Nothing to start."""

    async def aclose(self) -> None:
        """Nothing to close."""

    def transcriber(self, emit: Emit, *, language: str) -> NothingHeard:
        """The same for every language."""
        del language
        return NothingHeard(emit)


class NothingHeard:
    """One call's `Transcriber`."""

    def __init__(self, emit: Emit) -> None:
        self._emit = emit

    def feed(self, position_ms: int, ulaw: bytes) -> None:
        """There is no sound to listen to."""

    def finish(self, request: FinishTranscription) -> None:
        """There was nothing."""
        self._emit(TranscriptionFinished(request.transcription_id))

    async def run(self) -> None:
        """There is nothing to hold."""
