"""A voice is what stands out of the line's noise: the cheapest detector, for quiet lines and small machines.

It cannot tell a voice from a door; `silero` can.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from ..audio.g711 import FRAME_BYTES, FRAME_MS, SAMPLES_PER_MS, rms
from .background import Background
from .base import Emit
from .edges import Edges
from .gate import NoiseFloor
from .windows import Windows

_BUCKET_FRAMES = 10
"""200 ms: the noise floor is the least of as many buckets as the floor keeps, which is two seconds."""


class EnergyOptions(Struct, frozen=True):
    """How far sound must stand out."""

    margin_db: Annotated[float, Meta(ge=3, le=40)] = 10.0
    """A frame is voiced this far above the noise floor."""
    quietest_db: Annotated[float, Meta(ge=-90, le=0)] = -56.0
    """Nothing below this level (dBFS) is a voice."""


class Energy:
    """Needs no model and no threads; edges are emitted from within `feed`."""

    Options = EnergyOptions

    def __init__(self, options: EnergyOptions | None = None) -> None:
        self._options = options or EnergyOptions()

    async def start(self) -> None:
        """Nothing to load."""

    async def aclose(self) -> None:
        """Nothing to let go."""

    def detector(self, emit: Emit) -> EnergyDetector:
        return EnergyDetector(emit, self._options)


class EnergyDetector:
    """One call's ear. Two frames above the threshold are a voice, four below it are its end."""

    __slots__ = ("_background", "_closed", "_edges", "_end_ms", "_floor", "_margin", "_quietest", "_windows")

    def __init__(self, emit: Emit, options: EnergyOptions) -> None:
        self._windows = Windows(FRAME_BYTES)
        self._edges = Edges(emit, rise=2, fall=4)
        self._floor = NoiseFloor(_BUCKET_FRAMES)
        self._background = Background(FRAME_MS)
        self._end_ms = 0
        self._margin = 10 ** (options.margin_db / 10)
        self._quietest = (32768 * 10 ** (options.quietest_db / 20)) ** 2
        self._closed = False

    def feed(self, position_ms: int, ulaw: bytes) -> None:
        for start, frame in self._windows.cut(position_ms, ulaw):
            power = float(rms(frame) ** 2)
            voiced = power > max(self._quietest, self._floor.power * self._margin)
            covered = self._background.covers(power)
            self._end_ms = start // SAMPLES_PER_MS + FRAME_MS
            self._floor.hear(power)
            if not self._closed:
                self._edges.frame(start, frame, voiced and not covered)

    def discount(self, start_ms: int, end_ms: int) -> None:
        self._background.discount(self._end_ms - start_ms)

    def close(self) -> None:
        self._closed = True
