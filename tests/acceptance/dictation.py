"""An ear that hears the next scripted line at each end of speech: words without a recogniser."""

from __future__ import annotations

import asyncio

from msgspec import Struct

from rapida.call.commands import FinishTranscription
from rapida.call.events import TranscriptFinal, TranscriptionFinished
from rapida.stt.base import Emit


class Dictation:
    """One per process; each call begins with the first line."""

    interims = False
    final_ms = 500

    class Options(Struct, frozen=True):
        lines: tuple[str, ...] = ()

    def __init__(self, options: Options) -> None:
        self._lines = options.lines

    async def start(self) -> None: ...

    async def aclose(self) -> None: ...

    def transcriber(self, emit: Emit, *, language: str) -> Ear:
        return Ear(emit, list(self._lines))


class Ear:
    def __init__(self, emit: Emit, lines: list[str]) -> None:
        self._emit = emit
        self._lines = lines

    def feed(self, position_ms: int, ulaw: bytes) -> None: ...

    def finish(self, request: FinishTranscription) -> None:
        line = self._lines.pop(0) if self._lines else ""
        self._emit(TranscriptFinal(line, request.start_ms, request.end_ms))
        self._emit(TranscriptionFinished(request.transcription_id))

    async def run(self) -> None:
        await asyncio.Event().wait()
