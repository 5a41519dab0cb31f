"""What sounds like speech and is not said to the agent: a television, other people in the room.

Two things tell them from a caller who is not understood: they do not end, or they are no louder than what was
heard over the agent time and again, or than the caller is by far. So nobody is asked again and again, and no
call ends, for what the room says. What becomes of such a turn is decided in `caller.py`.
"""

from __future__ import annotations

from .turn import Turn

TIMES = 2
"""One wordless sound over the agent may be anything; two are what this room sounds like."""
MARGIN_DB = 3.0
"""Twice the power of the loudest of those: a room that has got louder than that has to be listened to."""
FAINT_DB = 12.0
"""So much below the quietest of the caller's own turns nobody speaks to a telephone."""


class Noise:
    """How loud the room was, and the caller."""

    def __init__(self) -> None:
        self._room_db: list[float] = []
        self._caller_db: float | None = None

    def over_agent(self, turn: Turn) -> None:
        """A turn over the agent had no words."""
        if turn.level_db is not None:
            self._room_db = [*self._room_db[1 - TIMES :], turn.level_db]

    def was_caller(self, turn: Turn) -> None:
        """These were the caller's words."""
        if turn.level_db is not None:
            known = self._caller_db
            self._caller_db = turn.level_db if known is None else min(known, turn.level_db)

    def covers(self, turn: Turn) -> bool:
        """Whether a turn without words was nobody's attempt to speak."""
        if turn.noise or turn.level_db is None:
            return turn.noise
        if self._caller_db is not None and turn.level_db >= self._caller_db:
            return False
        if self._caller_db is not None and turn.level_db < self._caller_db - FAINT_DB:
            return True
        return len(self._room_db) == TIMES and turn.level_db <= max(self._room_db) + MARGIN_DB
