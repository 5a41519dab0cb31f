"""The simplest ear that ships: it listens to nothing, and what it "hears" is given to it.

For tests, demos and benchmarks, where what the caller says must not depend on a recogniser. Either `lines`
are answered one per request, or the code that holds the transcriber says with `hear` what was heard.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Annotated

from msgspec import Meta, Struct

from ..audio.g711 import SAMPLES_PER_MS
from ..call.commands import FinishTranscription
from ..call.events import TranscriptChanged, TranscriptFinal, TranscriptionFinished
from .base import Emit


class ScriptedStt:
    """Prepared transcripts as a `SpeechToText`."""

    class Options(Struct, frozen=True):
        lines: tuple[str, ...] = ()
        """What each call's caller says, one line per request; an empty one is unclear. Then nothing."""
        interims: bool = False
        """Tell every word of a line as an interim transcript first."""
        delay_ms: Annotated[int, Meta(ge=0, le=60_000)] = 0
        """Wait before each answer; 0 = do not wait at all."""
        final_ms: Annotated[int, Meta(ge=0, le=60_000)] = 300
        """How long it takes to a final transcript, from the end of speech."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self.interims = options.interims
        self.final_ms = options.final_ms
        self.transcribers: deque[ScriptedTranscriber] = deque(maxlen=10)
        """Those of the latest calls, so that a test can speak into them; each keeps its call in memory."""

    async def start(self) -> None:
        """Nothing to start."""

    async def aclose(self) -> None:
        """Nothing to close."""

    def transcriber(self, emit: Emit, *, language: str) -> ScriptedTranscriber:
        self.transcribers.append(ScriptedTranscriber(emit, self._options))
        return self.transcribers[-1]


class ScriptedTranscriber:
    """One call's script."""

    def __init__(self, emit: Emit, options: ScriptedStt.Options) -> None:
        self._emit = emit
        self._lines = deque(options.lines)
        self._interims = options.interims
        self._delay_s = options.delay_ms / 1000
        self._requests: asyncio.Queue[FinishTranscription] = asyncio.Queue()
        self.position_ms = 0
        """Where the sound fed so far ends."""

    def feed(self, position_ms: int, ulaw: bytes) -> None:
        self.position_ms = position_ms + len(ulaw) // SAMPLES_PER_MS

    def finish(self, request: FinishTranscription) -> None:
        self._requests.put_nowait(request)

    def hear(self, text: str, start_ms: int, end_ms: int, *, final: bool = True) -> None:
        """Let the caller have said `text` between two positions of the call, at once."""
        self._emit(
            TranscriptFinal(text, start_ms, end_ms) if final else TranscriptChanged(text, start_ms, end_ms)
        )

    async def run(self) -> None:
        """Answer requests in order, each with the next line, until cancelled."""
        while True:
            request = await self._requests.get()
            if self._delay_s:
                await asyncio.sleep(self._delay_s)
            if self._lines:
                self._say(self._lines.popleft(), request.start_ms, request.end_ms)
            self._emit(TranscriptionFinished(request.transcription_id))

    def _say(self, line: str, start_ms: int, end_ms: int) -> None:
        words = line.split()
        if self._interims:
            for count in range(1, len(words) + 1):
                until_ms = start_ms + (end_ms - start_ms) * count // len(words)
                self.hear(" ".join(words[:count]), start_ms, until_ms, final=False)
        self.hear(line, start_ms, end_ms)
