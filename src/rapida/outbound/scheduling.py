"""What the worker process does for the switchboard: it dials what waits, and asks after the unconfirmed.

It gives the queue what is next, in order of arrival for each credential (neighbours may change places on the
way to their turns), and sees to the rows that time alone changes: intents whose time is over, places whose
call is over, keys and executors that are gone. What a turn is and what a dial becomes is decided in
`store/pace.py` and `dialling.py`, under locks that hold over all processes.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import structlog
from msgspec import Struct

from ..errors import StoreError
from ..jobs.base import Handler, Jobs
from ..node.addresses import Addresses
from ..node.carriers import Carriers
from ..node.clock import LONGEST_CALL
from ..node.node import Node
from ..node.uses import write_uses
from ..providers import outgoing
from ..store import Store, contexts, credentials, executors, idempotency, intents, pace
from ..store.db import alone
from ..telemetry import log
from ..vault.sealing import open_vault
from .dialling import Dialler
from .order import Order, look_at
from .settling import close_undialled

_log = structlog.get_logger(__name__)

DIAL = "dial"
AHEAD_S = 2.0
"""How far ahead of their turn calls are given to the queue."""
MOST_AHEAD = 200
"""How many calls without a limit of pace are given ahead: the queue's jobs in progress are 500 for all."""
GIVEN_S = 3.0
"""How long the queue may take to begin a job, here or elsewhere, before it is asked for the job again."""
BEAT_S = 2.0
"""How often a worker says that it lives: several times before `DEAD_AFTER`."""
DEAD_AFTER = timedelta(seconds=10)
"""A worker that is silent for five beats is dead, and its jobs are another's."""
TIDY_S = 600.0
"""How often what is finished is forgotten: as often as its age (`jobs.durable.KEPT_FOR`) makes a
difference."""
TALLY_S = 30.0
"""Uses of credentials are written down so often."""
RETRY_S = 2.0
"""How long after a fault of the database or of the queue work goes on: most are a restart, which takes
seconds."""
TAKEN_AHEAD = timedelta(milliseconds=250)
"""Turns are taken so long before their instant that a slow database does not make the calls uneven."""
CATCHING_UP = 0.99
"""The share of the usual gap that lies between two late calls, until no call is late any more.

One percent is less than a carrier's pace varies, so that nothing goes out in a bunch.
"""
READERS = 3
"""How many orders are loaded at once: more only wait for each other at the database, and for calls that come
in."""


class WorkerSettings(Struct, frozen=True):
    """What the worker needs of the server's settings."""

    database_url: str
    data_dir: str
    master_key: str | None
    public_host: str | None
    local_host: str
    carrier_api_urls: dict[str, str]
    allow_hosts: tuple[str, ...] = ()


async def open_work(settings: Mapping[str, Any], executor_id: str) -> DialScheduler:
    """The worker's `jobs.base.OpenWork`. Raises `RapidaError`."""
    log.configure()
    told = msgspec.convert(dict(settings), WorkerSettings)
    outgoing.policy.allow(told.allow_hosts)
    async with AsyncExitStack() as stack:
        store = Store(told.database_url)
        stack.push_async_callback(store.aclose)
        async with store.read() as tx:
            sealed = await credentials.sample(tx)
        vault = await asyncio.to_thread(open_vault, told.master_key, Path(told.data_dir), sealed)
        node = Node(store, vault, Addresses(told.public_host, told.local_host))
        carriers = Carriers(node.prover, told.carrier_api_urls)
        stack.push_async_callback(carriers.aclose)
        return DialScheduler(node, Dialler(node, carriers), executor_id, stack.pop_all())
    raise AssertionError("what is on this stack suppresses no exception")


@dataclass
class Lane:
    """Who of this process's calls of one credential is next."""

    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    next_at: float = 0.0
    """On the loop's clock; the row in the database has the last word."""
    free_at: float = 0.0
    """When the pace allows the next dial, by the last one."""

    async def moment(self, at: float, every_s: float) -> None:
        """Until a turn's instant; but what a stall has made late does not go out in a bunch."""
        clock = asyncio.get_running_loop().time
        await asyncio.sleep(max(0.0, at - clock()))
        begin = max(clock(), self.free_at)
        self.free_at = begin + every_s * CATCHING_UP
        await asyncio.sleep(max(0.0, begin - clock()))


