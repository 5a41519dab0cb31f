"""What is kept of a call besides its sound: filled in as it happens, told to watchers and metrics by the way.

The record decides nothing. It reads the core's events and orders, and what fails around the call, and fills
in the call's `CallOutcome`. A provider's error is kept with its words, which hold no secret; of a bug and
of a tool's failure only the name is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Protocol, cast

import structlog

from ..assistant import Assistant
from ..call import commands as c
from ..call import events as e
from ..call import happenings as h
from ..call.abilities import Abilities
from ..call.states import FloorState
from ..errors import OURSELVES, IllegalEvent, ProviderError
from .clock import Clock
from .live import (
    CallShown,
    FloorShown,
    FlowShown,
    Glimpse,
    Live,
    SecretShown,
    Shown,
    StreamShown,
    ThoughtShown,
    ToolShown,
    WordsShown,
)
from .outcome import CallOutcome, WrittenLine
from .remote import CarrierTrouble

_log = structlog.get_logger(__name__)

MOST_KEPT = 2000
"""So many characters of what a tool was given and answered: a page of text. The journal has all of it."""


class Counters(Protocol):
    """What a call tells the metrics."""

    def illegal_event(self) -> None: ...

    def turn_answered(self, stages: c.Stages) -> None: ...

    def provider_failed(self, family: str, provider: str, *, retryable: bool) -> None: ...

    def transcription_refused(self) -> None: ...

    def tool_ended(self, end: str) -> None: ...


_SHOWN: Mapping[type[c.Command], Callable[[Any], Shown]] = {
    c.StartReply: lambda order: ThoughtShown(order.turn_id),
    c.StartTool: lambda order: ToolShown(order.name),
    c.StartSynthesis: lambda order: WordsShown(order.text),
    c.CollectSensitive: lambda order: SecretShown(typing=True),
    c.JudgeDigits: lambda order: SecretShown(typing=False),
    c.StopCollecting: lambda order: SecretShown(typing=False),
}
"""What watchers see of orders that the record does not keep."""


class Record:
    """One call's outcome in the making."""

    def __init__(
        self,
        conversation_id: int,
        project_id: int,
        assistant: Assistant,
        clock: Clock,
        live: Live,
        counters: Counters,
        caller: str = "",
        callee: str = "",
    ) -> None:
        self._caller = caller
        self._callee = callee
        self._conversation_id = conversation_id
        self._project_id = project_id
        self._assistant = assistant
        self._clock = clock
        self._live = live
        self._counters = counters
        self._close_code: int | None = None
        self._floor: FloorState = "nobody"
        self._flow_state = ""
        self._illegal: set[h.IllegalEventIgnored] = set()
        self._started_us: dict[int, int] = {}
        """When each tool that runs was started."""
        now = datetime.now(UTC)
        self.outcome = CallOutcome(started_at=now, ended_at=now)

    # What the core orders to be kept

    def entry(self, order: c.RecordEntry) -> None:
        known = self.outcome.lines.get(order.entry_id)
        at_us = self._clock.now_us() if known is None else known.at_us
        self.outcome.lines[order.entry_id] = WrittenLine(order.turn_id, order.entry, at_us)
        self._glimpse(order)

    def stages(self, order: c.RecordStages) -> None:
        self.outcome.stages[order.turn_id] = order.stages
        self._counters.turn_answered(order.stages)
        self._glimpse(order)

    def end(self, order: c.EndCall) -> None:
        if order.reason == "stream_lost":
            self._keep(h.StreamLost(self._close_code))
        self.outcome.reason = order.reason
        self._glimpse(order)

    def note(self, order: c.Note) -> None:
        match order.kind:
            case c.LLM_FAILED:  # what only the core can tell: the model answered, with nothing
                self._provider_failed("llm", self._assistant.llm.name, order.detail, retryable=True)
            case c.CUT_SHORT:
                self._keep(h.ReplyCutShort(order.detail))

    def barge_in(self, order: c.RecordBargeIn) -> None:
        self._keep(h.BargeIn(order.by))

    def false_barge_in(self, _: c.RecordFalseBargeIn) -> None:
        """So the call's page can say why the agent stopped for a moment."""
        self._keep(h.FalseBargeIn())

    def noise(self, order: c.DiscountVoice) -> None:
        """So the call's page can say why the agent did not listen."""
        self._keep(h.NoiseDiscounted(order.end_ms - order.start_ms))

    def transfer(self, order: c.Transfer) -> None:
        """What the carrier answers is an event."""
        self._keep(h.TransferAsked(order.to))

    def left_to_carrier(self, order: c.LetCarrierSay) -> None:
        """The carrier is to say it. Said or not, it is not *heard*: no mark comes back from its voice."""
        self._keep(h.LeftToCarrier(order.text))

    # What only watchers are told

    def begun(self, abilities: Abilities) -> None:
        assistant = self._assistant
        self._glimpse(
            CallShown(assistant.version, abilities.direction, assistant.name, self._caller, self._callee)
        )

    def connected(self) -> None:
        self._glimpse(StreamShown())

    def floor(self, floor: FloorState) -> None:
        """Told after every event; watchers are when it is another."""
        if floor != self._floor:
            self._floor = floor
            self._glimpse(FloorShown(floor))

    def state_entered(self, state: str) -> None:
        """Told at each reply of a flow; watchers are when it is another."""
        if state != self._flow_state:
            self._flow_state = state
            self._glimpse(FlowShown(state))

    def show(self, order: c.Command) -> None:
        """Told of every order; of most, watchers are not."""
        if isinstance(order, c.StartTool):
            self._started_us[order.tool_id] = self._clock.now_us()
        if (shown := _SHOWN.get(type(order))) is not None:
            self._glimpse(shown(order))

    def _glimpse(self, what: Shown) -> None:
        glimpse = Glimpse(
            conversation_id=self._conversation_id,
            project_id=self._project_id,
            assistant_id=self._assistant.id,
            at_us=self._clock.now_us(),
            what=what,
        )
        self._live.tell(glimpse)

    # What happens

    def event(self, event: e.Event) -> None:
        """Keep what the call's page shows of an event that the core took."""
        match event:
            case e.ReplyEnded():
                self.outcome.input_tokens += event.input_tokens
                self.outcome.output_tokens += event.output_tokens
            case e.ReplyFailed(reason=reason, retryable=retryable, provider=provider):
                self._provider_failed("llm", provider, reason, retryable=retryable)
            case e.SynthesisFailed(reason=reason, retryable=retryable, provider=provider):
                self._provider_failed("tts", provider, reason, retryable=retryable)
            case e.TranscriptionBroke(reason=reason, provider=provider):
                self._provider_failed("stt", provider, reason, retryable=True)
            case e.TranscriptionFailed(reason=reason, provider=provider):
                self._provider_failed("stt", provider, reason, retryable=False)
            case e.TranscriptionRefused():
                self._counters.transcription_refused()
            case e.KeyPressed(key):
                self._keep(h.CallerPressedKey(key))
            case e.StatusReported(status):
                self._keep(h.StatusLearned(status))
            case e.TransferAccepted():
                self._keep(h.TransferAgreed())
            case e.TransferFailed(reason):
                self._keep(h.TransferRefused(reason))
            case e.CarrierClosed(code):
                self._close_code = code
            case _:
                pass

    def illegal(self, problem: IllegalEvent) -> None:
        """An event came that its state does not foresee."""
        self._counters.illegal_event()
        _log.warning("illegal_event", problem=str(problem))
        ignored = h.IllegalEventIgnored(type(problem.event).__name__, problem.state)
        if ignored not in self._illegal:  # it may come with every frame
            self._illegal.add(ignored)
            self._keep(ignored)

    def tool_ended(self, order: c.StartTool, end: h.ToolEnd, answer: str) -> None:
        """Keep that a tool ended, what it was asked and what it answered."""
        self._counters.tool_ended(end)
        self._glimpse(ToolShown(order.name, end))
        now_us = self._clock.now_us()
        took_ms = (now_us - self._started_us.pop(order.tool_id, now_us)) // 1000
        arguments = shortened(order.arguments)
        if end == "answered":
            self._keep(h.ToolAnswered(order.name, arguments, shortened(answer), took_ms))
        else:
            self._keep(h.ToolFailed(order.name, end, arguments, took_ms))
            _log.warning("tool_failed", tool=order.name, end=end)

    # What fails

    def failed(self, family: h.Family, failed: CarrierTrouble) -> None:
        """A provider failed of which the core is told otherwise, or not at all."""
        theirs = isinstance(failed, ProviderError)
        by, retryable = (failed.provider, failed.retryable) if theirs else (OURSELVES, True)
        self._provider_failed(family, by, str(failed), retryable=retryable)

    def bug(self, broken: BaseException) -> None:
        """A bug of ours ends the call."""
        _log.error("call_broken", exc_info=broken)
        self._keep(h.CallBroken(names_of(broken)))

    def _provider_failed(self, family: h.Family, provider: str, reason: str, *, retryable: bool) -> None:
        self._keep(h.ProviderFailed(family, reason, provider, retryable))
        self._counters.provider_failed(family, provider, retryable=retryable)
        _log.warning("provider_failed", family=family, provider=provider, reason=reason, retryable=retryable)

    def _keep(self, happening: h.Happening) -> None:
        self.outcome.happenings.append((self._clock.now_us(), happening))


def shortened(text: str) -> str:
    """The beginning of a text, with a mark where more followed."""
    return text if len(text) <= MOST_KEPT else f"{text[: MOST_KEPT - 1]}…"


def names_of(broken: BaseException) -> str:
    """The kinds of exceptions alone: their texts may hold what must not be kept."""
    if isinstance(broken, BaseExceptionGroup):
        parts = cast("BaseExceptionGroup[BaseException]", broken).exceptions
        return ", ".join(names_of(each) for each in parts)
    return type(broken).__name__
