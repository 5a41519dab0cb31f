"""From a media socket at the door to a call in progress, and from its end to its record.

Whether a stream is let in is decided in `claims.py`; here the admitted stream gets its providers,
its journal, its recorder and a runner, and the process keeps count of the calls it holds. A stream is never
kept out because a provider still starts: it waits in a lobby, where nothing that it says is lost.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar
from uuid import UUID

import msgspec
import structlog

from .. import __version__, telephony
from ..assistant import Assistant
from ..call.abilities import Abilities, check
from ..call.commands import EndReason
from ..call.events import HangUpRequested, StatusReported
from ..engine.clock import LoopClock
from ..engine.live import Live
from ..engine.lobby import Lobby
from ..engine.recorder import RecordingWriter
from ..engine.remote import CARRIER_TROUBLE, SAY_WITHIN_S, CallControl, within
from ..engine.runner import CallParts, Providers, Runner
from ..errors import ConfigurationError, ProviderError, StoreError
from ..node.call_bus import News
from ..node.files import Paths
from ..node.node import Node
from ..sockets.session import NORMAL, OUR_FAULT
from ..store import contexts
from ..store.events import Happening
from ..telemetry import log
from ..telemetry.journal import Head, JournalWriter
from ..telemetry.metrics import Metrics
from ..telephony.door import Admission, Handshake, Refusal
from ..telephony.stream import Leg, LegListener
from ..telephony.webhooks import TERMINAL
from .awaited_callbacks import AwaitedCallbacks
from .awaited_streams import AwaitedStreams
from .claims import Claimed, Claims, close
from .greetings import Greetings
from .provider_cache import ProviderCache
from .records import Records
from .unheld import NO_STREAM

_log = structlog.get_logger(__name__)

T = TypeVar("T")

ANNOUNCED_S = 60.0
"""How long a webhook's stream may take to come; the life of its context."""
ABANDONED_S = 10.0
"""A stream that was let in and is not there by then has gone again."""
READY_S = 0.5
"""How long the door waits for providers, most of which are there at once: only the others need the lobby."""
LOBBY_S = 20.0
"""How long a stream waits for providers that start slowly."""
CLOSED_WITHIN_S = 1.0
"""How long a call that cannot be had waits until its books are closed, which may well take longer."""
RECORDED_WITHIN_S = 5.0
"""How long a call's record waits for its recording; on a slower disk it is written without."""
CLEAN_UP_S = 8.0
"""How long calls that were told to end may take, longer than a carrier that says nothing is waited for."""


@dataclass(frozen=True)
class SharedParts:
    """What every call of the process borrows."""

    cast: ProviderCache
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
    """Who plays in a call, and what they can do."""

    providers: Providers
    abilities: Abilities


