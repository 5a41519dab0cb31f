"""The voice that needs no key: espeak-ng, in a process of its own.

It is robotic, plain to understand, and fast (a sentence in some ten milliseconds). espeak-ng is GPL and not
thread-safe, so this process never loads it: it sends sentences to `espeak_worker.py` and cuts the answer into
pieces. A cancelled sentence's sound is thrown away. Needs the extra `local`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from importlib.util import find_spec
from typing import Annotated

from msgspec import Meta, Struct, structs

from ..call.events import WordTiming
from ..errors import ConfigurationError, ExtraMissing
from ..workers.pool import WorkerPool
from . import espeak_voices
from .base import ListedVoice, Sound
from .sound_pieces import in_pieces

_PACKAGE = "espeakng_loader"


class Espeak:
    """espeak-ng as a `TextToSpeech`."""

    language_option = "voice"
    voice_option = "voice"

    class Options(Struct, frozen=True):
        voice: Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]+(\+[A-Za-z0-9_-]+)?$", max_length=60)] = "en-us"
        """A voice of espeak-ng, if wanted with a variant: `en-us`, `en-us+f3`, `en` (British), `de`."""
        rate_wpm: Annotated[int, Meta(ge=80, le=450)] = 165
        """Words a minute."""
        pitch: Annotated[int, Meta(ge=0, le=100)] = 50
        """0 is deep, 100 is high."""
        pitch_range: Annotated[int, Meta(ge=0, le=100)] = 50
        """0 is flat, 100 is lively."""
        level_db: Annotated[float, Meta(ge=-40, le=-10)] = -20.0
        """Loudness on the line: RMS of the voice in dBFS."""

    def __init__(self, options: Options) -> None:
        if find_spec(_PACKAGE) is None:
            raise ExtraMissing("tts", "espeak", "local", _PACKAGE)
        if wrong := espeak_voices.problem(options.voice):
            raise ConfigurationError(wrong)
        self._pool = WorkerPool(
            "rapida.tts.espeak_worker",
            structs.asdict(options),
            provider="espeak",
            queue_limit=256,
            job_timeout_s=10.0,
        )

    @staticmethod
    async def voices(credential: Struct | None, base_url: str | None) -> tuple[ListedVoice, ...]:
        """Every language that espeak-ng speaks; variants, as in `en-us+f3`, are not among them."""
        del credential, base_url
        return await asyncio.to_thread(espeak_voices.listed)

    async def start(self) -> None:
        """Start the process. Raises `ConfigurationError` where espeak-ng will not, `ProviderUnavailable`."""
        await self._pool.start()

    async def aclose(self) -> None:
        await self._pool.aclose()

    async def synthesize(self, text: str) -> AsyncIterator[Sound]:
        """Speak one segment in pieces of at most 200 ms; each word comes with the piece it ends in.

        The words are those of `text` as written. Raises `ProviderUnavailable` or `ProviderRefused`.
        """
        ulaw, timings = await self._pool.run(text)
        words = [WordTiming(*timing) for timing in timings]
        for sound in in_pieces(ulaw, words):
            yield sound
