"""One call's shell: the only loop in which events and time meet the core.

Wait for one event or the core's deadline, handle it, perform every order in turn, repeat. There is one inbox,
so there is one order of truth, and the journal writes it down. Orders only start, cancel or enqueue; whatever
takes time is a task of this call's one `TaskGroup`, and a provider's failure is an event at its task's edge,
so that only a bug of ours can break the group: then the call ends once, as `internal_error`. Tasks that do
not end when they are told to are left behind after a second: the call's outcome does not wait for them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any, ClassVar

import structlog

from ..assistant import Assistant
from ..call import commands as c
from ..call import events as e
from ..call.abilities import Abilities, ToolFacts, check
from ..call.call import Call
from ..call.tool_requests import END_CALL, ToolSpec
from ..errors import OURSELVES, IllegalEvent, ProviderError
from ..llm.base import Brain
from ..stt.base import SpeechToText
from ..telemetry import log
from ..telemetry.journal import Journal
from ..telephony.stream import Leg, StreamStart
from ..tools.base import Tool, ToolCaller
from ..tts.base import TextToSpeech
from ..turn_end.base import TurnEndModel, TurnEndReader
from ..vad.base import VoiceActivity
from .clock import Clock
from .inbox import Inbox
from .listener import Listener
from .live import Live
from .outcome import CallOutcome
from .pacer import Pacer
from .record import Counters, Record, names_of
from .recorder import Recorder
from .remote import CallControl, Remote
from .responder import Responder
from .speaker import Speaker
from .toolbox import Toolbox

CLEAN_UP_S = 1.0
"""How long the end of a call waits for tasks of its own that do not heed being cancelled."""
END = ToolSpec(
    END_CALL,
    "Hangs up, once the caller has heard what you say along with it. Use it when the conversation is over.",
    {"type": "object", "properties": {}},
)
_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Providers:
    """Everything that listens, thinks and speaks for one call."""

    stt: SpeechToText
    brain: Brain
    tts: TextToSpeech
    vad: VoiceActivity
    tools: Mapping[str, Tool] = field(default_factory=dict[str, Tool])
    turn_end: TurnEndModel | TurnEndReader | None = None
    variables: Mapping[str, str] = field(default_factory=dict[str, str])
    """Those of the call and its assistant, for the tools."""

    def abilities(self, assistant: Assistant, direction: str) -> Abilities:
        """What the core may count on."""
        return Abilities(
            direction="outbound" if direction == "outbound" else "inbound",
            interims=self.stt.interims,
            final_ms=self.stt.final_ms,
            turn_end=self.turn_end is not None and assistant.turn_end is not None,
            turn_end_reads=isinstance(self.turn_end, TurnEndReader),
            tools={name: ToolFacts(tool.deadline_ms) for name, tool in self.tools.items()},
            transfer=self.brain.may_transfer,
            opens=self.brain.opens,
            follow_up=self.brain.follows_up,
        )


@dataclass(frozen=True)
class CallParts:
    """What a call borrows from its process."""

    clock: Clock
    live: Live
    counters: Counters
    control: CallControl
    journal: Journal | None = None
    recorder: Recorder | None = None
    project_id: int = 0
    """Whose call it is, for its watchers; 0 = of no project."""
    caller: str = ""
    callee: str = ""
    """Both parties' numbers, for its watchers."""
    strict: bool = False
    """Raise `IllegalEvent` instead of counting it; for tests."""


