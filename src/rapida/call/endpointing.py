"""Deciding that the caller has begun to speak, has stopped, and has finished.

The voice detector gives raw edges; here they become speech (voice that lasts `start_ms`), a stop (`stop_ms`
without it) and an end: `silence_ms` counted from the true end of speech, or the verdict of a turn-end model.
All of it counts received sound. Whether speech takes the floor from the agent is decided in `bargein.py`.
"""

from __future__ import annotations

from typing import Literal

from ..errors import IllegalEvent
from .commands import FinishTranscription, JudgeTurnEnd
from .desk import Desk
from .events import Question, VoiceFell, VoiceRose
from .timers import Timer

LEARNED_MAX_MS = 1500
"""However long a caller's pauses are, an agent that waits longer than this seems dead."""
LEARN_RATE = 0.3


class Endpointing:
    """Where the caller's voice stands. The call asks `over` and `waiting_for_transcript`."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.question = Question()
        self.voice = False
        """The detector hears a voice right now."""
        self.speaking = False
        """That voice is speech, and has not stopped for `stop_ms`."""
        self.ignored: Literal["no", "key", "echo"] = "no"
        """The present voice is a key's tone or the agent's echo."""
        self.over = False
        """The pause is long enough, or the model says so: nothing more is expected."""
        self.rose_ms = 0
        self.onset_ms = 0
        self.fell_ms = 0
        self._patience_ms = 0
        """The pause that ends this turn: `silence_ms`, or what the turn-end model made of it."""
        self._pending: set[int] = set()
        self._judgement = 0
        self._learned_ms = 0.0

    @property
    def sounding(self) -> bool:
        """There is a voice, or speech that has not stopped yet."""
        return self.speaking or self.voice

    @property
    def since_ms(self) -> int:
        """Where the present speech, or the present voice, began."""
        return self.onset_ms if self.speaking else self.rose_ms

    @property
    def silence_ms(self) -> int:
        """The pause that ends a turn now: the question's, else the assistant's, stretched to this caller."""
        turn = self._desk.assistant.turn
        silence = self.question.silence_ms or turn.silence_ms
        if turn.learn_pauses:
            silence = max(silence, min(LEARNED_MAX_MS, int(self._learned_ms * 1.3)))
        return max(silence, turn.stop_ms)

    @property
    def waiting_for_transcript(self) -> bool:
        """Whether the STT still owes something and has time left for it."""
        return bool(self._pending) and self._desk.timers.is_set(Timer.FINAL)

    def check(self, event: VoiceRose | VoiceFell) -> None:
        """Raises `IllegalEvent` when the voice rises twice, or falls without having risen."""
        is_on = self.voice or self.ignored != "no"
        if is_on == isinstance(event, VoiceRose):
            raise IllegalEvent(event, "the voice is on" if is_on else "there is no voice")

    def rose(self, at_ms: int) -> bool:
        """The voice is back or new. True if that is the onset of speech at once (`start_ms` is 0)."""
        timers = self._desk.timers
        self.voice = True
        self.rose_ms = at_ms
        timers.cancel(Timer.SILENCE)
        if self.speaking:
            timers.cancel(Timer.SPEECH_STOP)
            return False
        start_ms = self._desk.assistant.turn.start_ms
        if start_ms == 0:
            return True
        timers.set_sound(Timer.SPEECH_START, at_ms + start_ms)
        return False

    def ignore(self, at_ms: int, reason: Literal["key", "echo"]) -> None:
        """A voice rises that is none of the caller's: what it does until it falls says nothing."""
        self.rose_ms = at_ms
        self.ignored = reason

    def take_back(self) -> None:
        """The present voice was a key's tone all along."""
        self.ignored = "key" if self.voice else "no"
        self.voice = self.speaking = False
        for timer in (Timer.SPEECH_START, Timer.SPEECH_STOP, Timer.SILENCE):
            self._desk.timers.cancel(timer)

    def outlasted(self) -> bool:
        """The agent is silent: a voice that goes on was no echo. True as for `rose`."""
        if self.ignored != "echo":
            return False
        self.ignored = "no"
        return self.rose(self.rose_ms)

    def started(self, *, goes_on: bool) -> None:
        """The voice has lasted: it is speech, since its onset. `goes_on`: after a pause in the same turn."""
        if goes_on:
            self._learn(self.rose_ms - self.fell_ms)
        self._desk.timers.cancel(Timer.SPEECH_START)
        self.speaking = True
        self.over = False
        self._judgement = 0
        self.onset_ms = self.rose_ms

    def fell(self, at_ms: int, *, waiting: bool) -> bool:
        """The voice is gone. True if it was speech. `waiting`: a turn is open and unanswered."""
        timers = self._desk.timers
        self.voice = False
        if not self.speaking:
            timers.cancel(Timer.SPEECH_START)
            if waiting and not self.over:
                self._await_silence()
            return False
        self.fell_ms = at_ms
        self._patience_ms = self.silence_ms
        timers.set_sound(Timer.SPEECH_STOP, at_ms + self._desk.assistant.turn.stop_ms)
        self._await_silence()
        return True

    def _await_silence(self) -> None:
        self._desk.timers.set_sound(Timer.SILENCE, self.fell_ms + self._patience_ms)

    def stopped(self) -> None:
        """Speech has stopped: the STT is asked for its last word, the turn-end model for its verdict."""
        desk = self._desk
        self.speaking = False
        transcription_id = desk.next_id()
        self._pending.add(transcription_id)
        desk.order(FinishTranscription(transcription_id, self.onset_ms, self.fell_ms, self.question))
        final_ms = desk.abilities.final_ms or desk.assistant.deadlines.transcript_final_ms
        final_at_us = desk.sound.wall_us(self.fell_ms, desk.now) + final_ms * 1000
        # Sound that came late, in a burst, came late to the STT as well: it is left its usual time from here.
        rest_us = max(0, final_ms - desk.assistant.turn.stop_ms) * 1000
        desk.timers.set(Timer.FINAL, max(final_at_us, desk.now + rest_us))
        if desk.abilities.turn_end:
            self._judgement = desk.next_id()
            desk.order(JudgeTurnEnd(self._judgement, self.fell_ms))

    def finished(self, transcription_id: int) -> bool:
        """The STT has said all about one stretch. False = stale."""
        if transcription_id not in self._pending:
            return False
        self._pending.discard(transcription_id)
        if not self._pending:
            self._desk.timers.cancel(Timer.FINAL)
        return True

    def judged(self, judgement_id: int, *, complete: bool) -> None:
        """The turn-end model's verdict sets how long a pause ends the turn."""
        if judgement_id != self._judgement:
            return
        self._judgement = 0
        self._patience_ms = 0 if complete else self._desk.assistant.turn.incomplete_ms
        if not self.voice:
            self._await_silence()

    def give_up_transcript(self) -> None:
        """The STT is out of time, or what it would say is wanted no more."""
        self._pending.clear()
        self._desk.timers.cancel(Timer.FINAL)

    def reset(self) -> None:
        """The turn was taken: the next one starts from nothing."""
        self.over = False
        self._judgement = 0
        self._desk.timers.cancel(Timer.SILENCE)

    def _learn(self, pause_ms: int) -> None:
        """A pause inside a turn tells how long this caller pauses without having finished."""
        if self.fell_ms and 0 < pause_ms <= LEARNED_MAX_MS:
            change_ms = LEARN_RATE * (pause_ms - self._learned_ms)
            self._learned_ms = self._learned_ms + change_ms if self._learned_ms else float(pause_ms)
