"""The process in which espeak-ng lives: a sentence in, mu-law 8 kHz and word timings out.

espeak-ng is GPL and keeps one global state, so it is loaded here and nowhere else, behind a pipe
(`workers/child.py`), with one voice for the life of the process. Loudness, silence around a sentence and the
places of its written words are as with every voice of ours (`loudness.py`, `silence.py`, `word_places.py`).
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any, NamedTuple

import espeakng_loader
import numpy as np
from msgspec import Struct, convert
from numpy.typing import NDArray

from ..audio.g711 import RATE_HZ, encode_block
from ..audio.resample import Resampler
from ..text.spoken import pieces
from ..workers.child import JobRefused, serve
from .loudness import gain, scaled
from .silence import trimmed
from .word_places import timed_words

# espeak-ng's speak_lib.h: the numbers of its interface.
_AUDIO_OUTPUT_SYNCHRONOUS = 2
_INITIALIZE_DONT_EXIT = 0x8000
_CHARS_UTF8 = 1
_PARAMETERS = {"rate_wpm": 1, "pitch": 3, "pitch_range": 4}
_EVENT_LIST_TERMINATED = 0
_EVENT_WORD = 1

_TAIL_MS = 120
"""Silence after a sentence: the breath between two of them."""
_SILENCE = 40
"""Samples below this (of 32768) are silence: espeak's own is exact zero, plus the filter's ripple."""
_REFERENCE = "The quick brown fox jumps over the lazy dog."
"""What the voice's loudness is measured on, once."""


class EspeakSettings(Struct, frozen=True):
    """What the process is made from; the meaning of each is told in `espeak.py`."""

    voice: str
    rate_wpm: int
    pitch: int
    pitch_range: int
    level_db: float


class _Identity(ctypes.Union):
    _fields_ = (("number", ctypes.c_int), ("name", ctypes.c_char_p), ("string", ctypes.c_char * 8))


class _Event(ctypes.Structure):
    _fields_ = (
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", _Identity),
    )


_Callback = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event)
)


class WordStart(NamedTuple):
    """espeak says that the word at `character` of what it reads begins at `sample`."""

    character: int
    sample: int


class Engine:
    """libespeak-ng with one voice set. Not thread-safe, and only one per process."""

    def __init__(self, settings: EspeakSettings) -> None:
        self._library = ctypes.CDLL(espeakng_loader.get_library_path())
        data = espeakng_loader.get_data_path().encode()
        self.rate_hz: int = self._library.espeak_Initialize(
            _AUDIO_OUTPUT_SYNCHRONOUS, 0, data, _INITIALIZE_DONT_EXIT
        )
        if self.rate_hz <= 0:
            raise JobRefused("espeak-ng cannot read its data; reinstall the package espeakng_loader")
        if self._library.espeak_SetVoiceByName(settings.voice.encode()) != 0:
            raise JobRefused(
                f"espeak-ng has no voice {settings.voice!r}; try 'en-us', 'en-us+f3' or 'en' (British)"
            )
        for name, number in _PARAMETERS.items():
            self._library.espeak_SetParameter(number, getattr(settings, name), 0)
        self._sound: list[bytes] = []
        self._words: list[WordStart] = []
        self._callback = _Callback(self._on_sound)  # espeak keeps the pointer: it must live as long as this
        self._library.espeak_SetSynthCallback(self._callback)

    def speak(self, text: str) -> tuple[NDArray[np.int16], list[WordStart]]:
        """`text` as samples at `rate_hz`, and where its words begin."""
        self._sound, self._words = [], []
        written = text.replace("\0", " ").encode()
        status = self._library.espeak_Synth(
            ctypes.c_char_p(written),
            ctypes.c_size_t(len(written) + 1),
            ctypes.c_uint(0),
            ctypes.c_int(0),
            ctypes.c_uint(0),
            ctypes.c_uint(_CHARS_UTF8),
            None,
            None,
        )
        if status != 0:
            raise JobRefused(f"espeak-ng could not speak a text of {len(text)} characters (status {status})")
        return np.frombuffer(b"".join(self._sound), np.int16), self._words

    def _on_sound(self, samples: Any, count: int, events: Any) -> int:
        if samples and count > 0:
            self._sound.append(ctypes.string_at(samples, 2 * count))
        at = 0
        while events[at].type != _EVENT_LIST_TERMINATED:
            if events[at].type == _EVENT_WORD:
                self._words.append(WordStart(events[at].text_position - 1, events[at].sample))
            at += 1
        return 0


def prepare(settings: Any) -> Callable[[Any], Any]:
    """Load espeak-ng, measure its loudness, and return the work: text → (mu-law, [(word, start, end) ms])."""
    wanted = convert(settings, EspeakSettings)
    engine = Engine(wanted)
    language = wanted.voice.partition("+")[0]
    factor = gain(_to_telephone(engine.speak(_REFERENCE)[0], engine.rate_hz), wanted.level_db)

    def work(text: Any) -> Any:
        said = pieces(text, language)
        sound, starts = engine.speak("".join(piece.said for piece in said))
        samples, cut = trimmed(_to_telephone(sound, engine.rate_hz), _SILENCE, _TAIL_MS)
        loud = scaled(samples, factor)
        characters = [start.character for start in starts]
        places_ms = [start.sample * 1000 / engine.rate_hz - cut for start in starts]
        return encode_block(loud), timed_words(said, characters, places_ms, len(loud) * 1000 / RATE_HZ)

    return work


def _to_telephone(samples: NDArray[np.int16], rate_hz: int) -> NDArray[np.int16]:
    resampler = Resampler(rate_hz, RATE_HZ)
    # Block by block: the resampler works on some eighty times what it is given, and that should fit a cache.
    blocks = [resampler.feed(samples[at : at + 1024].tobytes()) for at in range(0, len(samples), 1024)]
    return np.frombuffer(b"".join(blocks) + resampler.flush(), np.int16)


if __name__ == "__main__":
    serve(prepare)
