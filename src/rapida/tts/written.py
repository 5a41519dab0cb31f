"""The voice of a conversation in writing: a moment of silence stands for each sentence, which is read.

So everything that follows an utterance on its way (marks, what was heard, the transcript) is as in a call,
and a sentence counts as heard as soon as it is shown.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

from msgspec import Struct

from ..audio.g711 import FRAME_MS, SILENT_FRAME
from ..call.events import WordTiming
from .base import Sound


class WrittenOptions(Struct, frozen=True):
    """There is nothing to choose."""


class WrittenLines:
    """No sound, as a `TextToSpeech`."""

    Options = WrittenOptions

    def __init__(self, options: WrittenOptions) -> None:
        del options

    async def start(self) -> None:
        """Nothing to start."""

    async def aclose(self) -> None:
        """Nothing to close."""

    async def synthesize(self, text: str) -> AsyncIterator[Sound]:
        """One frame of silence, with all of the words at its beginning."""
        yield Sound(SILENT_FRAME, tuple(WordTiming(word, 0, FRAME_MS) for word in text.split()))
