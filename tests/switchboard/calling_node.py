"""A node that calls people through a double of Twilio, and the words tests say about its calls."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from msgspec.structs import replace

from rapida.node.carriers import Carriers
from rapida.outbound.accepting import CallRequest, Outbound
from rapida.outbound.dialling import Dialler
from rapida.outbound.machines import AnsweringMachines
from rapida.outbound.order import Placed
from rapida.store import assistants, contexts, conversations, intents, pace
from rapida.store.contexts import Context
from rapida.store.conversations import Conversation
from rapida.store.intents import Intent
from rapida.switchboard.callbacks import Callbacks
from tests.databases import Place
from tests.switchboard.ready_node import ReadyNode, an_assistant, open_ready_node
from tests.telephony.twilio.double import CALL, Double, twilio_double

OURS, CALLEE = "+14155550100", "+14155550132"
CALL_SID = str(CALL["sid"])


@dataclass
class CallingNode:
    """A node that calls people through a double of Twilio."""

    ready: ReadyNode
    twilio: Double
    outbound: Outbound
    dialler: Dialler
    carriers: Carriers
    woken: list[bool]

    def request(self, **more: Any) -> CallRequest:
        return CallRequest(**({"assistant_id": self.ready.assistant_id, "to_number": CALLEE} | more))

    async def place(self, key: str = "", **more: Any) -> Placed:
        if "sid" in self.twilio.body:  # the first call is CALL_SID, no two calls are the same
            made = sum(each.method == "POST" for each in self.twilio.asked)
            self.twilio.body["sid"] = f"CA{made + 1:01d}" + "1" * 31 if made else CALL_SID
        return await self.outbound.place(self.ready.project_id, self.request(**more), key)

    async def publish(self, **changes: Any) -> None:
        """Let a changed assistant answer from now on."""
        ready = self.ready
        changed = replace(an_assistant(**changes), id=ready.assistant_id)
        async with ready.node.store.write() as tx:
            saved = await assistants.add_version(tx, changed, ready.clock.now)
            await assistants.publish(tx, ready.assistant_id, saved.version)

    async def intent(self, placed: Placed) -> Intent:
        async with self.ready.node.store.read() as tx:
            found = await intents.find(tx, placed.context_id)
        assert found is not None
        return found

    async def context(self, placed: Placed) -> Context:
        async with self.ready.node.store.read() as tx:
            found = await contexts.find(tx, placed.context_id)
        assert found is not None
        return found

    async def conversation(self, placed: Placed) -> Conversation:
        async with self.ready.node.store.read() as tx:
            return await conversations.find(tx, placed.conversation_id)

    async def dialling(self, **more: Any) -> Placed:
        """A call of which nobody knows whether the carrier placed it."""
        self.twilio.status, self.twilio.body = 503, {"message": "away", "status": 503}
        placed = await self.place(**more)
        self.twilio.status, self.twilio.body = 200, dict(CALL)
        return placed

    async def lost(self) -> Placed:
        """A call that the carrier does not list either."""
        placed = await self.dialling()
        self.twilio.body = listed(at="")
        await self.look(placed)
        assert (await self.intent(placed)).status == "unknown"
        return placed

    async def queued(self, **more: Any) -> Placed:
        """A call that waits for a turn which does not come before the limits are changed."""
        await self.limit(credential=True, calls_per_second=0.001)
        await self.place()  # its turn is now
        placed = await self.place(**more)
        assert placed.status == "queued"
        return placed

    async def look(self, placed: Placed) -> None:
        """Ask the carrier's list about a call."""
        order = await self.dialler.load(placed.context_id)
        assert order is not None
        assert await self.dialler.look(order) is None

    async def limit(self, credential: bool = False, **limits: Any) -> None:
        limits = {"calls_per_second": 0, "concurrent_calls": 0, "calls_per_day": 0} | limits
        credential_id = self.ready.credential_id if credential else pace.WHOLE_PROJECT
        async with self.ready.node.store.write() as tx:
            await pace.limit(tx, self.ready.project_id, credential_id, **limits)


def listed(*sids: str, at: str) -> dict[str, Any]:
    """The carrier's list of calls between our number and the callee's."""
    calls = [dict(CALL) | {"sid": sid, "date_created": at, "from": OURS, "to": CALLEE} for sid in sids]
    return {"calls": calls, "page_size": 50, "uri": "/", "next_page_uri": None}


@asynccontextmanager
async def open_calling_node(place: Place) -> AsyncGenerator[CallingNode]:
    """A node whose credential may dial as fast as it likes."""
    async with open_ready_node(place) as ready, twilio_double() as double:
        double.status = 201
        await ready.deploy(phone_number=OURS)
        carriers = Carriers(ready.node.prover, {"twilio": double.url})
        dialler = Dialler(ready.node, carriers)
        woken: list[bool] = []
        outbound = Outbound(ready.node, dialler, lambda: woken.append(True))
        made = CallingNode(
            ready=ready, twilio=double, outbound=outbound, dialler=dialler, carriers=carriers, woken=woken
        )
        await made.limit(credential=True)
        ready.callbacks = Callbacks(ready.node, ready.inbound, AnsweringMachines(dialler, carriers).answered)
        yield made
        await carriers.aclose()
