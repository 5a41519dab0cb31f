"""Hanging up from outside: called off, told, or ended by the carrier, whichever door asks."""

from __future__ import annotations

import pytest

from rapida.call.events import HangUpRequested
from rapida.errors import Conflict, NotFound
from rapida.node.call_bus import News
from rapida.store.contexts import Context
from rapida.store.conversations import Conversation
from rapida.switchboard.hanging_up import hang_up
from tests.switchboard.calling_node import CallingNode
from tests.workspace.actors import a_stranger, an_actor, audited


class Carrier:
    """Ends every call that it is asked to end, if there is one."""

    def __init__(self) -> None:
        self.asked: list[str | None] = []
        self.there = True

    async def complete(self, context: Context) -> bool:
        self.asked.append(context.carrier_call_id)
        return self.there


async def hung_up(calling: CallingNode, carrier: Carrier, conversation_id: int) -> Conversation:
    return await hang_up(calling.ready.node, await an_actor(calling.ready), conversation_id, carrier.complete)


async def test_a_call_that_waits_is_called_off_and_nobody_is_told(calling: CallingNode) -> None:
    carrier, placed = Carrier(), await calling.queued()
    ended = await hung_up(calling, carrier, placed.conversation_id)
    assert (ended.status, ended.end_reason, carrier.asked) == ("ended", "operator_hangup", [])


async def test_a_call_that_hears_it_is_not_ended_by_the_carrier_too(calling: CallingNode) -> None:
    carrier, placed, heard = Carrier(), await calling.place(), list[News]()
    leave = calling.ready.node.bus.join(placed.context_id, heard.append)
    assert (await hung_up(calling, carrier, placed.conversation_id)).end_reason is None
    assert (heard, carrier.asked) == ([HangUpRequested("operator")], [])
    leave()
    await hung_up(calling, carrier, placed.conversation_id)
    assert carrier.asked == [placed.carrier_call_id]


async def test_a_call_that_nobody_can_end_is_a_conflict_and_that_it_was_tried_is_on_record(
    calling: CallingNode,
) -> None:
    carrier, placed = Carrier(), await calling.place()
    carrier.there = False
    with pytest.raises(Conflict, match="no call in progress"):
        await hung_up(calling, carrier, placed.conversation_id)
    assert await audited(calling.ready) == [
        ("test", "conversation.hangup", f"conversation:{placed.conversation_id}")
    ]


async def test_another_projects_call_is_not_found_and_goes_on(calling: CallingNode) -> None:
    carrier, placed, heard = Carrier(), await calling.place(), list[News]()
    calling.ready.node.bus.join(placed.context_id, heard.append)
    stranger = await a_stranger(calling.ready)
    with pytest.raises(NotFound):
        await hang_up(calling.ready.node, stranger, placed.conversation_id, carrier.complete)
    assert (heard, carrier.asked) == ([], [])
