"""What the carrier answers when it is asked about a call, and what is kept of that."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from rapida.call.happenings import EndUnreported
from rapida.store import contexts, conversations, events, pace
from rapida.store.contexts import Context
from rapida.store.conversations import Conversation
from rapida.store.event_names import named
from tests.switchboard.calling_node import CALL_SID, CallingNode
from tests.switchboard.ready_node import context_of
from tests.telephony.twilio.double import CALL

NO_SUCH_CALL = {"code": 20404, "message": "not found", "status": 404}
AWAY = {"message": "away", "status": 503}


def says(calling: CallingNode, status: str, sid: str = CALL_SID) -> None:
    """What the carrier answers from now on when it is asked about a call."""
    calling.twilio.status, calling.twilio.body = 200, dict(CALL) | {"sid": sid, "status": status}


def refuses(calling: CallingNode, status: int, body: dict[str, Any]) -> None:
    calling.twilio.status, calling.twilio.body = status, body


def questions(calling: CallingNode) -> int:
    """How often the carrier was asked about a call."""
    return sum(each.method == "GET" for each in calling.twilio.asked)


async def conversation(calling: CallingNode, conversation_id: int) -> Conversation:
    async with calling.ready.node.store.read() as tx:
        return await conversations.find(tx, conversation_id)


async def context(calling: CallingNode, context_id: UUID) -> Context:
    async with calling.ready.node.store.read() as tx:
        found = await contexts.find(tx, context_id)
    assert found is not None
    return found


async def noted(calling: CallingNode, conversation_id: int) -> list[dict[str, Any]]:
    """What the conversation tells of reports that did not come."""
    async with calling.ready.node.store.read() as tx:
        found = await events.of_conversation(tx, conversation_id)
    return [named(each.happening)[1] for each in found if isinstance(each.happening, EndUnreported)]


async def open_places(calling: CallingNode) -> int | None:
    async with calling.ready.node.store.read() as tx:
        whole, _ = await pace.lanes_as_they_are(tx, calling.ready.project_id, calling.ready.credential_id)
        return await pace.free_places(tx, whole)


async def inbound(calling: CallingNode) -> UUID:
    return context_of(await calling.ready.rings())
