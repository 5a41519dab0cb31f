"""The caller's turn: pieces of transcript put in order by where they sounded, never by when they arrived.

A turn begins at an onset, collects what the STT says about its stretch of sound, and is closed when the
caller has finished. A transcript that arrives later still belongs to the turn whose sound it describes.
"""

from __future__ import annotations

from typing import Literal

from .commands import Message, Stages
from .events import Question
from .transcript import CallerLine
from .words import ENGLISH, only_backchannels, only_hums, words

PRE_ROLL_MS = 400
"""A recogniser may place the first word this much before the detector's onset: a detector needs voice, and
words begin with breath and consonants."""


Boundary = Literal["token", "sentence", "sound", "frame", "mark"]
"""What an answer passes on its way to the ear; each counts when it is passed first."""


class Instants:
    """When this turn passed each boundary, in microseconds; None = not yet."""

    def __init__(self) -> None:
        self.spoke: int | None = None
        self.stop: int | None = None
        self.final: int | None = None
        self.confirm: int | None = None
        self._passed: dict[Boundary, int] = {}
        self.saved_us = 0

    def stopped(self, now: int, spoke_us: int) -> None:
        """Speech has stopped; its last sound was at `spoke_us`."""
        self.spoke, self.stop = min(spoke_us, now), now

    def first(self, boundary: Boundary, now: int) -> None:
        """Note a boundary unless it was passed before."""
        self._passed.setdefault(boundary, now)

    @property
    def token(self) -> int | None:
        return self._passed.get("token")

    @property
    def frame(self) -> int | None:
        return self._passed.get("frame")

    def answer_again(self) -> None:
        """A new reply begins: what an earlier one (withdrawn, or a wrong guess) reached does not count."""
        self._passed.clear()
        self.saved_us = 0

    def stages(self, now: int) -> Stages | None:
        """The time between boundaries; they sum to the whole exactly. None before the first frame.

        Each boundary is the latest of the one before it and its own, so that nothing is counted twice when
        two things happened in parallel; a boundary never passed adds nothing.
        """
        if self.spoke is None or self.frame is None:
            return None
        at, parts, passed = self.spoke, list[int](), self._passed
        for own in (
            self.stop, self.final, self.confirm, passed.get("token"), passed.get("sentence"),
            passed.get("sound"), self.frame, passed.get("mark", now),
        ):  # fmt: skip
            then, at = at, at if own is None else max(at, own)
            parts.append(at - then)
        return Stages(*parts, total_us=at - self.spoke, saved_us=self.saved_us)


class Turn:
    """One holding of the floor by the caller."""

    def __init__(self, turn_id: int, started_ms: int, question: Question, language: str = ENGLISH) -> None:
        self.id = turn_id
        self._language = language
        self.started_ms = started_ms
        self.fell_ms = started_ms
        """Where the caller's voice was last heard."""
        self.closed_ms: int | None = None
        """Where received sound stood when the turn was closed."""
        self.kind: Literal["said", "keys", "unclear", "idle", "opening"] = "said"
        self.typed = ""
        self.over_agent = False
        """It is said while the agent is speaking, and has not taken the floor."""
        self.began_over = False
        """The agent was speaking when it began: even if it has taken the floor since, it may be an echo."""
        self.keeps = False
        """Whatever is said in it is an answer, backchannels too."""
        self.held = False
        """It held the agent and proved a false alarm: a "yeah" in it is an answer, a mere hum is not."""
        self.yielded = False
        """The agent has stopped for it: if it proves a mere nod, nothing is to be answered."""
        self.noise = False
        """It had no end of its own, or was no louder than what is around: nobody tried to speak."""
        self.words_seen = 0
        """How many words it had when it was last looked whether speech that goes on has words."""
        self.resumed_ms: int | None = None
        """Where the caller went on with it when the first words of its answer had been heard."""
        self.answered: str | None = None
        """The text the model was last asked to answer."""
        self.question = question
        """What it was (or will be) an answer to."""
        self.level_db: float | None = None
        """How loud its onset was; None where the detector saw none."""
        self.guesses = 0
        """How often the model was started on words that might still change."""
        self.line: CallerLine | None = None
        self.instants = Instants()
        self._finals: list[tuple[int, int, str]] = []
        self._interim: tuple[int, int, str] | None = None

    @property
    def text(self) -> str:
        """All that was said in it, in the order in which it sounded."""
        if self.typed:
            return self.typed
        pieces = [text for _, _, text in sorted(self._finals) if text]
        if self._interim is not None:
            pieces.append(self._interim[2])
        return " ".join(pieces)

    @property
    def said(self) -> list[str]:
        return words(self.text)

    @property
    def nothing_yet(self) -> bool:
        """It was spoken over the agent, and no word of it came in time to be answered or written down."""
        return self.over_agent and self.answered is None and self.line is None and self.kind == "said"

    def replies(self) -> None:
        """It is said to what the agent says, and no longer the greeting that a called party begins with."""
        if self.kind == "opening" and self.answered is None:
            self.kind = "said"

    @property
    def only_nods(self) -> bool:
        return only_backchannels(self.said, self._language)

    @property
    def is_backchannel(self) -> bool:
        """Nothing but sounds of attention to what the agent was saying."""
        if self.keeps or not self.over_agent:
            return False
        if self.yielded:
            return self.only_nods
        return only_hums(self.said, self._language) if self.held else self.only_nods

    def part_it(self) -> tuple[list[tuple[int, int, str]], list[tuple[int, int, str]]]:
        """Its finals before and after the place at which the caller went on."""
        here = self.started_ms if self.resumed_ms is None else self.resumed_ms
        pieces = sorted(self._finals)
        return [p for p in pieces if p[0] + p[1] < 2 * here], [p for p in pieces if p[0] + p[1] >= 2 * here]

    def keep_only(self, pieces: list[tuple[int, int, str]]) -> None:
        """What is not among them is another turn's."""
        self._finals = list(pieces)

    def covers(self, start_ms: int, end_ms: int) -> bool:
        """Whether a transcript of this stretch of sound is this turn's."""
        if self.typed:
            return False
        middle = (start_ms + end_ms) // 2
        return middle >= self.started_ms - PRE_ROLL_MS and (self.closed_ms is None or middle < self.closed_ms)

    def spoke_at(self, start_ms: int, end_ms: int) -> bool:
        """Whether the middle of a stretch of sound lies before the end of this turn's speech."""
        return self.covers(start_ms, end_ms) and (start_ms + end_ms) // 2 <= self.fell_ms

    def heard(self, text: str, start_ms: int, end_ms: int, *, final: bool) -> None:
        """Take in a transcript; a final replaces the interim and any final of the same place."""
        if not final:
            self._interim = (start_ms, end_ms, text) if text.strip() else None
            return
        if self._interim is not None and self._interim[0] < end_ms:
            self._interim = None
        self._finals = [piece for piece in self._finals if (piece[0], piece[1]) != (start_ms, end_ms)]
        self._finals.append((start_ms, end_ms, text.strip()))

    def over(self) -> None:
        """The caller has begun to speak while the agent is speaking."""
        self.over_agent = self.began_over = True

    def message(self) -> Message:
        """What the model is told; of what was not understood, or was only an echo, no word."""
        return Message("user", "" if self.kind == "unclear" else self.text, kind=self.kind)
