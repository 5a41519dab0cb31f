"""Keys become answers: one that answers at once, or digits up to a terminator, a length or a pause.

Digits typed ahead of the question are kept for it. While a sensitive number is collected the core sees only
tokens (`digit#7`, `terminator`): it counts them, and the toolbox, which alone holds the digits, judges them.
"""

from __future__ import annotations

from .commands import CollectSensitive, JudgeDigits, ReleaseKeys, StopCollecting
from .events import Question
from .sensitive import TERMINATOR, words_for
from .shared import Shared
from .states import COLLECTION, CollectionState, Machine
from .timers import Timer

SURPLUS_US = 1_000_000
"""Keys that follow one another faster than this are typed in one go. Nobody has heard a question so soon."""
OPEN: frozenset[CollectionState] = frozenset({"collecting", "judging"})
"""The sensitive question is not answered yet."""
SHUT: frozenset[CollectionState] = frozenset({"judging", "judged", "surplus"})
"""A key pressed now is one too many of a sensitive number."""


class Keypad:
    """What has been typed and what the question makes of it."""

    def __init__(self, shared: Shared) -> None:
        self._shared = shared
        self._question = Question()
        self._collection = Machine(COLLECTION)
        self._collection_id = 0
        """Of the collection that is not over yet, or was the last."""
        self._full: tuple[str, int] | None = None
        """An answer complete by its length: its terminator, and until when one still belongs to it."""
        self._by_length = False
        """The last answer was complete by its length: what is typed right on is surplus digits of it."""
        self.typed: list[str] = []
        self.last_ms: int | None = None
        """Where in the caller's sound the last key was pressed."""
        self.last_us = 0

    @property
    def in_use(self) -> bool:
        """The caller is typing, or a sensitive number is collected."""
        return bool(self.typed) or self.collecting

    @property
    def collecting(self) -> bool:
        """A sensitive question is open: its digits are typed, or being judged."""
        return self._collection.state in OPEN

    @property
    def shut(self) -> bool:
        """No key is taken: sensitive digits are being judged, or were and are not answered yet."""
        return self._collection.state in SHUT

    def near(self, at_ms: int) -> bool:
        """Whether a voice there is a key's own tone."""
        guard_ms = self._shared.assistant.turn.digit_guard_ms
        return self.last_ms is not None and abs(at_ms - self.last_ms) <= guard_ms

    def ask(self, question: Question, *, look: bool = True) -> str | None:
        """A new question; returns the answer if it was typed ahead already (and one may `look` at that)."""
        self.stop()
        self._question = question
        if not question.sensitive:
            self.release()
            return self.look_again() if look else None
        self.typed.clear()
        self._shared.timers.cancel(Timer.RELEASE)
        self._collection.step("ask")
        self._collection_id = self._shared.next_id()
        self._shared.order(CollectSensitive(self._collection_id, question))
        return None

    def release(self) -> None:
        """The agent has answered, or asked something else: keys are no part of a judged number any more."""
        if not self._collection.may("release"):
            return
        ends_us = self.last_us + SURPLUS_US
        if self._by_length and self._shared.now < ends_us:
            self._collection.step("await surplus")
            self._shared.timers.set(Timer.RELEASE, ends_us)
        else:
            self._collection.step("release")
            self._shared.timers.cancel(Timer.RELEASE)
            self._shared.order(ReleaseKeys(self._collection_id))

    def stop(self) -> None:
        """The question is answered or withdrawn; nothing sensitive is collected any longer."""
        self._shared.timers.cancel(Timer.KEYS)
        if self.collecting:
            self._collection.step("withdraw")
            self._shared.order(StopCollecting(self._collection_id))
            self.typed.clear()
        self._question = Question()

    def forget(self) -> None:
        """The caller went over to speaking: what was typed before is wanted no more."""
        self.typed.clear()
        self._shared.timers.cancel(Timer.KEYS)

    def trails(self, key: str) -> bool:
        """Whether a key only ends what was complete already: many press # after the last digit."""
        full, self._full = self._full, None
        if full is None or key not in (full[0], TERMINATOR) or self._shared.now > full[1]:
            return False
        self._note_time()
        self._by_length = False
        if self._collection.state == "surplus":
            self.release()
        return True

    def _note_time(self) -> None:
        self.last_us = self._shared.now
        self.last_ms = self._shared.sound.now_ms(self._shared.now)

    def precedes(self, started_ms: int) -> bool:
        """Whether the last key was pressed before a place in the caller's sound."""
        return self.last_ms is not None and self.last_ms < started_ms

    def press(self, key: str, *, ahead: bool) -> str | None:
        """A key; returns the whole answer when it completes one. `ahead`: only remember it for later."""
        self._note_time()
        if self.shut:
            return None
        if ahead and not self.collecting:
            self.typed.append(key)
            return None
        return self._take(key)

    def look_again(self) -> str | None:
        """Take the keys typed ahead as if they were pressed now; those after an answer stay for the next."""
        if self.shut:
            return None
        ahead, self.typed = self.typed, []
        for count, key in enumerate(ahead, start=1):
            answer = self._take(key)
            if answer is not None:
                self.typed = ahead[count:]
                return answer
        return None

    def _take(self, key: str) -> str | None:
        question, keypad = self._question, self._shared.assistant.keypad
        expects_digits = question.max_digits > 0
        if key in question.keys and not self.typed and not expects_digits:
            return key
        terminator = question.terminator if expects_digits else keypad.terminator
        ends = key in (terminator, TERMINATOR)
        if not ends:
            self.typed.append(key)
        longest = question.max_digits if expects_digits else keypad.max_digits
        self._by_length = len(self.typed) >= longest and not ends
        if self._by_length:
            self._full = (terminator, self._shared.now + keypad.inter_digit_ms * 1000)
        if self._by_length or (ends and self.typed):
            return self.complete()
        if self.typed:
            self.wait()
        return None

    def wait(self) -> None:
        """Give the caller the usual time for a further key."""
        pause_us = self._shared.assistant.keypad.inter_digit_ms * 1000
        self._shared.timers.set(Timer.KEYS, self._shared.now + pause_us)

    def complete(self) -> str | None:
        """What was typed is the answer; a sensitive one is first judged by the toolbox (None for now)."""
        self._shared.timers.cancel(Timer.KEYS)
        typed, self.typed = "".join(self.typed), []
        if not self.collecting:
            return typed or None
        self._collection.step("complete")
        self._shared.order(JudgeDigits(self._collection_id))
        return None

    def judged(self, collection_id: int) -> str | None:
        """The toolbox has judged a collection: the words that stand for it, or None when it is stale."""
        if collection_id != self._collection_id or self._collection.state != "judging":
            return None
        self._collection.step("verdict")
        self.typed.clear()
        return words_for(collection_id)
