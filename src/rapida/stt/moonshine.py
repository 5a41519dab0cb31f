"""The ear that needs no key and hears free speech: Moonshine tiny, in processes of its own.

Over the telephone it has 3.4 % of words wrong where pocketsphinx has 54 %, for some 90 ms of a core an
utterance. It hears English, and punctuates; what the question expects is favoured (`expected.py`). Words are
shown while the caller speaks whenever a process has nothing better to do. Decides which sound goes to a
worker and what becomes of jobs that fail; the listening itself is in `moonshine_worker.py`. Needs the extra
`local`.
"""

from __future__ import annotations

import asyncio
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import structlog
from msgspec import Meta, Struct, convert

from ..call.commands import FinishTranscription
from ..call.events import (
    TranscriptChanged,
    TranscriptFinal,
    TranscriptionFinished,
    TranscriptionRefused,
)
from ..errors import ConfigurationError, ExtraMissing, ProviderRefused, ProviderUnavailable
from ..providers.model_files import find
from ..workers.fair_pool import FairPool, Waits
from ..workers.pool import WorkerPool
from .base import Emit
from .expected import phrases_for
from .interim_pace import InterimPace
from .quiet_places import pieces_of
from .recent_sound import RecentSound

_FILES = {
    "encoder": ("moonshine-encoder", "encoder_model.ort"),
    "decoder": ("moonshine-decoder", "decoder_model_merged.ort"),
    "tokens": ("moonshine-tokens", "tokenizer.bin"),
}
"""What a file is to the worker, its name among the model files, and in a folder of the user's."""

log = structlog.stdlib.get_logger(__name__)


class _Words(Struct, frozen=True, array_like=True):
    """A worker's answer (`moonshine_worker.HeardUtterance`, which only a worker may import)."""

    text: str
    confidence: float


class Moonshine:
    """Moonshine as a `SpeechToText`."""

    class Options(Struct, frozen=True):
        workers: Annotated[int, Meta(ge=1, le=16)] = 1
        """Processes that listen; each holds 165 MB (215 after long utterances), and one core at work."""
        queue_limit: Annotated[int, Meta(ge=1, le=1000)] = 16
        """Utterances that may wait; beyond it the caller is asked again."""
        min_confidence: Annotated[float, Meta(ge=0, le=1)] = 0.55
        """Below this what was heard counts as no words. Measured: noise is at 0.37, speech at 0.86; of speech
        2 % is below."""
        model_folder: str = ""
        """A folder with a Moonshine model of your own (encoder_model.ort, decoder_model_merged.ort,
        tokenizer.bin); empty = the one that the extra `local` brings."""

    interims = True
    final_ms = 1500
    """Where ten callers end at once on one process, the last waits a second."""
    hears = ("en",)

    def __init__(self, options: Options) -> None:
        if find_spec("onnxruntime") is None:
            raise ExtraMissing("stt", "moonshine", "local", "onnxruntime")
        folder = Path(options.model_folder).expanduser() if options.model_folder else None
        places = {
            role: str(find(name, "" if folder is None else str(folder / file)))
            for role, (name, file) in _FILES.items()
        }
        self._min_confidence = options.min_confidence
        self._workers = WorkerPool(
            "rapida.stt.moonshine_worker",
            {**places, "pinned": folder is None},
            provider="moonshine",
            count=options.workers,
            queue_limit=2 * options.workers,
            job_timeout_s=10.0,
        )
        self._pool = FairPool(
            self._workers, provider="moonshine", count=options.workers, queue_limit=options.queue_limit
        )

    @property
    def waits(self) -> Waits:
        """How long utterances waited for a process."""
        return self._pool.waits

    async def start(self) -> None:
        """Start the processes and load their models.

        Raises `ConfigurationError` for files that are not the model, `ProviderUnavailable`.
        """
        await self._workers.start()

    async def aclose(self) -> None:
        await self._workers.aclose()

    def transcriber(self, emit: Emit, *, language: str) -> MoonshineTranscriber:
        """The ear of one call. Raises `ConfigurationError` for any language but English."""
        if language.partition("-")[0].lower() != "en":
            raise ConfigurationError(
                f"stt 'moonshine' hears only English, not {language!r}: choose another recogniser"
            )
        return MoonshineTranscriber(self._pool, emit, self._min_confidence)


class MoonshineTranscriber:
    """Keeps the caller's last half minute, and has it heard: at the end of speech, and while it goes on."""

    def __init__(self, pool: FairPool, emit: Emit, min_confidence: float) -> None:
        self._pool = pool
        self._emit = emit
        self._min_confidence = min_confidence
        self._sound = RecentSound()
        self._pace = InterimPace()
        self._requests: asyncio.Queue[tuple[FinishTranscription, bytes]] = asyncio.Queue()
        self._look: asyncio.Task[None] | None = None
        """The present look at speech that goes on."""
        self._due: tuple[int, int] | None = None
        """The stretch for the next one."""
        self._told_ms = 0
        """What sounded before is final."""

    def feed(self, position_ms: int, ulaw: bytes) -> None:
        self._sound.add(position_ms, ulaw)
        if (due := self._pace.heard(position_ms, ulaw)) is not None:
            self._due = due
            if self._look is None or self._look.done():
                self._look = asyncio.get_running_loop().create_task(self._show())

    def finish(self, request: FinishTranscription) -> None:
        self._pace.settled(request.end_ms)
        _, ulaw = self._sound.around(request.start_ms, request.end_ms)
        self._requests.put_nowait((request, ulaw))

    async def run(self) -> None:
        """Answer requests in order until cancelled."""
        try:
            while True:
                await self._answer(*await self._requests.get())
        finally:
            if self._look is not None:
                self._look.cancel()

    async def _show(self) -> None:
        """Tell what is known of speech that goes on, as long as looks are due."""
        while self._due is not None:
            due, self._due = self._due, None
            await self._show_words(*due)

    async def _show_words(self, start_ms: int, end_ms: int) -> None:
        """Tell what is known of a stretch, unless the processes have other work."""
        _, ulaw = self._sound.around(start_ms, end_ms)
        try:
            words = convert(await self._pool.run_spare((ulaw, ())), _Words)
        except (ProviderUnavailable, ProviderRefused):
            return  # the words come when speech has stopped
        if words.text and words.confidence >= self._min_confidence and start_ms >= self._told_ms:
            self._emit(TranscriptChanged(words.text, start_ms, end_ms))

    async def _answer(self, request: FinishTranscription, ulaw: bytes) -> None:
        phrases = phrases_for(request.question)
        heard = list[_Words]()
        try:
            for piece in pieces_of(ulaw):
                heard.append(convert(await self._pool.run(self, (piece, phrases)), _Words))
        except ProviderUnavailable as why:
            log.warning("transcription_refused", reason=str(why))
            self._emit(TranscriptionRefused(request.transcription_id))
            return
        except ProviderRefused as why:
            log.warning("utterance_not_hearable", reason=str(why))
        clear = [words for words in heard if words.text and words.confidence >= self._min_confidence]
        text = " ".join(words.text for words in clear)
        confidence = min((words.confidence for words in clear), default=0.0)
        self._told_ms = request.end_ms
        self._emit(TranscriptFinal(text, request.start_ms, request.end_ms, confidence))
        self._emit(TranscriptionFinished(request.transcription_id))
