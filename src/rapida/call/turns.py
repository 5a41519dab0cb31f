"""The caller's turns of one call: the one being spoken, the one answered last, those kept, those just closed.

Knows which turn a stretch of sound belongs to and writes turns into the transcript. When a turn begins, ends
or is answered is decided in `caller.py`.
"""

from __future__ import annotations

from typing import Literal

from .events import Question, TranscriptChanged, TranscriptFinal
from .shared import Shared
from .transcript import Transcript
from .turn import Turn

REMEMBERED_TURNS = 8
"""A late transcript belongs to the last turn or the one before it. More are kept for callers of short words
("yes", "no") and a recogniser that is seconds behind; each costs a comparison for every transcript."""


class Turns:
    """The present turn and those that may still matter."""

    def __init__(self, shared: Shared, transcript: Transcript) -> None:
        self._shared = shared
        self._transcript = transcript
        self.current: Turn | None = None
        """The turn that is being spoken."""
        self.answered: Turn | None = None
        """The turn that was answered last."""
        self.kept: list[Turn] = []
        """Turns that wait for the agent to finish."""
        self._closed: list[Turn] = []
        """Turns just closed, oldest first: a late transcript may still be theirs."""

    def new(self, started_ms: int, question: Question) -> Turn:
        return Turn(self._shared.next_id(), started_ms, question, self._shared.assistant.language)

    def typed(
        self, text: str, question: Question, typed_us: int, kind: Literal["keys", "said"] = "keys"
    ) -> Turn:
        """A turn of keys, or a line that was typed instead of said; it was whole at `typed_us`."""
        shared = self._shared
        turn = self.new(shared.sound.now_ms(shared.now), question)
        turn.kind, turn.typed = kind, text
        instants = turn.instants
        instants.spoke = instants.stop = instants.final = typed_us
        instants.confirm = shared.now
        return turn

    def close(self, turn: Turn) -> None:
        """No more sound is this turn's, which was the present one."""
        self.current = None
        turn.closed_ms = max(self._shared.sound.position_ms, turn.fell_ms + 1)
        others = [past for past in self._closed if past is not turn]
        self._closed = [*others[1 - REMEMBERED_TURNS :], turn]

    def is_last(self, turn: Turn) -> bool:
        """Whether no turn has begun since this one was closed."""
        return self.current is None and turn is self._closed[-1]

    def owner(self, event: TranscriptChanged | TranscriptFinal) -> Turn | None:
        """The turn that a transcript belongs to by its place in the sound; None = to none so far.

        A closed turn owns what lies before the end of its speech. What lies between that and the next onset
        is rather the present turn's, whose first word the detector may have missed. What lies between closed
        turns comes too late to be a turn: it is added to the one before it.
        """
        start_ms, end_ms, current = event.start_ms, event.end_ms, self.current
        past = next((turn for turn in reversed(self._closed) if turn.covers(start_ms, end_ms)), None)
        if past is None:
            return self._before((start_ms + end_ms) // 2) or current
        if current is None:
            return past
        if past is not current and past.spoke_at(start_ms, end_ms):
            return past
        return current if current.covers(start_ms, end_ms) else past

    def _before(self, at_ms: int) -> Turn | None:
        """The closed turn that a place among closed turns follows, or else the first; None = it is later."""
        closed = [turn for turn in self._closed if turn.closed_ms is not None]
        if not closed or at_ms >= (closed[-1].closed_ms or 0):
            return None
        return next((turn for turn in reversed(closed) if turn.started_ms <= at_ms), closed[0])

    def write(self, turn: Turn) -> None:
        """Put a turn's words into the transcript, at the end or where they stand already."""
        if turn.line is None:
            turn.line = self._transcript.caller(turn.id, turn.message())
        elif turn.line.message != turn.message():
            self._transcript.amend(turn.line, turn.message())

    def write_kept(self) -> None:
        """The kept turns are answered together, or the call is over."""
        for turn in self.kept:
            self.write(turn)
        self.kept.clear()
