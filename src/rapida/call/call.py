"""The call: one event in, the orders that follow out.

    call = Call(assistant, abilities)
    orders = call.open(now)              # while the phone still rings
    orders = call.handle(event, now)     # pure and synchronous: everything that is due
    call.deadline_us                     # call again with TimerDue at this instant, if nothing else happens
    call.sound_deadline_ms               # tell with SoundReached when received sound passes this position

Nothing here asks for the time, touches a byte of sound or waits. `now` is in microseconds since the call's
zero and never goes back. An event about an operation that is over is stale, which is normal after a cancel,
and changes nothing; one that could never have happened raises `IllegalEvent`.

This file leads each event and each timer to the part that knows what it means. `lifecycle.py` holds the call
itself (connected, gone, too long), `caller.py` decides when and what the caller said, `agent.py` what the
agent says, and `speech.py` follows that to the ear.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from ..assistant import Assistant
from ..errors import IllegalEvent
from . import events as e
from .abilities import Abilities
from .agent import AgentSide
from .caller import CallerSide
from .commands import Command
from .events import IN_STREAM, OPERATION, WHILE_CLOSING
from .lifecycle import Lifecycle
from .playout import Utterance
from .shared import Shared
from .speech import Speech
from .states import CallState, FloorState
from .timers import Timer
from .tool_requests import TOOL_LATE


class Call:
    """The whole state of one call."""

    def __init__(self, assistant: Assistant, abilities: Abilities) -> None:
        self._shared = Shared(assistant, abilities)
        self._agent = AgentSide(self._shared)
        self._speech = Speech(self._shared, self._agent)
        self._caller = CallerSide(self._shared, self._agent)
        self._lifecycle = Lifecycle(self._shared, self._agent, self._caller)

    # What the shell asks

    @property
    def deadline_us(self) -> int | None:
        """When something is due if nothing else happens; None = nothing will be."""
        return self._shared.timers.deadline_us(self._shared.now)

    @property
    def sound_deadline_ms(self) -> int | None:
        """The position of received sound to be told about next; None = no need."""
        return self._shared.timers.sound_deadline_ms

    @property
    def state(self) -> CallState:
        return self._shared.life.state

    @property
    def ended(self) -> bool:
        return self._shared.life.state == "ended"

    @property
    def floor(self) -> FloorState:
        return self._shared.floor.state

    def open(self, now: int) -> tuple[Command, ...]:
        """The orders before the stream starts: the greeting is made ready, its sound held back."""
        self._shared.now = now
        self._agent.playout.hold()
        greeting = self._shared.assistant.greeting
        if greeting:
            self._agent.say(greeting, "greeting", self._shared.assistant.greeting_barge_in)
        if not greeting or self._shared.abilities.opens:
            self._agent.replies.start(self._caller.opening())
        return self._take_orders()

    def handle(self, event: e.Event, now: int) -> tuple[Command, ...]:
        """Everything that follows from `event` at `now`. Raises `IllegalEvent`, changing nothing."""
        shared, life = self._shared, self._shared.life
        if life.state == "ended":
            return ()
        if life.state == "ringing" and isinstance(event, IN_STREAM):
            raise IllegalEvent(event, "ringing")
        shared.now = max(now, shared.now)
        if life.state != "closing" or isinstance(event, WHILE_CLOSING):
            if (field := OPERATION.get(type(event))) is not None:
                shared.issued(getattr(event, field), event)
            self._HANDLERS[type(event)](self, event)
            self._hear_out()
        self._do_what_is_due()
        if life.state == "ringing":
            self._agent.playout.hold()
        return self._take_orders()

    def _do_what_is_due(self) -> None:
        # Ending clears the timers, so this loop ends with the call.
        while (due := self._shared.timers.take_due(self._shared.now)) is not None:
            self._TIMERS[due[0]](self, due[1])
            self._hear_out()

    def _take_orders(self) -> tuple[Command, ...]:
        orders, self._shared.orders = tuple(self._shared.orders), []
        return orders

    def _hear_out(self) -> None:
        """Whatever has now been heard to its end is settled, one utterance after the other."""
        while (utterance := self._agent.playout.heard_out()) is not None:
            self._heard(utterance)

    # What concerns both sides

    def _voice(self, event: e.VoiceRose | e.VoiceFell, then: Callable[[Any], None]) -> None:
        """An edge proves that sound is here up to it: in a burst, what was due before it comes first."""
        self._caller.check_voice(event)
        self._shared.sound.arrived(event.at_ms, self._shared.now)
        self._do_what_is_due()
        if not self.ended:
            then(event)

    def _speech_stopped(self) -> None:
        self._caller.speech_stopped()
        self._lifecycle.callee_waited_for()

    def _transcription_failed(self) -> None:
        if not self._agent.closing.planned:
            self._agent.apologise()

    def _question_asked(self, event: e.QuestionAsked) -> None:
        if self._agent.question_asked(event):
            self._caller.ask(event.question)

    def _reply_ended(self, event: e.ReplyEnded) -> None:
        self._agent.reply_ended(event)
        self._caller.agent_fell_silent()

    def _tool_finished(self, tool_id: int, result: str, *, ok: bool) -> None:
        self._agent.replies.tool_finished(tool_id, result, ok=ok)
        self._caller.agent_fell_silent()

    def _sent(self, event: e.SoundSent) -> None:
        if self._speech.sent(event):
            self._caller.agent_spoke()

    def _marked(self, event: e.MarkReturned) -> None:
        if self._speech.marked(event):
            self._caller.agent_spoke()

    def _mark_lost(self, utterance_id: int) -> None:
        """The last mark is overdue: the clock's word is taken for it."""
        utterance = self._agent.playout.find(utterance_id)
        if utterance is not None:
            self._heard(utterance)

    def _heard(self, utterance: Utterance) -> None:
        self._agent.heard(utterance)
        self._caller.agent_fell_silent()

    # The two tables: what each event and each timer leads to

    _HANDLERS: ClassVar[dict[type[e.Event], Callable[[Call, Any], None]]] = {
        e.Connected: lambda call, event: call._lifecycle.connected(event),
        e.CarrierStopped: lambda call, event: call._lifecycle.stopped(),
        e.CarrierClosed: lambda call, event: call._lifecycle.closed(event),
        e.StatusReported: lambda call, event: call._lifecycle.status(event),
        e.HangUpRequested: lambda call, event: call._lifecycle.hang_up_requested(event),
        e.ShellFailed: lambda call, event: call._lifecycle.shell_failed(),
        e.TransferAccepted: lambda call, event: call._lifecycle.transfer_answered(event),
        e.TransferFailed: lambda call, event: call._lifecycle.transfer_answered(event),
        e.CarrierSilent: lambda call, event: call._lifecycle.carrier_silent(event),
        e.TimerDue: lambda call, event: None,
        e.SoundStarted: lambda call, event: call._lifecycle.sound(event),
        e.SoundReached: lambda call, event: call._lifecycle.sound(event),
        e.SoundStalled: lambda call, event: call._lifecycle.stalled(event),
        e.VoiceRose: lambda call, event: call._voice(event, call._caller.voice_rose),
        e.VoiceFell: lambda call, event: call._voice(event, call._caller.voice_fell),
        e.KeyPressed: lambda call, event: call._caller.key(event.key),
        e.CallerWrote: lambda call, event: call._caller.wrote(event.text),
        e.DigitsJudged: lambda call, event: call._caller.digits_judged(
            event.collection_id, valid=event.valid
        ),
        e.TranscriptChanged: lambda call, event: call._caller.transcript_changed(event),
        e.TranscriptFinal: lambda call, event: call._caller.transcript_final(event),
        e.TranscriptionFinished: lambda call, event: call._caller.transcription_finished(
            event.transcription_id
        ),
        e.TranscriptionRefused: lambda call, event: call._caller.transcription_finished(
            event.transcription_id
        ),
        e.TranscriptionBroke: lambda call, event: None,
        e.TranscriptionFailed: lambda call, event: call._transcription_failed(),
        e.TurnEndJudged: lambda call, event: call._caller.judged(event),
        e.ReplyDelta: lambda call, event: call._agent.delta(event),
        e.ToolCalled: lambda call, event: call._agent.tool_called(event),
        e.QuestionAsked: _question_asked,
        e.ReplyEnded: _reply_ended,
        e.ReplyFailed: lambda call, event: call._agent.reply_failed(event),
        e.ToolFinished: lambda call, event: call._tool_finished(event.tool_id, event.result, ok=event.ok),
        e.SynthesisBegan: lambda call, event: call._speech.synthesis_began(event),
        e.SynthesisProgressed: lambda call, event: call._speech.synthesis_progressed(event),
        e.SynthesisEnded: lambda call, event: call._speech.synthesis_ended(event),
        e.SynthesisFailed: lambda call, event: call._speech.synthesis_failed(event),
        e.SoundSent: _sent,
        e.MarkReturned: _marked,
    }

    _TIMERS: ClassVar[dict[Timer, Callable[[Call, int], None]]] = {
        Timer.SPEECH_START: lambda call, of: call._caller.speech_started(),
        Timer.SPEECH_STOP: lambda call, of: call._speech_stopped(),
        Timer.SILENCE: lambda call, of: call._caller.silence(),
        Timer.HESITATION: lambda call, of: call._caller.hesitated(),
        Timer.UNBROKEN: lambda call, of: call._caller.unbroken(),
        Timer.BARGE_IN: lambda call, of: call._caller.spoken_on(),
        Timer.FALSE_ALARM: lambda call, of: call._caller.false_alarm(),
        Timer.FINAL: lambda call, of: call._caller.transcript_late(),
        Timer.STABLE: lambda call, of: call._caller.stable(),
        Timer.OUTBOUND: lambda call, of: call._lifecycle.callee_overdue(),
        Timer.IDLE: lambda call, of: call._caller.idle(),
        Timer.KEYS: lambda call, of: call._caller.keys_paused(),
        Timer.RELEASE: lambda call, of: call._caller.number_is_over(),
        Timer.REPLY: lambda call, of: call._agent.reply_late(),
        Timer.SYNTHESIS: lambda call, of: call._speech.synthesis_late(),
        Timer.TOOL: lambda call, of: call._tool_finished(of, TOOL_LATE, ok=False),
        Timer.FRAGMENT: lambda call, of: call._agent.replies.fragment_due(),
        Timer.RETRY: lambda call, of: call._agent.replies.ask_again(),
        Timer.FILLER: lambda call, of: call._agent.fill(may_speak=not call._caller.has_turn),
        Timer.PLAYOUT: _mark_lost,
        Timer.WARNING: lambda call, of: call._lifecycle.warn(),
        Timer.LIMIT: lambda call, of: call._lifecycle.limit(),
        Timer.TAIL: lambda call, of: call._lifecycle.tail_over(),
        Timer.GOODBYE: lambda call, of: call._lifecycle.goodbye_overdue(),
        Timer.HANG_UP: lambda call, of: call._lifecycle.hang_up_overdue(),
        Timer.TRANSFER: lambda call, of: call._lifecycle.transfer_lost(),
        Timer.LOST: lambda call, of: call._lifecycle.unexplained(),
        Timer.DEAD: lambda call, of: call._lifecycle.fell_silent(),
    }
