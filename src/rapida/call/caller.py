"""The caller's side of the call: when the caller speaks, what was said, and when it is answered.

Turns edges, transcripts and keys into turns. A turn is answered when it is over and the floor is free; words
said while the agent must not be interrupted, or in the last second of what it says, are kept and answered
when it has finished. Speech between the end of a turn and the first frame of its answer reopens the turn.
"""

from __future__ import annotations

from .agent import AgentSide
from .bargein import Bargein
from .desk import Desk
from .endpointing import Endpointing
from .events import Question, TranscriptChanged, TranscriptFinal, TurnEndJudged, VoiceFell, VoiceRose
from .keypad import Keypad
from .timers import Timer
from .turn import Turn
from .words import only_backchannels, same_words

SPECULATIONS_PER_TURN = 3
REMEMBERED_TURNS = 3


class CallerSide:
    """Everything between the caller's mouth (or keypad) and a turn that the agent answers."""

    def __init__(self, desk: Desk, agent: AgentSide) -> None:
        self._desk = desk
        self._agent = agent
        self._ear = Endpointing(desk)
        self._bargein = Bargein(desk, agent.playout)
        self._keypad = Keypad(desk)
        self._question = Question()
        self._turn: Turn | None = None
        """The turn that is being spoken."""
        self._answering: Turn | None = None
        """The turn that was answered last."""
        self._kept: list[Turn] = []
        """Turns that wait for the agent to finish."""
        self._recent: list[Turn] = []
        self._unclear = 0
        self._idle_prompts = 0

    @property
    def speaking(self) -> bool:
        return self._ear.speaking or self._ear.voice

    @property
    def has_turn(self) -> bool:
        """The caller is speaking, or has spoken and is not yet understood."""
        return self._turn is not None or self.speaking

    def opening(self) -> Turn:
        """The turn to which the agent replies when it speaks first and has no greeting of its own."""
        self._answering = turn = self._new_turn(0)
        turn.kind = "opening"
        turn.line = self._agent.transcript.caller(turn.id, turn.message())
        return turn

    def await_callee(self) -> None:
        """Outbound: what the called party says first ("Hello?") is answered by the greeting."""
        self._turn = self._new_turn(0)
        self._turn.kind = "opening"

    def stop(self) -> None:
        """The call is over: nothing is collected any longer."""
        self._keypad.stop()

    # Voice

    def voice_rose(self, event: VoiceRose) -> None:
        if self._keypad.near(event.at_ms) or self._bargein.below_echo(event.level_db):
            self._ear.ignored = True
            return
        self._bargein.voice_rose()
        was_speaking = self._ear.speaking
        if self._ear.rose(event.at_ms) and not was_speaking:
            self.speech_started(begun=True)

    def speech_started(self, *, begun: bool = False) -> None:
        """The voice has lasted long enough: this is speech."""
        if not begun:
            self._ear.started()
        onset_ms, desk = self._ear.onset_ms, self._desk
        desk.timers.cancel(Timer.IDLE)
        desk.timers.cancel(Timer.STABLE)
        self._idle_prompts = 0
        if self._turn is None:
            self._turn = self._reopened() or self._new_turn(onset_ms)
        turn = self._turn
        if self._bargein.audible() is None:
            desk.pass_floor("caller speaks")
            self._withdraw_prompt()
            return
        turn.over_agent = True
        turn.keeps = turn.keeps or self._must_keep()
        self._bargein.onset(onset_ms)

    def _withdraw_prompt(self) -> None:
        """A prompt that nobody has heard yet is not needed once the caller speaks."""
        current = self._agent.playout.current
        if current is not None and current.purpose in {"idle", "unclear", "filler"}:
            self._agent.cut()

    def voice_fell(self, event: VoiceFell) -> None:
        if self._ear.ignored:
            self._ear.ignored = False
            return
        if not self._ear.fell(event.at_ms, waiting=self._turn is not None):
            return
        if self._turn is not None:
            self._turn.fell_ms = event.at_ms
        self._bargein.voice_fell(event.at_ms)

    def speech_stopped(self) -> None:
        turn = self._turn
        self._ear.stopped()
        if turn is not None:
            instants, desk = turn.instants, self._desk
            instants.spoke = min(desk.now, desk.sound.wall_us(turn.fell_ms, desk.now))
            instants.stop = desk.now
            turn.keeps = turn.keeps or (turn.over_agent and self._must_keep())
        self._desk.pass_floor("caller stops")

    def silence(self) -> None:
        """The pause is long enough (or the model says so): the turn is over as far as sound goes."""
        self._ear.over = True
        self._try_confirm()

    def judged(self, event: TurnEndJudged) -> None:
        if self._ear.judged(event.judgement_id, complete=event.complete):
            self._try_confirm()

    def _must_keep(self) -> bool:
        """Whether what is said now is kept as an answer to the end of what is playing."""
        utterance = self._bargein.audible()
        if utterance is None:
            return False
        return self._bargein.mode(utterance) == "never" or self._agent.playout.last_second(self._desk.now)

    def _new_turn(self, started_ms: int) -> Turn:
        return Turn(self._desk.next_id(), started_ms, self._question)

    def _reopened(self) -> Turn | None:
        """The turn just closed, if its answer has not been heard yet: it goes on."""
        turn = self._answering
        if turn is None or turn.answered is None or not self._agent.unspoken:
            return None
        turn.closed_ms = None
        self._ear.question = turn.question
        self._agent.playout.hold()
        return turn

    # Words

    def transcript_changed(self, event: TranscriptChanged) -> None:
        turn = self._turn
        if turn is None or not turn.covers(event.start_ms, event.end_ms):
            return
        before = turn.text
        turn.heard(event.text, event.start_ms, event.end_ms, final=False)
        self._weigh(turn, event.end_ms)
        if self._desk.assistant.turn.speculate and turn.text and not same_words(before, turn.text):
            self._desk.timers.set(Timer.STABLE, self._desk.now + self._desk.assistant.turn.stable_ms * 1000)

    def transcript_final(self, event: TranscriptFinal) -> None:
        turn, start_ms, end_ms = self._turn, event.start_ms, event.end_ms
        past = next((turn for turn in reversed(self._recent) if turn.covers(start_ms, end_ms)), None)
        if turn is not None and (past is None or turn.covers(start_ms, end_ms)):
            turn.heard(event.text, start_ms, end_ms, final=True)
            turn.instants.final = self._desk.now
            self._weigh(turn, end_ms)
            self._try_confirm()
        elif past is not None:
            self._late(past, event)
        elif event.text.strip():
            self._unheard_onset(event)

    def _weigh(self, turn: Turn, end_ms: int) -> None:
        """Words over the agent may be a barge-in."""
        if self._bargein.confirmed_by(turn, end_ms):
            self.barge_in()

    def _late(self, turn: Turn, event: TranscriptFinal) -> None:
        """A final for a turn already closed amends it; before the answer is heard it restarts the reply."""
        before = turn.text
        turn.heard(event.text, event.start_ms, event.end_ms, final=True)
        if same_words(before, turn.text) or turn.kind == "keys":
            return
        if turn is self._answering and self._turn is None and self._agent.unspoken:
            self._agent.cut()
            self._answer(turn)
        elif turn.line is not None:
            turn.kind = "said"
            self._agent.transcript.amend(turn.line, turn.message())

    def _unheard_onset(self, event: TranscriptFinal) -> None:
        """The STT understood what the detector took for silence: that is a turn as well."""
        self._turn = turn = self._new_turn(event.start_ms)
        turn.fell_ms = event.end_ms
        turn.heard(event.text, event.start_ms, event.end_ms, final=True)
        turn.over_agent = self._bargein.audible() is not None
        turn.keeps = self._must_keep()
        turn.instants.spoke = turn.instants.stop = turn.instants.final = self._desk.now
        self._weigh(turn, event.end_ms)
        if not self.speaking:
            self._ear.over = True
            self._try_confirm()

    def transcription_finished(self, transcription_id: int) -> None:
        if not self._ear.finished(transcription_id):
            return
        turn = self._turn
        if turn is not None and turn.answered is not None and same_words(turn.answered, turn.text):
            self._ear.over = self._ear.over or not self.speaking
        self._try_confirm()

    def transcript_late(self) -> None:
        """The STT is out of time: go on with what there is."""
        self._ear.give_up_transcript()
        self._try_confirm()

    # The end of the turn

    def _try_confirm(self) -> None:
        turn, ear = self._turn, self._ear
        if turn is None or self.speaking or not ear.over or ear.waiting_for_transcript:
            return
        self._turn = None
        turn.closed_ms = max(self._desk.sound.position_ms, turn.fell_ms + 1)
        ear.reset()
        self._desk.timers.cancel(Timer.STABLE)
        self._settle(turn)

    def _settle(self, turn: Turn) -> None:
        """The turn is over: is it an answer, a backchannel, an echo, or nothing?"""
        desk = self._desk
        turn.instants.confirm = desk.now
        self._recent = [*self._recent[1 - REMEMBERED_TURNS :], turn]
        if turn.answered is not None:
            self._settle_reopened(turn)
            return
        if turn.kind == "opening":
            turn.line = self._agent.transcript.caller(turn.id, turn.message()) if turn.said else None
            return
        if desk.floor == "contested":
            self._bargein.false_alarm()
        playing = bool(self._agent.playout.queue) and not self._agent.unspoken
        if self._bargein.echoed(turn):
            self._nothing_said()
        elif not turn.said:
            self._nothing_said() if playing or turn.over_agent else self._not_understood(turn)
        elif playing and not turn.keeps and only_backchannels(turn.said):
            self._agent.transcript.backchannel(turn.id, turn.text)
        elif playing:
            self._kept.append(turn)
        else:
            self._answer(turn)

    def _settle_reopened(self, turn: Turn) -> None:
        """The caller went on before the answer was heard: answer the whole, or go on if it was nothing."""
        if turn.answered is not None and same_words(turn.answered, turn.text):
            self._ear.question = self._question
            self._agent.playout.resume()
            return
        self._agent.cut()
        turn.instants.confirm = self._desk.now
        self._answer(turn)

    def _nothing_said(self) -> None:
        self._forget_speculation()
        self.agent_fell_silent()

    def _forget_speculation(self) -> None:
        reply = self._agent.replies.current
        if reply is not None and reply.speculative:
            self._agent.replies.cancel()

    def _answer(self, turn: Turn) -> None:
        """Hand a turn (and those kept before it) to the model."""
        earlier = [kept for kept in self._kept if kept is not turn]
        self._kept.clear()
        for kept in earlier:
            kept.line = self._agent.transcript.caller(kept.id, kept.message())
        self._agent.closing.call_off()
        if turn.kind in {"said", "keys"}:
            self._unclear = 0
        self._keypad.stop()
        self._ask(Question())
        self._answering = turn
        if turn.line is None:
            turn.line = self._agent.transcript.caller(turn.id, turn.message())
        else:
            self._agent.transcript.amend(turn.line, turn.message())
        self._agent.answer(turn)
        reply = self._agent.replies.current
        if reply is not None and reply.question is not None:
            self.ask(reply.question)

    def _not_understood(self, turn: Turn) -> None:
        """The caller spoke and no word came of it: ask again, a few times."""
        self._forget_speculation()
        assistant = self._desk.assistant
        self._unclear += 1
        turn.kind = "unclear"
        if self._question.takes_unclear:
            self._answer(turn)
        elif self._unclear > assistant.unclear_limit:
            turn.line = self._agent.transcript.caller(turn.id, turn.message())
            self._agent.end_with("unclear", assistant.unclear_goodbye)
        else:
            turn.line = self._agent.transcript.caller(turn.id, turn.message())
            self._agent.say(self._question.reprompt or assistant.unclear_message, "unclear")

    def stable(self) -> None:
        """The partial transcript has settled: let the model start on it, unheard."""
        turn, replies = self._turn, self._agent.replies
        if turn is None or self._agent.playout.queue or turn.restarts >= SPECULATIONS_PER_TURN:
            return
        if replies.current is not None and same_words(replies.current.text, turn.text):
            return
        turn.restarts += 1
        replies.cancel()
        replies.start(turn, speculative=True)

    # The agent's doings that concern the caller's turn

    def barge_in(self) -> None:
        """The caller has the floor: the agent stops, and only what was heard is kept."""
        self._bargein.forget()
        self._desk.pass_floor("barge-in")
        if self._turn is not None:
            self._turn.over_agent = False
        self._agent.cut()
        self._agent.closing.call_off()

    def false_alarm(self) -> None:
        self._bargein.false_alarm()

    def agent_spoke(self) -> None:
        """The first frame of an utterance went out."""
        self._desk.timers.cancel(Timer.IDLE)
        self._desk.pass_floor("agent speaks")

    def agent_fell_silent(self) -> None:
        """The agent may have finished: answer what was kept, or begin to wait for the caller."""
        if self._agent.playout.queue:
            return
        if self._desk.floor in {"agent", "contested"}:
            self._bargein.forget()
            self._desk.pass_floor("agent stops")
        if self._agent.replies.current is not None or self._agent.closing.planned:
            return
        if self._keypad.typed:
            self._keypad.wait()
        if self._kept and self._turn is None:
            last = self._kept[-1]
            last.instants.confirm = self._desk.now
            self._answer(last)
        elif self._turn is None and not self._agent.busy:
            idle_us = int(self._desk.assistant.idle.timeout_s * 1_000_000)
            self._desk.timers.set(Timer.IDLE, self._desk.now + idle_us)

    def idle(self) -> None:
        """Nobody has said anything: prompt, and after the last prompt end the call."""
        idle = self._desk.assistant.idle
        if self._turn is not None or self._agent.busy:
            return
        if self._idle_prompts >= len(idle.prompts):
            self._agent.end_with("idle", idle.goodbye)
            return
        prompt = self._question.reprompt or idle.prompts[self._idle_prompts]
        self._idle_prompts += 1
        self._agent.say(prompt, "idle")

    # Questions and keys

    def ask(self, question: Question) -> None:
        """What the agent expects to hear next; digits typed ahead may answer it at once."""
        self._ask(question)
        answer = self._keypad.ask(question)
        if answer is not None:
            self._typed(answer)

    def _ask(self, question: Question) -> None:
        self._question = question
        self._ear.question = question

    def key(self, key: str) -> None:
        """A key is a barge-in at once, unless the agent must not be interrupted: then it is kept."""
        self._desk.timers.cancel(Timer.IDLE)
        self._idle_prompts = 0
        utterance = self._bargein.audible()
        kept = utterance is not None and self._bargein.mode(utterance) == "never"
        if utterance is not None and not kept:
            self.barge_in()
        answer = self._keypad.press(key, kept=kept)
        if answer is not None:
            self._typed(answer)

    def keys_paused(self) -> None:
        answer = self._keypad.complete()
        if answer is not None:
            self._typed(answer)

    def digits_judged(self, collection_id: int, *, valid: bool) -> None:
        text = self._keypad.judged(collection_id)
        if text is None:
            return
        if valid:
            self._typed(text)
        else:
            question = self._question
            self._agent.say(question.reprompt or self._desk.assistant.unclear_message, "unclear")
            self.ask(question)

    def _typed(self, text: str) -> None:
        """Keys are a turn of their own; what was being said meanwhile belongs to it no more."""
        turn = self._new_turn(self._desk.sound.position_ms)
        turn.kind, turn.typed = "keys", text
        now = self._desk.now
        for boundary in ("spoke", "stop", "final", "confirm"):
            turn.instants.first(boundary, now)
        turn.closed_ms = self._desk.sound.position_ms
        self._turn = None
        self._ear.reset()
        if self._agent.playout.queue and self._agent.playout.queue[0].began_us is not None:
            self._kept.append(turn)
        else:
            self._agent.cut()
            self._answer(turn)
