"""Deciding whether a sound over the agent takes the floor: hold, yield, confirm, go on.

At the onset of caller speech nothing is thrown away: sending is held, and the 200–300 ms that the phone still
has play out. A cough ends, and the agent goes on where it stopped. Speech that lasts empties the phone, and
the agent yields; but not before there are words is anything forgotten: an "okay", however long, or other
people's voices are no interruption, and then the agent goes on from the last word heard. Words, or a key,
confirm. So the decision is reversible until it is known to be right. (Clearing at once was modelled against
holding: for a cough of 250 ms it leaves 250 ms of silence and repeats 220 ms, against 60 ms and nothing.) It
looks at playout, never at generation: the phone may still speak when the model has long finished.
"""

from __future__ import annotations

from typing import Literal

from ..assistant import BargeIn
from .commands import RecordBargeIn, RecordFalseBargeIn
from .endpointing import GAP_MS
from .events import TranscriptChanged, TranscriptFinal
from .playout import Playout, Utterance
from .shared import Shared
from .timers import Timer
from .turn import Turn
from .words import all_played, is_echo, takes_floor, words

ECHO_MARGIN_DB = 3.0
"""Twice the power of the loudest echo heard so far is more than the same echo. It is no more than that,
because the price of a wrong guess is not equal: a false hold costs a moment, a voice taken for an echo is
not heard."""
FALSE_HOLDS_UNTIL_WORDS = 2
"""One sound over the agent that had no words is a cough; of two, a third is expected."""
YIELDED_UNTIL_WORDS = 2
"""Twice emptied for nothing, and only words interrupt, even where they come late."""
BEGINNING_MS = 400
"""While no more of an answer was heard, a caller who speaks is going on rather than interrupting.

People who pause for 800 to 1,000 ms go on in the very moment in which the agent begins (measured: all of 24).
"""
ONSET_LATE_MS = 80
"""A soft beginning is heard so much late by the detector."""


