"""The call: one event in, the orders that follow out.

    call = Call(assistant, abilities)
    orders = call.open(now)              # while the phone still rings
    orders = call.handle(event, now)     # pure and synchronous: everything that is due
    call.deadline_us                     # call again with TimerDue at this instant, if nothing else happens
    call.sound_deadline_ms               # tell with SoundReached when received sound passes this position

Nothing here asks for the time, touches a byte of sound or waits. `now` is in microseconds since the call's
zero and never goes back. An event about an operation that is over is stale, which is normal after a cancel,
and changes nothing; one that could never have happened raises `IllegalEvent`.

This file holds the line itself (connected, gone, too long) and hands everything else to the two sides:
`caller.py` decides when and what the caller said, `agent.py` what the agent says and what of it was heard.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from ..assistant import Assistant
from ..errors import IllegalEvent
from .agent import AgentSide
from .caller import CallerSide
from .commands import Command, EndCall, EndReason
from .desk import Abilities, Desk
from .events import (
    IN_STREAM,
    WHILE_CLOSING,
    CarrierClosed,
    CarrierSilent,
    CarrierStopped,
    Connected,
    DigitsJudged,
    Event,
    HangUpRequested,
    KeyPressed,
    MarkReturned,
    QuestionAsked,
    ReplyDelta,
    ReplyEnded,
    ReplyFailed,
    ShellFailed,
    SoundReached,
    SoundSent,
    SoundStalled,
    SoundStarted,
    StatusReported,
    SynthesisBegan,
    SynthesisEnded,
    SynthesisFailed,
    SynthesisProgressed,
    TimerDue,
    ToolCalled,
    ToolFinished,
    TranscriptChanged,
    TranscriptFinal,
    TranscriptionBroke,
    TranscriptionFailed,
    TranscriptionFinished,
    TranscriptionRefused,
    TransferAccepted,
    TransferFailed,
    TurnEndJudged,
    VoiceFell,
    VoiceRose,
)
from .playout import Utterance
from .states import CALL, CallState, FloorState, Machine
from .timers import Timer

LOST_US = 2_000_000
"""How long after a socket that the carrier closed a terminal status may still explain it."""
CLOSED_IN_ORDER = frozenset({1000, 1001, 1005})
"""Close codes that say nothing of a fault (RFC 6455 §7.4.1): a caller may have hung up."""
CUT_OFF = 1006
"""No close frame came: the socket, or the way to it, broke."""
DEAD_US = 30_000_000
"""No sound at all for this long, from the start on: the way to the carrier broke, and nobody could say so."""
STATUS_ENDS: dict[str, EndReason] = {"completed": "caller_hangup", "stream-stopped": "caller_hangup"}


class Call:
    """The whole state of one call."""

    def __init__(self, assistant: Assistant, abilities: Abilities) -> None:
        self._desk = Desk(assistant, abilities)
        self._agent = AgentSide(self._desk)
        self._caller = CallerSide(self._desk, self._agent)
        self._waiting_for_callee = False
        self._life = Machine(CALL)

    # What the shell asks

    @property
    def deadline_us(self) -> int | None:
        """When something is due if nothing else happens; None = nothing will be."""
        return self._desk.timers.deadline_us(self._desk.now)

    @property
    def sound_deadline_ms(self) -> int | None:
        """The position of received sound to be told about next; None = no need."""
        return self._desk.timers.sound_deadline_ms

    @property
    def state(self) -> CallState:
        return self._life.state

    @property
    def ended(self) -> bool:
        return self._life.state == "ended"

    @property
    def floor(self) -> FloorState:
        return self._desk.floor.state

    def open(self, now: int) -> tuple[Command, ...]:
        """The orders before the stream starts: the greeting is made ready, its sound held back."""
        self._desk.now = now
        self._agent.playout.hold()
        greeting = self._desk.assistant.greeting
        if greeting:
            self._agent.say(greeting, "greeting", self._desk.assistant.greeting_barge_in)
        if not greeting or self._desk.abilities.opens:
            self._agent.replies.start(self._caller.opening())
        return self._take_orders()

    def handle(self, event: Event, now: int) -> tuple[Command, ...]:
        """Everything that follows from `event` at `now`. Raises `IllegalEvent`, changing nothing."""
        if self.state == "ended":
            return ()
        if self.state == "ringing" and isinstance(event, IN_STREAM):
            raise IllegalEvent(event, "ringing")
        self._desk.now = max(now, self._desk.now)
        if self.state != "closing" or isinstance(event, WHILE_CLOSING):
            self._HANDLERS[type(event)](self, event)
            self._hear_out()
        self._do_what_is_due()
        if self.state == "ringing":
            self._agent.playout.hold()
        return self._take_orders()

    def _do_what_is_due(self) -> None:
        # Ending clears the timers, so this loop ends with the call.
        while (due := self._desk.timers.take_due(self._desk.now)) is not None:
            self._TIMERS[due[0]](self, due[1])
            self._hear_out()

    def _take_orders(self) -> tuple[Command, ...]:
        orders, self._desk.orders = tuple(self._desk.orders), []
        return orders

    # The line

    def _connected(self, event: Connected) -> None:
        if not self._life.may("stream starts"):
            raise IllegalEvent(event, self.state)
        self._life.step("stream starts")
        desk, assistant = self._desk, self._desk.assistant
        limit_us = int(assistant.max_duration_s * 1_000_000)
        desk.timers.set(Timer.LIMIT, desk.now + limit_us)
        desk.timers.set(Timer.DEAD, desk.now + DEAD_US)
        if assistant.warning_message and 0 < assistant.warning_before_s < assistant.max_duration_s:
            desk.timers.set(Timer.WARNING, desk.now + limit_us - int(assistant.warning_before_s * 1_000_000))
        if desk.abilities.direction == "outbound":
            self._waiting_for_callee = True
            self._caller.await_callee()
            desk.timers.set(Timer.OUTBOUND, desk.now + assistant.hello_wait_ms * 1000)
        else:
            self._agent.go_on()

    def _callee_overdue(self, _: int) -> None:
        self._caller.callee_overdue()
        self._callee_waited_for()

    def _callee_waited_for(self) -> None:
        if self._waiting_for_callee:
            self._waiting_for_callee = False
            self._desk.timers.cancel(Timer.OUTBOUND)
            self._agent.go_on()

    def _stopped(self, _: CarrierStopped) -> None:
        self._end("caller_hangup")

    def _closed(self, event: CarrierClosed) -> None:
        """The socket is gone without the carrier's `stop`, which a caller's hang-up would have sent before.

        After a fault no status explains it: the carrier ends the call because its stream is lost, and reports
        `completed` as of any other.
        """
        if self.state == "closing":
            return
        if event.code in CLOSED_IN_ORDER:
            self._desk.timers.set(Timer.LOST, self._desk.now + LOST_US)
        else:
            self._end("stream_lost" if event.code == CUT_OFF else "carrier_failure")

    def _status(self, event: StatusReported) -> None:
        self._end(STATUS_ENDS.get(event.status, "carrier_failure"))

    def _hang_up_requested(self, event: HangUpRequested) -> None:
        self._carry_out("operator_hangup" if event.by == "operator" else "drained")

    def _shell_failed(self, _: ShellFailed) -> None:
        self._carry_out("internal_error")

    def _carry_out(self, reason: EndReason | None = None) -> None:
        """Stop talking and order the line closed."""
        self._agent.cut()
        self._agent.closing.carry_out(reason)
        if self._agent.closing.state != "transferring":
            self._life.step("we hang up")

    def _transfer_answered(self, event: TransferAccepted | TransferFailed) -> None:
        closing = self._agent.closing
        if not closing.transfer_asked:
            raise IllegalEvent(event, "no transfer was ordered")
        if closing.state != "transferring":
            return
        if isinstance(event, TransferAccepted):
            closing.handed_over()
            self._life.step("we hang up")
        else:
            self._transfer_lost(0)

    def _transfer_lost(self, _: int) -> None:
        """The caller stays with us, who have nothing else to offer."""
        self._agent.closing.refused()
        self._agent.apologise()

    def _carrier_silent(self, event: CarrierSilent) -> None:
        if self._agent.closing.state != "carrier speaks":
            raise IllegalEvent(event, "the carrier was not asked to say anything")
        self._agent.closing.silent()

    def _tail_over(self, _: int) -> None:
        """The goodbye has faded; a caller who is speaking just now is let finish first."""
        caller = self._caller
        if not (caller.has_turn and self._agent.closing.put_off(worded=caller.has_words)):
            self._carry_out()

    def _goodbye_overdue(self, _: int) -> None:
        """Nobody waits for a goodbye that was held back: when it goes on, its time is bounded anew."""
        if not self._agent.playout.held:
            self._carry_out()

    def _line_overdue(self, _: int) -> None:
        self._agent.closing.insist()
        self._end("agent_hangup")

    def _unexplained(self, _: int) -> None:
        self._end("carrier_failure")

    def _fell_silent(self, _: int) -> None:
        self._end("stream_lost")

    def _end(self, seen: EndReason) -> None:
        """The line is gone. If we had ordered that, ours is the reason, else what was seen."""
        closing = self._agent.closing
        reason = closing.reason if closing.ordered and closing.reason is not None else seen
        self._caller.stop()
        self._agent.cut()
        self._agent.write_stages()
        self._life.step("line goes")
        self._desk.timers.clear()
        self._desk.order(EndCall(reason))

    # Too long

    def _warn(self, _: int) -> None:
        if not self._agent.closing.planned:
            self._agent.say(self._desk.assistant.warning_message, "warning", "never")

    def _limit(self, _: int) -> None:
        if not self._agent.closing.final:
            self._agent.cut()
            self._agent.end_with("max_duration", self._desk.assistant.duration_goodbye, "never")

    # Sound

    def _sound(self, event: SoundStarted | SoundReached) -> None:
        self._desk.sound.arrived(event.position_ms, self._desk.now)
        self._desk.timers.cancel(Timer.DEAD)

    def _stalled(self, event: SoundStalled) -> None:
        self._desk.sound.arrived(event.position_ms, self._desk.now)
        self._desk.sound.stalled = True
        if not self._desk.timers.is_set(Timer.DEAD):
            self._desk.timers.set(Timer.DEAD, self._desk.now + DEAD_US)

    def _voice(self, event: VoiceRose | VoiceFell, then: Callable[[Any], None]) -> None:
        """An edge proves that sound is here up to it: in a burst, what was due before it comes first."""
        self._caller.check_voice(event)
        self._desk.sound.arrived(event.at_ms, self._desk.now)
        self._do_what_is_due()
        if not self.ended:
            then(event)

    def _speech_stopped(self, _: int) -> None:
        self._caller.speech_stopped()
        self._callee_waited_for()

    def _transcription_failed(self, _: TranscriptionFailed) -> None:
        if not self._agent.closing.planned:
            self._agent.apologise()

    def _transcription_over(self, event: TranscriptionFinished | TranscriptionRefused) -> None:
        self._desk.issued(event.transcription_id, event)
        self._caller.transcription_finished(event.transcription_id)

    def _turn_end_judged(self, event: TurnEndJudged) -> None:
        self._desk.issued(event.judgement_id, event)
        self._caller.judged(event.judgement_id, complete=event.complete)

    def _digits_judged(self, event: DigitsJudged) -> None:
        self._desk.issued(event.collection_id, event)
        self._caller.digits_judged(event.collection_id, valid=event.valid)

    # The reply

    def _delta(self, event: ReplyDelta) -> None:
        self._desk.issued(event.reply_id, event)
        self._agent.delta(event)

    def _tool_called(self, event: ToolCalled) -> None:
        self._desk.issued(event.reply_id, event)
        self._agent.tool_called(event)

    def _question_asked(self, event: QuestionAsked) -> None:
        self._desk.issued(event.reply_id, event)
        if self._agent.question_asked(event):
            self._caller.ask(event.question)

    def _reply_ended(self, event: ReplyEnded) -> None:
        self._desk.issued(event.reply_id, event)
        self._agent.reply_ended(event)
        self._caller.agent_fell_silent()

    def _reply_failed(self, event: ReplyFailed) -> None:
        self._desk.issued(event.reply_id, event)
        self._agent.reply_failed(event)

    def _tool_finished(self, event: ToolFinished) -> None:
        self._desk.issued(event.tool_id, event)
        self._agent.replies.tool_finished(event.tool_id, event.result, ok=event.ok)
        self._caller.agent_fell_silent()

    def _tool_late(self, tool_id: int) -> None:
        self._agent.replies.tool_finished(tool_id, "The tool did not answer in time.", ok=False)
        self._caller.agent_fell_silent()

    # The voice and the wire

    def _synthesis(
        self, event: SynthesisBegan | SynthesisProgressed | SynthesisEnded | SynthesisFailed
    ) -> None:
        self._desk.issued(event.segment_id, event)
        match event:
            case SynthesisBegan():
                self._agent.synthesis_began(event)
            case SynthesisProgressed():
                self._agent.synthesis_progressed(event)
            case SynthesisEnded():
                self._agent.synthesis_ended(event)
            case SynthesisFailed():
                self._agent.synthesis_failed(event)

    def _sent(self, event: SoundSent) -> None:
        self._desk.issued(event.utterance_id, event)
        if self._agent.sent(event):
            self._caller.agent_spoke()

    def _marked(self, event: MarkReturned) -> None:
        self._desk.issued(event.utterance_id, event)
        self._agent.marked(event)

    def _mark_lost(self, utterance_id: int) -> None:
        """The last mark is overdue: the clock's word is taken for it."""
        utterance = self._agent.playout.find(utterance_id)
        if utterance is not None:
            self._heard(utterance)

    def _hear_out(self) -> None:
        """Whatever has now been heard to its end is settled, one utterance after the other."""
        while (utterance := self._agent.playout.heard_out()) is not None:
            self._heard(utterance)

    def _heard(self, utterance: Utterance) -> None:
        self._agent.heard(utterance)
        self._caller.agent_fell_silent()

    # The two tables: what each event and each timer leads to

    _HANDLERS: ClassVar[dict[type[Event], Callable[[Call, Any], None]]] = {
        Connected: _connected,
        CarrierStopped: _stopped,
        CarrierClosed: _closed,
        StatusReported: _status,
        HangUpRequested: _hang_up_requested,
        ShellFailed: _shell_failed,
        TransferAccepted: _transfer_answered,
        TransferFailed: _transfer_answered,
        CarrierSilent: _carrier_silent,
        TimerDue: lambda call, event: None,
        SoundStarted: _sound,
        SoundReached: _sound,
        SoundStalled: _stalled,
        VoiceRose: lambda call, event: call._voice(event, call._caller.voice_rose),
        VoiceFell: lambda call, event: call._voice(event, call._caller.voice_fell),
        KeyPressed: lambda call, event: call._caller.key(event.key),
        DigitsJudged: _digits_judged,
        TranscriptChanged: lambda call, event: call._caller.transcript_changed(event),
        TranscriptFinal: lambda call, event: call._caller.transcript_final(event),
        TranscriptionFinished: _transcription_over,
        TranscriptionRefused: _transcription_over,
        TranscriptionBroke: lambda call, event: None,
        TranscriptionFailed: _transcription_failed,
        TurnEndJudged: _turn_end_judged,
        ReplyDelta: _delta,
        ToolCalled: _tool_called,
        QuestionAsked: _question_asked,
        ReplyEnded: _reply_ended,
        ReplyFailed: _reply_failed,
        ToolFinished: _tool_finished,
        SynthesisBegan: _synthesis,
        SynthesisProgressed: _synthesis,
        SynthesisEnded: _synthesis,
        SynthesisFailed: _synthesis,
        SoundSent: _sent,
        MarkReturned: _marked,
    }

    _TIMERS: ClassVar[dict[Timer, Callable[[Call, int], None]]] = {
        Timer.SPEECH_START: lambda call, of: call._caller.speech_started(),
        Timer.SPEECH_STOP: _speech_stopped,
        Timer.SILENCE: lambda call, of: call._caller.silence(),
        Timer.HESITATION: lambda call, of: call._caller.hesitated(),
        Timer.UNBROKEN: lambda call, of: call._caller.unbroken(),
        Timer.BARGE_IN: lambda call, of: call._caller.spoken_on(),
        Timer.FALSE_ALARM: lambda call, of: call._caller.false_alarm(),
        Timer.FINAL: lambda call, of: call._caller.transcript_late(),
        Timer.STABLE: lambda call, of: call._caller.stable(),
        Timer.OUTBOUND: _callee_overdue,
        Timer.IDLE: lambda call, of: call._caller.idle(),
        Timer.KEYS: lambda call, of: call._caller.keys_paused(),
        Timer.RELEASE: lambda call, of: call._caller.number_is_over(),
        Timer.REPLY: lambda call, of: call._agent.reply_late(),
        Timer.SYNTHESIS: lambda call, of: call._agent.synthesis_late(),
        Timer.TOOL: _tool_late,
        Timer.FRAGMENT: lambda call, of: call._agent.replies.fragment_due(),
        Timer.RETRY: lambda call, of: call._agent.replies.ask_again(),
        Timer.FILLER: lambda call, of: call._agent.fill(may_speak=not call._caller.has_turn),
        Timer.PLAYOUT: _mark_lost,
        Timer.WARNING: _warn,
        Timer.LIMIT: _limit,
        Timer.TAIL: _tail_over,
        Timer.GOODBYE: _goodbye_overdue,
        Timer.LINE: _line_overdue,
        Timer.TRANSFER: _transfer_lost,
        Timer.LOST: _unexplained,
        Timer.DEAD: _fell_silent,
    }