class DialScheduler:
    """What one worker process does."""

    def __init__(
        self, node: Node, dialler: Dialler, executor_id: str, stack: AsyncExitStack | None = None
    ) -> None:
        self._node = node
        self._dialler = dialler
        self._executor_id = executor_id
        self._stack = stack or AsyncExitStack()
        self._lanes: dict[int, Lane] = {}
        self._running: set[UUID] = set()
        """Whose jobs are running in this process."""
        self._given: dict[UUID, float] = {}
        """When, by the loop's clock, this process last gave what to the queue; any process may run it."""
        # More readers at once would cost the database a connection each, and be no quicker.
        self._reading = asyncio.Semaphore(READERS)
        self._held_back = False
        self._beat_at = self._tally_at = self._tidy_at = -math.inf
        self._finishing = asyncio.Event()
        self.handlers: Mapping[str, Handler] = {DIAL: self._dial_by_id}

    def hold_back(self, held: bool) -> None:
        """Begin no dial while `held`: the server that is to hold its call has no room. The rows wait."""
        self._held_back = held

    # Looking around

    async def look_around(self, jobs: Jobs) -> None:
        """See that every intent that may be dialled, or must be asked after, has its job."""
        now, loop_now = self._node.clock(), asyncio.get_running_loop().time()
        if loop_now >= self._beat_at + BEAT_S:
            self._beat_at = loop_now
            await self._beat(jobs, now)
        async with self._node.store.read() as tx:
            late = await intents.late(tx, now)
            wanted = [each.context_id for each in await intents.unclear(tx, now)]
            for project_id, credential_id in () if self._held_back else await intents.waiting_lanes(tx):
                wanted += await self._next_of(tx, project_id, credential_id, now)
        if late:
            await self._close(late, now)
        await self._give(jobs, wanted)
        if loop_now >= self._tally_at + TALLY_S:
            self._tally_at = loop_now
            await write_uses(self._node)
        if loop_now >= self._tidy_at + TIDY_S:
            self._tidy_at = loop_now
            await self._tidy(jobs, now)

    async def _give(self, jobs: Jobs, wanted: list[UUID]) -> None:
        """Ask for the jobs of intents that, as far as we know, have none.

        A job that another process ran may have ended with its intent still waiting (no place was free, the
        carrier was away, the process was finishing), and nobody tells us: so what waits is given again. The
        queue knows which jobs it has.
        """
        now = asyncio.get_running_loop().time()
        self._given = {each: at for each, at in self._given.items() if at + GIVEN_S > now}
        new = [each for each in wanted if each not in self._given and each not in self._running]
        self._given |= dict.fromkeys(new, now)
        await jobs.ensure(DIAL, [str(each) for each in new])

    async def _next_of(
        self, tx: intents.Transaction, project_id: int, credential_id: int, now: datetime
    ) -> list[UUID]:
        lanes = await pace.lanes_as_they_are(tx, project_id, credential_id)
        rates = [lane.calls_per_second for lane in lanes if lane.calls_per_second]
        most = math.ceil(min(rates) * AHEAD_S) + 1 if rates else MOST_AHEAD
        for lane in lanes:
            if (free := await pace.free_places(tx, lane)) is not None:
                most = min(most, free)
        return await intents.next_queued(tx, credential_id, min(most, MOST_AHEAD), now)

    async def _close(self, late: list[intents.Intent], now: datetime) -> None:
        async with self._node.store.write() as tx:
            for each in late:
                reason = each.reason or "its turn did not come in time"
                context = await contexts.find(tx, each.context_id)
                if context is not None:
                    await close_undialled(tx, context, "expired", reason, now)

    async def _beat(self, jobs: Jobs, now: datetime) -> None:
        """Say that we live, and take over what the dead were at; one process at a time does."""
        async with self._node.store.write() as tx:
            await intents.end_with_contexts(tx, now, now - LONGEST_CALL)
            # Before any row is held: two who were both taken for dead would wait for each other.
            await alone(tx, "executors")
            await executors.beat(tx, self._executor_id, now)
            for dead in await executors.silent(tx, now - DEAD_AFTER):
                adopted = await jobs.adopt(dead)
                await executors.forget(tx, dead)
                _log.info("executor_gone", executor_id=dead, jobs_adopted=adopted)

    async def _tidy(self, jobs: Jobs, now: datetime) -> None:
        await jobs.tidy()
        async with self._node.store.write() as tx:
            await idempotency.forget(tx, now)
            await pace.forget_days(tx, now - timedelta(days=32))

    # The jobs

    async def _dial_by_id(self, context_id: str) -> None:
        wanted = UUID(context_id)
        if wanted in self._running:
            return  # two processes asked for it at once
        self._running.add(wanted)
        try:
            wait_s = await self._try(wanted)
            while wait_s is not None and not await self._finishing_within(wait_s):
                wait_s = await self._try(wanted)
        finally:
            self._running.discard(wanted)
            self._given.pop(wanted, None)

    async def _try(self, context_id: UUID) -> float | None:
        """Bring an intent forward; None = nothing is left to do now, else when to try again."""
        try:
            async with self._reading:
                order = await self._dialler.load(context_id)
            if order is None:
                await self._give_up(context_id)
                return None
            if order.intent.status == "queued":
                return await self._dial_in_turn(order)
            if order.intent.status == "dialling":
                return await self._ask_after(order)
        except StoreError as away:
            _log.warning("job_waits", context_id=str(context_id), reason=str(away))
            return RETRY_S
        return None

    async def _give_up(self, context_id: UUID) -> None:
        """Settle an intent whose credential is gone: nobody can dial it, or ask after it, any more."""
        reason, now = "its credential was deleted", self._node.clock()
        async with self._node.store.write() as tx:
            await intents.lose(tx, context_id, reason, now)
            context = await contexts.find(tx, context_id)
            if context is not None:
                await close_undialled(tx, context, "refused", reason, now)

    async def _ask_after(self, order: Order) -> float | None:
        due = order.intent.not_before
        if due is not None and (left_s := (due - self._node.clock()).total_seconds()) > 0:
            return left_s
        return await self._dialler.look(order)

    async def _dial_in_turn(self, order: Order) -> float | None:
        lane = self._lanes.setdefault(order.intent.credential_id, Lane())
        loop = asyncio.get_running_loop()
        async with lane.turn:
            while True:
                if await self._finishing_within(lane.next_at - loop.time()) or self._held_back:
                    return None
                turn, of, attempt = await self._take(order)
                if turn is None or turn.full:
                    return None  # somebody else's by now, or brought back when there is room
                lane.next_at = of + turn.wait_s
                if turn.taken:
                    break
        await self._dialler.dial(order.taken(attempt), partial(lane.moment, of + turn.in_s, turn.every_s))
        return None

    async def _take(self, order: Order) -> tuple[pace.DialTurn | None, float, int]:
        """Take the turn and the intent, both or neither; when, by the loop's clock; and which attempt it is.

        No turn = the intent cannot be dialled any more.
        """
        async with self._node.store.write() as tx:
            now, of = self._node.clock(), asyncio.get_running_loop().time()
            intent = await intents.find(tx, order.intent.context_id)
            if intent is None or intent.status != "queued" or intent.not_after <= now:
                return None, of, 0
            turn = await pace.take_turn(tx, intent.project_id, intent.credential_id, now, TAKEN_AHEAD)
            at = now + timedelta(seconds=turn.in_s)
            if not turn.taken:
                return turn, of, 0
            attempt = await intents.begin(tx, intent.context_id, at, look_at(order.options, at))
            return turn if attempt else None, of, attempt

    # The end

    async def _finishing_within(self, wait_s: float) -> bool:
        """Wait, unless this process finishes; whether it does."""
        with suppress(TimeoutError):
            async with asyncio.timeout(max(0.0, wait_s)):
                await self._finishing.wait()
        return self._finishing.is_set()

    async def finish(self) -> None:
        """Begin no dial any more, wait for those that are on their way, and sign off.

        What waits here stays as its row says, and the next worker gives it to the queue.
        """
        self._finishing.set()
        for lane in list(self._lanes.values()):
            async with lane.turn:
                pass  # a dial that was just taking a turn has its intent now
        await self._dialler.idle()
        async with self._node.store.write() as tx:
            # Not forgotten: what we held is taken over at once.
            await executors.beat(tx, self._executor_id, self._node.clock() - DEAD_AFTER)
        await write_uses(self._node)

    async def aclose(self) -> None:
        """Close what was opened."""
        await self._stack.aclose()
