"""What becomes of a dial is written as the row allows, and told as it was."""

from __future__ import annotations

from datetime import timedelta

import pytest

from rapida.outbound.order import Order
from rapida.outbound.settling import (
    RETRY_S,
    Away,
    Dialled,
    DialRefused,
    Result,
    TooLate,
    close_undialled,
    placed,
    settle,
)
from rapida.store import intents
from tests.switchboard.calling_node import CallingNode

SID = "CA" + "7" * 32
RESULTS: list[tuple[Result, str, str]] = [
    (Dialled(SID), "dialled", ""),
    (DialRefused("no such number"), "refused", "refused"),
    (TooLate(), "expired", ""),
    (Away("no connection", again=True), "queued", "away"),
    (Away("too many requests", again=True, slow_down=True), "queued", ""),
    (Away("no answer", again=False), "dialling", "away"),
]


async def taken(calling: CallingNode) -> Order:
    """An order whose dial has begun."""
    waiting = await calling.queued()
    order = await calling.dialler.load(waiting.context_id)
    assert order is not None
    now = calling.ready.clock.now
    async with calling.ready.node.store.write() as tx:
        return order.taken(await intents.begin(tx, waiting.context_id, now, now))


@pytest.mark.parametrize(("result", "status", "trouble"), RESULTS)
async def test_the_row_and_the_answer_say_the_same_of_every_result(
    calling: CallingNode, result: Result, status: str, trouble: str
) -> None:
    order, now = await taken(calling), calling.ready.clock.now
    answer = placed(order, result)
    async with calling.ready.node.store.write() as tx:
        await settle(tx, order, result, now)
    intent, conversation = await calling.intent(answer), await calling.conversation(answer)
    assert (answer.status, intent.status, answer.trouble) == (status, status, trouble)
    assert answer.reason == (intent.reason or "")
    assert (await calling.context(answer)).carrier_call_id == answer.carrier_call_id
    over = status in ("refused", "expired")
    assert (conversation.end_reason, intent.ended_at) == ((status, now) if over else (None, None))
    if status == "queued":
        assert intent.not_before == now + timedelta(seconds=RETRY_S[0])


@pytest.mark.parametrize("result", [DialRefused("no"), TooLate(), Away("no", again=True)])
async def test_a_result_that_comes_after_the_call_was_proved_changes_nothing(
    calling: CallingNode, result: Result
) -> None:
    order, now = await taken(calling), calling.ready.clock.now
    async with calling.ready.node.store.write() as tx:
        await settle(tx, order, Dialled(SID), now)
        await settle(tx, order, result, now)
    intent = await calling.intent(placed(order, Dialled(SID)))
    assert (intent.status, intent.reason, intent.ended_at) == ("dialled", None, None)


async def test_a_call_is_closed_once_under_the_word_that_is_given(calling: CallingNode) -> None:
    waiting, now = await calling.queued(), calling.ready.clock.now
    context = await calling.context(waiting)
    async with calling.ready.node.store.write() as tx:
        assert await close_undialled(tx, context, "refused", "not wanted", now, end_reason="operator_hangup")
        assert not await close_undialled(tx, context, "expired", "too late", now)
    assert (await calling.conversation(waiting)).end_reason == "operator_hangup"
    assert (await calling.intent(waiting)).reason == "not wanted"
