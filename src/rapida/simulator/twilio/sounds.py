"""Sounds a caller makes: files, coughs, tones and noise as mu-law 8 kHz; and a script made ready to perform.

Everything generated is the same for the same seed. Words come from whatever voice is passed in.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...audio import g711, resample, wav
from ...errors import ConfigurationError
from .caller import Cue
from .loudness import RATE_HZ
from .script import Cough, HangUp, Keys, Nothing, PlayUlaw, PlayWav, Say, Script, Step, Tone

Speak = Callable[[str], Awaitable[bytes]]
"""Turns words into mu-law 8 kHz."""

Sounding = Say | PlayWav | PlayUlaw | Cough | Tone
"""Steps that are heard."""
Samples = NDArray[np.float64]
FULL_SCALE = 32767.0
"""A 16 bit sample's largest value."""


def cough(ms: float = 250.0, *, seed: int = 0, peak: float = 0.5) -> bytes:
    """A cough: a hard burst and a softer one of noise between 200 Hz and 2 kHz, `peak` of full scale."""
    count = round(ms * RATE_HZ / 1000)
    at = np.arange(count) / max(count, 1)
    envelope = np.minimum(at / 0.04, 1.0) * np.exp(-6.0 * at)
    envelope += (
        0.5 * np.minimum(np.maximum(at - 0.5, 0.0) / 0.04, 1.0) * np.exp(-7.0 * np.maximum(at - 0.5, 0.0))
    )
    return _ulaw(_peak(_band(_white(count, seed), 200.0, 2000.0) * envelope, peak))


def tone(hz: float = 440.0, ms: float = 500.0, *, dbfs: float = -12.0) -> bytes:
    """A sine, `dbfs` at its peak."""
    at_s = np.arange(round(ms * RATE_HZ / 1000)) / RATE_HZ
    return _ulaw(np.sin(2 * np.pi * hz * at_s) * 10 ** (dbfs / 20))


def noise(ms: float, *, dbfs: float, seed: int = 0) -> bytes:
    """White noise whose RMS is `dbfs`."""
    return _ulaw(_noise(round(ms * RATE_HZ / 1000), dbfs, seed))


def silence(ms: float) -> bytes:
    return g711.SILENCE * round(ms * RATE_HZ / 1000)


def with_noise(ulaw: bytes, *, dbfs: float, seed: int = 0) -> bytes:
    """Sound with white noise of `dbfs` RMS laid under it."""
    samples = g711.decode_block(ulaw).astype(np.float64) / FULL_SCALE
    return _ulaw(samples + _noise(len(ulaw), dbfs, seed))


def read_wav(path: Path) -> bytes:
    """A WAV file of any rate, its first channel, as mu-law 8 kHz. Raises `ConfigurationError`."""
    try:
        sound = wav.read(path.read_bytes())
    except OSError as wrong:
        raise ConfigurationError(f"the WAV file {path} cannot be read: {wrong.strerror}") from wrong
    except wav.NotWav as wrong:
        raise ConfigurationError(f"{path} cannot be played: {wrong}") from wrong
    form = sound.format
    if form.encoding == "ulaw":
        pcm = g711.decode_block(sound.data[:: form.channels]).tobytes()
    else:
        pcm = np.frombuffer(sound.data, "<i2")[:: form.channels].astype(np.int16).tobytes()
    if form.rate_hz != RATE_HZ:
        resampler = resample.Resampler(form.rate_hz, RATE_HZ)
        pcm = resampler.feed(pcm) + resampler.flush()
    return g711.encode_block(np.frombuffer(pcm, np.int16))


async def prepare(script: Script, speak: Speak | None = None, *, meanwhile: bool = False) -> tuple[Cue, ...]:
    """Turn a script's steps into cues with sound. Raises `ConfigurationError` when words lack a voice.

    `meanwhile`: words are made while the call goes on, one after the other; their steps wait for them.
    """
    voice = _in_turn(speak) if meanwhile and speak else speak
    return tuple(
        [
            await _cue(step, script, voice, seed, meanwhile=meanwhile)
            for seed, step in enumerate(script.steps, script.seed)
        ]
    )


