"""How loud mu-law sound is, and the ear that tells the agent's speech from its pauses.

The script waits on what the ear says: whether the agent is sounding, since when, and since when it is quiet.
Speech is told from line noise by its level alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...audio import g711

RATE_HZ = g711.RATE_HZ
BLOCK_SAMPLES = 80
"""10 ms: half a frame, so that a sound's beginning is known to half a frame."""
BLOCK_S = BLOCK_SAMPLES / RATE_HZ
"""The ear's grain: a stretch is said to begin up to so much before its first loud sample."""

LOUD_RMS = 200.0
"""About −44 dBFS: quieter than any telephone speech, louder than a line."""

PAUSE_S = 0.25
"""After so much quiet, sound is a new stretch."""

JOIN_S = 0.6
"""Stretches no further apart, as sentences are, make one speech."""

SOUNDING_S = 0.15
"""Quiet for up to this long still counts as sounding: the pauses inside a sentence."""

# The power of each of the 256 codes.
_SQUARES = g711.decode_block(bytes(range(256))).astype(np.float64) ** 2


def level(ulaw: bytes) -> float:
    """Root mean square of mu-law sound on the 16-bit scale."""
    if not ulaw:
        return 0.0
    return float(np.sqrt(_SQUARES[np.frombuffer(ulaw, dtype=np.uint8)].mean()))


def is_loud(ulaw: bytes) -> bool:
    return level(ulaw) > LOUD_RMS


@dataclass
class Stretch:
    """One run of sound: seconds of the stream, pauses shorter than `PAUSE_S` included."""

    starts_s: float
    ends_s: float


class AgentSounding:
    """Turns what the buffer plays into stretches of speech, in blocks of 10 ms."""

    def __init__(self) -> None:
        self.stretches: list[Stretch] = []
        self._held = b""
        self._samples = 0

    def hear(self, ulaw: bytes) -> None:
        """Continue with the sound that follows everything heard so far."""
        sound = self._held + ulaw
        whole = len(sound) - len(sound) % BLOCK_SAMPLES
        self._held = sound[whole:]
        blocks = (
            _SQUARES[np.frombuffer(sound[:whole], dtype=np.uint8)].reshape(-1, BLOCK_SAMPLES).mean(axis=1)
        )
        for loud in blocks > LOUD_RMS**2:
            self._samples += BLOCK_SAMPLES
            if loud:
                self._extend(self._samples / RATE_HZ)

    def is_sounding(self, now_s: float) -> bool:
        return bool(self.stretches) and now_s - self.stretches[-1].ends_s < SOUNDING_S

    def sounding_since_s(self) -> float:
        """When the agent's latest speech began; there must be one."""
        since_s = self.stretches[-1].starts_s
        for before in reversed(self.stretches[:-1]):
            if since_s - before.ends_s >= JOIN_S:
                break
            since_s = before.starts_s
        return since_s

    def _extend(self, ends_s: float) -> None:
        starts_s = ends_s - BLOCK_S
        if self.stretches and starts_s - self.stretches[-1].ends_s < PAUSE_S:
            self.stretches[-1].ends_s = ends_s
        else:
            self.stretches.append(Stretch(starts_s, ends_s))
