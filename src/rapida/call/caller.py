"""The caller's side of the call: when the caller speaks, what was said, and when it is answered.

Turns edges and transcripts into turns. Speech between the end of a turn and the first words of its answer
reopens the turn; speech that goes on and on is looked into. What becomes of a turn that is over is decided in
`answering.py`, and what keys mean in `keying.py`.
"""

from __future__ import annotations

from .answering import GOES_ON_MS
from .commands import DiscountVoice
from .events import TranscriptChanged, TranscriptFinal, TurnEndJudged, VoiceFell, VoiceRose
from .keying import Keying
from .timers import Timer
from .turn import Turn
from .words import same_words


class CallerSide(Keying):
    """Everything between the caller's mouth (or keypad) and a turn that the agent answers."""

    @property
    def has_turn(self) -> bool:
        """The caller is speaking, or has spoken and is not yet understood."""
        return self._turn is not None or self._ear.sounding

    @property
    def has_words(self) -> bool:
        """Something of what the caller is saying has been understood."""
        return self._turn is not None and bool(self._turn.said)

    # The beginning and the end of the call

    def opening(self) -> Turn:
        """The turn to which the agent replies when it speaks first and has no greeting of its own."""
        self._turns.answered = turn = self._turns.new(0, self._question)
        turn.kind = "opening"
        turn.line = self._transcript.caller(turn.id, turn.message())
        return turn

    def await_callee(self) -> None:
        """Outbound: what the called party says first ("Hello?") is answered by the greeting."""
        self._turns.current = turn = self._turns.new(0, self._question)
        turn.kind = "opening"

    def callee_overdue(self) -> None:
        """The agent begins; what a silent callee says from now on is an answer to that."""
        if self._turn is not None and self._turn.kind == "opening" and not self._ear.speaking:
            self._turns.current = None

    def stop(self) -> None:
        """The call is over: nothing is collected any longer, and what was said last is written down."""
        self._keypad.stop()
        self._turns.write_kept()
        if self._turn is not None and self._turn.said:
            self._turns.write(self._turn)

    # Voice

    def check_voice(self, event: VoiceRose | VoiceFell) -> None:
        """Raises `IllegalEvent` when the voice rises twice, or falls without having risen."""
        self._ear.check(event)

    def voice_rose(self, event: VoiceRose) -> None:
        ear, turn = self._ear, self._turn
        if self._bargein.below_echo(event.level_db):
            ear.ignore(event.at_ms, "echo")
            return
        if self._keypad.near(event.at_ms):
            ear.ignore(event.at_ms, "key")
            return
        self._bargein.voice_rose()
        if ear.rose(event.at_ms):
            self.speech_started()
        elif ear.speaking and turn is not None and turn.over_agent:
            self._bargein.onset(event.at_ms)
        elif not ear.speaking and self._goes_on(event.at_ms):
            self._bargein.hold()  # in the first words of an answer a moment counts
            ear.hurry(GOES_ON_MS)

    def _goes_on(self, onset_ms: int) -> bool:
        """Whether a voice from there on goes on with the turn whose answer has just begun to be heard."""
        before = self._turns.answered
        if self._turn is not None or before is None or not self._bargein.beginning(onset_ms):
            return False
        return self._agent.may_reopen(before, beginning=True)

    def speech_started(self) -> None:
        """The voice has lasted long enough: this is speech."""
        onset_ms = self._ear.rose_ms
        turn = self._turn or self._open_turn(onset_ms)
        self._turns.current = turn
        turn.level_db = self._bargein.onset_db
        turn.words_seen = len(turn.said)
        self._ear.started(goes_on=turn.fell_ms > turn.started_ms)
        self._shared.timers.cancel(Timer.STABLE)
        self._reprompts.stop_waiting()
        if self._bargein.audible() is None:
            self._shared.floor.step("caller speaks")
            return
        if turn.answered is not None:
            self._bargein.hold()
            self._bargein.give_way()
            return
        turn.over()
        if self._bargein.must_keep():
            turn.keeps = True
            turn.replies()
        self._bargein.onset(onset_ms)

    def voice_fell(self, event: VoiceFell) -> None:
        ear = self._ear
        if ear.ignored != "no":
            ear.ignored = "no"
        elif ear.fell(event.at_ms, waiting=self._turn is not None):
            if self._turn is not None:
                self._turn.fell_ms = event.at_ms
            self._bargein.voice_fell(event.at_ms)
        else:
            self._bargein.voice_fell(event.at_ms)
            self._try_confirm()

    def speech_stopped(self) -> None:
        self._ear.stopped()
        if (turn := self._turn) is not None:
            now = self._shared.now
            turn.instants.stopped(now, self._shared.sound.wall_us(turn.fell_ms, now))
            turn.keeps = turn.keeps or (turn.over_agent and self._bargein.must_keep())
        self._shared.floor.step("caller stops")

    def silence(self) -> None:
        """The pause is long enough (or the model says so): the turn is over as far as sound goes."""
        self._ear.over = True
        self._try_confirm()

    # Turns

    def _open_turn(self, started_ms: int) -> Turn:
        """A turn begins, or the one just closed goes on; what the agent was about to say waits for it."""
        before, beginning = self._turns.answered, self._bargein.beginning(started_ms)
        reopens = before is not None and self._agent.may_reopen(before, beginning=beginning)
        if self._agent.unspoken:
            self._playout.hold()
        if before is None or not reopens:
            return self._turns.new(started_ms, self._question)
        before.resumed_ms = started_ms if beginning else None
        before.closed_ms = None
        self._ear.question = before.question
        return before

    # Words

    def transcript_changed(self, event: TranscriptChanged) -> None:
        turn = self._turn
        if turn is None or not turn.covers(event.start_ms, event.end_ms):
            return
        before = turn.text
        turn.heard(event.text, event.start_ms, event.end_ms, final=False)
        self._weigh(event)
        taking = self._shared.assistant.turn
        if taking.speculate and turn.text and not same_words(before, turn.text):
            self._shared.timers.set(Timer.STABLE, self._shared.now + taking.stable_ms * 1000)

    def transcript_final(self, event: TranscriptFinal) -> None:
        """Once the hang-up is ordered, words only complete the transcript."""
        turn, hanging_up = self._turns.owner(event), self._closing.ordered
        if turn is None:
            if event.text.strip() and not hanging_up:
                self._unheard_onset(event)
        elif turn is not self._turn or hanging_up:
            self._late(turn, event)
        else:
            turn.heard(event.text, event.start_ms, event.end_ms, final=True)
            turn.instants.final = self._shared.now
            self._weigh(event)
            self._try_confirm()

    def _weigh(self, event: TranscriptChanged | TranscriptFinal) -> None:
        """Words over the agent may be a barge-in; those of a turn that goes on only make it longer."""
        reopened = self._turn is not None and self._turn.answered is not None
        if not reopened and self._bargein.confirmed_by(event):
            self.barge_in("words")

    def _late(self, turn: Turn, event: TranscriptFinal) -> None:
        """A final for a turn already closed amends it; before the answer is heard it restarts the reply."""
        before = turn.text
        turn.heard(event.text, event.start_ms, event.end_ms, final=True)
        if same_words(before, turn.text):
            return
        if turn.kind == "unclear":
            turn.kind = "said"
        if self._turns.is_last(turn) and self._agent.may_answer_anew(turn):
            turn.instants.final = turn.instants.confirm = self._shared.now
            self._agent.withdraw()
            self._answer(turn, by="words")
        elif turn.nothing_yet and not turn.only_nods:
            # The agent had stopped for this and gone on without words: the caller is waiting to be heard.
            if turn.yielded and not turn.keeps and self._bargein.confirmed_by(event):
                self._reprompts.caller_is_there()
                self.barge_in("words")
            self._turns.kept.append(turn)
            self.agent_fell_silent()
        elif turn not in self._turns.kept:
            self._turns.write(turn)

    def _unheard_onset(self, event: TranscriptFinal) -> None:
        """The STT understood what the detector took for silence: that is a turn as well."""
        shared = self._shared
        self._turns.current = turn = self._open_turn(event.start_ms)
        turn.fell_ms = max(turn.fell_ms, event.end_ms)
        turn.heard(event.text, event.start_ms, event.end_ms, final=True)
        if self._bargein.audible() is not None:
            turn.over()
        turn.keeps = self._bargein.must_keep()
        turn.instants.stopped(shared.now, shared.sound.wall_us(event.end_ms, shared.now))
        turn.instants.final = shared.now
        self._reprompts.caller_is_there()
        self._weigh(event)
        if not self._ear.sounding:
            self._ear.over = True
            self._try_confirm()

    def transcription_finished(self, transcription_id: int) -> None:
        if not self._ear.finished(transcription_id):
            return
        self._words_known()

    def _words_known(self) -> None:
        """The STT has said all that it was asked for, or is out of time."""
        turn = self._turn
        if self._ear.meanwhile_known():
            self._look_for_words()
        if turn is not None and turn.answered is not None and same_words(turn.answered, turn.text):
            self._ear.over = self._ear.over or not self._ear.sounding
        self._look_at_interruption()
        if turn is not None and turn.said:
            self._ear.read(turn.text)
        self._try_confirm()

    def _look_at_interruption(self) -> None:
        """The agent has yielded; a sound that proves to have no words, or only a nod, was no interruption."""
        turn, ear = self._turn, self._ear
        if turn is None or turn.answered is not None or ear.sounding or ear.waiting_for_transcript:
            return
        nothing = not turn.said or turn.only_nods or self._bargein.echoed(turn)
        if self._shared.floor.state == "yielded" and nothing and not turn.keeps:
            turn.yielded = True
            self._bargein.no_interruption()

    # Speech that goes on and on

    def unbroken(self) -> None:
        """Speech has gone on for long: if no new word was shown, the STT is asked for what there was."""
        turn, ear = self._turn, self._ear
        if turn is None or not ear.speaking:
            return
        if len(turn.said) > turn.words_seen:
            turn.words_seen = len(turn.said)
            ear.await_words(self._shared.sound.position_ms)
        elif ear.unasked:
            ear.ask_meanwhile()
        else:
            ear.await_words(self._shared.sound.now_ms(self._shared.now))

    def _look_for_words(self) -> None:
        """The STT has told what there was; where it was nothing, other people are heard."""
        turn, ear = self._turn, self._ear
        if turn is None or not ear.speaking:
            return
        if len(turn.said) > turn.words_seen:
            turn.words_seen = len(turn.said)
            ear.await_words(self._shared.sound.position_ms)
            return
        turn.noise = not turn.said
        self._shared.order(DiscountVoice(*ear.stretch))
        turn.instants.stopped(self._shared.now, self._shared.sound.wall_us(ear.stretch[0], self._shared.now))
        turn.fell_ms = max(turn.fell_ms, ear.stretch[1])
        ear.take_back("noise")
        ear.over = True
        self._shared.floor.step("caller stops")

    def transcript_late(self) -> None:
        """The STT is out of time: go on with what there is."""
        self._ear.give_up_transcript()
        self._words_known()

    # The end of the turn

    def judged(self, event: TurnEndJudged) -> None:
        """The turn-end model's verdict sets how long a pause ends the turn."""
        self._ear.judged(event)

    def _try_confirm(self) -> None:
        turn, ear = self._turn, self._ear
        if turn is None or self._ear.sounding or not ear.over or ear.waiting_for_transcript:
            return
        self._close_turn(turn)
        turn.instants.confirm = self._shared.now
        self._settle(turn)
