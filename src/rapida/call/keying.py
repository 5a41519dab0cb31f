"""What the caller types: a key over the agent, the answer to a question, a number that nobody may see.

A key takes the floor at once where it may. Keys that make an answer are a turn of their own. How they make
one is counted in `keypad.py`; what becomes of the turn is decided in `answering.py`.
"""

from __future__ import annotations

from typing import Literal

from .answering import Answering
from .events import Question
from .timers import Timer


class Keying(Answering):
    """The half of the caller's side that knows what a key means."""

    # Questions and keys

    def ask(self, question: Question) -> None:
        """What the agent expects to hear next; digits typed ahead may answer it at once."""
        self._question = self._ear.question = question
        self._take_typed(self._keypad.ask(question, look=not self._spoke_since_typing()))

    def key(self, key: str) -> None:
        """A key is a barge-in at once. It is kept while the agent must be heard, or thinks of a question."""
        if self._keypad.trails(key):
            return
        reply = self._replies.current
        audible = self._bargein.audible() is not None
        thinking = not audible and self._agent.answering and reply is not None and reply.question is None
        ahead = thinking or self._bargein.must_be_heard()
        self._reprompts.caller_is_there()
        if audible and not ahead and not self._keypad.shut:
            self.barge_in("key")
        answer = self._keypad.press(key, ahead=ahead)
        self._ignore_tone()
        self._take_typed(answer)
        if answer is None and not self._shared.timers.is_set(Timer.KEYS):
            self.agent_fell_silent()

    def wrote(self, text: str) -> None:
        """A typed line is a turn of its own, and a barge-in at once where there may be one."""
        self._reprompts.caller_is_there()
        if self._bargein.audible() is not None and not self._bargein.must_be_heard():
            self.barge_in("words")
        self._take_typed(text, kind="said")

    def _ignore_tone(self) -> None:
        """A voice that began near the key, and is without words so far, was the key's."""
        ear, turn = self._ear, self._turn
        if not self._ear.sounding or not self._keypad.near(ear.since_ms) or (turn is not None and turn.said):
            return
        if turn is not None and turn.started_ms == ear.since_ms:
            self._turns.current = None
            if self._shared.floor.state == "contested":
                self._bargein.false_alarm()
            self._go_on()
        ear.take_back()
        self._shared.floor.step("caller stops")

    def _take_typed_ahead(self) -> None:
        due = self._keypad.typed and not self._shared.timers.is_set(Timer.KEYS)
        if due and not self._spoke_since_typing():
            self._take_typed(self._keypad.look_again())

    def keys_paused(self) -> None:
        """No further key; but a caller who has gone over to speaking is let finish first."""
        if self._spoke_since_typing():
            self._keypad.wait()
        else:
            self._take_typed(self._keypad.complete())

    def number_is_over(self) -> None:
        """No surplus digit of a sensitive number comes any more."""
        self._keypad.release()

    def _spoke_since_typing(self) -> bool:
        return self._turn is not None and self._keypad.precedes(self._ear.onset_ms)

    def digits_judged(self, collection_id: int, *, valid: bool) -> None:
        text = self._keypad.judged(collection_id)
        if text is None or valid:
            self._take_typed(text)
            return
        if not self._closing.planned:
            self._reprompts.ask_again(self._question)
        # Even behind a goodbye: a number typed once more must come as tokens.
        self.ask(self._question)

    def _take_typed(self, text: str | None, kind: Literal["keys", "said"] = "keys") -> None:
        """Keys are a turn of their own, and so is a typed line (`said`).

        What was being said meanwhile is written down, not answered.
        """
        if text is None:
            return
        if (spoken := self._turn) is not None:
            self._close_turn(spoken)
            if spoken.said:
                self._turns.write(spoken)
        self._ear.give_up_transcript()
        typed_us = self._keypad.last_us if kind == "keys" else self._shared.now
        turn = self._turns.typed(text, self._question, typed_us, kind)
        self._shared.floor.step("caller stops")
        if self._bargein.audible() is not None or self._bargein.must_be_heard():
            self._keep(turn)
        else:
            self._answer(turn)
