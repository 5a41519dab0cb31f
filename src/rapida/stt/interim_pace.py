"""When a recogniser that hears whole utterances is asked in the middle of one, so that words are known early.

Decides by loudness where the caller's present utterance began (a voice detector's verdict comes later and by
another way), and how often it is worth another look: the longer it is, the dearer a look becomes. Pure.
"""

from __future__ import annotations

from ..audio.g711 import SAMPLES_PER_MS, level_db

EVERY_MS = 500
"""Often enough that a word confirms an interruption within about a second of its beginning."""
_SHARE = 4
"""A look at n seconds waits for another n/4: at 4 % of a core for each second heard, a caller who talks
without end takes some 15 % of a core, and not more with each second."""
LONGEST_MS = 10_000
"""Of a longer utterance only its end is looked at."""
_LEAST_VOICE_MS = 300
"""Less voice than this is no word yet, and a transcript of it is a guess."""
_ABOVE_FLOOR_DB = 9.0
"""A voice is so much above the floor of its line."""
_LEAST_DB = -50.0
"""Softer sound than this is never taken for speech here."""
_FLOOR_RISES_DB = 0.3
"""A message. The floor falls at once to what is softest, and follows a louder room within a minute."""
_OVER_MS = 1500
"""After so much silence what comes is another utterance."""


class InterimPace:
    """The present utterance of one caller."""

    def __init__(self) -> None:
        self._floor_db = -60.0
        self._began_ms: int | None = None
        self._loud_until_ms = 0
        self._loud_ms = 0
        """How much loud sound there was since the last look."""
        self._next_ms = 0
        """Where the next look may be taken."""
        self._settled_ms = 0

    def heard(self, position_ms: int, ulaw: bytes) -> tuple[int, int] | None:
        """Sound has come. The stretch to look at now, if one is due."""
        end_ms, db = position_ms + len(ulaw) // SAMPLES_PER_MS, level_db(ulaw)
        is_loud = db > max(_LEAST_DB, self._floor_db + _ABOVE_FLOOR_DB)
        self._floor_db = min(db, self._floor_db + _FLOOR_RISES_DB)
        if is_loud:
            if self._began_ms is None or position_ms - self._loud_until_ms > _OVER_MS:
                self._began_ms = max(position_ms, self._settled_ms)
                self._loud_ms, self._next_ms = 0, self._began_ms + EVERY_MS
            self._loud_until_ms = end_ms
            self._loud_ms += end_ms - position_ms
        if self._began_ms is None or self._loud_ms < _LEAST_VOICE_MS or end_ms < self._next_ms:
            return None
        start_ms = max(self._began_ms, end_ms - LONGEST_MS)
        self._loud_ms = 0
        self._next_ms = end_ms + max(EVERY_MS, (end_ms - start_ms) // _SHARE)
        return start_ms, self._loud_until_ms

    def settled(self, end_ms: int) -> None:
        """What sounded up to there is being transcribed for good."""
        self._settled_ms = end_ms
        self._began_ms = None
