"""A dial that nobody confirmed is what the carrier's list makes of it."""

from __future__ import annotations

import pytest

from rapida.outbound.settling import Away, Dialled, TooLate, placed, settle
from rapida.outbound.unconfirmed import Listed, Unlisted, explain
from tests.switchboard.calling_node import CallingNode

from .test_settling import SID, taken


@pytest.mark.parametrize(
    ("found", "said"),
    [(Listed([]), "the carrier lists no such call"), (Unlisted("not to be asked"), "not to be asked")],
)
async def test_what_the_list_does_not_explain_is_unknown_for_every_reason_that_is_known(
    calling: CallingNode, found: Listed | Unlisted, said: str
) -> None:
    order, now = await taken(calling), calling.ready.clock.now
    async with calling.ready.node.store.write() as tx:
        await settle(tx, order, Away("no answer", again=False), now)
    again = await calling.dialler.load(order.context.id)
    assert again is not None
    async with calling.ready.node.store.write() as tx:
        await explain(tx, again, found, now)
    intent = await calling.intent(placed(order, TooLate()))
    assert (intent.status, intent.reason) == ("unknown", f"no answer; {said}")


async def test_a_call_that_was_proved_meanwhile_is_not_lost(calling: CallingNode) -> None:
    order, now = await taken(calling), calling.ready.clock.now
    async with calling.ready.node.store.write() as tx:
        await settle(tx, order, Dialled(SID), now)
        await explain(tx, order, Unlisted("not to be asked"), now)
    assert (await calling.intent(placed(order, Dialled(SID)))).status == "dialled"
