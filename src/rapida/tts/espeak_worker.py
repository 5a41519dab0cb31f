"""The process in which espeak-ng lives: a sentence in, mu-law 8 kHz and word timings out.

espeak-ng is GPL and keeps one global state, so it is loaded here and nowhere else, behind a pipe
(`workers/child.py`), with one voice for the life of the process. Decides how loud the voice is on the
telephone, how much silence stays around a sentence, and where each *written* word lies in the sound although
numbers and addresses are said in other words.
"""

from __future__ import annotations

import ctypes
from bisect import bisect_left
from collections.abc import Callable
from itertools import pairwise
from re import finditer
from typing import Any, NamedTuple

import espeakng_loader
import numpy as np
from msgspec import Struct, convert
from numpy.typing import NDArray

from ..audio.g711 import RATE_HZ, encode_block
from ..audio.resample import Resampler
from ..text.spoken import pieces
from ..workers.child import JobRefused, serve

# espeak-ng's speak_lib.h: the numbers of its interface.
_AUDIO_OUTPUT_SYNCHRONOUS = 2
_INITIALIZE_DONT_EXIT = 0x8000
_CHARS_UTF8 = 1
_PARAMETERS = {"rate_wpm": 1, "pitch": 3, "pitch_range": 4}
_EVENT_LIST_TERMINATED = 0
_EVENT_WORD = 1

_LEAD_SAMPLES = RATE_HZ * 20 // 1000
_TAIL_SAMPLES = RATE_HZ * 120 // 1000
"""Silence before and after a sentence: the tail is the breath between two of them."""
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
    gain = _gain(_to_telephone(engine.speak(_REFERENCE)[0], engine.rate_hz), wanted.level_db)

    def work(text: Any) -> Any:
        said = pieces(text, language)
        sound, starts = engine.speak("".join(piece.said for piece in said))
        samples, cut = _trimmed(_to_telephone(sound, engine.rate_hz))
        loud = np.clip(samples * gain, -32768, 32767).astype(np.int16)
        characters = [start.character for start in starts]
        places_ms = [start.sample * 1000 / engine.rate_hz - cut * 1000 / RATE_HZ for start in starts]
        return encode_block(loud), timed_words(said, characters, places_ms, len(loud) * 1000 / RATE_HZ)

    return work


def _to_telephone(samples: NDArray[np.int16], rate_hz: int) -> NDArray[np.int16]:
    resampler = Resampler(rate_hz, RATE_HZ)
    # Block by block: the resampler works on some eighty times what it is given, and that should fit a cache.
    blocks = [resampler.feed(samples[at : at + 1024].tobytes()) for at in range(0, len(samples), 1024)]
    return np.frombuffer(b"".join(blocks) + resampler.flush(), np.int16)


def _gain(samples: NDArray[np.int16], level_db: float) -> float:
    """The factor that brings the voiced part of `samples` to `level_db` (RMS, dBFS)."""
    frame = RATE_HZ // 50
    frames = samples[: len(samples) // frame * frame].reshape(-1, frame).astype(np.float64)
    power = (frames**2).mean(axis=1)
    voiced = power[power > power.max() / 1000]
    return float(32768 * 10 ** (level_db / 20) / np.sqrt(voiced.mean()))


def _trimmed(samples: NDArray[np.int16]) -> tuple[NDArray[np.int16], int]:
    """The sound with a little silence around it (none if it is all silence), and how much was cut before."""
    loud = np.flatnonzero(np.abs(samples.astype(np.int32)) > _SILENCE)
    if not len(loud):
        return samples[:0], 0
    first = max(0, int(loud[0]) - _LEAD_SAMPLES)
    end = int(loud[-1]) + 1 + _TAIL_SAMPLES
    lacking = max(0, end - len(samples))
    return np.concatenate((samples[first:end], np.zeros(lacking, np.int16))), first


def timed_words(
    said: list[Any], characters: list[int], places_ms: list[float], duration_ms: float
) -> list[tuple[str, int, int]]:
    """Each written word with its start and end.

    `said` are the pieces of the text; word starts are known at `characters` of what was said, at `places_ms`
    of the sound. A word that espeak read as such begins exactly there; one inside a rewritten piece ("3," of
    "March 3, 2026") gets its share of the time around it.
    """
    written_at, exact = _written_places(said, characters)
    text = "".join(piece.written for piece in said)
    anchors = [0.0, *written_at, float(len(text))]
    times = np.clip(np.maximum.accumulate([0.0, *places_ms, duration_ms]), 0, duration_ms)
    tokens = list(finditer(r"\S+", text))
    starts: list[float] = []
    for token in tokens:
        at = bisect_left(exact, token.start())
        known = at < len(exact) and exact[at] < token.end()
        starts.append(float(np.interp(exact[at] if known else token.start(), anchors, times)))
    edges = [round(start) for start in starts] + [round(duration_ms)]
    return [
        (token.group(), start, max(start, end))
        for token, (start, end) in zip(tokens, pairwise(edges), strict=True)
    ]


def _written_places(said: list[Any], characters: list[int]) -> tuple[list[float], list[float]]:
    """Positions in what was said → in what was written; and those of them that are exact."""
    places: list[float] = []
    exact: list[float] = []
    ends_said: list[int] = []
    begins_written: list[int] = []
    said_at = written_at = 0
    for piece in said:
        begins_written.append(written_at)
        said_at += len(piece.said)
        written_at += len(piece.written)
        ends_said.append(said_at)
    for character in characters:
        number = min(bisect_left(ends_said, character + 1), len(said) - 1)
        piece = said[number]
        inside = character - (ends_said[number] - len(piece.said))
        if piece.said == piece.written:
            places.append(begins_written[number] + inside)
            exact.append(places[-1])
        else:
            share = inside / len(piece.said) if piece.said else 0
            places.append(begins_written[number] + share * len(piece.written))
    return places, exact


if __name__ == "__main__":
    serve(prepare)