class Bargein:
    """The state of the one question "is the caller interrupting?"."""

    def __init__(self, shared: Shared, playout: Playout) -> None:
        self._shared = shared
        self._playout = playout
        self._echo_db: float | None = None
        self._caller_db: float | None = None
        """The quietest the caller has been; without it no voice is taken for an echo."""
        self.onset_db = 0.0
        """How loud the voice that rose last was."""
        self._stretch_ms = 0
        """Where speech over the agent began; gaps inside it are none."""
        self._fell_ms = -GAP_MS
        self._confirm_ms = 0
        """Where it has lasted long enough."""
        self._false_holds = 0
        self._yielded = 0
        self._words_only = False

    def mode(self, utterance: Utterance) -> BargeIn:
        """What may interrupt this utterance now."""
        if utterance.barge_in == "always" and self._words_only:
            return "words"
        return utterance.barge_in

    def audible(self) -> Utterance | None:
        """The utterance that the caller hears, or has begun to hear and not to its end."""
        current = self._playout.current
        return current if current is not None and current.began_us is not None else None

    def beginning(self, onset_ms: int) -> bool:
        """Whether a voice from `onset_ms` on meets the first words of something that sound may interrupt."""
        current, shared = self.audible(), self._shared
        if current is None or self.mode(current) != "always":
            return False
        since_ms = max(0, shared.now - shared.sound.wall_us(onset_ms, shared.now)) // 1000
        return current.heard_ms(shared.now) - since_ms <= BEGINNING_MS + ONSET_LATE_MS

    def must_be_heard(self) -> bool:
        """Whether what is playing, or comes next, must not be interrupted."""
        current = self._playout.current
        return current is not None and self.mode(current) == "never"

    def must_keep(self) -> bool:
        """Whether what is said now is kept as an answer to the end of what is playing."""
        if self.audible() is None:
            return False
        return self.must_be_heard() or self._playout.last_second(self._shared.now)

    def below_echo(self, level_db: float) -> bool:
        """Whether an onset is no louder than the agent's own echo in this call."""
        self.onset_db = level_db
        if self._echo_db is None or self._caller_db is None or self.audible() is None:
            return False
        return level_db < min(self._echo_db + ECHO_MARGIN_DB, self._caller_db)

    def was_caller(self, turn: Turn) -> None:
        """These are the caller's own words: as loud as this is no echo, though the agent said the same."""
        self._yielded = 0
        if turn.level_db is not None:
            known = self._caller_db
            self._caller_db = turn.level_db if known is None else min(known, turn.level_db)

    # Hold and yield

    def hold(self) -> bool:
        """Hold what the caller hears, if sound alone may interrupt it. False = it may not, or is held."""
        utterance = self.audible()
        if utterance is None or self.mode(utterance) != "always":
            return False
        if not self._shared.floor.may("caller sounds"):
            return False
        self._shared.floor.step("caller sounds")
        self._playout.hold()
        return True

    def onset(self, onset_ms: int) -> None:
        """Caller speech over the agent begins, or goes on after a false alarm."""
        if not self.hold() and self._shared.floor.state != "contested":
            return
        if onset_ms - self._fell_ms > GAP_MS:
            self._stretch_ms = onset_ms
        taking = self._shared.assistant.turn
        wait_ms = taking.confirm_wordless_ms if self._shared.abilities.interims else taking.confirm_ms
        self._confirm_ms = self._stretch_ms + wait_ms
        self._shared.timers.set_sound(Timer.BARGE_IN, self._confirm_ms)

    def voice_rose(self) -> None:
        """The voice is back before the pause was long enough to be a false alarm."""
        if self._shared.floor.state == "contested":
            self._shared.timers.cancel(Timer.FALSE_ALARM)
            self._shared.timers.set_sound(Timer.BARGE_IN, self._confirm_ms)

    def voice_fell(self, at_ms: int) -> None:
        """A pause confirms nothing: what follows it, voice or more pause, decides."""
        self._fell_ms = at_ms
        if self._shared.floor.state == "contested":
            self._shared.timers.cancel(Timer.BARGE_IN)
            self._shared.timers.set_sound(Timer.FALSE_ALARM, at_ms + self._shared.assistant.turn.false_ms)

    def give_way(self) -> None:
        """The sound has lasted: empty the phone, and wait for its words before anything is forgotten."""
        self.forget()
        if self._shared.floor.may("sound lasts"):
            self._shared.floor.step("sound lasts")
            self._playout.take_back()

    def false_alarm(self) -> None:
        """It was a short sound: go on."""
        self.forget()
        self._shared.floor.step("false alarm")
        self._shared.order(RecordFalseBargeIn())
        self._playout.resume()

    def no_interruption(self) -> None:
        """The sound that the agent yielded to had no words of its own: go on from the last word heard."""
        if self._shared.floor.may("no interruption"):
            self._shared.floor.step("no interruption")
            self._shared.order(RecordFalseBargeIn())
            self._yielded += 1
            self._words_only = self._words_only or self._yielded >= YIELDED_UNTIL_WORDS
            self._playout.resume()

    def record(self, by: Literal["key", "words", "speech"]) -> None:
        """Say that the caller takes the floor from what is being heard, if anything is."""
        if self._shared.floor.may("barge-in"):
            self._shared.order(RecordBargeIn(by))

    def was_nothing(self) -> None:
        """A turn over the agent had no words. Two of them, and in this call only words interrupt."""
        self._false_holds += 1
        if self._false_holds >= FALSE_HOLDS_UNTIL_WORDS and self._shared.abilities.interims:
            self._words_only = True

    def forget(self) -> None:
        """The question is settled, one way or the other."""
        self._shared.timers.cancel(Timer.BARGE_IN)
        self._shared.timers.cancel(Timer.FALSE_ALARM)

    # Words

    def confirmed_by(self, heard: TranscriptChanged | TranscriptFinal) -> bool:
        """Whether the words of a transcript take the floor from what is playing."""
        utterance = self.audible()
        if utterance is None or utterance.began_us is None or self.mode(utterance) == "never":
            return False
        shared = self._shared
        if shared.sound.wall_us(heard.end_ms, shared.now) <= utterance.began_us:
            return False
        return takes_floor(words(heard.text), self._played(heard.start_ms), shared.assistant.language)

    def only_repeats(self, turn: Turn) -> bool:
        """Whether `turn`, however long it has lasted, is so far made of words the agent has just played."""
        played = self._played(turn.started_ms)
        return not _chooses(turn) and all_played(turn.said, played, self._shared.assistant.language)

    def echoed(self, turn: Turn) -> bool:
        """Whether `turn` is only the agent's own words come back; if so their level is learned."""
        if not turn.began_over or _chooses(turn) or not is_echo(turn.said, self._played(turn.started_ms)):
            return False
        if turn.level_db is not None:
            self._echo_db = turn.level_db if self._echo_db is None else max(turn.level_db, self._echo_db)
        return True

    def _played(self, from_ms: int) -> list[str]:
        """The agent's words that may come back in the caller's sound from a position on."""
        shared = self._shared
        ago_us = max(0, shared.now - shared.sound.wall_us(from_ms, shared.now))
        return self._playout.recently_played(
            shared.now, shared.assistant.turn.echo_window_ms + ago_us // 1000
        )


def _chooses(turn: Turn) -> bool:
    """Whether `turn` is one of its question's phrases: the agent has named them for that very purpose."""
    return bool(turn.said) and any(turn.said == words(phrase) for phrase in turn.question.phrases)
