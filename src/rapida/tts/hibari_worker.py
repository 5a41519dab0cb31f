"""The process in which the local voice lives: a piece of text in, mu-law 8 kHz and word timings out.

Holds hibari's network and lexicons behind a pipe (`workers/child.py`), with one voice for the life of the
process and one thread. The network tells how long each phoneme is, so that the places of the words are known
exactly. Nothing here opens a connection: every file is one that is there already, and its hash is compared.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from ..audio.g711 import RATE_HZ, SAMPLES_PER_MS, encode_block
from ..errors import ConfigurationError
from ..providers import model_files
from ..workers.child import JobRefused, serve
from .loudness import gain, scaled
from .phonemes import Phonemes, SaidWord, session
from .silence import trimmed
from .vocoder import FRAME_SAMPLES, Frames, Vocoder
from .word_places import timed_words

OUTPUTS = ("lh", "theta", "ln", "lr", "phi", "f0", "/CumSum_output_0")
"""The curves of `Frames` in order, and where each phoneme ends."""
_END_STEP_MS = 25
"""The unit of the phonemes' ends: two frames."""
_EARLY_MS = 25
"""Sound begins so long before the label of its phoneme (median over 17 sentences; 6 to 60 ms)."""
_MOST_PHONEMES = 400
"""The network was taught with no longer sentences."""
_SILENCE = 120
"""Samples below this (of 32768) are silence: the network's own rises to 33 at -20 dBFS, and words fade."""
_TAILS_MS = {",": 250, ";": 250, ":": 250, "—": 250, "–": 250, ".": 200, "!": 200, "?": 200, "…": 200}
"""Silence after a piece by its last mark. The network itself makes a pause after a clause, too."""
_TAIL_MS = 20
"""After a piece that was cut between two words."""
_REFERENCE = "The quick brown fox jumps over the lazy dog."
"""What the voice's loudness is measured on, once."""


class HibariSettings(Struct, frozen=True):
    """What the process is made from: its files by name, whether the model is a user's own, and the voice."""

    files: dict[str, str]
    own: bool
    pitch: float
    frame_samples: int
    speed: float
    level_db: float


class _Speech(NamedTuple):
    """A few words' samples (8 kHz), and where each word begins."""

    samples: NDArray[np.float32]
    places_ms: list[float]


class Network:
    """hibari's network, or one that takes and gives the same."""

    def __init__(self, place: Path) -> None:
        try:
            self._session = session(with_output(place.read_bytes(), OUTPUTS[-1]))
            names = [each.name for each in self._session.get_outputs()]
            inputs = [each.name for each in self._session.get_inputs()]
        except Exception as wrong:  # the runtime's errors have no common class of their own
            raise JobRefused(f"{place} is no model of hibari's kind: {str(wrong).splitlines()[0]}") from wrong
        if set(inputs) != {"ids", "speed"} or not set(OUTPUTS) <= set(names):
            raise JobRefused(
                f"{place} is no model of hibari's kind: it takes {', '.join(inputs)} and gives "
                f"{', '.join(names)}"
            )

    def run(self, symbols: Sequence[int], speed: float) -> tuple[Frames, NDArray[np.float32]]:
        """The frames of a text, and where each of its symbols ends, in steps of 25 ms."""
        given = {"ids": np.array([symbols], np.int64), "speed": np.array([speed], np.float32)}
        outputs: list[NDArray[np.float32]] = self._session.run(list(OUTPUTS), given)
        return Frames(*(curve[0] for curve in outputs[:-1])), outputs[-1].ravel()


def with_output(model: bytes, name: str) -> bytes:
    """An ONNX model that also gives its inner value `name`.

    A message that comes twice in a protobuf is merged, so that a second `graph` with one output in it adds
    that output: https://protobuf.dev/programming-guides/encoding/#last-one-wins, the fields being those of
    onnx.proto (ModelProto.graph = 7, GraphProto.output = 12, ValueInfoProto.name = 1).
    """
    output = b"\x0a" + bytes([len(name)]) + name.encode()
    graph = b"\x62" + bytes([len(output)]) + output
    return model + b"\x3a" + bytes([len(graph)]) + graph


