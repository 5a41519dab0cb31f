"""The simplest voice that ships: each word is a tone, its length counted from its letters.

For tests and benchmarks: the same text always gives the same bytes, at once, with exact word timings and no
process. It decides nothing else; nobody can understand it.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from functools import lru_cache
from typing import Annotated

import numpy as np
from msgspec import Meta, Struct

from ..audio.g711 import RATE_HZ, SAMPLES_PER_MS, encode_block
from ..call.events import WordTiming
from ..errors import ProviderUnavailable
from .base import Sound

_GAP_SHARE = 0.15
"""The part of a word's time, at its end, that is silent: one hears where the next begins."""


class Tone:
    """Tones as a `TextToSpeech`."""

    class Options(Struct, frozen=True):
        ms_per_character: Annotated[int, Meta(ge=1, le=1000)] = 60
        """The length of a text is this times its characters, blanks included."""
        frequency_hz: Annotated[int, Meta(ge=100, le=3400)] = 440
        """Pitch of the tone."""
        level_db: Annotated[float, Meta(ge=-60, le=-3)] = -20.0
        """Loudness (RMS) of the tone, in dBFS."""
        piece_ms: Annotated[int, Meta(ge=10, le=10_000)] = 200
        """How much sound comes at a time."""
        latency_ms: Annotated[int, Meta(ge=0, le=60_000)] = 0
        """Wait before the first piece; 0 = do not wait at all."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._open = False

    async def start(self) -> None:
        self._open = True

    async def aclose(self) -> None:
        self._open = False

    async def synthesize(self, text: str) -> AsyncIterator[Sound]:
        """A tone per word, in pieces of `piece_ms`. Raises `ProviderUnavailable` when it is not started."""
        if not self._open:
            raise ProviderUnavailable("tone", "it is closed")
        if self._options.latency_ms:
            await asyncio.sleep(self._options.latency_ms / 1000)
        words = self.words(text)
        sound = b"".join(
            _beep(word.end_ms - word.start_ms, self._options.frequency_hz, self._options.level_db)
            for word in words
        )
        piece_bytes = self._options.piece_ms * SAMPLES_PER_MS
        for at in range(0, len(sound), piece_bytes):
            end_ms = (at + piece_bytes) // SAMPLES_PER_MS
            begin_ms = at // SAMPLES_PER_MS
            told = tuple(word for word in words if begin_ms < word.end_ms <= end_ms)
            yield Sound(sound[at : at + piece_bytes], told)

    def words(self, text: str) -> list[WordTiming]:
        """Where each word of `text` lies; one begins where the one before it ends."""
        each = self._options.ms_per_character
        ends = [found.end() * each for found in re.finditer(r"\S+\s*", text.strip())]
        return [
            WordTiming(word, start, end)
            for word, start, end in zip(text.split(), [0, *ends], ends, strict=False)
        ]


@lru_cache(maxsize=256)
def _beep(duration_ms: int, frequency_hz: int, level_db: float) -> bytes:
    """A tone of `level_db` (RMS, dBFS) with a silent end, as mu-law."""
    count = duration_ms * SAMPLES_PER_MS
    samples = np.sin(np.arange(count) * (2 * np.pi * frequency_hz / RATE_HZ))
    samples *= 32768 * 10 ** (level_db / 20) * 2**0.5
    samples[count - int(count * _GAP_SHARE) :] = 0
    return encode_block(np.clip(samples, -32768, 32767).astype(np.int16))
