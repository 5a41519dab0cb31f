"""Voiced or not, frame by frame → where a voice rose and fell.

For detectors that judge each frame for itself: a few frames in a row must agree before an edge is told. How
long a voice must last to count as speech is the call core's to decide.
"""

from __future__ import annotations

from ..audio.g711 import SAMPLES_PER_MS, level_db
from ..call.events import VoiceFell, VoiceRose
from .base import Emit


class Edges:
    """Emits `VoiceRose` after `rise` voiced frames in a row, `VoiceFell` after `fall` unvoiced ones."""

    __slots__ = ("_edge_ms", "_emit", "_fall", "_rise", "_run", "_up")

    def __init__(self, emit: Emit, rise: int, fall: int) -> None:
        self._emit = emit
        self._rise = rise
        self._fall = fall
        self._up = False
        self._run = 0
        """Frames in a row that speak against the present state."""
        self._edge_ms = 0
        """Down: where the run of voiced frames began. Up: where the last voiced frame ended."""

    def frame(self, start: int, ulaw: bytes, voiced: bool) -> None:
        """One frame that begins at sample `start`."""
        if voiced == self._up:  # nothing speaks against it
            self._run = 0
            if voiced:
                self._edge_ms = (start + len(ulaw)) // SAMPLES_PER_MS
        elif voiced:
            self._while_down(start, ulaw)
        else:
            self._while_up()

    def _while_down(self, start: int, ulaw: bytes) -> None:
        if not self._run:
            self._edge_ms = start // SAMPLES_PER_MS
        self._run += 1
        if self._run >= self._rise:
            self._up, self._run = True, 0
            rose_ms, self._edge_ms = self._edge_ms, (start + len(ulaw)) // SAMPLES_PER_MS
            self._emit(VoiceRose(rose_ms, level_db(ulaw)))

    def _while_up(self) -> None:
        self._run += 1
        if self._run >= self._fall:
            self._up, self._run = False, 0
            self._emit(VoiceFell(self._edge_ms))
