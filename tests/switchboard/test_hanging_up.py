"""Hanging up from outside: called off, told, or ended by the carrier, whichever door asks."""

from __future__ import annotations

import pytest

from rapida.call.events import HangUpRequested
from rapida.errors import Conflict, NotFound
from rapida.node.call_bus import News
from rapida.store.contexts import Context
from rapida.store.conversations import Conversation
from rapida.switchboard.hanging_up import hang_up
from tests.switchboard.desk import Desk
from tests.workspace.actors import a_stranger, an_actor, audited


class Carrier:
    """Ends every call that it is asked to end, if there is one."""

    def __init__(self) -> None:
        self.asked: list[str | None] = []
        self.there = True

    async def complete(self, context: Context) -> bool:
        self.asked.append(context.carrier_call_id)
        return self.there


async def hung_up(desk: Desk, carrier: Carrier, conversation_id: int) -> Conversation:
    return await hang_up(desk.office.node, await an_actor(desk.office), conversation_id, carrier.complete)


async def test_a_call_that_waits_is_called_off_and_nobody_is_told(desk: Desk) -> None:
    carrier, placed = Carrier(), await desk.queued()
    ended = await hung_up(desk, carrier, placed.conversation_id)
    assert (ended.status, ended.end_reason, carrier.asked) == ("ended", "operator_hangup", [])


async def test_a_call_that_hears_it_is_not_ended_by_the_carrier_too(desk: Desk) -> None:
    carrier, placed, heard = Carrier(), await desk.place(), list[News]()
    leave = desk.office.node.bus.join(placed.context_id, heard.append)
    assert (await hung_up(desk, carrier, placed.conversation_id)).end_reason is None
    assert (heard, carrier.asked) == ([HangUpRequested("operator")], [])
    leave()
    await hung_up(desk, carrier, placed.conversation_id)
    assert carrier.asked == [placed.carrier_call_id]


async def test_a_call_that_nobody_can_end_is_a_conflict_and_that_it_was_tried_is_on_record(
    desk: Desk,
) -> None:
    carrier, placed = Carrier(), await desk.place()
    carrier.there = False
    with pytest.raises(Conflict, match="no call in progress"):
        await hung_up(desk, carrier, placed.conversation_id)
    assert await audited(desk.office) == [
        ("test", "conversation.hangup", f"conversation:{placed.conversation_id}")
    ]


async def test_another_projects_call_is_not_found_and_goes_on(desk: Desk) -> None:
    carrier, placed, heard = Carrier(), await desk.place(), list[News]()
    desk.office.node.bus.join(placed.context_id, heard.append)
    stranger = await a_stranger(desk.office)
    with pytest.raises(NotFound):
        await hang_up(desk.office.node, stranger, placed.conversation_id, carrier.complete)
    assert (heard, carrier.asked) == ([], [])
