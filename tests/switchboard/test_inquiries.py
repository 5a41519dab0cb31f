"""Inquiries: a call that nobody reports on is closed with what its carrier says, by one server, in time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from itertools import pairwise
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
from alembic import command
from sqlalchemy import update
from structlog.testing import capture_logs

from rapida.call.events import StatusReported
from rapida.call.happenings import EndUnreported
from rapida.node.carriers import Carriers
from rapida.outbound.order import Placed
from rapida.store import contexts, conversations, credentials, deployments, events, migrate, pace
from rapida.store.contexts import Context
from rapida.store.conversations import Conversation, StoredOutcome
from rapida.store.event_names import named
from rapida.store.tables import contexts as contexts_table
from rapida.switchboard import inquiries
from rapida.switchboard.claims import REPORTED_WITHIN, Claimed, sweep
from rapida.switchboard.control import by_carrier
from rapida.switchboard.inquiries import Inquiries
from rapida.telephony.carrier import PlacedCall
from rapida.telephony.twilio.rest import Twilio
from tests.switchboard.desk import CALL_SID, Desk
from tests.switchboard.office import CALL as INBOUND
from tests.switchboard.office import HOST, context_of
from tests.telephony.twilio.double import CALL

NO_SUCH_CALL = {"code": 20404, "message": "not found", "status": 404}
AWAY = {"message": "away", "status": 503}


@pytest_asyncio.fixture
async def asking(desk: Desk) -> AsyncGenerator[Inquiries]:
    yield Inquiries(desk.office.node, desk.carriers)


def says(desk: Desk, status: str, sid: str = CALL_SID) -> None:
    """What the carrier answers from now on when it is asked about a call."""
    desk.twilio.status, desk.twilio.body = 200, dict(CALL) | {"sid": sid, "status": status}


def refuses(desk: Desk, status: int, body: dict[str, Any]) -> None:
    desk.twilio.status, desk.twilio.body = status, body


def questions(desk: Desk) -> int:
    """How often the carrier was asked about a call."""
    return sum(each.method == "GET" for each in desk.twilio.asked)


async def conversation(desk: Desk, conversation_id: int) -> Conversation:
    async with desk.office.node.store.read() as tx:
        return await conversations.find(tx, conversation_id)


async def context(desk: Desk, context_id: UUID) -> Context:
    async with desk.office.node.store.read() as tx:
        found = await contexts.find(tx, context_id)
    assert found is not None
    return found


async def noted(desk: Desk, conversation_id: int) -> list[dict[str, Any]]:
    """What the conversation tells of reports that did not come."""
    async with desk.office.node.store.read() as tx:
        found = await events.of_conversation(tx, conversation_id)
    return [named(each.happening)[1] for each in found if isinstance(each.happening, EndUnreported)]


async def open_places(desk: Desk) -> int | None:
    async with desk.office.node.store.read() as tx:
        whole, _ = await pace.lanes_as_they_are(tx, desk.office.project_id, desk.office.credential_id)
        return await pace.free_places(tx, whole)


async def inbound(desk: Desk) -> UUID:
    return context_of(await desk.office.rings())


# Calls that we placed


@pytest.mark.parametrize("status", ["completed", "busy", "no-answer", "failed", "canceled"])
async def test_a_dialled_call_of_which_nothing_is_reported_is_closed_with_what_the_carrier_says(
    desk: Desk, asking: Inquiries, status: str
) -> None:
    await desk.limit(concurrent_calls=1)
    placed = await desk.place()
    says(desk, status)
    assert await asking.look_around() == 0, "reports may still come"
    assert await open_places(desk) == 0
    desk.office.clock.turn(seconds=21)
    assert await asking.look_around() == 1
    found = await desk.conversation(placed)
    assert (found.status, found.end_reason, found.call_status) == ("ended", status, status)
    assert (await desk.context(placed)).status == "ended"
    assert (await desk.intent(placed)).ended_at == desk.office.clock.now
    assert await open_places(desk) == 1, "the next call may go out"
    [told] = await noted(desk, placed.conversation_id)
    assert told["url"] == f"https://{HOST}/v1/talk/twilio/ctx/{placed.context_id}/event"
    assert told["url"] in told["reason"]
    assert "PUBLIC_ASSISTANT_HOST" in told["reason"]
    assert f"says that the call is {status}" in told["reason"]
    desk.office.clock.turn(hours=5)
    assert await asking.look_around() == 0, "nobody asks again"


async def test_a_call_that_goes_on_keeps_its_place_and_is_asked_about_again(
    desk: Desk, asking: Inquiries
) -> None:
    placed = await desk.place()
    says(desk, "in-progress")
    desk.office.clock.turn(seconds=21)
    await asking.look_around()
    found = await desk.conversation(placed)
    assert (found.status, found.call_status) == ("waiting", "in-progress")
    assert (await desk.intent(placed)).ended_at is None
    assert await noted(desk, placed.conversation_id) == []
    says(desk, "completed")
    desk.office.clock.turn(seconds=31)
    await asking.look_around()
    assert (await desk.conversation(placed)).end_reason == "completed"
    assert questions(desk) == 2


async def test_a_call_whose_ringing_is_reported_is_asked_about_when_it_cannot_ring_any_more(
    desk: Desk, asking: Inquiries
) -> None:
    placed = await desk.place()
    await desk.office.reports(placed.context_id, CallSid=placed.carrier_call_id, CallStatus="ringing")
    says(desk, "no-answer")
    desk.office.clock.turn(seconds=21)
    await asking.look_around()
    assert questions(desk) == 0
    desk.office.clock.turn(seconds=50)
    await asking.look_around()
    assert (await desk.conversation(placed)).end_reason == "no-answer"
    [told] = await noted(desk, placed.conversation_id)
    assert "'ringing' was" in told["reason"], "which callback was the last to come"


async def test_a_call_that_is_reported_to_its_end_is_never_asked_about(desk: Desk, asking: Inquiries) -> None:
    placed = await desk.place()
    for sequence, status in enumerate(("initiated", "ringing", "in-progress", "completed")):
        told = {"CallStatus": status, "SequenceNumber": str(sequence)}
        await desk.office.reports(placed.context_id, CallSid=placed.carrier_call_id, **told)
    desk.office.clock.turn(hours=5)
    assert await asking.look_around() == 0
    assert await noted(desk, placed.conversation_id) == []


async def test_a_call_that_has_its_stream_is_not_asked_about(desk: Desk, asking: Inquiries) -> None:
    placed = await desk.place()
    assert isinstance(await desk.office.opens_stream(placed.context_id), Claimed)
    desk.office.clock.turn(hours=2)
    assert await asking.look_around() == 0


async def test_a_call_that_the_carrier_does_not_know_is_closed_with_a_sentence(
    desk: Desk, asking: Inquiries
) -> None:
    placed = await desk.place()
    refuses(desk, 404, NO_SUCH_CALL)
    desk.office.clock.turn(seconds=21)
    await asking.look_around()
    found = await desk.conversation(placed)
    assert (found.status, found.end_reason) == ("ended", "unknown")
    assert (await desk.intent(placed)).ended_at is not None
    [told] = await noted(desk, placed.conversation_id)
    assert "knows no such call" in told["reason"]
    desk.office.clock.turn(hours=5)
    assert await asking.look_around() == 0


async def test_a_report_that_comes_while_the_carrier_is_asked_has_the_first_word(
    desk: Desk, asking: Inquiries, monkeypatch: pytest.MonkeyPatch
) -> None:
    placed = await desk.place()
    fetch = Twilio.fetch

    async def meanwhile(self: Twilio, call_id: str) -> PlacedCall:
        found = await fetch(self, call_id)
        await desk.office.reports(placed.context_id, CallSid=placed.carrier_call_id, CallStatus="busy")
        return found

    monkeypatch.setattr(Twilio, "fetch", meanwhile)
    says(desk, "in-progress")
    desk.office.clock.turn(seconds=21)
    await asking.look_around()
    found = await desk.conversation(placed)
    assert (found.end_reason, found.call_status) == ("busy", "busy")
    assert await noted(desk, placed.conversation_id) == []
    desk.office.clock.turn(hours=1)
    assert await asking.look_around() == 0


async def test_a_late_callback_changes_nothing_of_a_call_that_was_closed(
    desk: Desk, asking: Inquiries
) -> None:
    placed = await desk.place()
    says(desk, "no-answer")
    desk.office.clock.turn(seconds=21)
    await asking.look_around()
    await desk.office.reports(placed.context_id, CallSid=placed.carrier_call_id, CallStatus="completed")
    found = await desk.conversation(placed)
    assert (found.end_reason, found.call_status) == ("no-answer", "no-answer")


async def test_whoever_holds_a_place_for_the_call_hears_that_it_is_over(
    desk: Desk, asking: Inquiries
) -> None:
    placed = await desk.place()
    heard: list[object] = []
    desk.office.node.bus.join(placed.context_id, heard.append)
    says(desk, "busy")
    desk.office.clock.turn(seconds=21)
    await asking.look_around()
    assert heard == [StatusReported("busy")]


async def test_an_end_that_was_known_already_is_not_asked_about_again(desk: Desk, asking: Inquiries) -> None:
    placed = await desk.place()
    await desk.office.reports(placed.context_id, CallSid=placed.carrier_call_id, CallStatus="busy")
    async with desk.office.node.store.write() as tx:
        await tx.execute(update(contexts_table).values(ask_at=desk.office.clock.now))
    says(desk, "completed")
    assert await asking.look_around() == 1
    assert (await desk.context(placed)).ask_at is None
    assert (await desk.conversation(placed)).end_reason == "busy"
    assert await noted(desk, placed.conversation_id) == []


# Calls to us


async def test_a_call_to_us_that_ended_unreported_gets_its_status_and_says_where_it_was_awaited(
    desk: Desk, asking: Inquiries
) -> None:
    wanted = await inbound(desk)
    claimed = await desk.office.opens_stream(wanted)
    assert isinstance(claimed, Claimed)
    number, now = claimed.conversation.id, desk.office.clock.now
    async with desk.office.node.store.write() as tx:
        outcome = StoredOutcome(number, "caller_hangup", now, now)
        await conversations.finish(tx, outcome, now, ask_at=now + REPORTED_WITHIN)
    says(desk, "completed", INBOUND)
    assert await asking.look_around() == 0
    desk.office.clock.turn(seconds=31)
    assert await asking.look_around() == 1
    found = await conversation(desk, number)
    assert (found.end_reason, found.call_status) == ("caller_hangup", "completed"), "the outcome is kept"
    [told] = await noted(desk, number)
    assert f"https://{HOST}/v1/talk/twilio/event/{desk.office.assistant_id}" in told["reason"]


async def test_a_call_to_us_whose_stream_never_came_gets_its_status_too(
    desk: Desk, asking: Inquiries
) -> None:
    wanted = await inbound(desk)
    desk.office.clock.turn(seconds=61)
    await sweep(desk.office.node)
    says(desk, "failed", INBOUND)
    desk.office.clock.turn(seconds=31)
    await asking.look_around()
    found = await conversation(desk, (await context(desk, wanted)).conversation_id)
    assert (found.end_reason, found.call_status) == ("no_stream", "failed")


async def test_calls_of_the_local_demo_are_asked_about_nowhere(desk: Desk, asking: Inquiries) -> None:
    placed = await desk.place()
    async with desk.office.node.store.write() as tx:
        await tx.execute(update(contexts_table).values(host="localhost:8080"))
    desk.office.clock.turn(seconds=21)
    assert await asking.look_around() == 1
    assert questions(desk) == 0
    assert (await desk.context(placed)).ask_at is None


# Carriers that cannot be asked


async def test_a_carrier_that_is_away_is_asked_again_more_and_more_rarely_and_told_of_once(
    desk: Desk, asking: Inquiries
) -> None:
    placed = await desk.place()
    refuses(desk, 503, AWAY)
    desk.office.clock.turn(seconds=21)
    asked_at: list[float] = []
    began = desk.office.clock.now
    with capture_logs() as logged:
        for _ in range(400):
            before = questions(desk)
            await asking.look_around()
            if questions(desk) > before:
                asked_at.append((desk.office.clock.now - began).total_seconds())
            desk.office.clock.turn(seconds=2)
        says(desk, "completed")
        desk.office.clock.turn(seconds=300)
        await asking.look_around()
    gaps = [after - before for before, after in pairwise(asked_at)]
    assert gaps == sorted(gaps), "ever longer"
    assert (gaps[0], gaps[-1]) == (6, 300)
    assert [line["event"] for line in logged] == [
        "carrier_not_asked",
        "call_unreported",
        "carrier_asked_again",
    ]
    assert (await desk.conversation(placed)).end_reason == "completed"


async def test_one_call_is_enough_to_find_that_a_carrier_is_away(desk: Desk, asking: Inquiries) -> None:
    for _ in range(3):
        await desk.place()
    refuses(desk, 503, AWAY)
    desk.office.clock.turn(seconds=21)
    assert await asking.look_around() == 3
    assert questions(desk) == 1


async def test_a_carrier_that_is_away_for_hours_leaves_no_call_waiting(desk: Desk, asking: Inquiries) -> None:
    placed = await desk.place()
    refuses(desk, 401, {"code": 20003, "message": "Authenticate", "status": 401})
    desk.office.clock.turn(hours=4, seconds=1)
    await asking.look_around()
    assert (await desk.conversation(placed)).end_reason == "unknown"
    [told] = await noted(desk, placed.conversation_id)
    assert "could not be asked" in told["reason"]


async def test_a_call_whose_credential_is_gone_is_closed(desk: Desk, asking: Inquiries) -> None:
    placed = await desk.place()
    async with desk.office.node.store.write() as tx:
        await deployments.remove_phone(tx, desk.office.assistant_id)
        await credentials.remove(tx, desk.office.credential_id)
    desk.office.clock.turn(seconds=21)
    await asking.look_around()
    assert (await desk.conversation(placed)).end_reason == "unknown"
    assert questions(desk) == 0


# Several servers, and after a crash


async def test_of_several_servers_one_asks(desk: Desk) -> None:
    for _ in range(5):
        await desk.place()
    says(desk, "completed")
    desk.office.clock.turn(seconds=21)
    others = [Carriers(desk.office.node.prover, {"twilio": desk.twilio.url}) for _ in range(3)]
    servers = [Inquiries(desk.office.node, each) for each in others]
    took = await asyncio.gather(*(each.look_around() for each in servers))
    assert (sum(took), questions(desk)) == (5, 5)
    for each in others:
        await each.aclose()


async def test_what_a_server_took_and_did_not_finish_is_asked_by_another(
    desk: Desk, asking: Inquiries, monkeypatch: pytest.MonkeyPatch
) -> None:
    placed = await desk.place()

    async def dies(self: Twilio, call_id: str) -> PlacedCall:
        raise asyncio.CancelledError

    desk.office.clock.turn(seconds=21)
    with monkeypatch.context() as patch:
        patch.setattr(Twilio, "fetch", dies)
        with pytest.raises(asyncio.CancelledError):
            await asking.look_around()
    says(desk, "completed")
    another = Inquiries(desk.office.node, desk.carriers)
    assert await another.look_around() == 0, "the first may still be at it"
    desk.office.clock.turn(seconds=61)
    assert await another.look_around() == 1
    assert (await desk.conversation(placed)).end_reason == "completed"


async def test_a_crowd_of_lost_calls_is_asked_about_a_few_at_a_time(
    desk: Desk, asking: Inquiries, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inquiries, "MOST_AT_ONCE", 2)
    for _ in range(5):
        await desk.place()
    says(desk, "completed")
    desk.office.clock.turn(seconds=21)
    assert [await asking.look_around() for _ in range(4)] == [2, 2, 1, 0]


# Hanging up


async def hang_up(desk: Desk, placed: Placed) -> bool:
    return await by_carrier(desk.office.node, desk.carriers)(await desk.context(placed))


async def test_an_order_to_hang_up_that_nobody_confirms_is_asked_after(desk: Desk, asking: Inquiries) -> None:
    placed = await desk.place()
    assert await hang_up(desk, placed)
    assert (await desk.conversation(placed)).status == "waiting", "its report comes in a moment"
    says(desk, "canceled")
    desk.office.clock.turn(seconds=4)
    await asking.look_around()
    assert (await desk.conversation(placed)).end_reason == "canceled"


async def test_a_call_whose_end_is_reported_while_it_is_hung_up_is_not_asked_about(
    desk: Desk, asking: Inquiries
) -> None:
    placed = await desk.place()
    before = await desk.context(placed)
    await desk.office.reports(placed.context_id, CallSid=placed.carrier_call_id, CallStatus="completed")
    assert await by_carrier(desk.office.node, desk.carriers)(before)
    desk.office.clock.turn(hours=1)
    assert await asking.look_around() == 0


async def test_hanging_up_a_call_that_the_carrier_does_not_know_closes_it(desk: Desk) -> None:
    placed = await desk.place()
    refuses(desk, 404, NO_SUCH_CALL)
    assert await hang_up(desk, placed)
    found = await desk.conversation(placed)
    assert (found.status, found.end_reason) == ("ended", "unknown")
    assert (await desk.intent(placed)).ended_at is not None
    [told] = await noted(desk, placed.conversation_id)
    assert "knows no such call" in told["reason"]


# Earlier versions


async def test_calls_that_an_earlier_version_has_waited_for_in_vain_are_asked_about(
    desk: Desk, asking: Inquiries
) -> None:
    placed = await desk.place()
    store = desk.office.node.store
    async with store.write() as tx:
        await tx.run_sync(lambda connection: command.downgrade(migrate.config(connection), "0005"))
    await store.migrate()
    says(desk, "completed")
    assert await asking.look_around() == 1
    assert (await desk.conversation(placed)).end_reason == "completed"
