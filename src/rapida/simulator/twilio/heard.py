"""What the caller heard, sample by sample: a value that tests compare and that becomes a stereo WAV.

Sound stands where it reached the ear, on the line's clock from the stream's beginning; where the phone's
buffer was empty there is silence. Gaps and repeated sound are found here, not judged.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

from ...audio.g711 import SILENCE
from .loudness import RATE_HZ, is_loud

PROBE_SAMPLES = 160
"""20 ms of sound are compared: shorter ones are alike by chance."""
MEMORY_SAMPLES = 3 * RATE_HZ
"""Three seconds: a sentence that is said twice begins again within that."""


@dataclass(frozen=True)
class Piece:
    """One message's sound as it was played: `ulaw` began at sample `starts_at` of the stream."""

    starts_at: int
    ulaw: bytes

    @property
    def ends_at(self) -> int:
        return self.starts_at + len(self.ulaw)

    def up_to(self, sample: int) -> Piece:
        """The part before `sample`."""
        return self if self.ends_at <= sample else Piece(self.starts_at, self.ulaw[: sample - self.starts_at])


@dataclass(frozen=True)
class MarkReturned:
    """A mark that came back; `cleared` tells what the wire does not: it never got its turn."""

    name: str
    at_s: float
    cleared: bool


@dataclass(frozen=True)
class Gap:
    """The buffer ran dry between two sounds."""

    at_s: float
    ms: float


@dataclass(frozen=True)
class Repeat:
    """At `at_s` the phone began to play again the last `ms` it had just played."""

    at_s: float
    ms: float


@dataclass(frozen=True)
class Heard:
    """One stream's sound at the ear. `length_s` is when the stream ended."""

    pieces: tuple[Piece, ...] = field(repr=False, default=())
    marks: tuple[MarkReturned, ...] = ()
    clears: tuple[float, ...] = ()
    length_s: float = 0.0

    @property
    def ulaw(self) -> bytes:
        """The whole timeline, mu-law 8 kHz from the stream's beginning, silence (0xFF) where none played."""
        timeline = bytearray(SILENCE * round(self.length_s * RATE_HZ))
        for piece in self.pieces:
            timeline[piece.starts_at : piece.ends_at] = piece.ulaw
        return bytes(timeline)

    @property
    def sound(self) -> bytes:
        """Only what was played, with the pauses of an empty buffer left out."""
        return b"".join(piece.ulaw for piece in self.pieces)

    def gaps(self, at_most_ms: float = 1000.0) -> tuple[Gap, ...]:
        """Holes of up to `at_most_ms` between two sounds, except where a `clear` ended the first.

        A longer hole is taken for the pause between two utterances.
        """
        found: list[Gap] = []
        for before, after in pairwise(self.pieces):
            begins_s, ends_s = before.ends_at / RATE_HZ, after.starts_at / RATE_HZ
            ms = (after.starts_at - before.ends_at) * 1000 / RATE_HZ
            cleared = any(begins_s - 1 / RATE_HZ <= at_s <= ends_s for at_s in self.clears)
            if 0 < ms <= at_most_ms and not cleared:
                found.append(Gap(begins_s, ms))
        return tuple(found)

    def repeats(self) -> tuple[Repeat, ...]:
        """Where a message began again with what had just been played: 20 ms of it or more, up to 3 s.

        The end of what was played must be there again in full: a sentence said again later is no repeat.
        Sound that repeats in itself, such as a steady tone, and silence are never counted.
        """
        found: list[Repeat] = []
        played = bytearray()
        rest = memoryview(self.sound)
        for piece in self.pieces:
            ms = (
                _repeated_samples(bytes(played[-MEMORY_SAMPLES:]), bytes(rest[:MEMORY_SAMPLES]))
                * 1000
                / RATE_HZ
            )
            if ms:
                found.append(Repeat(piece.starts_at / RATE_HZ, ms))
            played += piece.ulaw
            rest = rest[len(piece.ulaw) :]
        return tuple(found)


def _repeated_samples(before: bytes, after: bytes) -> int:
    """How much of the end of `before` stands again at the beginning of `after`."""
    probe = after[:PROBE_SAMPLES]
    if len(probe) < PROBE_SAMPLES or not is_loud(probe) or _is_periodic(probe):
        return 0
    at = before.rfind(probe)
    while at >= 0:
        length = len(before) - at
        if before[at:] == after[:length]:
            itself = before[max(0, at - length) : at] == before[at:]
            return 0 if itself else length
        at = before.rfind(probe, 0, at + PROBE_SAMPLES - 1)
    return 0


def _is_periodic(sound: bytes) -> bool:
    """Whether the sound repeats in itself with a period of up to 120 samples (from 67 Hz on)."""
    return any(sound[period:] == sound[:-period] for period in range(2, 121))
