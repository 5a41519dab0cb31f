"""Deciding that the caller has begun to speak, has stopped, and has finished.

The voice detector gives raw edges; here they become speech (voice that lasts `start_ms`), a stop (`stop_ms`
without it) and an end: `silence_ms` counted from the true end of speech, or the verdict of a turn-end model.
All of it counts received sound. Whether speech takes the floor from the agent is decided in `bargein.py`.
"""

from __future__ import annotations

from typing import Literal

from ..errors import IllegalEvent
from .commands import FinishTranscription, JudgeTurnEnd
from .events import Question, TurnEndJudged, VoiceFell, VoiceRose
from .shared import Shared
from .timers import Timer

GAP_MS = 150
"""A voice that is back so soon has not paused: inside words and between them people were silent to the
detector for up to 128 ms (measured on nine recordings of four speakers)."""
VERDICT_MS = 60
"""How long a pause that is over already waits for what the words make of it: three frames."""
LEARNED_MAX_MS = 1500
"""However long a caller's pauses are, an agent that waits longer than this seems dead."""
LEARN_RATE = 0.3
"""How much of what is known a new pause replaces: three pauses leave a third of the first, so that a caller
who warms up is followed within a few sentences and one long thought decides nothing."""


class Endpointing:
    """Where the caller's voice stands. The call asks `over` and `waiting_for_transcript`."""

    def __init__(self, shared: Shared) -> None:
        self._shared = shared
        self.question = Question()
        self.voice = False
        """The detector hears a voice right now."""
        self.speaking = False
        """That voice is speech, and has not stopped for `stop_ms`."""
        self.ignored: Literal["no", "key", "echo", "noise"] = "no"
        """The present voice is a key's tone, the agent's echo, or other people's."""
        self.over = False
        """The pause is long enough, or the model says so: nothing more is expected."""
        self.rose_ms = 0
        self.onset_ms = 0
        self.fell_ms = 0
        self._voiced_ms = 0
        """How much voice there was since `rose_ms`, but for the present one."""
        self._again_ms = 0
        """Where the present voice rose."""
        self._quiet_ms = -GAP_MS
        """Where the last voice fell that was too short to be speech."""
        self._asked_upto_ms = 0
        """Up to where the STT was asked about speech that goes on."""
        self._meanwhile = 0
        """The transcription that was asked for while speech goes on; 0 = none."""
        self.stretch = (0, 0)
        """The sound that it is about."""
        self._pause_ms = 0
        """The pause that ends this turn: `silence_ms`, or what the turn-end model made of it."""
        self._pending: set[int] = set()
        self._judgement = 0
        self._unread = False
        """The model has not been asked what the words make of the present pause."""
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
        taking = self._shared.assistant.turn
        silence = self.question.silence_ms or taking.silence_ms
        if taking.learn_pauses:
            silence = max(silence, min(LEARNED_MAX_MS, int(self._learned_ms * 1.3)))
        return max(silence, taking.stop_ms)

    @property
    def waiting_for_transcript(self) -> bool:
        """Whether the STT still owes something and has time left for it."""
        return bool(self._pending) and self._shared.timers.is_set(Timer.FINAL)

    def check(self, event: VoiceRose | VoiceFell) -> None:
        """Raises `IllegalEvent` when the voice rises twice, or falls without having risen."""
        is_on = self.voice or self.ignored != "no"
        if is_on == isinstance(event, VoiceRose):
            raise IllegalEvent(event, "the voice is on" if is_on else "there is no voice")

    def rose(self, at_ms: int) -> bool:
        """The voice is back or new. True if that is the onset of speech at once (`start_ms` is 0)."""
        timers = self._shared.timers
        self.voice = True
        self._again_ms = at_ms
        timers.cancel(Timer.SILENCE)
        if self.speaking:
            self.rose_ms = at_ms
            timers.cancel(Timer.SPEECH_STOP)
            return False
        if at_ms - self._quiet_ms > GAP_MS:
            self.rose_ms, self._voiced_ms = at_ms, 0
        missing_ms = self._shared.assistant.turn.start_ms - self._voiced_ms
        if missing_ms <= 0:
            return True
        timers.set_sound(Timer.SPEECH_START, at_ms + missing_ms)
        return False

    def hurry(self, start_ms: int) -> None:
        """Here so short a voice is speech already."""
        missing_ms = min(start_ms, self._shared.assistant.turn.start_ms) - self._voiced_ms
        self._shared.timers.set_sound(Timer.SPEECH_START, self._again_ms + max(0, missing_ms))

    @property
    def answered_from_ms(self) -> int:
        """Where an answer may begin to be heard: the pause that ended the turn, and a moment."""
        return self.fell_ms + self._pause_ms + self._shared.assistant.turn.hesitation_ms

    def ignore(self, at_ms: int, reason: Literal["key", "echo", "noise"]) -> None:
        """A voice rises that is none of the caller's: what it does until it falls says nothing."""
        self.rose_ms = at_ms
        self.ignored = reason

    def take_back(self, reason: Literal["key", "noise"] = "key") -> None:
        """The present voice was a key's tone all along, or has become other people's."""
        self.ignored = reason if self.voice else "no"
        self.voice = self.speaking = False
        for timer in (Timer.SPEECH_START, Timer.SPEECH_STOP, Timer.SILENCE, Timer.UNBROKEN):
            self._shared.timers.cancel(timer)

    def outlasted(self) -> bool:
        """The agent is silent: a voice that goes on was no echo. True if speech begins at once."""
        if self.ignored != "echo":
            return False
        self.ignored = "no"
        return self.rose(self.rose_ms)

    def started(self, *, goes_on: bool) -> None:
        """The voice has lasted: it is speech, since its onset. `goes_on`: after a pause in the same turn."""
        if goes_on:
            self._learn(self.rose_ms - self.fell_ms)
        self._shared.timers.cancel(Timer.SPEECH_START)
        self.speaking = True
        self.over = self._unread = False
        self._judgement = 0
        self.onset_ms = self._asked_upto_ms = self.rose_ms
        self.await_words(self.onset_ms)

    def fell(self, at_ms: int, *, waiting: bool) -> bool:
        """The voice is gone. True if it was speech. `waiting`: a turn is open and unanswered."""
        timers = self._shared.timers
        self.voice = False
        if not self.speaking:
            timers.cancel(Timer.SPEECH_START)
            self._voiced_ms += at_ms - self._again_ms
            self._quiet_ms = at_ms
            if waiting and not self.over:
                self._await_silence()
            return False
        self.fell_ms = at_ms
        self._pause_ms = self.silence_ms
        timers.set_sound(Timer.SPEECH_STOP, at_ms + self._shared.assistant.turn.stop_ms)
        self._await_silence()
        return True

    def _await_silence(self) -> None:
        self._shared.timers.set_sound(Timer.SILENCE, self.fell_ms + self._pause_ms)

    def stopped(self) -> None:
        """Speech has stopped: the STT is asked for its last word, the turn-end model for its verdict."""
        shared = self._shared
        self.speaking = False
        self._meanwhile = 0
        shared.timers.cancel(Timer.UNBROKEN)
        self._ask_for_words(self._asked_upto_ms, self.fell_ms)
        self._unread = shared.abilities.turn_end and shared.abilities.turn_end_reads
        if shared.abilities.turn_end and not self._unread:
            self._judgement = shared.next_id()
            shared.order(JudgeTurnEnd(self._judgement, self.fell_ms))

    def _ask_for_words(self, start_ms: int, end_ms: int) -> int:
        shared = self._shared
        transcription_id = shared.next_id()
        self._pending.add(transcription_id)
        shared.order(FinishTranscription(transcription_id, start_ms, end_ms, self.question))
        final_ms = shared.abilities.final_ms or shared.assistant.deadlines.transcript_final_ms
        final_at_us = shared.sound.wall_us(end_ms, shared.now) + final_ms * 1000
        # Sound that came late, in a burst, came late to the STT as well: it is left its usual time from here.
        rest_us = max(0, final_ms - shared.assistant.turn.stop_ms) * 1000
        shared.timers.set(Timer.FINAL, max(final_at_us, shared.now + rest_us))
        return transcription_id

    def finished(self, transcription_id: int) -> bool:
        """The STT has said all about one stretch. False = stale."""
        if transcription_id not in self._pending:
            return False
        self._pending.discard(transcription_id)
        if not self._pending:
            self._shared.timers.cancel(Timer.FINAL)
        return True

    # Speech that does not end

    def await_words(self, from_ms: int) -> None:
        """Nobody speaks for so long without a pause or a word that is understood; rooms full of people do."""
        limit_ms = self._shared.assistant.turn.unbroken_ms
        self._shared.timers.set_sound(Timer.UNBROKEN, from_ms + limit_ms)

    @property
    def unasked(self) -> bool:
        """There is sound about which the STT has not been asked: a stalled stream brings none."""
        return self._shared.sound.position_ms > self._asked_upto_ms

    def ask_meanwhile(self) -> None:
        """Let the STT say what it has made of speech that goes on."""
        self.stretch = (self._asked_upto_ms, self._shared.sound.position_ms)
        self._meanwhile = self._ask_for_words(*self.stretch)
        self._asked_upto_ms = self.stretch[1]

    def meanwhile_known(self) -> bool:
        """Whether the STT has answered that, or will not: true once."""
        known = self._meanwhile and self._meanwhile not in self._pending
        self._meanwhile = 0 if known else self._meanwhile
        return bool(known)

    def read(self, text: str) -> None:
        """The words are known: a model that reads is asked, and has a moment for its verdict."""
        shared = self._shared
        if not self._unread or self.sounding or self._pending:
            return
        self._unread = self.over = False
        self._judgement = shared.next_id()
        shared.order(JudgeTurnEnd(self._judgement, self.fell_ms, text, self.question))
        soonest_ms = shared.sound.now_ms(shared.now) + VERDICT_MS
        shared.timers.set_sound(Timer.SILENCE, max(self.fell_ms + self._pause_ms, soonest_ms))

    def judged(self, event: TurnEndJudged) -> None:
        """The turn-end model's verdict sets how long a pause ends the turn."""
        if event.judgement_id != self._judgement:
            return
        self._judgement = 0
        self._pause_ms = event.pause_ms if event.pause_ms is not None else self._pause_after(event)
        if not self.voice:
            self._await_silence()

    def _pause_after(self, event: TurnEndJudged) -> int:
        return 0 if event.complete else self._shared.assistant.turn.incomplete_ms

    def give_up_transcript(self) -> None:
        """The STT is out of time, or what it would say is wanted no more."""
        self._pending.clear()
        self._shared.timers.cancel(Timer.FINAL)

    def reset(self) -> None:
        """The turn was taken: the next one starts from nothing."""
        self.over = self._unread = False
        self._judgement = 0
        self._shared.timers.cancel(Timer.SILENCE)

    def _learn(self, pause_ms: int) -> None:
        """A pause inside a turn tells how long this caller pauses without having finished."""
        if self.fell_ms and 0 < pause_ms <= LEARNED_MAX_MS:
            change_ms = LEARN_RATE * (pause_ms - self._learned_ms)
            self._learned_ms = self._learned_ms + change_ms if self._learned_ms else float(pause_ms)
