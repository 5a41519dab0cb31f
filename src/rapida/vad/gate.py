"""The gate before an expensive detector: which windows are plainly the line's own noise.

It follows the noise floor as the smallest smoothed power of the last two seconds (speech has gaps, noise
has none), so that a quiet voice on a quiet line opens it as surely as a loud one on a loud line; a fixed
threshold was measured 300 to 700 ms late at -44 dBFS. What is done with the windows is the detector's to say.
"""

from __future__ import annotations

from collections import deque

_QUIETEST_POWER = (32768 * 10 ** (-66 / 20)) ** 2
"""A floor below -66 dBFS counts as -66: there, mu-law's own steps are all that is heard."""
_SMOOTHED_OPENS = 10 ** (4 / 10)
"""The smoothed power opens the gate 4 dB above the floor: steady noise, smoothed, stays within that."""
_SINGLE_OPENS = 10 ** (8 / 10)
"""A single window opens it 8 dB above the floor, without waiting for the average to follow."""
_SMOOTHED_WINDOWS = 4
"""A syllable's length: 80 ms of the energy detector's frames, 128 ms of Silero's windows."""
_BUCKETS = 10
"""So many minima are kept: the floor follows a room that grows louder within about two seconds."""


class NoiseFloor:
    """The smallest power of the last ten buckets of `bucket_windows` windows.

    Until that much has been heard the floor stays at its lowest: speech from the first instant of a call is
    not taken for noise.
    """

    __slots__ = ("_bucket_windows", "_minima", "_oldest", "_seen", "_smallest", "power")

    def __init__(self, bucket_windows: int) -> None:
        self._bucket_windows = bucket_windows
        self._minima: deque[float] = deque(maxlen=_BUCKETS)
        self._smallest = float("inf")
        self._seen = 0
        self._oldest = float("inf")
        """The smallest of the full buckets."""
        self.power = _QUIETEST_POWER

    def hear(self, power: float) -> None:
        """Take one window's power (mean square of 16-bit samples)."""
        self._smallest = min(self._smallest, power)
        self._seen += 1
        if self._seen == self._bucket_windows:
            self._minima.append(self._smallest)
            self._smallest, self._seen = float("inf"), 0
            self._oldest = min(self._minima)
        if len(self._minima) == _BUCKETS:
            self.power = max(_QUIETEST_POWER, min(self._oldest, self._smallest))


class Gate:
    """Open while there may be speech, and for `linger_windows` after. Fed one window at a time."""

    __slots__ = ("_floor", "_left", "_linger_windows", "_recent", "_sum")

    def __init__(self, bucket_windows: int, linger_windows: int) -> None:
        self._floor = NoiseFloor(bucket_windows)
        self._recent: deque[float] = deque((0.0,) * _SMOOTHED_WINDOWS, maxlen=_SMOOTHED_WINDOWS)
        self._sum = 0.0
        self._linger_windows = linger_windows
        self._left = linger_windows

    def open(self, rms: int, *, voiced: bool) -> bool:
        """Whether this window is worth a closer look. `voiced`: the detector hears a voice as of now."""
        power = float(rms * rms)
        self._sum += power - self._recent[0]
        self._recent.append(power)
        smoothed = self._sum / _SMOOTHED_WINDOWS
        floor = self._floor.power
        if smoothed > floor * _SMOOTHED_OPENS or power > floor * _SINGLE_OPENS:
            self._left = self._linger_windows
        elif not voiced and self._left:
            self._left -= 1
        self._floor.hear(smoothed)
        return self._left > 0
