"""The process in which pocketsphinx listens: one utterance and its grammar in, the words out.

The decoder holds Python's lock for as long as it works, so it lives here and nowhere else, behind a pipe
(`workers/child.py`). Decides how telephone sound is made to resemble the wide-band speech that the bundled
English model was trained on, and when what was heard is no sentence of the grammar at all: a second pass
listens for any sounds of speech whatever, and a sentence must explain the utterance nearly as well as that. A
sound without pitch is not listened to at all.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import numpy as np
import pocketsphinx as untyped
from msgspec import Struct, convert
from numpy.typing import NDArray

from ..audio.g711 import RATE_HZ, decode_block, encode_block
from ..workers.child import JobRefused, serve
from .spelling import pronounce
from .voicing import HOP_MS, voiced

sphinx: Any = untyped

_PAD_MS = 150
"""Silence put around an utterance: the model expects to hear where speech begins and ends."""
_NOISE_RMS = 60.0
"""Comfort noise (of 32768; -55 dBFS): the model normalises against silence, and digital silence misleads it.
Measured over 357 espeak utterances: without it four-phrase menus fell from 28/28 to 17/28."""
_IMAGE_SHARE = 0.1
"""How much of the mirrored telephone band fills the empty octave above 4 kHz. Measured: three departments
16/21 without, 19-20/21 with; single digits 46/70 and 52/70."""
_TAPS = 61
"""With a Hamming window the step from band to mirror is then some 0.9 kHz wide."""
_WEIGHED = 1024
"""pocketsphinx shifts its scores by ten bits; a difference of theirs times this is in nats."""
_ENOUGH = -1.6
"""Nats per frame of speech by which a sentence may explain the sound worse than free phones do and still have
even odds. Measured: correct sentences kept 92-100 %, other speech refused 50-80 %, coughs 75-100 %."""
_LEAST_FRAMES = 20
"""A shorter sentence is judged as if it were 200 ms long: the odds of a few frames say little."""
_LEAST_VOICED_MS = 50
"""Less pitch than this is no answer but a cough or a knock."""
_LEAST_COVERED = 0.5
"""The words found must lie where at least this share of the voice is; the rest was not silence."""
_FRAME_MS = 10
"""The recogniser's own step."""
_GRAMMARS = 64
"""So many questions' grammars stay compiled: an assistant asks fewer, and each takes some 100 kB."""
_PHONES = "phones"


class SpokenSound(Struct, frozen=True, array_like=True):
    """A job: mu-law 8 kHz, and the grammar by which to hear it."""

    ulaw: bytes
    rule: str
    words: tuple[str, ...]


class HeardWords(Struct, frozen=True, array_like=True):
    """An answer: the words, empty for none; where they lie in the utterance; and the odds of being right."""

    text: str = ""
    start_ms: int = 0
    end_ms: int = 0
    confidence: float = 0.0