def _in_turn(speak: Speak) -> Speak:
    """The first words first: a voice that is asked for all at once makes the last as soon."""
    turns = asyncio.Lock()

    async def one(text: str) -> bytes:
        async with turns:
            return await speak(text)

    return one


def surroundings(script: Script) -> bytes:
    """The caller's background: one second that is repeated, or nothing."""
    return b"" if script.noise_dbfs is None else noise(1000, dbfs=script.noise_dbfs, seed=script.seed)


async def _cue(step: Step, script: Script, speak: Speak | None, seed: int, *, meanwhile: bool) -> Cue:
    what, patience_s = step.what, step.patience_s
    match what:
        case Keys(keys, interval_ms):
            interval_s = interval_ms / 1000
            return Cue(
                step.when, f"press {keys}", keys=keys, key_interval_s=interval_s, patience_s=patience_s
            )
        case HangUp():
            return Cue(step.when, "hang up", hang_up=True, patience_s=patience_s)
        case Nothing():
            return Cue(step.when, "wait", patience_s=patience_s)
        case Say(text) if meanwhile and speak:
            making = asyncio.ensure_future(_sound(what, speak, script.noise_dbfs, seed))
            return Cue(step.when, f'say "{text}"', making, patience_s=patience_s)
        case _:
            ulaw = await _sound(what, speak, script.noise_dbfs, seed)
            return Cue(step.when, _label(what, ulaw), ulaw, patience_s=patience_s)


async def _sound(what: Sounding, speak: Speak | None, noise_dbfs: float | None, seed: int) -> bytes:
    """A step's sound, in its surroundings."""
    ulaw = await _alone(what, speak, seed)
    return ulaw if noise_dbfs is None else with_noise(ulaw, dbfs=noise_dbfs, seed=seed)


async def _alone(what: Sounding, speak: Speak | None, seed: int) -> bytes:
    match what:
        case Say(text):
            if speak is None:
                raise ConfigurationError(
                    f"to say {text!r} the phone needs a voice: install the extra `local`"
                )
            return await speak(text)
        case PlayWav(path):
            return read_wav(path)
        case PlayUlaw(given):
            return given.read_bytes() if isinstance(given, Path) else given
        case Cough(ms):
            return cough(ms, seed=seed)
        case Tone(hz, ms):
            return tone(hz, ms)


def _label(what: Sounding, ulaw: bytes) -> str:
    match what:
        case Say(text):
            return f'say "{text}"'
        case PlayWav(path) | PlayUlaw(Path() as path):
            return f"play {path.name}"
        case PlayUlaw():
            return f"play {len(ulaw) / RATE_HZ:.2f} s"
        case Cough(ms):
            return f"cough {ms:g} ms"
        case Tone(hz, ms):
            return f"sound {hz:g} Hz"


def _white(count: int, seed: int) -> Samples:
    return np.random.default_rng(seed).standard_normal(count)


def _noise(count: int, dbfs: float, seed: int) -> Samples:
    return _white(count, seed) * 10 ** (dbfs / 20)


def _band(samples: Samples, low_hz: float, high_hz: float) -> Samples:
    spectrum = np.fft.rfft(samples)
    hz = np.fft.rfftfreq(len(samples), 1 / RATE_HZ)
    spectrum[(hz < low_hz) | (hz > high_hz)] = 0
    return np.fft.irfft(spectrum, len(samples))


def _peak(samples: Samples, peak: float) -> Samples:
    loudest = float(np.abs(samples).max(initial=0.0))
    return samples * (peak / loudest) if loudest else samples


def _ulaw(samples: Samples) -> bytes:
    return g711.encode_block(np.rint(np.clip(samples, -1.0, 1.0) * FULL_SCALE).astype(np.int16))
