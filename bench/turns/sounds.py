"""What the callers are made of: recordings of people, where they may pause, and other people's babble.

Recordings come from a folder given by path, or by `RAPIDA_BENCH_SPEECH`: WAV files, or 16-bit samples at
16 kHz (`.raw`), of one sentence each. There are none in the repository.
"""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rapida.audio import wav
from rapida.audio.g711 import RATE_HZ, decode_block
from rapida.audio.resample import Resampler

Samples = NDArray[np.float32]
"""8 kHz, full scale is 1."""

FOLDER = "RAPIDA_BENCH_SPEECH"
MS = RATE_HZ // 1000
SPEECH_DB = -23.0
"""How loud callers are: RMS of what is spoken, without the pauses."""
ROOM_DB = -66.0
RAW_HZ = 16_000
VOICES = ("en-us", "en-us+f3", "en+m3")
NODS = ("okay", "mm-hm", "right", "uh-huh")
NOD_MS = (400, 750)
LAYERS = 8
"""As many people babble at once."""
BABBLE_S = 30
_BLOCK = 10 * MS
_EDGE_DB = -25.0
"""Speech begins and ends where it first and last comes this near to its loudest 10 ms."""


@dataclass(frozen=True)
class Clip:
    """A stretch of speech, from its first sound to its last, and its words."""

    sound: Samples
    words: str

    @property
    def ms(self) -> int:
        return len(self.sound) // MS


class NoRecordings(Exception):
    """There is nothing to measure with; the message says what to do."""


def recordings(folder: str | None) -> list[Clip]:
    """Every recording below a folder, trimmed and equally loud. Raises `NoRecordings`."""
    place = folder or os.environ.get(FOLDER, "")
    paths = sorted(p for p in Path(place).rglob("*") if p.suffix in {".wav", ".raw"}) if place else []
    if not paths:
        raise NoRecordings(
            "The row 'turns' needs recordings of people: name a folder with WAV files of a sentence each in "
            f"{FOLDER} (pocketsphinx's test data will do)."
        )
    clips = [_trimmed(loaded(path)) for path in paths]
    return [Clip(sound, _counted_words(sound, number)) for number, sound in enumerate(clips)]


def _counted_words(sound: Samples, number: int) -> str:
    """Words of the script, about three a second: what was really said does not matter."""
    count = max(2, round(len(sound) / RATE_HZ * 3))
    return " ".join(f"word{number}x{nth}" for nth in range(count))


def loaded(path: Path) -> Samples:
    """A recording at 8 kHz."""
    content = path.read_bytes()
    rate_hz, pcm = RAW_HZ, content
    if path.suffix == ".wav":
        sound = wav.read(content)
        rate_hz, pcm = sound.format.rate_hz, sound.data
    resampler = Resampler(rate_hz, RATE_HZ)
    samples = np.frombuffer(resampler.feed(pcm) + resampler.flush(), np.int16)
    return samples.astype(np.float32) / np.float32(32768)


def _levels_db(sound: Samples) -> NDArray[Any]:
    blocks = sound[: len(sound) // _BLOCK * _BLOCK].reshape(-1, _BLOCK)
    return 10 * np.log10((blocks**2).mean(1) + 1e-12)


def _trimmed(sound: Samples) -> Samples:
    return at_level(_audible(sound), SPEECH_DB)


def _audible(sound: Samples) -> Samples:
    levels = _levels_db(sound)
    loud = np.flatnonzero(levels > levels.max() + _EDGE_DB)
    return sound[loud[0] * _BLOCK : (loud[-1] + 1) * _BLOCK]


def at_level(sound: Samples, level_db: float) -> Samples:
    """The same with its spoken part at a level."""
    power = (sound[: len(sound) // _BLOCK * _BLOCK].reshape(-1, _BLOCK) ** 2).mean(1)
    spoken = power[power > power.max() / 1000].mean()
    return (sound * np.float32(10 ** (level_db / 20) / np.sqrt(spoken))).astype(np.float32)


def pausing_places(clip: Clip, apart_ms: int = 600, most: int = 3) -> list[tuple[Clip, Clip]]:
    """The clip parted where it is quietest inside: each place where somebody may stop to think."""
    levels = np.convolve(_levels_db(clip.sound), np.ones(4) / 4, "same")
    margin, parts = apart_ms // 10, list[tuple[Clip, Clip]]()
    open_places = np.zeros(len(levels), bool)
    open_places[margin : len(levels) - margin] = True
    while open_places.any() and len(parts) < most:
        at = int(np.flatnonzero(open_places)[levels[open_places].argmin()])
        open_places[max(0, at - margin) : at + margin] = False
        words = clip.words.split()
        share = max(1, min(len(words) - 1, round(len(words) * at / len(levels))))
        before, after = _audible(clip.sound[: at * _BLOCK]), _audible(clip.sound[at * _BLOCK :])
        parts.append((Clip(before, " ".join(words[:share])), Clip(after, " ".join(words[share:]))))
    return parts


def room(ms: int, seed: int = 1) -> Samples:
    """A quiet line."""
    noise = np.random.default_rng(seed).normal(0, 10 ** (ROOM_DB / 20), ms * MS)
    return noise.astype(np.float32)


def babble(clips: list[Clip], level_db: float, seed: int) -> Samples:
    """Half a minute of several people who talk at once, to others; it may be repeated."""
    chance, length = np.random.default_rng(seed), BABBLE_S * RATE_HZ
    mixed = np.zeros(length, np.float32)
    for _ in range(LAYERS):
        order: list[int] = chance.permutation(len(clips)).tolist()
        talk = np.concatenate([clips[nth].sound for nth in order])
        mixed += np.roll(np.resize(talk, length), int(chance.integers(length)))
    return mixed * np.float32(10 ** (level_db / 20) / np.sqrt((mixed**2).mean()))


def human_nods(clips: list[Clip]) -> list[Clip]:
    """Half a second of a person's voice each, cut from a sentence, that counts as "okay"."""
    nods = list[Clip]()
    for number, clip in enumerate(clips):
        ms = NOD_MS[0] + 50 * (number % 8)
        cut = clip.sound[: ms * MS] * np.minimum(1, np.arange(ms * MS)[::-1] / (30 * MS)).astype(np.float32)
        nods.append(Clip(at_level(cut, SPEECH_DB), NODS[number % len(NODS)]))
    return nods


def spoken_nods() -> list[Clip]:
    """Nods in the voices of espeak-ng, slow enough to last."""
    return asyncio.run(_spoken_nods())


async def _spoken_nods() -> list[Clip]:
    from rapida.providers.build import build  # noqa: PLC0415
    from rapida.tts import CATALOGUE  # noqa: PLC0415

    nods = list[Clip]()
    for voice_name in VOICES:
        voice = build(CATALOGUE, "espeak", {"voice": voice_name, "rate_wpm": 110})
        await voice.start()
        try:
            for text in NODS:
                ulaw = b"".join([piece.ulaw async for piece in voice.synthesize(text)])
                nods.append(Clip(_trimmed(decode_block(ulaw).astype(np.float32) / np.float32(32768)), text))
        finally:
            await voice.aclose()
    return nods