class Connector:
    """Holds the calls of this process."""

    def __init__(self, node: Node, claims: Claims, shared: SharedParts) -> None:
        self._node = node
        self._claims = claims
        self._shared = shared
        self._calls: dict[int, asyncio.Task[None]] = {}
        self._chores: set[asyncio.Task[Any]] = set()
        """Short work beside the calls: letting in, warming up."""
        self._books: set[asyncio.Task[None]] = set()
        """What is still to be written of calls that are over: a late recording, an end that nobody held."""
        self._reports = AwaitedCallbacks(node.store)
        self._places = AwaitedStreams(node.bus)
        self._greetings = Greetings()
        self._idle = asyncio.Event()
        self._idle.set()
        self.latest = 0
        """The conversation that was connected last."""

    @property
    def busy(self) -> int:
        """Calls in progress, and calls whose stream is still to come."""
        return len(self._calls) + len(self._places)

    # Before the stream

    def expect(self, context_id: UUID, conversation_id: int, assistant: Assistant) -> None:
        """A webhook announced a call: keep a place for it, wake its providers, begin its greeting."""
        self.await_answer(context_id, ANNOUNCED_S)
        self._do(self._prepare(context_id, assistant))

    def await_answer(self, context_id: UUID, within_s: float) -> None:
        """Count a call whose stream may come as one of ours: the process does not end before it is over."""
        over, late = partial(self._no_longer_expect, context_id), partial(self._never_came, context_id)
        self._places.keep(context_id, within_s, late=late, over=over)
        self._idle.clear()

    async def _prepare(self, context_id: UUID, assistant: Assistant) -> None:
        providers = await self.warm(assistant)
        if providers is not None and context_id in self._places:
            self._greetings.prepare(context_id, providers.tts, assistant.greeting)

    def _no_longer_expect(self, context_id: UUID) -> None:
        self._places.take(context_id)
        self._greetings.drop(context_id)
        self._note_idle()

    def _never_came(self, context_id: UUID) -> None:
        self._reports.call_over(context_id)
        self._no_longer_expect(context_id)

    def _do(self, chore: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        return _kept_in(self._chores, chore)

    async def warm(self, assistant: Assistant) -> Providers | None:
        """Build and start an assistant's providers before its first call; None = some are not to be had."""
        try:
            return await self._shared.cast.of(assistant, {})
        except (ConfigurationError, ProviderError) as problem:
            _log.error("providers_not_ready", assistant_id=assistant.id, reason=str(problem))
        except Exception:  # noqa: BLE001
            _log.exception("providers_not_ready", assistant_id=assistant.id)
        return None

    async def admit(self, handshake: Handshake) -> Admission | Refusal:
        """The `telephony.door.Admit` of this process."""
        # Whoever asks may lose patience, but not in between: a claim without a place would be nobody's call.
        claimed = await asyncio.shield(self._do(self._let_in(handshake)))
        if isinstance(claimed, Refusal):
            return claimed
        casting = asyncio.create_task(self._cast(claimed))
        casting.add_done_callback(_look_at)
        await asyncio.wait({casting}, timeout=READY_S)
        context = claimed.context
        carrier = telephony.carrier(context.carrier)
        codec = carrier.codec(context.carrier_call_id or "", context.carrier_account)
        return Admission(codec, lambda leg: self._answer(leg, claimed, casting))

    async def _let_in(self, handshake: Handshake) -> Claimed | Refusal:
        """The decision, and a place for what it claimed: it is closed if no stream takes it."""
        claimed = await self._claims.admit(handshake)
        if isinstance(claimed, Claimed):
            context_id = claimed.context.id
            over = partial(self._no_longer_expect, context_id)
            self._places.keep(context_id, ABANDONED_S, late=partial(self._abandoned, claimed), over=over)
            self._idle.clear()
        return claimed

    async def _cast(self, claimed: Claimed) -> Prepared:
        providers = await self._shared.cast.of(claimed.assistant, claimed.variables)
        abilities = providers.abilities(claimed.assistant, claimed.conversation.direction)
        if claimed.only_announces:
            abilities = msgspec.structs.replace(abilities, opens=True)
        check(claimed.assistant, abilities)
        return Prepared(providers, abilities)

    async def _give_up(self, claimed: Claimed, leg: Leg, problem: Exception) -> EndReason:
        """The call cannot be had: say why in log and record, and sorry to the caller, and close the books."""
        theirs = isinstance(problem, ConfigurationError | ProviderError | TimeoutError)
        told = (str(problem) or "they did not start in time") if theirs else type(problem).__name__
        conversation_id, reason = claimed.conversation.id, "provider_failure" if theirs else "internal_error"
        if theirs:
            _log.error("call_without_providers", conversation_id=conversation_id, reason=told)
        else:
            _log.error("call_not_held", exc_info=problem)
        await self._say_sorry(claimed)
        leg.close(NORMAL if theirs else OUR_FAULT)
        name = "providers_failed" if theirs else "internal_error"
        failed = Happening(self._node.clock(), name, {"detail": told})
        await asyncio.wait({self._close(claimed, reason, failed)}, timeout=CLOSED_WITHIN_S)
        return reason

    async def _say_sorry(self, claimed: Claimed) -> None:
        """Let the carrier say that we cannot go on. The stream must still be up."""
        if sorry := claimed.assistant.error_message:
            try:
                await within(SAY_WITHIN_S, self._shared.controls(claimed).say(sorry))
            except CARRIER_TROUBLE as silent:
                _log.warning("apology_not_said", reason=str(silent))

    def _abandoned(self, claimed: Claimed) -> None:
        self._no_longer_expect(claimed.context.id)
        self._close(claimed, NO_STREAM)

    def _close(self, claimed: Claimed, reason: str, *happened: Happening) -> asyncio.Task[None]:
        """Close the books of a call that nobody holds."""
        self._reports.call_over(claimed.context.id)
        closing = close(self._node, claimed.context, reason, self._node.clock(), happened=happened)
        return _kept_in(self._books, closing)

    # The stream is up

    def _answer(self, leg: Leg, claimed: Claimed, casting: asyncio.Task[Prepared]) -> LegListener:
        conversation_id = claimed.conversation.id
        wish = self._places.take(claimed.context.id)
        try:
            listener, holding = self._begin(leg, claimed, casting)
        except Exception as bug:  # noqa: BLE001
            listener, holding = Lobby(), self._give_up(claimed, leg, bug)
        self._idle.clear()
        self._shared.metrics.call_started()
        self.latest = conversation_id
        self._calls[conversation_id] = asyncio.create_task(self._until_over(claimed, leg, holding))
        # Behind the call's own task: by then the call hears its news, and what came before is in its row.
        self._do(self._catch_up(claimed, wish))
        return listener

    def _begin(
        self, leg: Leg, claimed: Claimed, casting: asyncio.Task[Prepared]
    ) -> tuple[LegListener, Coroutine[Any, Any, EndReason]]:
        """Who listens to the stream, and what holds the call to its end."""
        if casting.done() and casting.exception() is None:
            runner = self._runner(leg, claimed, casting.result())
            return runner, self._hold(claimed, runner)
        lobby = Lobby()
        return lobby, self._hold_later(claimed, leg, lobby, casting)

    async def _catch_up(self, claimed: Claimed, wish: HangUpRequested | None) -> None:
        """Tell a call what nobody heard while its stream came up: a wish to hang up, the carrier's word."""
        if wish is not None:
            await self._node.bus.publish(claimed.context.id, wish)
        try:
            async with self._node.store.read() as tx:
                context = await contexts.find(tx, claimed.context.id)
        except StoreError as away:
            _log.warning("status_not_known", conversation_id=claimed.conversation.id, reason=str(away))
            return
        if context is not None and context.call_status in TERMINAL:
            await self._node.bus.publish(context.id, StatusReported(context.call_status))

    def _runner(self, leg: Leg, claimed: Claimed, casting: Prepared) -> Runner:
        around = self._parts(claimed, casting.abilities)
        providers = self._greetings.given(claimed.context.id, casting.providers)
        given = (claimed.assistant, casting.abilities, providers, leg, around)
        runner = Runner(claimed.conversation.id, *given)
        if lacking := dict.fromkeys((*claimed.missing, *casting.providers.brain.missing)):
            runner.outcome.happenings.append((0, "variables missing", ", ".join(lacking)))
        return runner

    def _parts(self, claimed: Claimed, abilities: Abilities) -> CallParts:
        stage, assistant, conversation_id = self._shared, claimed.assistant, claimed.conversation.id
        head = Head(
            conversation_id=conversation_id,
            code_version=__version__,
            assistant=assistant,
            deployment=msgspec.to_builtins(claimed.on_phone),
            variables=dict(claimed.variables),
            abilities=abilities,
            zone=assistant.zone,
            started_at=self._node.clock().isoformat(),
        )
        recording = stage.paths.recording(conversation_id)
        return CallParts(
            clock=LoopClock(),
            live=stage.live,
            project_id=claimed.context.project_id,
            counters=stage.metrics,
            control=stage.controls(claimed),
            journal=stage.journals.open(stage.paths.journal(conversation_id), head),
            recorder=stage.recordings.recorder(recording) if assistant.record else None,
        )

    async def _until_over(self, claimed: Claimed, leg: Leg, holding: Coroutine[Any, Any, EndReason]) -> None:
        conversation_id = claimed.conversation.id
        log.bind_call(conversation_id)
        reason: EndReason = "internal_error"
        try:
            reason = await holding
        except Exception as bug:  # noqa: BLE001
            # A bug ends its own call. Unwritten as its outcome then is, the conversation must not stay live.
            _log.exception("call_broken")
            await self._say_sorry(claimed)
            leg.close(OUR_FAULT)
            failed = Happening(self._node.clock(), "internal_error", {"detail": type(bug).__name__})
            await asyncio.wait({self._close(claimed, "internal_error", failed)}, timeout=CLOSED_WITHIN_S)
        finally:
            self._shared.metrics.call_ended(reason)
            self._greetings.drop(claimed.context.id)
            self._reports.call_over(claimed.context.id)
            _log.info("call_ended", reason=reason)
            self._calls.pop(conversation_id, None)
            self._note_idle()

    async def _hold_later(
        self, claimed: Claimed, leg: Leg, lobby: Lobby, casting: asyncio.Task[Prepared]
    ) -> EndReason:
        news: list[News] = []
        leave = self._node.bus.join(claimed.context.id, news.append)
        try:
            async with asyncio.timeout(LOBBY_S):
                ready = await casting
            runner = self._runner(leg, claimed, ready)
        except Exception as problem:  # noqa: BLE001
            # Whatever it is: somebody is on the line.
            return await self._give_up(claimed, leg, problem)
        finally:
            leave()
        lobby.hand_over(runner)
        for each in news:
            runner.post(each)
        return await self._hold(claimed, runner)

    async def _hold(self, claimed: Claimed, runner: Runner) -> EndReason:
        leave = self._node.bus.join(claimed.context.id, runner.post)
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
            _kept_in(self._books, self._shared.records.list_late(runner.conversation_id, recorder))

    def _note_idle(self) -> None:
        if not self.busy:
            self._idle.set()

    # The end of the process

    async def idle(self) -> None:
        """Until there is neither a call nor an announced one."""
        await self._idle.wait()

    async def drain(self, within_s: float, hurried: asyncio.Event) -> None:
        """Wait for the last call, announced ones too; after `within_s`, or when hurried, hang up.

        Then, within bounds, until what the calls leave is written, and what the carrier reports is taken.
        """
        waits = [asyncio.create_task(self._idle.wait()), asyncio.create_task(hurried.wait())]
        await asyncio.wait(waits, timeout=within_s, return_when=asyncio.FIRST_COMPLETED)
        for wait in waits:
            wait.cancel()
        if self._calls:
            _log.warning("calls_hung_up", calls=len(self._calls))
            self._node.bus.tell_own(HangUpRequested("drain"))
            await self._end_all()
        if self._books:
            _, unwritten = await asyncio.wait(self._books, timeout=min(within_s, CLEAN_UP_S))
            if unwritten:
                _log.warning("books_not_closed", calls=len(unwritten))
        await self._reports.taken(within_s, hurried)

    async def _end_all(self) -> None:
        held = list(self._calls.values())
        if not held:
            return
        _, stuck = await asyncio.wait(held, timeout=CLEAN_UP_S)
        for task in stuck:
            task.cancel()
        await asyncio.gather(*stuck, return_exceptions=True)


def _kept_in(tasks: set[asyncio.Task[T]], work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
    """Begin some work whose task is kept until it is done."""
    task = asyncio.create_task(work)
    tasks.add(task)
    task.add_done_callback(tasks.discard)
    return task


def _look_at(casting: asyncio.Task[Prepared]) -> None:
    """The stream may have gone meanwhile: then nobody else asks what came of its providers."""
    if not casting.cancelled():
        casting.exception()
