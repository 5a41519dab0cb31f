"""The composition root: how a server process begins on its parts (`parts.py`), serves, and ends.

One process serves the API, the carrier's door and the media sockets on one port, and owns its signals: on
SIGTERM readiness fails, new calls hear that all lines are busy and nobody is dialled any more, but the
listeners, announced streams, calls that still ring and callbacks go on until the last call is over or the
bound has passed.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import signal
import socket
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import uuid4

import structlog
from fastapi import FastAPI

from . import demo
from .api import dashboard
from .api.build import build_api
from .api.server_facts import ServerLoad
from .engine.live import Live
from .errors import StoreError
from .knowledge import refreshing
from .node.addresses import Addresses, stream_prefixes
from .node.clock import LONGEST_CALL, Clock, utc_now
from .node.files import Paths
from .node.node import Node
from .node.peers import Peers
from .node.shared_bus import SharedBus
from .node.uses import write_uses
from .outbound.accepting import Outbound
from .outbound.machines import AnsweringMachines
from .outbound.worker import Queue
from .parts import Parts, Worker, joined, provider_names
from .providers import outgoing
from .recurring import Recurring
from .server import Accepting, Chore, Door, Ending, Siblings, kept_up, listen, serving
from .settings import Settings, prepare_data_dir, writing_into
from .store import Store, credentials
from .struct_types import describe_struct_types
from .switchboard import elsewhere, filing, keeping
from .switchboard.calls_in_progress import CallsInProgress
from .switchboard.capacity import Look, Overruns
from .switchboard.claims import sweep
from .switchboard.connect import Connector
from .switchboard.control import by_carrier
from .switchboard.erasing import Retention
from .switchboard.inbound import Inbound
from .switchboard.inquiries import Inquiries
from .switchboard.live_board import LiveBoard
from .switchboard.live_relay import LiveRelay
from .switchboard.provider_cache import Begun
from .switchboard.voice_samples import VoiceSamples
from .switchboard.warming import warm_up
from .telemetry.metrics import Metrics
from .vault.sealing import open_vault
from .workspace.demo import Demo, bootstrap
from .workspace.people import People, SetupCode

DRAIN_S = 600.0
"""How long a server that was told to end waits for its calls."""
SWEEP_S = 30.0
"""How often unclaimed contexts are closed, uses counted and new lines learned: an unclaimed call has ended
long before, so that nobody waits for it, and one look is a few indexed queries."""
LAG_SAMPLE_S, LAG_SAMPLES = 0.1, 10
"""How often the loop's lateness is sampled, and of how many samples the worst is kept: of one second's."""
_log = structlog.get_logger("rapida")


@dataclass(frozen=True, kw_only=True)
class Rapida:
    """A server's parts as the process that runs it sees them."""

    settings: Settings
    port: int
    node: Node
    peers: Peers
    connector: Connector
    calls: CallsInProgress
    live: Live
    metrics: Metrics
    ending: Ending
    accepting: Accepting
    outbound: Outbound
    queue: Queue | None
    demo: Demo | None
    setup_code: str | None
    """What the first owner must know; None = there is an owner."""
    calls_at_most: Callable[[], int]
    """How many calls this process would carry."""
    document: Callable[[], object]
    """Draws the OpenAPI document, once; it takes half a second."""

    @property
    def address(self) -> str:
        return f"http://{self.settings.address(self.port)}"


@asynccontextmanager
async def running(
    settings: Settings,
    *,
    drain_s: float = DRAIN_S,
    door: Door = "picows",
    queue: Worker = "none",
    open_store: Callable[[str], Store] = Store,
    clock: Clock = utc_now,
    begun: Begun = (),
    listening: socket.socket | None = None,
    siblings: Siblings | None = None,
) -> AsyncGenerator[Rapida]:
    """A started server; leaving the block drains and ends it. Raises `RapidaError` when it cannot start.

    `open_store` and `clock` are the database and the time of a caller that brings its own, `begun` are
    providers that it has started, `listening` and `siblings` the port and the company of one of several
    processes.
    """
    describe_struct_types()
    outgoing.policy.allow(settings.allow_hosts)
    async with contextlib.AsyncExitStack() as stack:
        listening = stack.enter_context(contextlib.closing(listening or listen(settings)))
        port: int = listening.getsockname()[1]
        metrics = Metrics(provider_names())
        node, bus = await _node(stack, settings, f"localhost:{port}", metrics, open_store, clock)
        peers = Peers(node, Paths(settings.data_dir), bus)
        await peers.join()
        stack.push_async_callback(_farewell, node, peers)
        demo_installed = await _install_demo(settings, node)
        setup_code = await _setup_code(settings, node)
        parts = await joined(stack, settings, node, peers, metrics, queue, begun, _room_of(siblings))
        board = LiveBoard(parts.live, node.clock, node.server_id)
        relay = LiveRelay(node, board, lambda: bus.alone)
        api = _api(settings, parts, siblings, board)
        serving = _serving(settings, parts, api, listening, door)
        async with kept_up([*_chores(settings, parts), bus.run, relay.run]), serving as accepting:
            try:
                async with _worked_off(parts.queue, parts.ending):
                    yield Rapida(
                        settings=settings,
                        port=port,
                        node=node,
                        peers=peers,
                        connector=parts.connector,
                        calls=parts.calls,
                        live=parts.live,
                        metrics=metrics,
                        ending=parts.ending,
                        accepting=accepting,
                        outbound=parts.outbound,
                        queue=parts.queue,
                        demo=demo_installed,
                        setup_code=setup_code,
                        calls_at_most=lambda: parts.capacity.at_most,
                        document=api.openapi,
                    )
            finally:
                await _drained(parts, siblings, drain_s)


