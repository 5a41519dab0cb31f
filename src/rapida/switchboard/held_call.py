"""One call from its stream to its record: its runner, journal and recorder, and what is said if it has none.

A stream is never kept out because a provider still starts: until then an early listener stands in, which
loses nothing that the stream says. A bug ends its own call, and its conversation does not stay live.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

import msgspec
import structlog

from .. import __version__
from ..call.abilities import Abilities
from ..call.commands import EndReason
from ..call.happenings import CallBroken, Happening, ProvidersNotReady, VariablesMissing
from ..engine.clock import LoopClock
from ..engine.early_listener import EarlyListener
from ..engine.live import Live
from ..engine.recorder import RecordingWriter
from ..engine.remote import CARRIER_TROUBLE, SAY_WITHIN_S, CallControl, within
from ..engine.runner import CallParts, Providers, Runner
from ..errors import ConfigurationError, ProviderError, StoreError
from ..node.call_bus import News
from ..node.files import Paths
from ..node.node import Node
from ..sockets.session import NORMAL, OUR_FAULT
from ..store.events import DatedHappening
from ..telemetry import log
from ..telemetry.journal import Head, JournalWriter
from ..telemetry.metrics import Metrics
from ..telephony.stream import Leg, LegListener
from .calls_in_progress import CallsInProgress
from .claims import Claimed, close
from .greetings import Greetings
from .provider_cache import ProviderCache
from .records import Records

_log = structlog.get_logger(__name__)

PROVIDERS_WITHIN_S = 20.0
"""How long a stream waits for providers that start slowly."""
CLOSED_WITHIN_S = 1.0
"""How long the end of a call that could not be held waits until that is written, which may take longer."""
RECORDED_WITHIN_S = 5.0
"""How long a call's record waits for its recording; on a slower disk it is written without."""


@dataclass(frozen=True)
class SharedParts:
    """What every call of the process borrows."""

    provider_cache: ProviderCache
    live: Live
    metrics: Metrics
    journals: JournalWriter
    recordings: RecordingWriter
    records: Records
    paths: Paths
    controls: Callable[[Claimed], CallControl]
    """Makes the remote control of one call."""


@dataclass(frozen=True)
class Prepared:
    """A call's providers, and what they can do."""

    providers: Providers
    abilities: Abilities