class Runner:
    """Holds one call from its socket to its outcome. It is the `LegListener` of its leg."""

    def __init__(
        self,
        conversation_id: int,
        assistant: Assistant,
        abilities: Abilities,
        providers: Providers,
        leg: Leg,
        around: CallParts,
    ) -> None:
        check(assistant, abilities)
        self.conversation_id = conversation_id
        self._assistant = assistant
        self._abilities = abilities
        self._providers = providers
        self._around = around
        self._leg = leg
        self._clock = around.clock
        self._call = Call(assistant, abilities)
        self._inbox = Inbox(around.clock, self._handle, lambda: self._call.deadline_us)
        self.post: Callable[[e.Event], None] = self._inbox.post
        self._muted_for = 0
        self._deaf = False
        self._record = Record(
            conversation_id=conversation_id,
            project_id=around.project_id,
            assistant=assistant,
            clock=around.clock,
            live=around.live,
            counters=around.counters,
            caller=around.caller,
            callee=around.callee,
        )
        self.outcome = self._record.outcome
        # The ears and the pacer exist from the first byte on: nothing waits for a provider.
        self._pacer = Pacer(leg, self.post, around.clock, around.recorder)
        self._listener = _listener(providers, around, self.post)
        self.on_mark = self._pacer.marked
        specs = [*(tool.spec for tool in providers.tools.values()), END]
        self._brain = providers.brain
        self._responder = Responder(
            providers.brain, specs, self.post, self._spawn, self._record.state_entered
        )
        self._speaker = Speaker(providers.tts, self._pacer, self.post, self._spawn)
        caller = ToolCaller(conversation_id, providers.variables, around.project_id)
        self._toolbox = Toolbox(providers.tools, caller, self.post, self._spawn, self._record.tool_ended)
        self._remote = Remote(
            around.control, self.post, self._spawn, partial(self._record.failed, "telephony")
        )
        self._tasks = asyncio.TaskGroup()
        self._running: set[asyncio.Task[None]] = set()
        self._over = asyncio.Event()
        """Nothing more will be handled: what still runs is to end."""

    @property
    def recorder(self) -> Recorder | None:
        """What records this call, if anything does."""
        return self._around.recorder

    # The leg's listener: called by the socket, in order

    def on_start(self, start: StreamStart) -> None:
        self._record.connected()
        self.post(e.Connected())

    def on_media(self, position_ms: int, ulaw: bytes) -> None:
        if self._deaf:
            return
        try:
            self._listener.media(position_ms, ulaw)
        except Exception as bug:  # noqa: BLE001
            # The socket would close, and the caller hear nothing any more: without ears we can still speak.
            self._deaf = True
            _log.exception("listener_broken")
            self.post(e.TranscriptionFailed(f"a bug: {names_of(bug)}", OURSELVES))

    def on_digit(self, digit: str) -> None:
        self._toolbox.press(digit)

    def on_text(self, text: str) -> None:
        self._toolbox.write(text)

    def on_stop(self) -> None:
        self.post(e.CarrierStopped())

    def on_closed(self, code: int) -> None:
        self.post(e.CarrierClosed(code))

    # The loop

    async def run(self) -> CallOutcome:
        """Hold the call until it is over. Raises nothing of the call's own; cancelling it hangs up."""
        holding = asyncio.create_task(self._hold())
        try:
            await self._over.wait()
        finally:
            try:
                await self._let_end(holding)
            finally:
                self._clean_up()
        return self.outcome

    async def _hold(self) -> None:
        """The call's one group, up to the end of its last task."""
        async with self._tasks:
            try:
                self._set_up()
                await self._inbox.serve()
            finally:
                self._over.set()
            for task in self._running:
                task.cancel()

    async def _let_end(self, holding: asyncio.Task[None]) -> None:
        """Wait for the group, but not for ever; a call that is not over by then was broken by a bug."""
        hung_up = not self._over.is_set()
        if hung_up:
            holding.cancel()
        await asyncio.wait({holding}, timeout=CLEAN_UP_S)
        if not holding.done():
            stuck = [repr(task.get_coro()) for task in self._running]
            _log.error("tasks_do_not_end", tasks=stuck)
        elif not holding.cancelled() and (broken := holding.exception()) is not None:
            self._record.bug(broken)
        if not (hung_up or self._call.ended):
            self._break_off()
            # The stream stays up until the carrier was asked: once it is down there is nobody to speak to.
            await self._remote.told()

    def _set_up(self) -> None:
        transcriber = self._providers.stt.transcriber(self.post, language=self._assistant.language)
        self._listener.attach(transcriber)
        self._spawn(transcriber.run())
        self._record.begun(self._abilities)
        meter = lambda: (self._listener.level_db, self._pacer.level_db)  # noqa: E731
        self._around.live.meter(self.conversation_id, meter)
        now = self._clock.now_us()
        self._perform(now, self._call.open(now))

    def _spawn(self, doing: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = self._tasks.create_task(doing)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return task

    def _handle(self, event: e.Event) -> None:
        mark = self._pacer.take_mark()
        if mark is not None:
            self._tell(mark)
        self._tell(event)

    def _tell(self, event: e.Event) -> None:
        now = self._clock.now_us()
        if self._around.journal is not None:
            self._around.journal.append_event(now, event)
        try:
            orders = self._call.handle(event, now)
        except IllegalEvent as illegal:
            if self._around.strict:
                raise
            self._record.illegal(illegal)
            return
        self._record.event(event)
        self._perform(now, orders)
        self._record.floor(self._call.floor)
        self._listener.sound_deadline_ms = self._call.sound_deadline_ms
        if self._call.ended:
            self._inbox.close()

    def _perform(self, now: int, orders: tuple[c.Command, ...]) -> None:
        # All of them first: should an action break the call, its replay still has what was decided.
        self._write_down(now, orders)
        for order in orders:
            self._record.show(order)
            self._ACTIONS[type(order)](self, order)

    def _write_down(self, now: int, orders: tuple[c.Command, ...]) -> None:
        if self._around.journal is not None:
            for order in orders:
                self._around.journal.append_command(now, order)

    # Orders

    def _start_reply(self, order: c.StartReply) -> None:
        log.bind_turn(order.turn_id)
        self._responder.start(order)

    def _discount(self, order: c.DiscountVoice) -> None:
        self._listener.discount(order)
        self._record.noise(order)

    def _judge_turn_end(self, order: c.JudgeTurnEnd) -> None:
        model = self._providers.turn_end
        if isinstance(model, TurnEndReader):
            verdict = model.read(order.text, order.question, self._assistant.language)
            if verdict is not None:
                self.post(e.TurnEndJudged(order.judgement_id, verdict.complete, verdict.pause_ms))
        elif model is not None:
            self._spawn(self._judged(order, model))

    async def _judged(self, order: c.JudgeTurnEnd, model: TurnEndModel) -> None:
        try:
            complete = await model.complete(self._listener.recent(order.end_ms, model.window_ms))
        except ProviderError as failed:
            # Without a verdict the core endpoints on silence.
            self._record.failed("turn_end", failed)
        else:
            self.post(e.TurnEndJudged(order.judgement_id, complete))

    def _collect(self, order: c.CollectSensitive) -> None:
        self._toolbox.collect(order)
        self._muted_for = order.collection_id
        self._mute(listener=True, caller=True, agent=True)

    def _judge_digits(self, order: c.JudgeDigits) -> None:
        self._toolbox.judge(order)
        # A caller who types the number once more is not recorded either.
        self._mute(listener=False, caller=True, agent=False)

    def _end_collection(self, order: c.StopCollecting | c.ReleaseKeys) -> None:
        if isinstance(order, c.StopCollecting):
            self._toolbox.stop(order)
        else:
            self._toolbox.release(order)
        if order.collection_id == self._muted_for:
            self._mute(listener=False, caller=False, agent=False)

    def _mute(self, *, listener: bool, caller: bool, agent: bool) -> None:
        self._listener.mute(on=listener)
        if self._around.recorder is not None:
            self._around.recorder.mute(caller=caller, agent=agent)

    def _clear(self, order: c.ClearPlayout) -> None:
        self._speaker.clear()
        self._pacer.clear(order.generation)

    def _transfer(self, order: c.Transfer) -> None:
        self._record.transfer(order)
        self._remote.transfer(order)

    def _let_carrier_say(self, order: c.LetCarrierSay) -> None:
        self._record.left_to_carrier(order)
        self._remote.say(order)

    async def carrier_told(self) -> None:
        """Until the carrier has answered the order to end the call, if there was one."""
        await self._remote.told()

    _ACTIONS: ClassVar[dict[type[c.Command], Callable[[Runner, Any], None]]] = {
        c.FinishTranscription: lambda self, order: self._listener.finish(order),
        c.DiscountVoice: _discount,
        c.JudgeTurnEnd: _judge_turn_end,
        c.CollectSensitive: _collect,
        c.JudgeDigits: _judge_digits,
        c.StopCollecting: _end_collection,
        c.ReleaseKeys: _end_collection,
        c.StartReply: _start_reply,
        c.CancelReply: lambda self, order: self._responder.cancel(order),
        c.StartTool: lambda self, order: self._toolbox.start(order),
        c.StartSynthesis: lambda self, order: self._speaker.start(order),
        c.CancelSynthesis: lambda self, order: self._speaker.cancel(order),
        c.FinishUtterance: lambda self, order: self._speaker.finish(order),
        c.HoldPlayout: lambda self, order: self._pacer.hold(),
        c.ResumePlayout: lambda self, order: self._pacer.resume(order.utterance_id, order.from_ms),
        c.TakeBackPlayout: lambda self, order: self._pacer.take_back(order.generation),
        c.ClearPlayout: _clear,
        c.Transfer: _transfer,
        c.LetCarrierSay: _let_carrier_say,
        c.CloseStream: lambda self, order: self._leg.close(),
        c.CompleteCall: lambda self, order: self._remote.complete(),
        c.RecordEntry: lambda self, order: self._record.entry(order),
        c.RecordStages: lambda self, order: self._record.stages(order),
        c.RecordBargeIn: lambda self, order: self._record.barge_in(order),
        c.RecordFalseBargeIn: lambda self, order: self._record.false_barge_in(order),
        c.Note: lambda self, order: self._record.note(order),
        c.EndCall: lambda self, order: self._record.end(order),
    }

    # The end

    def _break_off(self) -> None:
        """A bug ends this call, once; other calls go on. What was said and heard can still be written."""
        now, event = self._clock.now_us(), e.ShellFailed("runner")
        try:
            if self._around.journal is not None:
                self._around.journal.append_event(now, event)
            orders = self._call.handle(event, now)
            self._write_down(now, orders)
            for order in orders:
                if isinstance(order, c.RecordEntry | c.RecordStages):
                    self._ACTIONS[type(order)](self, order)
        finally:
            self._record.end(c.EndCall("internal_error"))
            self._remote.apologise(self._assistant.error_message)

    def _clean_up(self) -> None:
        """Nothing of this call may sound, listen or wait any longer."""
        self._around.live.meter(self.conversation_id, None)
        self._pacer.close()
        self._listener.close()
        self._toolbox.close()
        self._leg.close()
        self.outcome.spoken_characters = self._speaker.characters
        self.outcome.heard_ms = self._listener.heard_ms
        self.outcome.answers = self._brain.answers
        self.outcome.ended_at = datetime.now(UTC)
        around = self._around
        if around.recorder is not None:
            around.recorder.close()
        if around.journal is not None:
            self.outcome.journal = around.journal.path
            around.journal.close()


def _listener(providers: Providers, around: CallParts, post: Callable[[e.Event], None]) -> Listener:
    """The ears of a call, still without a transcriber."""
    return Listener(
        providers.vad.detector(post),
        None,
        around.recorder,
        post,
        around.clock,
        keep_ms=_window_ms(providers.turn_end),
    )


def _window_ms(model: TurnEndModel | TurnEndReader | None) -> int:
    """How much sound is kept for a turn-end model."""
    return 0 if model is None or isinstance(model, TurnEndReader) else model.window_ms