class Recogniser:
    """One decoder with its grammars."""

    def __init__(self) -> None:
        model = f"{sphinx.get_model_path()}/en-us"
        # Their log goes to the same pipe as their errors, which are handled here: a word that is not known.
        self._decoder = sphinx.Decoder(
            hmm=f"{model}/en-us", dict=f"{model}/cmudict-en-us.dict", lm=None, loglevel="FATAL"
        )
        self._decoder.add_allphone_file(_PHONES, f"{model}/en-us-phone.lm.bin")
        self._grammars: OrderedDict[str, str] = OrderedDict()
        self._made = 0

    def hear(self, utterance: SpokenSound) -> HeardWords:
        """The sentence of the grammar that the utterance is, or no words."""
        pitch = voiced(decode_block(utterance.ulaw))
        if np.count_nonzero(pitch) * HOP_MS < _LEAST_VOICED_MS:
            return HeardWords()
        sound = wide_band(utterance.ulaw)
        score, text, spans = self._decode(self._grammar(utterance), sound)
        spans = [span for span in spans if not span[0].startswith(("<", "["))]
        if not text or not spans:
            return HeardWords()
        start_ms = max(0, spans[0][1] * _FRAME_MS - _PAD_MS)
        end_ms = max(0, (spans[-1][2] + 1) * _FRAME_MS - _PAD_MS)
        covered = np.count_nonzero(pitch[start_ms // HOP_MS : end_ms // HOP_MS])
        if covered < _LEAST_COVERED * np.count_nonzero(pitch):
            return HeardWords()
        phones_score, _, _ = self._decode(_PHONES, sound)
        frames = max(_LEAST_FRAMES, sum(end - start + 1 for _, start, end in spans))
        odds = (math.log(score) - math.log(phones_score)) * _WEIGHED / frames - _ENOUGH
        confidence = 1 / (1 + math.exp(-max(-30.0, min(30.0, odds))))
        return HeardWords(text, start_ms, end_ms, round(confidence, 3))

    def _decode(self, search: str, sound: bytes) -> tuple[float, str, list[tuple[str, int, int]]]:
        decoder = self._decoder
        decoder.activate_search(search)
        decoder.start_utt()
        decoder.process_raw(sound, no_search=False, full_utt=True)
        decoder.end_utt()
        found = decoder.hyp()
        if found is None:
            return 1.0, "", []
        spans = [(segment.word, segment.start_frame, segment.end_frame) for segment in decoder.seg()]
        return found.best_score, found.hypstr, spans

    def _grammar(self, utterance: SpokenSound) -> str:
        """The search for a rule, made once and kept while it is in use."""
        if (name := self._grammars.get(utterance.rule)) is not None:
            self._grammars.move_to_end(utterance.rule)
            return name
        for word in utterance.words:
            self._learn(word)
        self._made += 1
        name = f"g{self._made}"
        try:
            self._decoder.add_jsgf_string(
                name, f"#JSGF V1.0;\ngrammar {name};\npublic <{name}> = {utterance.rule};\n"
            )
        except ValueError as error:
            raise JobRefused(f"pocketsphinx cannot read the grammar {utterance.rule[:200]!r}") from error
        self._grammars[utterance.rule] = name
        if len(self._grammars) > _GRAMMARS:
            self._decoder.remove_search(self._grammars.popitem(last=False)[1])
        return name

    def _learn(self, word: str) -> None:
        if self._decoder.lookup_word(word) is not None:
            return
        phones = self._compound(word) or pronounce(word)
        if not phones:
            raise JobRefused(f"nobody can tell how {word!r} sounds in English; write the phrase another way")
        self._decoder.add_word(word, phones, True)

    def _compound(self, word: str) -> str:
        """The phones of two known words written as one ("voicemail"), the more even the better."""
        cuts = sorted(range(3, len(word) - 2), key=lambda cut: abs(cut - len(word) / 2))
        for cut in cuts:
            parts = [self._decoder.lookup_word(part) for part in (word[:cut], word[cut:])]
            if all(parts):
                return " ".join(parts)
        return ""


def wide_band(ulaw: bytes) -> bytes:
    """Telephone sound → 16 kHz samples, with silence around, a floor of noise, and a filled upper octave."""
    padding = np.zeros(_PAD_MS * RATE_HZ // 1000)
    sound = np.concatenate((padding, decode_block(ulaw), padding))
    sound += np.random.default_rng(0).normal(0.0, _NOISE_RMS, len(sound))
    stuffed = np.zeros(2 * len(sound))
    stuffed[::2] = 2 * sound  # this mirrors the band at 4 kHz
    wide = np.convolve(stuffed, _FILTER, "same")
    return np.clip(wide, -32768, 32767).astype(np.int16).tobytes()


def _band_filter() -> NDArray[np.float64]:
    """Passes what lies below 4 kHz, and `_IMAGE_SHARE` of what lies above."""
    at = np.arange(_TAPS) - _TAPS // 2
    low = 0.5 * np.sinc(0.5 * at) * np.hamming(_TAPS)
    return (1 - _IMAGE_SHARE) * low + _IMAGE_SHARE * (at == 0)


_FILTER = _band_filter()


def prepare(_settings: Any) -> Callable[[Any], Any]:
    """Load the model, and hear something once so that the first caller does not wait for it."""
    recogniser = Recogniser()
    hum = encode_block((8000 * np.sin(np.arange(RATE_HZ) / 10)).astype(np.int16))
    recogniser.hear(SpokenSound(hum, "yes | no", ("yes", "no")))
    return lambda body: recogniser.hear(convert(body, SpokenSound))


if __name__ == "__main__":
    serve(prepare)
