"""Sounds for detectors: real speech at a chosen level on a line with chosen noise. All deterministic."""

from pathlib import Path

import numpy as np

from rapida.audio import g711

SPEECH = Path(__file__).parent.parent / "audio"
GO_FORWARD_ONSET_MS = 504
CARD_ONSET_MS = 144


def speech(name: str, level_db: float, *, from_ms: int = 0) -> np.ndarray:
    """A clip of real speech whose loud windows have this level (dBFS), as floats.

    Before its onset a clip has its own room's noise, about 35 dB down; `from_ms` leaves that out.
    """
    sound = g711.decode_block_float((SPEECH / name).read_bytes()).astype(float)
    windows = sound[: len(sound) // 256 * 256].reshape(-1, 256)
    powers = np.mean(windows**2, axis=1)
    active = np.mean(powers[powers > powers.max() / 100])
    return sound[from_ms * 8 :] * 10 ** (level_db / 20) / np.sqrt(active)


def noise(seconds: float, level_db: float, seed: int = 0) -> np.ndarray:
    hiss = np.random.default_rng(seed).standard_normal(int(seconds * 8000))
    return hiss * 10 ** (level_db / 20)


def line(seconds: float, noise_db: float, *clips: tuple[float, np.ndarray], seed: int = 0) -> bytes:
    """A line with noise and clips at given seconds, as mu-law."""
    sound = noise(seconds, noise_db, seed)
    for at_s, clip in clips:
        into = sound[int(at_s * 8000) :][: len(clip)]
        into += clip[: len(into)]
    return g711.encode_block(np.clip(np.rint(sound * 32768), -32768, 32767).astype(np.int16))


def frames(ulaw: bytes, from_ms: int = 0, size: int = 160) -> list[tuple[int, bytes]]:
    """The line as the phone sends it: positions and frames."""
    return [(from_ms + at // 8, ulaw[at : at + size]) for at in range(0, len(ulaw), size)]
