"""The caller's last half minute of sound, for a recogniser that is asked afterwards.

Decides how much is kept and where a stretch of it lies; it knows no recogniser.
"""

from __future__ import annotations

from ..audio.g711 import SAMPLES_PER_MS

KEPT_MS = 30_000
"""The longest utterance that is transcribed as one."""
BEFORE_MS = 300
"""What is taken along before a detected beginning: the detector rises only with a voiced sound, and a hissed
consonant before it lasts up to 200 ms."""
AFTER_MS = 200
"""Sound taken before and after what was asked for: onsets are soft, and their detectors late."""
_SLACK_MS = 1000
"""Forgetting once a second is cheaper than with each message."""


class RecentSound:
    """mu-law 8 kHz of one call, by position."""

    def __init__(self) -> None:
        self._sound = bytearray()
        self._begins_ms = 0

    @property
    def ends_ms(self) -> int:
        """The position up to which sound has come."""
        return self._begins_ms + len(self._sound) // SAMPLES_PER_MS

    def add(self, position_ms: int, ulaw: bytes) -> None:
        """Sound that begins at `position_ms`."""
        if position_ms != self.ends_ms:
            # The first sound, or a break in it: what came before belongs to nothing that follows.
            self._sound.clear()
            self._begins_ms = position_ms
        self._sound += ulaw
        surplus_ms = len(self._sound) // SAMPLES_PER_MS - KEPT_MS
        if surplus_ms > _SLACK_MS:
            del self._sound[: surplus_ms * SAMPLES_PER_MS]
            self._begins_ms += surplus_ms

    def around(self, start_ms: int, end_ms: int) -> tuple[int, bytes]:
        """The sound of a stretch and a little around it, as far as it is kept; and where it begins."""
        from_ms = max(self._begins_ms, start_ms - BEFORE_MS)
        first = (from_ms - self._begins_ms) * SAMPLES_PER_MS
        last = max(first, (end_ms + AFTER_MS - self._begins_ms) * SAMPLES_PER_MS)
        return from_ms, bytes(self._sound[first:last])
