"""The caller's side of the call: when the caller speaks, what was said, and when it is answered.

Turns edges, transcripts and keys into turns. A turn is answered when it is over and the floor is free; words
said while the agent must not be interrupted, or in the last second of what it says, are kept and answered
when it has finished. Speech between the end of a turn and the first frame of its answer reopens the turn.
"""

from __future__ import annotations

from .agent import AgentSide
from .bargein import Bargein
from .commands import DiscountVoice
from .desk import Desk
from .endpointing import Endpointing
from .events import Question, TranscriptChanged, TranscriptFinal, VoiceFell, VoiceRose
from .keypad import Keypad
from .noise import Noise
from .patience import Patience
from .timers import Timer
from .turn import Turn
from .turns import Turns
from .words import same_words, words

GOES_ON_MS = 100
"""Voice this long into the first words of an answer is the caller going on: 200 ms would be talked over half
a second, with the detector's own time and the network's."""


class CallerSide:
    """Everything between the caller's mouth (or keypad) and a turn that the agent answers."""

    def __init__(self, desk: Desk, agent: AgentSide) -> None:
        self._desk = desk
        self._agent = agent
        self._ear = Endpointing(desk)
        self._bargein = Bargein(desk, agent.playout)
        self._keypad = Keypad(desk)
        self._patience = Patience(desk, agent)
        self._noise = Noise()
        self._question = Question()
        self._turns = Turns(desk, agent.transcript)
        self.check_voice = self._ear.check
        self.judged = self._ear.judged

    @property
    def _turn(self) -> Turn | None:
        return self._turns.current

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
        turn.line = self._agent.transcript.caller(turn.id, turn.message())
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
        self._desk.timers.cancel(Timer.STABLE)
        self._patience.stop_waiting()
        if self._bargein.audible() is None:
            self._desk.pass_floor("caller speaks")
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
            turn.instants.stopped(self._desk.now, self._desk.sound.wall_us(turn.fell_ms, self._desk.now))
            turn.keeps = turn.keeps or (turn.over_agent and self._bargein.must_keep())
        self._desk.pass_floor("caller stops")

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
            self._agent.playout.hold()
        if before is None or not reopens:
            return self._turns.new(started_ms, self._question)
        before.resumed_ms = started_ms if beginning else None
        before.closed_ms = None
        self._ear.question = before.question
        return before

    def _close_turn(self, turn: Turn) -> None:
        self._turns.close(turn)
        self._ear.reset()
        self._desk.timers.cancel(Timer.STABLE)

    # Words

    def transcript_changed(self, event: TranscriptChanged) -> None:
        turn = self._turn
        if turn is None or not turn.covers(event.start_ms, event.end_ms):
            return
        before = turn.text
        turn.heard(event.text, event.start_ms, event.end_ms, final=False)
        self._weigh(event)
        if self._desk.assistant.turn.speculate and turn.text and not same_words(before, turn.text):
            self._desk.timers.set(Timer.STABLE, self._desk.now + self._desk.assistant.turn.stable_ms * 1000)

    def transcript_final(self, event: TranscriptFinal) -> None:
        """Once the hang-up is ordered, words only complete the transcript."""
        turn, hanging_up = self._turns.owner(event), self._agent.closing.ordered
        if turn is None:
            if event.text.strip() and not hanging_up:
                self._unheard_onset(event)
        elif turn is not self._turn or hanging_up:
            self._late(turn, event)
        else:
            turn.heard(event.text, event.start_ms, event.end_ms, final=True)
            turn.instants.final = self._desk.now
            self._weigh(event)
            self._try_confirm()

    def _weigh(self, event: TranscriptChanged | TranscriptFinal) -> None:
        """Words over the agent may be a barge-in; those of a turn that goes on only make it longer."""
        reopened = self._turn is not None and self._turn.answered is not None
        if not reopened and self._bargein.confirmed_by(event):
            self.barge_in()

    def _late(self, turn: Turn, event: TranscriptFinal) -> None:
        """A final for a turn already closed amends it; before the answer is heard it restarts the reply."""
        before = turn.text
        turn.heard(event.text, event.start_ms, event.end_ms, final=True)
        if same_words(before, turn.text):
            return
        if turn.kind == "unclear":
            turn.kind = "said"
        if self._turns.is_last(turn) and self._agent.may_answer_anew(turn):
            turn.instants.final = turn.instants.confirm = self._desk.now
            self._agent.withdraw()
            self._answer(turn)
        elif turn.nothing_yet and not turn.only_nods:
            self._turns.kept.append(turn)
            self.agent_fell_silent()
        elif turn not in self._turns.kept:
            self._turns.write(turn)

    def _unheard_onset(self, event: TranscriptFinal) -> None:
        """The STT understood what the detector took for silence: that is a turn as well."""
        desk = self._desk
        self._turns.current = turn = self._open_turn(event.start_ms)
        turn.fell_ms = max(turn.fell_ms, event.end_ms)
        turn.heard(event.text, event.start_ms, event.end_ms, final=True)
        if self._bargein.audible() is not None:
            turn.over()
        turn.keeps = self._bargein.must_keep()
        turn.instants.stopped(desk.now, desk.sound.wall_us(event.end_ms, desk.now))
        turn.instants.final = desk.now
        self._patience.caller_is_there()
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
        self._try_confirm()

    def _look_at_interruption(self) -> None:
        """The agent has yielded; a sound that proves to have no words, or only a nod, was no interruption."""
        turn, ear = self._turn, self._ear
        if turn is None or turn.answered is not None or ear.sounding or ear.waiting_for_transcript:
            return
        nothing = not turn.said or turn.only_nods or self._bargein.echoed(turn)
        if self._desk.floor == "yielded" and nothing and not turn.keeps:
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
            ear.await_words(self._desk.sound.position_ms)
        else:
            ear.ask_meanwhile()

    def _look_for_words(self) -> None:
        """The STT has told what there was; where it was nothing, other people are heard."""
        turn, ear = self._turn, self._ear
        if turn is None or not ear.speaking:
            return
        if len(turn.said) > turn.words_seen:
            turn.words_seen = len(turn.said)
            ear.await_words(self._desk.sound.position_ms)
            return
        turn.noise = not turn.said
        self._desk.order(DiscountVoice(*ear.stretch))
        turn.instants.stopped(self._desk.now, self._desk.sound.wall_us(ear.stretch[0], self._desk.now))
        turn.fell_ms = max(turn.fell_ms, ear.stretch[1])
        ear.take_back("noise")
        ear.over = True
        self._desk.pass_floor("caller stops")

    def transcript_late(self) -> None:
        """The STT is out of time: go on with what there is."""
        self._ear.give_up_transcript()
        self._words_known()

    # The end of the turn

    def _try_confirm(self) -> None:
        turn, ear = self._turn, self._ear
        if turn is None or self._ear.sounding or not ear.over or ear.waiting_for_transcript:
            return
        self._close_turn(turn)
        turn.instants.confirm = self._desk.now
        self._settle(turn)

    def _settle(self, turn: Turn) -> None:
        """The turn is over: is it an answer, a backchannel, an echo, or nothing?"""
        yielded = self._desk.floor == "yielded"
        if self._desk.floor == "contested":
            self.false_alarm()
            turn.held = True
        playing = bool(self._agent.playout.queue) and not self._agent.unspoken
        turn.yielded = turn.yielded or yielded
        if turn.said:
            self._patience.caller_is_there()
        if self._agent.closing.forced:
            self._turns.kept.append(turn)
        elif turn.kind == "opening" and turn.answered is None:
            if turn.said:
                self._turns.write(turn)
            self.agent_fell_silent()
        elif turn.answered is not None:
            self._settle_reopened(turn)
        elif self._bargein.echoed(turn) or not turn.said:
            self._settle_wordless(turn, playing=playing)
        elif not playing:
            self._answer(turn)
        elif turn.is_backchannel:
            self._agent.transcript.backchannel(turn.id, turn.text)
            self._go_on()
        elif yielded and not turn.keeps:
            self._answer(turn)
        else:
            self._keep(turn)

    def _go_on(self) -> None:
        """The agent was not interrupted: it says the rest, from the last word heard where it had stopped."""
        self._bargein.no_interruption()
        self._agent.go_on()

    def _keep(self, turn: Turn) -> None:
        """The agent finishes first."""
        self._turns.kept.append(turn)
        if self._desk.floor != "contested":
            self._go_on()

    def _settle_reopened(self, turn: Turn) -> None:
        """The caller went on before the answer was heard: answer the whole, or go on if it was nothing."""
        if turn.answered is not None and same_words(turn.answered, turn.text):
            self._ear.question = self._question
            self._nothing_said()
            return
        own = self._answer_of_its_own(turn)
        turn.kind = "said"
        if own is None:
            self._agent.withdraw()
        self._agent.cut()
        self._answer(own or turn)

    def _answer_of_its_own(self, turn: Turn) -> Turn | None:
        """What the caller said over an answer's first words, where it is one of those its question names."""
        before, after = turn.part_it()
        said = words(" ".join(text for _, _, text in after))
        if turn.resumed_ms is None or said not in [words(phrase) for phrase in self._question.phrases]:
            return None
        own = self._turns.new(turn.resumed_ms, self._question)
        for piece in after:
            own.heard(piece[2], piece[0], piece[1], final=True)
        own.instants = turn.instants
        turn.keep_only(before)
        self._turns.write(turn)
        return own

    def _settle_wordless(self, turn: Turn, *, playing: bool) -> None:
        """A sound without words of the caller's: a cough, a key's tone, an echo, or not understood."""
        if turn.over_agent:
            self._bargein.was_nothing()
            self._noise.over_agent(turn)
        agent_goes_on = playing or turn.over_agent or self._agent.unspoken
        if agent_goes_on or self._keypad.in_use or self._turns.kept:
            self._nothing_said()
        elif self._noise.covers(turn):
            if turn.noise:
                self._patience.noise(self._question)
            self._nothing_said()
        else:
            self._patience.caller_is_there()
            self._not_understood(turn)

    def _nothing_said(self) -> None:
        """What the caller did asks for nothing: the agent goes on, if it has anything to say."""
        self._agent.replies.forget_guess()
        self._go_on()
        self.agent_fell_silent()

    def _not_understood(self, turn: Turn) -> None:
        """The caller spoke and no word came of it: ask again, a few times; after the goodbye not at all."""
        self._agent.replies.forget_guess()
        turn.kind = "unclear"
        if self._agent.closing.planned:
            self._turns.write(turn)
        elif self._question.takes_unclear:
            self._answer(turn)
        else:
            self._turns.write(turn)
            self._patience.ask_again(self._question)

    def _answer(self, turn: Turn) -> None:
        """Hand a turn (and those kept before it) to the model."""
        agent = self._agent
        self._turns.write_kept()
        self._turns.write(turn)
        if agent.closing.forced:
            return
        if agent.playout.queue or agent.playout.held or agent.answering:
            agent.cut()
        agent.closing.call_off()
        if turn.kind in {"said", "keys"}:
            self._patience.understood()
        if turn.kind == "said":
            self._bargein.was_caller(turn)
            self._noise.was_caller(turn)
            if self._keypad.precedes(self._ear.onset_ms):
                self._keypad.forget()
        self._keypad.stop()
        self._question = self._ear.question = Question()
        self._turns.answered = turn
        if not turn.typed:
            self._hesitate()
        guess = agent.answer(turn)
        if guess is not None and guess.question is not None:
            self.ask(guess.question)
        self.agent_fell_silent()

    def _hesitate(self) -> None:
        """However soon the answer is there, it is not heard in the moment in which people go on."""
        due_ms = self._ear.answered_from_ms
        if due_ms > self._desk.sound.position_ms:
            self._agent.playout.hold()
            self._desk.timers.set_sound(Timer.HESITATION, due_ms)

    def hesitated(self) -> None:
        """Nobody has gone on: the answer may be heard; a voice just now is first seen through."""
        if self._ear.voice and self._turn is None:
            self._desk.timers.set_sound(Timer.HESITATION, self._desk.sound.position_ms + GOES_ON_MS)
        elif self._turn is None and self._desk.floor not in {"contested", "yielded"}:
            self._agent.go_on()

    def stable(self) -> None:
        """The partial transcript has settled: let the model start on it, unheard."""
        turn = self._turn
        if self._agent.closing.forced:
            return
        if turn is not None and turn.answered is None and not self._agent.playout.queue:
            self._agent.replies.guess(turn)

    # The agent's doings that concern the caller's turn

    def barge_in(self) -> None:
        """The caller has the floor: the agent stops, and only what was heard is kept."""
        self._desk.pass_floor("barge-in")
        if self._turn is not None:
            self._turn.over_agent = False
            self._turn.replies()
            self._patience.caller_is_there()
        self._agent.cut()
        self._agent.closing.call_off()

    def spoken_on(self) -> None:
        """Speech over the agent has lasted: it stops, unless it is only its own words come back."""
        if self._turn is not None and self._bargein.only_repeats(self._turn):
            self.false_alarm()
        else:
            self._bargein.give_way()

    def false_alarm(self) -> None:
        """It was no barge-in; words that come of it after all are answered when the agent has finished."""
        self._bargein.false_alarm()
        if self._turn is not None:
            self._turn.held = True

    def agent_spoke(self) -> None:
        """The first frame of an utterance went out."""
        self._patience.stop_waiting()
        self._desk.pass_floor("agent speaks")

    def agent_fell_silent(self) -> None:
        """The agent may have finished: answer what was kept, or begin to wait for the caller."""
        agent, desk = self._agent, self._desk
        if agent.playout.queue:
            if desk.floor == "agent" and self._bargein.audible() is None:
                desk.pass_floor("agent stops")
            return
        if desk.floor in {"contested", "yielded"}:
            self._bargein.forget()
            agent.playout.resume()
        desk.pass_floor("agent stops")
        if self._ear.outlasted():
            self.speech_started()
        if agent.answering or agent.closing.forced:
            return
        if not self._turns.kept:  # else what was judged is still to be answered
            self._keypad.release()
        if self._keypad.typed and not desk.timers.is_set(Timer.KEYS) and not self._spoke_since_typing():
            self._take_typed(self._keypad.look_again())
        if self._turns.kept and self._turn is None:
            last = self._turns.kept[-1]
            last.instants.confirm = desk.now
            self._answer(last)
        elif self._turn is None and not agent.busy:
            if agent.replies.untold and self._turns.answered is not None and not agent.closing.planned:
                agent.replies.tell_results(self._turns.answered)
            else:
                self._patience.wait()

    def idle(self) -> None:
        """Nobody has said anything since the agent was heard; after the goodbye nobody need."""
        if self._turn is None and not self._agent.busy and not self._agent.closing.planned:
            self._patience.prompt(self._question)

    # Questions and keys

    def ask(self, question: Question) -> None:
        """What the agent expects to hear next; digits typed ahead may answer it at once."""
        self._question = self._ear.question = question
        self._take_typed(self._keypad.ask(question, look=not self._spoke_since_typing()))

    def key(self, key: str) -> None:
        """A key is a barge-in at once. It is kept while the agent must be heard, or thinks of a question."""
        if self._keypad.trails(key):
            return
        reply = self._agent.replies.current
        audible = self._bargein.audible() is not None
        thinking = not audible and self._agent.answering and reply is not None and reply.question is None
        ahead = thinking or self._bargein.must_be_heard()
        self._patience.caller_is_there()
        if audible and not ahead and not self._keypad.shut:
            self.barge_in()
        answer = self._keypad.press(key, ahead=ahead)
        self._ignore_tone()
        self._take_typed(answer)
        if answer is None and not self._desk.timers.is_set(Timer.KEYS):
            self.agent_fell_silent()

    def _ignore_tone(self) -> None:
        """A voice that began near the key, and is without words so far, was the key's."""
        ear, turn = self._ear, self._turn
        if not self._ear.sounding or not self._keypad.near(ear.since_ms) or (turn is not None and turn.said):
            return
        if turn is not None and turn.started_ms == ear.since_ms:
            self._turns.current = None
            self._agent.go_on()
        ear.take_back()
        self._desk.pass_floor("caller stops")

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
        if not self._agent.closing.planned:
            self._patience.ask_again(self._question)
        # Even behind a goodbye: a number typed once more must come as tokens.
        self.ask(self._question)

    def _take_typed(self, text: str | None) -> None:
        """Keys are a turn of their own; what was being said meanwhile is written down, not answered."""
        if text is None:
            return
        if (spoken := self._turn) is not None:
            self._close_turn(spoken)
            if spoken.said:
                self._turns.write(spoken)
        self._ear.give_up_transcript()
        turn = self._turns.typed(text, self._question, self._keypad.last_us)
        self._desk.pass_floor("caller stops")
        if self._bargein.audible() is not None or self._bargein.must_be_heard():
            self._keep(turn)
        else:
            self._answer(turn)
