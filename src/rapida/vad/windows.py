"""The telephone's frames as a detector's windows: fixed numbers of samples, each with its place in the call.

What a window means is the detector's to decide.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..audio.g711 import SAMPLES_PER_MS

_ROUNDING = SAMPLES_PER_MS
"""Positions come in whole milliseconds, so a frame of odd length may seem off by less than one."""


class Windows:
    """Cuts contiguous sound into windows of `size` samples; where the timeline jumps, it starts anew."""

    __slots__ = ("_rest", "_size", "_start")

    def __init__(self, size: int) -> None:
        self._size = size
        self._rest = b""
        self._start = 0
        """Sample at which `_rest` begins."""

    def cut(self, position_ms: int, ulaw: bytes) -> Sequence[tuple[int, bytes]]:
        """Sound that begins at `position_ms` → the windows it completes, each with its first sample."""
        start, size, rest = self._start, self._size, self._rest
        came_at = position_ms * SAMPLES_PER_MS
        if not -_ROUNDING < came_at - start - len(rest) < _ROUNDING:
            start, rest = came_at, b""
        if not rest and len(ulaw) == size:  # a frame that is a window: nearly every one
            self._start, self._rest = start + size, rest
            return ((start, ulaw),)
        sound = rest + ulaw
        found = [(start + at, sound[at : at + size]) for at in range(0, len(sound) - size + 1, size)]
        used = len(found) * size
        self._rest = sound[used:]
        self._start = start + used
        return found