class Voice:
    """The network and what turns words into its symbols and its curves into sound."""

    def __init__(self, settings: HibariSettings) -> None:
        files = {name: Path(place) for name, place in settings.files.items()}
        self._network = Network(files["hibari"])
        self._symbols: dict[str, int] = msgspec.json.decode(files["hibari-symbols"].read_bytes())
        self.phonemes = Phonemes(files)
        self._vocoder = Vocoder(settings.pitch, settings.frame_samples)
        self._stretch = settings.frame_samples / FRAME_SAMPLES
        # Frames further apart last longer; what is left is what the user asked for.
        self._speed = settings.speed * self._stretch

    def speak(self, words: Sequence[SaidWord]) -> _Speech:
        """The sound of `words`, with the network's own silence around it."""
        symbols, begins = [0], list[int]()
        for word in words:
            begins.append(len(symbols))
            symbols += [self._symbols[each] for each in word.phonemes if each in self._symbols]
        frames, ends = self._network.run([*symbols, 0], self._speed)
        step_ms = _END_STEP_MS * self._stretch
        places = [float(ends[at - 1]) * step_ms - _EARLY_MS for at in begins]
        return _Speech(self._vocoder.samples(frames), places)


def prepare(settings: Any) -> Callable[[Any], Any]:
    """Load the voice, measure its loudness, and return the work.

    That is: text → (mu-law, [(word, start, end) ms], how many words could not be read).
    """
    wanted = msgspec.convert(settings, HibariSettings)
    try:
        _check(wanted)
        voice = Voice(wanted)
    except ConfigurationError as wrong:
        raise JobRefused(str(wrong)) from wrong
    reference = voice.speak(voice.phonemes.words(voice.phonemes.readable(_REFERENCE)))
    factor = gain(reference.samples * 32768, wanted.level_db) * 32768

    def work(text: Any) -> Any:
        read = voice.phonemes.readable(text)
        words = voice.phonemes.words(read)
        sound, places = _joined(voice, words, factor, _TAILS_MS.get(text.rstrip()[-1:], _TAIL_MS))
        if not len(sound):
            return b"", [], read.left_out
        heard = [(word.character, place) for word, place in zip(words, places, strict=True) if word.sounds]
        characters, places_ms = [character for character, _ in heard], [place for _, place in heard]
        timings = timed_words(read.parts, characters, places_ms, len(sound) * 1000 / RATE_HZ)
        return encode_block(sound), timings, read.left_out

    return work


def _check(settings: HibariSettings) -> None:
    """Raises `ConfigurationError` for a file that is not the one that we know; nobody knows a user's own."""
    for name, place in settings.files.items():
        if name != "hibari" or not settings.own:
            model_files.check(name, Path(place))


def _joined(
    voice: Voice, words: Sequence[SaidWord], factor: float, tail_ms: int
) -> tuple[NDArray[np.int16], list[float]]:
    """The sound of all words, piece by piece, with little silence around each; and where each word begins."""
    sounds: list[NDArray[np.int16]] = []
    places: list[float] = []
    at_ms = 0.0
    for piece in _pieces(words):
        speech = voice.speak(piece)
        sound, cut_ms = trimmed(scaled(speech.samples, factor), _SILENCE, tail_ms)
        places += [at_ms + place - cut_ms for place in speech.places_ms]
        sounds.append(sound)
        at_ms += len(sound) / SAMPLES_PER_MS
    whole_ms = np.zeros(-sum(map(len, sounds)) % SAMPLES_PER_MS, np.int16)
    return np.concatenate([*sounds, whole_ms]), places


def _pieces(words: Sequence[SaidWord]) -> Iterator[Sequence[SaidWord]]:
    """As many words at a time as the network takes; none where nothing would sound."""
    begin = length = 0
    for at, word in enumerate(words):
        length += len(word.phonemes)
        if length > _MOST_PHONEMES and at > begin:
            yield words[begin:at]
            begin, length = at, len(word.phonemes)
    if any(word.sounds for word in words[begin:]):
        yield words[begin:]


if __name__ == "__main__":
    serve(prepare)
