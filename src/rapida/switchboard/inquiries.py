"""Inquiries: of calls that nobody reports on, the carrier is asked what became of them.

A callback can be lost: the tunnel leads elsewhere, the address is wrong, the network is away. A context's row
says when its carrier is to be asked (`ask_at`): some time after the dial, after the ringing time, after the
call was over here, after an order to hang up. The carrier's report of the call's end takes that back. Of any
number of servers one takes a row that is due, for as long as asking may take; whatever is not settled then is
due again, for any server.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from msgspec.structs import replace

from ..call.events import StatusReported
from ..call.happenings import EndUnreported
from ..errors import ProviderError, StoreError, VaultError
from ..node.addresses import number_status_url, status_url
from ..node.carriers import Carriers
from ..node.clock import LONGEST_CALL
from ..node.node import Node
from ..outbound.order import options_of
from ..outbound.settling import LIVES
from ..store import Transaction, callbacks, contexts, conversations, credentials, events, intents
from ..store.contexts import Context
from ..telephony.carrier import Carrier, NoSuchCall
from . import unheld
from .callbacks import CallNews, apply

_log = structlog.get_logger(__name__)

LOOK_EVERY_S = 1.0
"""How often due calls are looked for: a caller's place is free a second later at most."""
MOST_AT_ONCE = 20
"""Of one look, one after another for each credential: some ten a second at most, of the hundred that an
account may ask."""
TAKEN_FOR = timedelta(seconds=60)
"""How long a row is not due for others; longer than a carrier that answers needs for one look's calls."""
RING_GRACE = timedelta(seconds=10)
"""So much longer than its ringing time a call may take until its carrier says that nobody answered."""
AGAIN = timedelta(seconds=30)
"""How soon the carrier is asked again about a call that goes on: its place is kept no longer than that."""
AWAY_S = (5.0, 15.0, 30.0, 60.0, 120.0, 300.0)
"""How soon a carrier that cannot be asked is tried again."""
WHAT_TO_DO = (
    "see that PUBLIC_ASSISTANT_HOST is this server's public address, and that its tunnel or proxy leads here"
)


@dataclass
class _Away:
    """A carrier that could not be asked with one credential."""

    tries: int
    until: datetime


