"""The end of a turn from its words: free of charge with any recogniser that punctuates.

Decides how long each kind of ending is waited for; what the words end like is `sentence_end.py`'s.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from ..call.events import Question
from .base import TurnEndVerdict
from .sentence_end import SentenceEnd, ending

Milliseconds = Annotated[int, Meta(ge=100, le=10_000)]


class TextTurnEnd:
    """The recogniser's punctuation and the last word as a `TurnEndReader`."""

    class Options(Struct, frozen=True):
        answer_ms: Milliseconds = 250
        """The pause after words that answer the question, from the true end of speech; the answer to them is
        heard `hesitation_ms` later. Where the recogniser takes longer, it is as long as that."""
        sentence_ms: Milliseconds = 300
        """The pause after what ends like a sentence."""
        incomplete_ms: Milliseconds = 2000
        """The pause after a comma, a word that something must follow, or half a number."""

    def __init__(self, options: Options) -> None:
        self._verdicts = {
            SentenceEnd.ANSWER: TurnEndVerdict(complete=True, pause_ms=options.answer_ms),
            SentenceEnd.SENTENCE: TurnEndVerdict(complete=True, pause_ms=options.sentence_ms),
            SentenceEnd.GOES_ON: TurnEndVerdict(complete=False, pause_ms=options.incomplete_ms),
        }

    async def start(self) -> None:
        """Nothing is to be loaded."""

    async def aclose(self) -> None:
        pass

    def read(self, text: str, question: Question, language: str) -> TurnEndVerdict | None:
        """The verdict on the words of a turn; None where they might go on or not."""
        return self._verdicts.get(ending(text, question, language))
