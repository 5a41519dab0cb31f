"""A server's parts: each made once and joined to those that it borrows, not yet serving.

`app.py` says in which order they begin and end. The node, on which all of them stand, is made there first.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import structlog

from . import llm, stt, telephony, tools, tts, turn_end, vad
from .engine.live import Live
from .engine.recorder import RecordingWriter, mend
from .knowledge.search import Knowledge
from .node.call_files import CallFiles, open_files
from .node.carriers import Carriers
from .node.files import Paths
from .node.node import Node
from .node.peers import Peers
from .outbound.accepting import Outbound
from .outbound.dialling import Dialler
from .outbound.scheduling import WorkerSettings
from .outbound.worker import InlineQueue, Queue, WorkerQueue
from .server import Ending
from .settings import Settings, writing_into
from .sockets.session import WireCounts
from .switchboard import call_traces
from .switchboard.call_traces import CallTraces
from .switchboard.calls_in_progress import CallsInProgress
from .switchboard.capacity import Capacity
from .switchboard.claims import Claims
from .switchboard.connect import Connector
from .switchboard.control import by_claim
from .switchboard.held_call import SharedParts
from .switchboard.inbound import Inbound
from .switchboard.provider_cache import Begun, ProviderCache
from .switchboard.records import Records
from .switchboard.talks import Talks
from .telemetry.journal import JournalWriter
from .telemetry.metrics import Metrics
from .telemetry.refusals import Refusals

Worker = Literal["worker", "inline", "none"]
"""What works off the queue: a process of its own, this one, or nobody (calls wait until somebody does)."""
_log = structlog.get_logger("rapida")


@dataclass(frozen=True, kw_only=True)
class Parts:
    """What a server is made of, joined and not yet serving."""

    node: Node
    peers: Peers
    metrics: Metrics
    live: Live
    refusals: Refusals
    counts: WireCounts
    ending: Ending
    carriers: Carriers
    records: Records
    traces: CallTraces | None
    calls: CallsInProgress
    capacity: Capacity
    has_room: Callable[[], bool]
    """Whether this process, or another of its port, would carry one more call."""
    provider_cache: ProviderCache
    connector: Connector
    inbound: Inbound
    outbound: Outbound
    dialler: Dialler
    queue: Queue | None
    knowledge: Knowledge
    files: CallFiles
    talks: Talks


async def joined(
    stack: contextlib.AsyncExitStack,
    settings: Settings,
    node: Node,
    peers: Peers,
    metrics: Metrics,
    worker: Worker,
    begun: Begun = (),
    others_have_room: Callable[[], bool] = lambda: False,
) -> Parts:
    """The parts of a server on its node; the stack closes what must be closed."""
    files = open_files(settings)
    ending, live, refusals = Ending(), Live(), Refusals(metrics.refused)
    counts = WireCounts(tell=refusals.tell)
    metrics.watch_sockets(counts)
    carriers = Carriers(node.prover, settings.carrier_api_urls)
    stack.push_async_callback(carriers.aclose)
    traces = None
    if settings.traces_url is not None:
        traces = call_traces.sending_to(settings.traces_url, Paths(settings.data_dir))
        stack.push_async_callback(traces.aclose)
    ended = traces.ended if traces else _tell_nobody
    shared = await _shared_parts(stack, settings, node, carriers, metrics, live, begun, ended)
    claims = Claims(node, settings.ws_signatures)
    stack.push_async_callback(claims.aclose)
    calls = CallsInProgress(node)
    connector = Connector(node, claims, shared, calls)
    dialler = Dialler(node, carriers)
    queue = _queue(settings, node, dialler, worker)
    wake = queue.wake if queue else lambda: None
    capacity = Capacity(settings.max_calls)
    metrics.watch_capacity(lambda: capacity.at_most)

    def has_room() -> bool:
        return capacity.takes(calls.busy) or others_have_room()

    def accepting() -> bool:
        return ending.accepting() and has_room()

    inbound = Inbound(node, accepting=accepting, expect=connector.expect)
    await inbound.remember()
    return Parts(
        node=node,
        peers=peers,
        metrics=metrics,
        live=live,
        refusals=refusals,
        counts=counts,
        ending=ending,
        carriers=carriers,
        records=shared.records,
        traces=traces,
        calls=calls,
        capacity=capacity,
        has_room=has_room,
        provider_cache=shared.provider_cache,
        connector=connector,
        inbound=inbound,
        outbound=Outbound(node, dialler, wake, accepting=accepting),
        dialler=dialler,
        queue=queue,
        knowledge=shared.provider_cache.knowledge,
        files=files,
        talks=Talks(
            node,
            claims,
            live,
            let_in=connector.let_in,
            expect=connector.expect,
            accepting=ending.accepting,
        ),
    )


async def _shared_parts(
    stack: contextlib.AsyncExitStack,
    settings: Settings,
    node: Node,
    carriers: Carriers,
    metrics: Metrics,
    live: Live,
    begun: Begun,
    ended: Callable[[int], None],
) -> SharedParts:
    """What calls borrow: providers, writers, records and the carrier's remote control."""
    paths = Paths(settings.data_dir)
    with writing_into(settings.data_dir):
        paths.make()
    journals, recordings = JournalWriter(), RecordingWriter()
    if mended := await asyncio.to_thread(mend, paths.recordings):
        _log.warning("recordings_mended", count=mended)
    journals.start()
    stack.callback(journals.close)
    await recordings.start()
    stack.push_async_callback(recordings.aclose)
    metrics.watch_journal(lambda: journals.backlog)
    provider_cache = ProviderCache(node.store, node.vault, node.prover.uses, node.clock, begun)
    stack.push_async_callback(provider_cache.aclose)
    metrics.watch_detectors(lambda: provider_cache.windows_dropped)
    metrics.watch_recognisers(lambda: provider_cache.waits)
    return SharedParts(
        provider_cache=provider_cache,
        live=live,
        metrics=metrics,
        journals=journals,
        recordings=recordings,
        records=Records(node.store, settings.data_dir, node.clock, metrics.outcomes_unwritten, ended),
        paths=paths,
        controls=by_claim(node, carriers),
    )


def _tell_nobody(conversation_id: int) -> None:
    """Where no traces are wanted."""


def _queue(settings: Settings, node: Node, dialler: Dialler, kind: Worker) -> Queue | None:
    if kind == "none":
        return None
    return InlineQueue(node, dialler) if kind == "inline" else _worker(settings, node)


def _worker(settings: Settings, node: Node) -> WorkerQueue:
    told = WorkerSettings(
        database_url=settings.database_url,
        data_dir=str(settings.data_dir.absolute()),
        master_key=settings.master_key,
        public_host=settings.public_host,
        local_host=node.addresses.local,
        carrier_api_urls=dict(settings.carrier_api_urls),
        allow_hosts=settings.allow_hosts,
    )
    return WorkerQueue(told, settings.queue_url)


def provider_names() -> tuple[str, ...]:
    """Every catalogue name, for the metrics' labels."""
    families = (
        telephony.CATALOGUE,
        stt.CATALOGUE,
        llm.CATALOGUE,
        tts.CATALOGUE,
        vad.CATALOGUE,
        turn_end.CATALOGUE,
        tools.CATALOGUE,
    )
    return tuple({name for family in families for name in family})
