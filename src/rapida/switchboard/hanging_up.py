"""Hanging up on a conversation's call from outside: by a person, over the API or any other door.

A call that waits to be dialled is called off. A call that a server holds is told, so that its stream is
closed politely. Any other call is ended by its carrier.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..call.events import HangUpRequested
from ..errors import Conflict
from ..node.node import Node
from ..outbound.accepting import call_off
from ..store import contexts, conversations
from ..store.contexts import Context
from ..store.conversations import Conversation
from ..workspace.actor import Actor
from .control import Complete
from .record_files import own

REQUESTED = HangUpRequested("operator")


async def hang_up(node: Node, actor: Actor, conversation_id: int, complete: Complete) -> Conversation:
    """End a conversation's call; the conversation as it then stands.

    Raises `NotFound` for one that is not in the actor's project, `Conflict` when there is no call that could
    be ended (yet), `ProviderError` and `VaultError` when its carrier cannot be asked, and `StoreError`.
    """
    now = node.clock()
    async with node.store.write() as tx:
        await own(tx, actor, conversation_id)
        legs = await contexts.of_conversation(tx, conversation_id)
        called_off = [await call_off(tx, each, now) for each in legs]
        conversation = await conversations.find(tx, conversation_id)
        open_leg = _open_leg(conversation, legs)
        if any(called_off) or open_leg is not None:
            # Before it is tried: what was carried out, or may have been, is never without its line.
            told = {"before": {"status": conversation.status}, "after": {"status": "ending"}}
            await actor.note(tx, now, "conversation.hangup", f"conversation:{conversation_id}", **told)
    if any(called_off) or any([await node.bus.ask(each.id, REQUESTED) for each in legs]):
        return conversation
    if open_leg is None or not await complete(open_leg):
        raise Conflict(_why_not(conversation, open_leg))
    async with node.store.read() as tx:
        return await conversations.find(tx, conversation_id)


def _open_leg(conversation: Conversation, legs: Sequence[Context]) -> Context | None:
    """The leg by which a carrier knows a conversation's call: all of them are of the same one."""
    if conversation.status == "ended":
        return None
    return next((each for each in reversed(legs) if each.carrier_call_id and each.ended_at is None), None)


def _why_not(conversation: Conversation, open_leg: Context | None) -> str:
    unnamed = open_leg is None and conversation.status == "waiting"
    if unnamed and conversation.direction == "outbound":
        return "the call is just being dialled, and its carrier has not named it yet: try again in a moment"
    return "there is no call in progress for this conversation"
