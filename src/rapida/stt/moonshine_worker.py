"""The process in which Moonshine listens: one utterance and the phrases expected in, the words out.

Decides what of a transcript is believed. The model writes something about any sound: "You" about silence and
keys, whole sentences about noise. So a sound without pitch is not listened to at all, and a transcript that
the model itself finds unlikely, that is the word "You" alone, or that is too long or too short for its sound,
is none.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from msgspec import Struct, convert

from ..audio.g711 import RATE_HZ, decode_block, encode_block
from ..audio.resample import Resampler
from ..errors import ConfigurationError
from ..providers.model_files import check
from ..workers.child import JobRefused, serve
from .moonshine_model import RATE_HZ as MODEL_HZ
from .moonshine_model import Floats, MoonshineModel
from .moonshine_search import Written, greedy, with_phrases
from .phrase_bonus import PhraseBonus
from .voicing import HOP_MS, voiced

_PAD = np.zeros(MODEL_HZ // 5, np.float32)
"""0.2 s of silence before and after: 3.4 % of 268 words wrong over the telephone, 5.6 % without."""
_LEAST_VOICED_MS = 50
"""Less pitch than this is no answer but a cough or a knock."""
_EMPTY_WORDS = frozenset({"", "you", "thankyouforwatching", "thanksforwatching"})
"""What the model writes about silence, tones, keys and music, whose captions it was trained on."""
_MOST_LETTERS_PER_S = 30.0
"""Hurried speech has some 20 a second; what is faster was written, and not said."""
_LEAST_LETTERS_PER_S = 2.0
"""Of what is voiced: drawled speech has 5; music and babble get a word or two for many seconds."""
_QUESTIONS = 64
"""Phrases are kept for as many questions."""


class ModelPlaces(Struct, frozen=True):
    """Where the model's files lie. `pinned`: they are those that we know, and their hashes are compared."""

    encoder: str
    decoder: str
    tokens: str
    pinned: bool = True


class SpokenUtterance(Struct, frozen=True, array_like=True):
    """A job: mu-law 8 kHz, and what is expected to be said, if anything is."""

    ulaw: bytes
    phrases: tuple[str, ...] = ()


class HeardUtterance(Struct, frozen=True, array_like=True):
    """An answer: the words with their punctuation, empty for none, and how sure the model is (0 to 1)."""

    text: str = ""
    confidence: float = 0.0


class Listening:
    """The model, and the phrases of the questions that are in use."""

    def __init__(self, model: MoonshineModel) -> None:
        self._model = model
        self._phrases: OrderedDict[tuple[str, ...], PhraseBonus] = OrderedDict()

    def hear(self, utterance: SpokenUtterance) -> HeardUtterance:
        """The words of an utterance."""
        samples = decode_block(utterance.ulaw)
        voiced_ms = int(np.count_nonzero(voiced(samples))) * HOP_MS
        if voiced_ms < _LEAST_VOICED_MS:
            return HeardUtterance()
        sound = wide_band(samples.tobytes())
        if utterance.phrases:
            transcript = with_phrases(self._model, sound, self._bonus(utterance.phrases))
        else:
            transcript = greedy(self._model, sound)
        if not credible(transcript.text, voiced_ms, len(samples) / RATE_HZ):
            return HeardUtterance()
        return HeardUtterance(transcript.text, confidence_of(transcript))

    def _bonus(self, phrases: tuple[str, ...]) -> PhraseBonus:
        if (known := self._phrases.pop(phrases, None)) is None:
            known = PhraseBonus(phrases)
        self._phrases[phrases] = known
        if len(self._phrases) > _QUESTIONS:
            self._phrases.popitem(last=False)
        return known


def credible(text: str, voiced_ms: int, sound_s: float) -> bool:
    """Whether a text can be what was said in a sound."""
    letters = sum(letter.isalnum() for letter in text)
    if "".join(letter for letter in text.lower() if letter.isalnum()) in _EMPTY_WORDS:
        return False
    return _LEAST_LETTERS_PER_S * voiced_ms / 1000 <= letters <= _MOST_LETTERS_PER_S * max(sound_s, 0.2)


def confidence_of(transcript: Written) -> float:
    """The geometric mean of its tokens' probabilities."""
    return round(math.exp(transcript.mean_log_probability), 3)


def wide_band(pcm: bytes) -> Floats:
    """8 kHz samples → 16 kHz, full scale 1, with silence around."""
    resampler = Resampler(RATE_HZ, MODEL_HZ)
    wide = np.frombuffer(resampler.feed(pcm) + resampler.flush(), np.int16).astype(np.float32)
    return np.concatenate((_PAD, wide / np.float32(32768), _PAD))


def load(places: ModelPlaces) -> MoonshineModel:
    """The model, from files that are what they should be. Raises `JobRefused`."""
    if places.pinned:
        for name, place in (
            ("moonshine-encoder", places.encoder),
            ("moonshine-decoder", places.decoder),
            ("moonshine-tokens", places.tokens),
        ):
            try:
                check(name, Path(place))
            except ConfigurationError as wrong:
                raise JobRefused(str(wrong)) from wrong
    try:
        return MoonshineModel(Path(places.encoder), Path(places.decoder), Path(places.tokens))
    except Exception as wrong:
        # onnxruntime's errors share no class of their own; whatever it is, the files are no such model.
        raise JobRefused(f"{places.encoder} and its companions are no Moonshine model: {wrong}") from wrong


def prepare(settings: Any) -> Callable[[Any], Any]:
    """Load the model, and hear something once so that the first caller does not wait for it."""
    listening = Listening(load(convert(settings, ModelPlaces)))
    hum = encode_block((8000 * np.sin(np.arange(RATE_HZ) / 10)).astype(np.int16))
    listening.hear(SpokenUtterance(hum, ("yes",)))
    return lambda body: listening.hear(convert(body, SpokenUtterance))


if __name__ == "__main__":
    serve(prepare)
