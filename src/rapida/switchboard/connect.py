"""From a media socket at the door to a call in progress, and from its end to its record.

The doorkeeper's verdict is the switchboard's (`contexts.py`); here the admitted stream gets its providers,
its journal, its recorder and a runner, and the process keeps count of the calls it holds.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import structlog

from .. import __version__
from ..assistant import Assistant
from ..call.desk import Abilities
from ..call.events import HangUpRequested
from ..engine.clock import LoopClock
from ..engine.live import Live
from ..engine.outcome import CallOutcome
from ..engine.recorder import Recorder, RecordingWriter
from ..engine.runner import CallControl, Providers, Runner, Surroundings
from ..errors import ConfigurationError, ProviderError, StoreError
from ..store import conversations
from ..telemetry.journal import Head, JournalWriter
from ..telemetry.metrics import Metrics
from ..telephony.base import Admission, Handshake, Leg, LegListener, Refusal
from ..telephony.twilio.media import MediaStreams
from .cast import Cast
from .contexts import Claimed, Doorkeeper
from .exchange import Exchange
from .records import Records

_log = structlog.get_logger(__name__)

CLEAN_UP_S = 5.0
"""How long a call that was told to end may take before it is ended for it."""


@dataclass(frozen=True)
class Paths:
    """Where a call's files go."""

    data_dir: Path

    def journal(self, conversation_id: int) -> Path:
        return self.data_dir / "journals" / f"{conversation_id}.jsonl"

    def make(self) -> None:
        """Create the folders, for their owner only."""
        for folder in ("journals", "recordings"):
            (self.data_dir / folder).mkdir(mode=0o700, exist_ok=True)

    def recording(self, conversation_id: int) -> Path:
        return self.data_dir / "recordings" / f"{conversation_id}.wav"


@dataclass(frozen=True)
class Backstage:
    """What every call of the process borrows."""

    cast: Cast
    live: Live
    metrics: Metrics
    journals: JournalWriter
    recordings: RecordingWriter
    records: Records
    paths: Paths
    controls: Callable[[Claimed], CallControl]
    """Makes the remote control of one call."""


