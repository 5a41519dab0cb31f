"""Keys become answers: one that answers at once, or digits up to a terminator, a length or a pause.

Digits typed ahead of the question are kept for it. While a sensitive number is collected the core sees only
tokens (`digit#7`, `terminator`): it counts them, and the toolbox, which alone holds the digits, judges them.
"""

from __future__ import annotations

from .commands import CollectSensitive, JudgeDigits, StopCollecting
from .desk import Desk
from .events import Question
from .timers import Timer


class Keypad:
    """What has been typed and what the question makes of it."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._question = Question()
        self._collection = 0
        self.typed: list[str] = []
        self.last_ms: int | None = None
        """Where in the caller's sound the last key was pressed."""

    def near(self, at_ms: int) -> bool:
        """Whether a voice there is a key's own tone."""
        guard_ms = self._desk.assistant.turn.digit_guard_ms
        return self.last_ms is not None and abs(at_ms - self.last_ms) <= guard_ms

    def ask(self, question: Question) -> str | None:
        """A new question; returns the answer if it was typed ahead already."""
        self.stop()
        self._question = question
        if question.sensitive:
            self.typed.clear()
            self._collection = self._desk.next_id()
            self._desk.order(CollectSensitive(self._collection, question))
            return None
        ahead, self.typed = self.typed, []
        for key in ahead:
            answer = self._take(key)
            if answer is not None:
                return answer
        return None

    def stop(self) -> None:
        """The question is answered or withdrawn; nothing sensitive is collected any longer."""
        if self._collection:
            self._desk.order(StopCollecting(self._collection))
            self._collection = 0
        self._question = Question()

    def press(self, key: str, *, kept: bool) -> str | None:
        """A key; returns the whole answer when it completes one. `kept`: only remember it for later."""
        self.last_ms = self._desk.sound.now_ms(self._desk.now)
        if kept and not self._collection:
            self.typed.append(key)
            return None
        return self._take(key)

    def _take(self, key: str) -> str | None:
        question, keypad = self._question, self._desk.assistant.keypad
        expects_digits = question.max_digits > 0
        if key in question.keys and not self.typed and not expects_digits:
            return key
        ends = key in (question.terminator if expects_digits else keypad.terminator, "terminator")
        if not ends:
            self.typed.append(key)
        longest = question.max_digits if expects_digits else keypad.max_digits
        if len(self.typed) >= longest or (ends and self.typed):
            return self.complete()
        if self.typed:
            self.wait()
        return None

    def wait(self) -> None:
        """Give the caller the usual time for a further key."""
        pause_us = self._desk.assistant.keypad.inter_digit_ms * 1000
        self._desk.timers.set(Timer.KEYS, self._desk.now + pause_us)

    def complete(self) -> str | None:
        """What was typed is the answer; a sensitive one is first judged by the toolbox (None for now)."""
        self._desk.timers.cancel(Timer.KEYS)
        typed, self.typed = "".join(self.typed), []
        if self._collection:
            self._desk.order(JudgeDigits(self._collection))
            return None
        return typed

    def judged(self, collection_id: int) -> str | None:
        """The toolbox has judged a collection: the words that stand for it, or None when it is stale."""
        if collection_id != self._collection:
            return None
        self._collection = 0
        return f"[sensitive digits #{collection_id}]"