class HeldCall:
    """One call whose stream is up."""

    def __init__(
        self,
        node: Node,
        shared: SharedParts,
        calls: CallsInProgress,
        greetings: Greetings,
        claimed: Claimed,
        leg: Leg,
    ) -> None:
        self._node = node
        self._shared = shared
        self._calls = calls
        self._greetings = greetings
        self._claimed = claimed
        self._context_id = claimed.context.id
        self._conversation_id = claimed.conversation.id
        self._leg = leg

    def begin(self, preparing: asyncio.Task[Prepared]) -> LegListener:
        """Hold the call from now on; what listens to its stream."""
        listener: LegListener
        try:
            if preparing.done() and preparing.exception() is None:
                listener = runner = self._runner(preparing.result())
                holding = self._hold(runner)
            else:
                listener = early = EarlyListener()
                holding = self._hold_later(early, preparing)
        except Exception as bug:  # noqa: BLE001
            listener, holding = EarlyListener(), self._give_up(bug)
        self._shared.metrics.call_started()
        self._calls.hold(self._conversation_id, self._until_over(holding))
        return listener

    def _runner(self, prepared: Prepared) -> Runner:
        claimed = self._claimed
        runner = Runner(
            conversation_id=claimed.conversation.id,
            assistant=claimed.assistant,
            abilities=prepared.abilities,
            providers=self._greetings.given(self._context_id, prepared.providers),
            leg=self._leg,
            around=self._parts(prepared.abilities),
        )
        if lacking := dict.fromkeys((*claimed.missing, *prepared.providers.brain.missing)):
            runner.outcome.happenings.append((0, VariablesMissing(tuple(lacking))))
        return runner

    def _parts(self, abilities: Abilities) -> CallParts:
        shared, claimed, assistant = self._shared, self._claimed, self._claimed.assistant
        head = Head(
            conversation_id=self._conversation_id,
            code_version=__version__,
            assistant=assistant,
            deployment=msgspec.to_builtins(claimed.on_phone),
            variables=dict(claimed.variables),
            abilities=abilities,
            zone=assistant.zone,
            started_at=self._node.clock().isoformat(),
        )
        recording = shared.paths.recording(self._conversation_id)
        return CallParts(
            clock=LoopClock(),
            live=shared.live,
            project_id=claimed.context.project_id,
            caller=claimed.conversation.caller,
            callee=claimed.conversation.callee,
            counters=shared.metrics,
            control=shared.controls(claimed),
            journal=shared.journals.open(shared.paths.journal(self._conversation_id), head),
            recorder=shared.recordings.recorder(recording) if assistant.record else None,
        )

    async def _until_over(self, holding: Coroutine[Any, Any, EndReason]) -> None:
        log.bind_call(self._conversation_id)
        reason: EndReason = "internal_error"
        try:
            reason = await holding
        except Exception as bug:  # noqa: BLE001
            # A bug ends its own call. Unwritten as its outcome then is, the conversation must not stay live.
            _log.exception("call_broken")
            await self._say_sorry()
            self._leg.close(OUR_FAULT)
            await self._close_unheld("internal_error", CallBroken(type(bug).__name__))
        finally:
            self._shared.metrics.call_ended(reason)
            self._greetings.drop(self._context_id)
            self._calls.await_callbacks(self._context_id)
            _log.info("call_ended", reason=reason)
            self._calls.ended(self._conversation_id)

    async def _hold_later(self, early: EarlyListener, preparing: asyncio.Task[Prepared]) -> EndReason:
        news: list[News] = []
        leave = self._node.bus.join(self._context_id, news.append)
        try:
            async with asyncio.timeout(PROVIDERS_WITHIN_S):
                prepared = await preparing
            runner = self._runner(prepared)
        except Exception as problem:  # noqa: BLE001
            # Whatever it is: somebody is on the line.
            return await self._give_up(problem)
        finally:
            leave()
        early.hand_over(runner)
        for each in news:
            runner.post(each)
        return await self._hold(runner)

    async def _hold(self, runner: Runner) -> EndReason:
        leave = self._node.bus.join(self._context_id, runner.post)
        try:
            await runner.run()
        finally:
            leave()
            try:
                await self._finish_recording(runner)
            finally:
                await self._shared.records.write(runner.conversation_id, runner.outcome)
            await runner.carrier_told()
        return runner.outcome.reason

    async def _finish_recording(self, runner: Runner) -> None:
        recorder = runner.recorder
        if recorder is None:
            return
        try:
            async with asyncio.timeout(RECORDED_WITHIN_S):
                runner.outcome.recording_ms = await recorder.finished()
            runner.outcome.recording = recorder.path
        except StoreError as lost:
            _log.error("recording_lost", reason=str(lost))
        except TimeoutError:
            # If this process ends first, the file is mended at the next start, and stays unlisted.
            _log.warning("recording_late", file=recorder.path.name)
            self._calls.write(self._shared.records.list_late(runner.conversation_id, recorder))

    # A call that cannot be held

    async def _give_up(self, problem: Exception) -> EndReason:
        """Say why in log and record, and sorry to the caller, and end the conversation."""
        theirs = isinstance(problem, ConfigurationError | ProviderError | TimeoutError)
        told = (str(problem) or "they did not start in time") if theirs else type(problem).__name__
        reason: EndReason = "provider_failure" if theirs else "internal_error"
        if theirs:
            _log.error("call_without_providers", conversation_id=self._conversation_id, reason=told)
        else:
            _log.error("call_not_held", exc_info=problem)
        await self._say_sorry()
        self._leg.close(NORMAL if theirs else OUR_FAULT)
        await self._close_unheld(reason, ProvidersNotReady(told) if theirs else CallBroken(told))
        return reason

    async def _say_sorry(self) -> None:
        """Let the carrier say that we cannot go on. The stream must still be up."""
        if sorry := self._claimed.assistant.error_message:
            try:
                await within(SAY_WITHIN_S, self._shared.controls(self._claimed).say(sorry))
            except CARRIER_TROUBLE as silent:
                _log.warning("apology_not_said", reason=str(silent))

    async def _close_unheld(self, reason: EndReason, why: Happening) -> None:
        """End the conversation of a call that wrote no outcome."""
        self._calls.await_callbacks(self._context_id)
        now = self._node.clock()
        happened = [DatedHappening(now, why)]
        writing = self._calls.write(close(self._node, self._claimed.context, reason, now, happened=happened))
        await asyncio.wait({writing}, timeout=CLOSED_WITHIN_S)