async def _drained(parts: Parts, siblings: Siblings | None, drain_s: float) -> None:
    """Calls, dials and what other servers do for them come to their end, for `drain_s` or a call's length."""
    await parts.dialler.idle()  # a request that was asked to dial may be gone, its dial is not
    if not parts.ending.replaced:
        await _await_answers(parts, siblings)
    within_s = LONGEST_CALL.total_seconds() if parts.ending.replaced else drain_s
    await parts.calls.drain(within_s, parts.ending.hurried)
    if siblings is not None:
        await siblings.idle()


def _api(settings: Settings, parts: Parts, siblings: Siblings | None, board: LiveBoard) -> FastAPI:
    room = _room_of(siblings)
    return build_api(
        settings,
        parts.node,
        parts.inbound,
        parts.metrics,
        accepting=parts.ending.accepting,
        outbound=parts.outbound,
        carriers=parts.carriers,
        machine_answered=AnsweringMachines(parts.dialler, parts.carriers).answered,
        complete=by_carrier(parts.node, parts.carriers),
        refusals=parts.refusals,
        board=board,
        knowledge=parts.knowledge,
        files=dashboard.read(),
        load=lambda: ServerLoad(parts.calls.busy, parts.capacity.at_most, room()),
        metrics_of_all=None if siblings is None else siblings.metrics,
        talk=parts.talks,
        samples=VoiceSamples(parts.node, parts.provider_cache),
        call_files=parts.files,
        counts=parts.counts,
    )


def _serving(
    settings: Settings, parts: Parts, api: FastAPI, listening: socket.socket, door: Door
) -> contextlib.AbstractAsyncContextManager[Accepting]:
    return serving(
        api,
        parts.connector.admit,
        parts.counts,
        listening,
        prefixes=stream_prefixes(),
        door=door,
        trusted_proxies=settings.trusted_proxies,
    )


@asynccontextmanager
async def _worked_off(waiting: Queue | None, ending: Ending) -> AsyncGenerator[None]:
    """The queue at work. It ends first: a server that drains calls nobody any more."""
    async with contextlib.AsyncExitStack() as stack:
        if waiting is not None:
            stack.push_async_callback(waiting.aclose)
            await stack.enter_async_context(kept_up([waiting.run]))
        stack.callback(ending.wanted.set)
        yield


async def _await_answers(parts: Parts, siblings: Siblings | None) -> None:
    """Calls that still ring are ours to hold when they are answered, unless another server is there.

    Siblings are none: they end at the same time.
    """
    try:
        if siblings is not None or await parts.peers.alone():
            for context_id, within_s in (await parts.dialler.ringing()).items():
                parts.connector.await_answer(context_id, within_s)
    except StoreError as away:
        _log.warning("ringing_not_known", reason=str(away))


def _chores(settings: Settings, parts: Parts) -> list[Chore]:
    return [
        parts.records.run,
        *([parts.traces.run] if parts.traces is not None else []),
        parts.peers.run,
        parts.refusals.run,
        Inquiries(parts.node, parts.carriers).run,
        lambda: filing.run(parts.node),
        Retention(parts.node, parts.files).run,
        lambda: keeping.run(parts.node, parts.files),
        lambda: refreshing.run(parts.knowledge),
        lambda: _sweep(parts.node, parts.inbound),
        lambda: elsewhere.watch(parts.node, parts.calls),
        lambda: _watch_lag(parts),
    ]