class Connector:
    """Holds the calls of this process."""

    def __init__(self, exchange: Exchange, doorkeeper: Doorkeeper, backstage: Backstage) -> None:
        self._exchange = exchange
        self._doorkeeper = doorkeeper
        self._stage = backstage
        self._calls: dict[int, asyncio.Task[None]] = {}
        self._warming: set[asyncio.Task[None]] = set()
        self._expected: dict[UUID, asyncio.TimerHandle] = {}
        self._idle = asyncio.Event()
        self._idle.set()
        self.latest = 0
        """The conversation that was connected last."""

    @property
    def busy(self) -> int:
        """Calls in progress, and calls whose stream is still to come."""
        return len(self._calls) + len(self._expected)

    # Before the stream

    def expect(self, context_id: UUID, conversation_id: int, assistant: Assistant) -> None:
        """A webhook announced a call: keep a place for it and wake its providers."""
        loop = asyncio.get_running_loop()
        self._expected[context_id] = loop.call_later(60.0, self._no_longer_expect, context_id)
        self._idle.clear()
        task = asyncio.create_task(self._warm(assistant))
        self._warming.add(task)
        task.add_done_callback(self._warming.discard)

    def _no_longer_expect(self, context_id: UUID) -> None:
        handle = self._expected.pop(context_id, None)
        if handle is not None:
            handle.cancel()
        self._note_idle()

    async def _warm(self, assistant: Assistant) -> None:
        try:
            await self._stage.cast.of(assistant, {})
        except (ConfigurationError, ProviderError) as problem:
            _log.error("providers_not_ready", assistant_id=assistant.id, reason=str(problem))

    async def admit(self, handshake: Handshake) -> Admission | Refusal:
        """The `telephony.base.Doorkeeper` of this process."""
        claimed = await self._doorkeeper.admit(handshake)
        if isinstance(claimed, Refusal):
            return claimed
        conversation = claimed.conversation
        variables = {"client_number": conversation.caller, **conversation.arguments}
        try:
            providers = await self._stage.cast.of(claimed.assistant, variables)
            abilities = providers.abilities(claimed.assistant, conversation.direction)
        except (ConfigurationError, ProviderError) as problem:
            _log.error("call_without_providers", conversation_id=conversation.id, reason=str(problem))
            async with self._exchange.store.write() as tx:
                await conversations.end(tx, conversation.id, "provider_failure", self._exchange.clock())
            self._no_longer_expect(claimed.context.id)
            return Refusal(503, str(problem))
        codec = MediaStreams(claimed.context.call_sid or "", claimed.context.account_sid)

        def answer(leg: Leg) -> LegListener:
            return self._answer(leg, claimed, providers, abilities)

        return Admission(codec, answer)

    # The stream is up

    def _answer(self, leg: Leg, claimed: Claimed, providers: Providers, abilities: Abilities) -> LegListener:
        conversation_id = claimed.conversation.id
        around = self._surroundings(claimed, abilities)
        runner = Runner(conversation_id, claimed.assistant, abilities, providers, leg, around)
        leave = self._exchange.live.join(claimed.context.id, runner.post)
        self._stage.metrics.call_started()
        self.latest = conversation_id
        self._calls[conversation_id] = asyncio.create_task(self._hold(runner, around.recorder, leave))
        self._no_longer_expect(claimed.context.id)
        self._idle.clear()
        return runner

    def _surroundings(self, claimed: Claimed, abilities: Abilities) -> Surroundings:
        stage, assistant, conversation_id = self._stage, claimed.assistant, claimed.conversation.id
        clock = LoopClock()
        head = Head(
            conversation_id=conversation_id,
            code_version=__version__,
            assistant=assistant,
            abilities=abilities,
            zone=assistant.zone,
            started_at=self._exchange.clock().isoformat(),
        )
        recording = stage.paths.recording(conversation_id)
        recorder = stage.recordings.recorder(recording) if assistant.record else None
        return Surroundings(
            clock=clock,
            live=stage.live,
            counters=stage.metrics,
            control=stage.controls(claimed),
            journal=stage.journals.open(stage.paths.journal(conversation_id), head),
            recorder=recorder,
        )

    async def _hold(self, runner: Runner, recorder: Recorder | None, leave: Callable[[], None]) -> None:
        structlog.contextvars.bind_contextvars(conversation_id=runner.conversation_id)
        try:
            await runner.run()
        finally:
            leave()
            outcome = runner.outcome
            self._stage.metrics.call_ended(outcome.reason)
            _log.info("call_ended", reason=outcome.reason)
            await self._finish_recording(outcome, recorder)
            await self._stage.records.write(runner.conversation_id, outcome)
            self._calls.pop(runner.conversation_id, None)
            self._note_idle()

    async def _finish_recording(self, outcome: CallOutcome, recorder: Recorder | None) -> None:
        if recorder is None:
            return
        try:
            outcome.recording_ms = await recorder.finished()
            outcome.recording = recorder.path
        except StoreError as lost:
            _log.error("recording_lost", reason=str(lost))

    def _note_idle(self) -> None:
        if not self.busy:
            self._idle.set()

    # The end of the process

    async def idle(self) -> None:
        """Until there is neither a call nor an announced one."""
        await self._idle.wait()

    async def drain(self, within_s: float, hurried: asyncio.Event) -> None:
        """Wait for the last call, announced ones too; after `within_s`, or when hurried, hang up."""
        waits = [asyncio.create_task(self._idle.wait()), asyncio.create_task(hurried.wait())]
        await asyncio.wait(waits, timeout=within_s, return_when=asyncio.FIRST_COMPLETED)
        for wait in waits:
            wait.cancel()
        if self._calls:
            _log.warning("calls_hung_up", calls=len(self._calls))
            self._exchange.live.tell_all(HangUpRequested("drain"))
            await self._end_all()

    async def _end_all(self) -> None:
        held = list(self._calls.values())
        if not held:
            return
        _, stuck = await asyncio.wait(held, timeout=CLEAN_UP_S)
        for task in stuck:
            task.cancel()
        await asyncio.gather(*stuck, return_exceptions=True)
