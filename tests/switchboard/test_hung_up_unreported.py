"""Calls that we hang up through their carrier: what it does not report, it is asked."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import pytest_asyncio

from rapida.outbound.order import Placed
from rapida.switchboard.control import by_carrier
from rapida.switchboard.inquiries import Inquiries
from tests.switchboard.calling_node import CallingNode

from .inquiring import NO_SUCH_CALL, noted, refuses, says


@pytest_asyncio.fixture
async def asking(calling: CallingNode) -> AsyncGenerator[Inquiries]:
    yield Inquiries(calling.ready.node, calling.carriers)


async def hang_up(calling: CallingNode, placed: Placed) -> bool:
    return await by_carrier(calling.ready.node, calling.carriers)(await calling.context(placed))


async def test_an_order_to_hang_up_that_nobody_confirms_is_asked_after(
    calling: CallingNode, asking: Inquiries
) -> None:
    placed = await calling.place()
    assert await hang_up(calling, placed)
    assert (await calling.conversation(placed)).status == "waiting", "its report comes in a moment"
    says(calling, "canceled")
    calling.ready.clock.turn(seconds=4)
    await asking.look_around()
    assert (await calling.conversation(placed)).end_reason == "canceled"


async def test_a_call_whose_end_is_reported_while_it_is_hung_up_is_not_asked_about(
    calling: CallingNode, asking: Inquiries
) -> None:
    placed = await calling.place()
    before = await calling.context(placed)
    await calling.ready.reports(placed.context_id, CallSid=placed.carrier_call_id, CallStatus="completed")
    assert await by_carrier(calling.ready.node, calling.carriers)(before)
    calling.ready.clock.turn(hours=1)
    assert await asking.look_around() == 0


async def test_hanging_up_a_call_that_the_carrier_does_not_know_closes_it(calling: CallingNode) -> None:
    placed = await calling.place()
    refuses(calling, 404, NO_SUCH_CALL)
    assert await hang_up(calling, placed)
    found = await calling.conversation(placed)
    assert (found.status, found.end_reason) == ("ended", "unknown")
    assert (await calling.intent(placed)).ended_at is not None
    [told] = await noted(calling, placed.conversation_id)
    assert "knows no such call" in told["reason"]