async def serve(
    settings: Settings,
    started: Callable[[Rapida], None] = lambda rapida: None,
    *,
    queue: Worker = "worker",
    listening: socket.socket | None = None,
    siblings: Siblings | None = None,
) -> None:
    """Serve until SIGTERM or SIGINT, then until the last call is over; a second signal ends the wait."""
    loop = asyncio.get_running_loop()
    async with running(settings, queue=queue, listening=listening, siblings=siblings) as rapida:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, rapida.ending.order)
        started(rapida)
        await asyncio.to_thread(rapida.document)  # now, rather than in the middle of somebody's call
        settle()
        _log.info("listening", address=rapida.address, public_host=settings.public_host)
        async with kept_up([lambda: _warm_up(rapida)]):
            await rapida.ending.wanted.wait()
        _log.info("draining", calls=rapida.calls.busy)


async def _warm_up(rapida: Rapida) -> None:
    """Once, beside the first calls."""
    await warm_up(rapida.node.store, rapida.connector.warm)
    settle()
    await asyncio.Event().wait()


def settle() -> None:
    """Keep what start-up has made out of the garbage collector's way, for good.

    It is most of what there is, and looking through it stalled the loop, and with it every call's sound, for
    100 to 170 ms each time. For a process that serves until its end.
    """
    gc.collect()
    gc.freeze()


async def _node(
    stack: contextlib.AsyncExitStack,
    settings: Settings,
    local_host: str,
    metrics: Metrics,
    open_store: Callable[[str], Store],
    clock: Clock,
) -> tuple[Node, SharedBus]:
    """The vault, the database that it opens, at its newest version, and our own addresses."""
    data_dir = prepare_data_dir(settings.data_dir)
    store = open_store(settings.database_url)
    stack.push_async_callback(store.aclose)
    # With the wrong key nothing is changed, the schema neither: whoever has the right one may be older.
    async with store.read() as tx:
        sealed = await credentials.sample(tx)
    vault = await asyncio.to_thread(open_vault, settings.master_key, data_dir, sealed)
    await store.migrate()
    bus = SharedBus(store, server_id := uuid4().hex, clock)
    addresses = Addresses(settings.public_host, local_host)
    made = Node(store, vault, addresses, clock, bus, missed=metrics.call_missed, server_id=server_id)
    return made, bus


async def _farewell(node: Node, peers: Peers) -> None:
    """What is left to write when the last call is over."""
    for writing in (write_uses(node), peers.leave()):
        try:
            await writing
        except StoreError as away:
            _log.warning("farewell_not_written", reason=str(away))


async def _install_demo(settings: Settings, node: Node) -> Demo | None:
    return await bootstrap(
        node.store,
        node.vault,
        demo.front_desk(0),
        facts=demo.facts(),
        public_host=settings.public_host,
        now=node.clock(),
    )


async def _setup_code(settings: Settings, node: Node) -> str | None:
    if not await People(node.store, node.clock).owner_needed():
        return None
    with writing_into(settings.data_dir):
        return await asyncio.to_thread(SetupCode(settings.data_dir, settings.setup_code).prepare)


async def _sweep(node: Node, inbound: Inbound) -> None:
    """Close contexts that nobody claimed, count uses and learn new lines, now and then."""
    recurring = Recurring()
    while True:
        try:
            await sweep(node)
            await write_uses(node)
            await inbound.remember()
        except StoreError as away:
            if recurring.worth("away") is not None:
                _log.warning("sweep_waits", reason=str(away))
        await asyncio.sleep(SWEEP_S)


async def _watch_lag(parts: Parts) -> None:
    """Sample how late the loop wakes up: the first sign of a blocked or overloaded process.

    From each second's worst, and what the calls cost, the process learns how many it can carry.
    """
    overruns = Overruns(parts.provider_cache)
    while True:
        began_s, used_s, worst_s = time.monotonic(), time.process_time(), 0.0
        for _ in range(LAG_SAMPLES):
            due_s = time.monotonic() + LAG_SAMPLE_S
            await asyncio.sleep(LAG_SAMPLE_S)
            worst_s = max(worst_s, time.monotonic() - due_s)
        parts.metrics.loop_lagged(worst_s)
        core_s = (time.process_time() - used_s) / (time.monotonic() - began_s)
        look = Look(parts.calls.held, core_s, worst_s, overrun=overruns.since_last())
        parts.capacity.learn(look)
        if parts.queue is not None:
            parts.queue.hold_back(not parts.has_room())


def _room_of(siblings: Siblings | None) -> Callable[[], bool]:
    return (lambda: False) if siblings is None else (lambda: siblings.have_room)
