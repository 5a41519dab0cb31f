"""How loud the voices are that nobody is to listen to: a television, other people in a room.

The call says when voice that did not end had no words. What is no louder than that is then no voice, until
the sound around has become quieter again. A detector cannot know it by itself: babble is voices.
"""

from __future__ import annotations

from collections import deque

_SMOOTHED_WINDOWS = 4
"""As the gate smooths, so that both judge the same loudness."""
_KEPT_MS = 8000
"""A voice pauses within eight seconds; what goes on for longer is the room."""
_FADES_MS = 3000
"""When the loud part of so much sound lies below the level, the level goes down to it."""
_LOUD_SHARE = 0.9
"""The level leaves the loudest tenth of what is kept above it."""
_MARGIN = 10 ** (1.5 / 10)
"""A voice stands out 1.5 dB above all but the loudest tenth: eight people's babble then is none, and of a
caller 5 dB louder than it no turn was missed (see `bench/turns`)."""
_LOOK_WINDOWS = 16
"""How often the level is taken anew: it moves over seconds, and each look sorts what is kept."""


class Background:
    """Fed one window of `window_ms` at a time."""

    __slots__ = ("_count", "_fades", "_kept", "_level", "_recent", "_sum", "_window_ms")

    def __init__(self, window_ms: int) -> None:
        self._window_ms = window_ms
        self._kept: deque[float] = deque(maxlen=_KEPT_MS // window_ms)
        """Smoothed power of the last windows."""
        self._recent: deque[float] = deque((0.0,) * _SMOOTHED_WINDOWS, maxlen=_SMOOTHED_WINDOWS)
        self._sum = 0.0
        self._fades = _FADES_MS // window_ms
        self._level = 0.0
        self._count = 0

    def covers(self, power: float) -> bool:
        """Take one window's power (mean square); whether it is lost in the background."""
        self._sum += power - self._recent[0]
        self._recent.append(power)
        smoothed = self._sum / _SMOOTHED_WINDOWS
        self._kept.append(smoothed)
        if not self._level:
            return False
        self._count += 1
        if self._count % _LOOK_WINDOWS == 0:
            self._level = min(self._level, self._loud(self._fades))
        return smoothed <= self._level * _MARGIN

    def discount(self, ago_ms: int) -> None:
        """The sound of the last `ago_ms` is the background."""
        self._level = self._loud(max(1, ago_ms // self._window_ms))
        self._count = 0

    def _loud(self, windows: int) -> float:
        """What only a tenth of the last windows is louder than."""
        last = sorted(list(self._kept)[-windows:])
        return last[int((len(last) - 1) * _LOUD_SHARE)] if last else 0.0
