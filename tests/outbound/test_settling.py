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
from tests.switchboard.desk import Desk

SID = "CA" + "7" * 32
RESULTS: list[tuple[Result, str, str]] = [
    (Dialled(SID), "dialled", ""),
    (DialRefused("no such number"), "refused", "refused"),
    (TooLate(), "expired", ""),
    (Away("no connection", again=True), "queued", "away"),
    (Away("too many requests", again=True, slow_down=True), "queued", ""),
    (Away("no answer", again=False), "dialling", "away"),
]


async def taken(desk: Desk) -> Order:
    """An order whose dial has begun."""
    waiting = await desk.queued()
    order = await desk.dialler.load(waiting.context_id)
    assert order is not None
    now = desk.office.clock.now
    async with desk.office.node.store.write() as tx:
        return order.taken(await intents.begin(tx, waiting.context_id, now, now))


@pytest.mark.parametrize(("result", "status", "trouble"), RESULTS)
async def test_the_row_and_the_answer_say_the_same_of_every_result(
    desk: Desk, result: Result, status: str, trouble: str
) -> None:
    order, now = await taken(desk), desk.office.clock.now
    answer = placed(order, result)
    async with desk.office.node.store.write() as tx:
        await settle(tx, order, result, now)
    intent, conversation = await desk.intent(answer), await desk.conversation(answer)
    assert (answer.status, intent.status, answer.trouble) == (status, status, trouble)
    assert answer.reason == (intent.reason or "")
    assert (await desk.context(answer)).carrier_call_id == answer.carrier_call_id
    over = status in ("refused", "expired")
    assert (conversation.end_reason, intent.ended_at) == ((status, now) if over else (None, None))
    if status == "queued":
        assert intent.not_before == now + timedelta(seconds=RETRY_S[0])


@pytest.mark.parametrize("result", [DialRefused("no"), TooLate(), Away("no", again=True)])
async def test_a_result_that_comes_after_the_call_was_proved_changes_nothing(
    desk: Desk, result: Result
) -> None:
    order, now = await taken(desk), desk.office.clock.now
    async with desk.office.node.store.write() as tx:
        await settle(tx, order, Dialled(SID), now)
        await settle(tx, order, result, now)
    intent = await desk.intent(placed(order, Dialled(SID)))
    assert (intent.status, intent.reason, intent.ended_at) == ("dialled", None, None)


async def test_a_call_is_closed_once_under_the_word_that_is_given(desk: Desk) -> None:
    waiting, now = await desk.queued(), desk.office.clock.now
    context = await desk.context(waiting)
    async with desk.office.node.store.write() as tx:
        assert await close_undialled(tx, context, "refused", "not wanted", now, end_reason="operator_hangup")
        assert not await close_undialled(tx, context, "expired", "too late", now)
    assert (await desk.conversation(waiting)).end_reason == "operator_hangup"
    assert (await desk.intent(waiting)).reason == "not wanted"
