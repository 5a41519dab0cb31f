"""The ear that needs no key: pocketsphinx, in processes of its own, one question's grammar at a time.

It hears answers to narrow questions (yes or no, a handful of distinct phrases). A single digit is right half
to nine times in ten, so digits belong on the keypad. Free speech it does not hear at all: an answer to an
open question without `phrases` comes back without words, as unclear. There are no interim transcripts.
Decides which sound goes to a worker and what becomes of jobs that fail; the listening itself is in
`pocketsphinx_worker.py`. Needs the extra `local`.
"""

from __future__ import annotations

import asyncio
from importlib.util import find_spec
from typing import Annotated

import structlog
from msgspec import Meta, Struct, convert

from ..call.commands import FinishTranscription
from ..call.events import TranscriptFinal, TranscriptionFinished, TranscriptionRefused
from ..errors import ConfigurationError, ExtraMissing, ProviderRefused, ProviderUnavailable
from ..workers.pool import QueueFull, WorkerPool
from .base import Emit
from .grammar import Grammar, grammar_for
from .recent_sound import RecentSound

_PACKAGE = "pocketsphinx"

log = structlog.stdlib.get_logger(__name__)


class _Words(Struct, frozen=True, array_like=True):
    """A worker's answer (`pocketsphinx_worker.Words`, which only a worker may import)."""

    text: str
    start_ms: int
    end_ms: int
    confidence: float


class Pocketsphinx:
    """pocketsphinx as a `SpeechToText`."""

    class Options(Struct, frozen=True):
        workers: Annotated[int, Meta(ge=1, le=16)] = 1
        """Processes that listen; each holds some 80 MB, and one core while it works."""
        queue_limit: Annotated[int, Meta(ge=1, le=1000)] = 8
        """Utterances that may wait; beyond it the caller is asked again."""
        min_confidence: Annotated[float, Meta(ge=0, le=1)] = 0.5
        """Below this what was heard counts as no words: a cough, or an answer to another question."""

    interims = False
    final_ms = 1500
    hears = ("en",)
    free_speech = False

    def __init__(self, options: Options) -> None:
        if find_spec(_PACKAGE) is None:
            raise ExtraMissing("stt", "pocketsphinx", "local", _PACKAGE)
        self._min_confidence = options.min_confidence
        self._pool = WorkerPool(
            "rapida.stt.pocketsphinx_worker",
            None,
            provider="pocketsphinx",
            count=options.workers,
            queue_limit=options.queue_limit,
            job_timeout_s=10.0,
        )

    async def start(self) -> None:
        """Start the processes and load their models. Raises `ProviderUnavailable`."""
        await self._pool.start()

    async def aclose(self) -> None:
        await self._pool.aclose()

    def transcriber(self, emit: Emit, *, language: str) -> PocketsphinxTranscriber:
        """The ear of one call. Raises `ConfigurationError` for any language but English."""
        if language.partition("-")[0].lower() != "en":
            raise ConfigurationError(
                f"stt 'pocketsphinx' hears only English, not {language!r}: choose another recogniser"
            )
        return PocketsphinxTranscriber(self._pool, emit, self._min_confidence)


class PocketsphinxTranscriber:
    """Keeps the caller's last half minute, and has what is asked for heard, one request after the other."""

    def __init__(self, pool: WorkerPool, emit: Emit, min_confidence: float) -> None:
        self._pool = pool
        self._emit = emit
        self._min_confidence = min_confidence
        self._sound = RecentSound()
        self._requests: asyncio.Queue[tuple[FinishTranscription, bytes, int]] = asyncio.Queue()

    def feed(self, position_ms: int, ulaw: bytes) -> None:
        self._sound.add(position_ms, ulaw)

    def finish(self, request: FinishTranscription) -> None:
        from_ms, ulaw = self._sound.around(request.start_ms, request.end_ms)
        self._requests.put_nowait((request, ulaw, from_ms))

    async def run(self) -> None:
        """Answer requests in order until cancelled."""
        while True:
            await self._answer(*await self._requests.get())

    async def _answer(self, request: FinishTranscription, ulaw: bytes, from_ms: int) -> None:
        unclear = TranscriptFinal("", request.start_ms, request.end_ms, confidence=0.0)
        grammar = grammar_for(request.question)
        try:
            words = await self._hear(grammar, ulaw) if grammar is not None else None
        except ProviderUnavailable as why:
            log.warning("transcription_refused", reason=str(why))
            self._emit(TranscriptionRefused(request.transcription_id))
            return
        except ProviderRefused as why:
            log.warning("question_not_hearable", reason=str(why))
            words = None
        text = grammar.read(words.text) if words is not None and grammar is not None else ""
        if words is None or not text or words.confidence < self._min_confidence:
            self._emit(unclear)
        else:
            start_ms, end_ms = from_ms + words.start_ms, from_ms + words.end_ms
            self._emit(TranscriptFinal(text, start_ms, end_ms, words.confidence))
        self._emit(TranscriptionFinished(request.transcription_id))

    async def _hear(self, grammar: Grammar, ulaw: bytes) -> _Words:
        """A worker's answer; a job whose worker died is tried once more."""
        job = (ulaw, grammar.rule, grammar.words)
        try:
            answer = await self._pool.run(job)
        except QueueFull:
            raise
        except ProviderUnavailable:
            answer = await self._pool.run(job)
        return convert(answer, _Words)
