"""The local voice: hibari, a small neural voice for English, in a process of its own.

It needs no key and no network, and over the telephone it is understood like a person. Its model ships inside
the package `hibari-tts` (the extra `local`); nothing is ever fetched. This process never loads it: it sends
pieces of text to `hibari_worker.py`, the first a short one, and cuts the answers into pieces of sound.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from importlib.util import find_spec
from typing import Annotated, Any, Literal, NamedTuple

import structlog
from msgspec import Meta, Struct

from ..audio.g711 import SAMPLES_PER_MS
from ..call.events import WordTiming
from ..errors import ExtraMissing, ProviderRefused, ProviderUnavailable
from ..providers import model_files
from ..recurring import Recurring
from ..workers.pool import QueueFull, WorkerPool
from .base import ListedVoice, Sound
from .sound_pieces import in_pieces
from .text_pieces import text_pieces

NAME = "hibari"
_PACKAGE = "hibari-tts"
_IMPORTED = ("hibari", "onnxruntime")
"""What the worker imports."""
_MOST_WAITING = 256
"""So many pieces may wait for the voice: more are refused rather than spoken seconds late."""
_PIECE_TIMEOUT_S = 10.0
"""A piece takes a fraction of a second; a voice that is silent for so long hangs."""


class _Shape(NamedTuple):
    """What a voice makes of the model: a factor of the pitch, and the samples from frame to frame."""

    pitch: float
    frame_samples: int


VOICES = {"heart": _Shape(1.0, 100), "heart-low": _Shape(0.55, 118)}
"""The model's own, and a lower one from the same model: pitch 0.55 of it, formants 0.85 (100 / 118).

Measured on ten telephone sentences with the local ear: 1.7 % of the words misread with the first, 2.5 % with
the second. Between the two (pitch 0.6 to 0.7, formants 0.85 to 0.93) it is 4.2 %.
"""

_LISTED = (
    ListedVoice("heart", "Heart", "en-US", "A woman, calm and clear"),
    ListedVoice("heart-low", "Heart, low", "en-US", "The same, with a man's pitch and formants"),
)
log = structlog.stdlib.get_logger(__name__)


class Hibari:
    """hibari as a `TextToSpeech`."""

    speaks = ("en",)
    voice_option = "voice"

    class Options(Struct, frozen=True):
        voice: Literal["heart", "heart-low"] = "heart"
        """`heart` is a woman's; `heart-low` is made from it, with a man's pitch and formants."""
        speed: Annotated[float, Meta(ge=0.5, le=2.0)] = 1.0
        """How fast it speaks; 1 is the model's own pace."""
        level_db: Annotated[float, Meta(ge=-40, le=-10)] = -20.0
        """Loudness on the line: RMS of the voice in dBFS."""
        voice_model: Annotated[str, Meta(max_length=1000)] = ""
        """The path of an ONNX model of hibari's kind, in place of the one in the package."""

    def __init__(self, options: Options) -> None:
        """Raises `ExtraMissing`, or `ConfigurationError` for a model file that is not there."""
        for package in _IMPORTED:
            if find_spec(package) is None:
                raise ExtraMissing("tts", NAME, "local", package)
        shape = VOICES[options.voice]
        self._pool = WorkerPool(
            "rapida.tts.hibari_worker",
            {
                "files": _files(options.voice_model),
                "own": bool(options.voice_model),
                "pitch": shape.pitch,
                "frame_samples": shape.frame_samples,
                "speed": options.speed,
                "level_db": options.level_db,
            },
            provider=NAME,
            queue_limit=_MOST_WAITING,
            job_timeout_s=_PIECE_TIMEOUT_S,
        )
        self._recurring = Recurring()

    @staticmethod
    async def voices(credential: Struct | None, base_url: str | None) -> tuple[ListedVoice, ...]:
        """All there are."""
        del credential, base_url
        return _LISTED

    async def start(self) -> None:
        """Start the process. Raises `ConfigurationError` for a file that is wrong, `ProviderUnavailable`."""
        await self._pool.start()

    async def aclose(self) -> None:
        await self._pool.aclose()

    async def synthesize(self, text: str) -> AsyncIterator[Sound]:
        """Speak one segment in pieces of at most 200 ms; each word comes with the piece it ends in.

        The words are those of `text` as written. A text of marks alone is silence. Raises
        `ProviderUnavailable`, and `ProviderRefused` for a text of which no word can be read.
        """
        spoken_ms = left_out = 0
        for piece in text_pieces(text):
            ulaw, timings, unread = await self._spoken(piece)
            left_out += unread
            words = [WordTiming(word, start + spoken_ms, end + spoken_ms) for word, start, end in timings]
            for sound in in_pieces(ulaw, words, spoken_ms):
                yield sound
            spoken_ms += len(ulaw) // SAMPLES_PER_MS
        if left_out and not spoken_ms:
            raise ProviderRefused(
                NAME,
                "this voice reads English in Latin letters, and found no such word in a text of "
                f"{len(text)} characters: take another `tts` for other languages, such as 'espeak'",
            )
        if not spoken_ms and text.strip():
            log.info("nothing_to_say", provider=NAME, characters=len(text))
        elif left_out and (untold := self._recurring.worth("left_out")) is not None:
            log.warning("words_left_out", provider=NAME, words=left_out, untold=untold)

    async def _spoken(self, piece: str) -> Any:
        """A piece of text as sound. Where the process died at it, the next one speaks it: none was heard."""
        try:
            return await self._pool.run(piece)
        except QueueFull:
            raise
        except ProviderUnavailable:
            return await self._pool.run(piece)


def _files(voice_model: str) -> dict[str, str]:
    """What the voice is made of, by name. Raises `ConfigurationError` for a file that is not there."""
    names = model_files.names_of(_PACKAGE)
    return {name: str(model_files.find(name, voice_model if name == NAME else "")) for name in names}