class Inquiries:
    """The inquiries of one server process."""

    def __init__(self, node: Node, carriers: Carriers) -> None:
        self._node = node
        self._carriers = carriers
        self._away: dict[int, _Away] = {}
        """By credential; only for the pace and the log, so that it may be forgotten."""

    async def run(self) -> None:
        """Ask what is due, now and then, until cancelled."""
        database_away = False
        while True:
            try:
                await self.look_around()
                database_away = False
            except StoreError as away:
                if not database_away:
                    _log.warning("inquiries_wait", reason=str(away))
                database_away = True
            await asyncio.sleep(LOOK_EVERY_S)

    async def look_around(self) -> int:
        """Ask about the calls that are due; how many this process took. Raises `StoreError`."""
        now = self._node.clock()
        async with self._node.store.read() as tx:
            due = await contexts.unreported(tx, now, MOST_AT_ONCE)
        if not due:
            return 0
        taken: dict[int, list[Context]] = {}
        async with self._node.store.write() as tx:
            for each in due:
                until = now + TAKEN_FOR
                if await contexts.ask_again(tx, each.id, each.ask_at, until):
                    taken.setdefault(each.credential_id, []).append(replace(each, ask_at=until))
        await asyncio.gather(*(self._ask_all(key, of_one) for key, of_one in taken.items()))
        return sum(map(len, taken.values()))

    async def _ask_all(self, credential_id: int, due: Sequence[Context]) -> None:
        async with self._node.store.read() as tx:
            credential = await credentials.find_if_any(tx, credential_id)
        for context in due:
            if not context.carrier_call_id or context.host.startswith("localhost:"):
                await self._due_at(context, None)  # a demo's call: its carrier is a simulated phone
            elif credential is None:
                await close(self._node, context, "The call's credential was deleted, so that nobody can ask")
            elif (later := await self._still_ringing(context)) is not None:
                await self._due_at(context, later)
            elif (away := self._away.get(credential_id)) and away.until > self._node.clock():
                await self._due_at(context, away.until)
            else:
                try:
                    await self._ask(context, self._carriers.of(credential))
                except (ProviderError, VaultError) as problem:
                    await self._not_asked(context, str(problem))
                else:
                    self._answered(credential_id)

    async def _ask(self, context: Context, carrier: Carrier) -> None:
        """Write what the carrier says. Raises `ProviderError`."""
        call_id = context.carrier_call_id or ""
        try:
            found = await carrier.fetch(call_id)
        except NoSuchCall as unknown:
            await close(self._node, context, str(unknown))
            return
        now, news = self._node.clock(), CallNews(found.status, asked=True)
        async with self._node.store.write() as tx:
            over = await apply(self._node, tx, context, call_id, news, now)
            for each in {each.conversation_id: each for each, _ in over}.values():
                said = f"The carrier was asked, and says that the call is {found.status}"
                await _note(tx, each, found.status, said, now)
            await contexts.ask_again(tx, context.id, context.ask_at, None if news.last else now + AGAIN)
        for each, reason in over:
            unheld.tell(self._node, each, reason)
            _log.info("call_unreported", conversation_id=each.conversation_id, status=found.status)
            await self._node.bus.publish(each.id, StatusReported(found.status))

    async def _still_ringing(self, context: Context) -> datetime | None:
        """Until when a dialled call of which something was reported need not be asked about."""
        if context.direction == "inbound" or context.status != "pending":
            return None
        async with self._node.store.read() as tx:
            intent = await intents.find(tx, context.id)
            heard = await callbacks.of_context(tx, context.id)
        if intent is None or intent.dial_at is None or not heard:
            return None
        until = intent.dial_at + timedelta(seconds=options_of(intent).ring_s) + RING_GRACE
        return until if until > self._node.clock() else None

    async def _due_at(self, context: Context, ask_at: datetime | None) -> None:
        async with self._node.store.write() as tx:
            await contexts.ask_again(tx, context.id, context.ask_at, ask_at)

    async def _not_asked(self, context: Context, problem: str) -> None:
        """Try again later, but not for ever."""
        now, key = self._node.clock(), context.credential_id
        if now > _since(context) + LONGEST_CALL:
            await close(self._node, context, f"The carrier could not be asked: {problem}")
            return
        tries = self._away[key].tries + 1 if key in self._away else 0
        if not tries:
            _log.warning("carrier_not_asked", credential_id=key, reason=problem)
        until = now + timedelta(seconds=AWAY_S[min(tries, len(AWAY_S) - 1)])
        self._away[key] = _Away(tries, until)
        await self._due_at(context, until)

    def _answered(self, credential_id: int) -> None:
        if self._away.pop(credential_id, None) is not None:
            _log.info("carrier_asked_again", credential_id=credential_id)


async def close(node: Node, context: Context, found: str) -> None:
    """End a call of which nobody can tell what became; `found` says why. Raises `StoreError`."""
    now = node.clock()
    async with node.store.write() as tx:
        met = await contexts.find(tx, context.id)
        if met is None or (met.ended_at is not None and met.ask_at is None):
            return  # it was reported, or somebody else was quicker
        await contexts.ask_again(tx, met.id, met.ask_at, None)
        await contexts.end(tx, met.id, now)
        await conversations.end(tx, met.conversation_id, intents.UNKNOWN, now)
        await intents.end(tx, [met.id], now)
        await _note(tx, met, intents.UNKNOWN, found, now)
    _log.warning("call_unreported", conversation_id=context.conversation_id, reason=found)
    await node.bus.publish(context.id, StatusReported("failed"))


async def _note(tx: Transaction, context: Context, status: str, found: str, now: datetime) -> None:
    """Write into the conversation what did not come, where it should have come, and what was found."""
    told = [each for each in await callbacks.of_context(tx, context.id) if each.kind == "call"]
    url = _url(context)
    if told:
        missing = f"its end was not reported to {url}, whereas {told[-1].fields.get('status')!r} was"
    elif context.direction == "outbound":
        missing = f"the carrier did not reach {url}: {WHAT_TO_DO}"
    else:
        missing = f"its end was not reported: see that {url} is the number's status callback"
    unreported = EndUnreported(status, url, reason=f"{missing}. {found}")
    await events.add(tx, context.conversation_id, [events.DatedHappening(now, unreported)])


def _url(context: Context) -> str:
    """Where the carrier should have reported the call's end."""
    if context.direction == "outbound":
        return status_url(context.host, context.carrier, context.id)
    return number_status_url(context.host, context.carrier, context.assistant_id)


def _since(context: Context) -> datetime:
    """Since when, at the earliest, a call may be over."""
    dialled_at = context.expires_at - LIVES if context.direction == "outbound" else context.created_at
    return context.ended_at or dialled_at
