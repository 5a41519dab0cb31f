"""Inquiries: a call that nobody reports on is closed with what its carrier says, by one server, in time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from itertools import pairwise

import pytest
import pytest_asyncio
from alembic import command
from sqlalchemy import update
from structlog.testing import capture_logs

from rapida.call.events import StatusReported
from rapida.node.carriers import Carriers
from rapida.store import conversations, credentials, deployments, migrate
from rapida.store.conversations import StoredOutcome
from rapida.store.tables import contexts as contexts_table
from rapida.switchboard import inquiries
from rapida.switchboard.claims import REPORTED_WITHIN, Claimed, sweep
from rapida.switchboard.inquiries import Inquiries
from rapida.telephony.carrier import PlacedCall
from rapida.telephony.twilio.rest import Twilio
from tests.switchboard.calling_node import CallingNode
from tests.switchboard.ready_node import CALL as INBOUND
from tests.switchboard.ready_node import HOST

from .inquiring import (
    AWAY,
    NO_SUCH_CALL,
    context,
    conversation,
    inbound,
    noted,
    open_places,
    questions,
    refuses,
    says,
)


@pytest_asyncio.fixture
async def asking(calling: CallingNode) -> AsyncGenerator[Inquiries]:
    yield Inquiries(calling.ready.node, calling.carriers)


# Calls that we placed


@pytest.mark.parametrize("status", ["completed", "busy", "no-answer", "failed", "canceled"])
async def test_a_dialled_call_of_which_nothing_is_reported_is_closed_with_what_the_carrier_says(
    calling: CallingNode, asking: Inquiries, status: str
) -> None:
    await calling.limit(concurrent_calls=1)
    placed = await calling.place()
    says(calling, status)
    assert await asking.look_around() == 0, "reports may still come"
    assert await open_places(calling) == 0
    calling.ready.clock.turn(seconds=21)
    assert await asking.look_around() == 1
    found = await calling.conversation(placed)
    assert (found.status, found.end_reason, found.call_status) == ("ended", status, status)
    assert (await calling.context(placed)).status == "ended"
    assert (await calling.intent(placed)).ended_at == calling.ready.clock.now
    assert await open_places(calling) == 1, "the next call may go out"
    [told] = await noted(calling, placed.conversation_id)
    assert told["url"] == f"https://{HOST}/v1/talk/twilio/ctx/{placed.context_id}/event"
    assert told["url"] in told["reason"]
    assert "PUBLIC_ASSISTANT_HOST" in told["reason"]
    assert f"says that the call is {status}" in told["reason"]
    calling.ready.clock.turn(hours=5)
    assert await asking.look_around() == 0, "nobody asks again"


async def test_a_call_that_goes_on_keeps_its_place_and_is_asked_about_again(
    calling: CallingNode, asking: Inquiries
) -> None:
    placed = await calling.place()
    says(calling, "in-progress")
    calling.ready.clock.turn(seconds=21)
    await asking.look_around()
    found = await calling.conversation(placed)
    assert (found.status, found.call_status) == ("waiting", "in-progress")
    assert (await calling.intent(placed)).ended_at is None
    assert await noted(calling, placed.conversation_id) == []
    says(calling, "completed")
    calling.ready.clock.turn(seconds=31)
    await asking.look_around()
    assert (await calling.conversation(placed)).end_reason == "completed"
    assert questions(calling) == 2


async def test_a_call_whose_ringing_is_reported_is_asked_about_when_it_cannot_ring_any_more(
    calling: CallingNode, asking: Inquiries
) -> None:
    placed = await calling.place()
    await calling.ready.reports(placed.context_id, CallSid=placed.carrier_call_id, CallStatus="ringing")
    says(calling, "no-answer")
    calling.ready.clock.turn(seconds=21)
    await asking.look_around()
    assert questions(calling) == 0
    calling.ready.clock.turn(seconds=50)
    await asking.look_around()
    assert (await calling.conversation(placed)).end_reason == "no-answer"
    [told] = await noted(calling, placed.conversation_id)
    assert "'ringing' was" in told["reason"], "which callback was the last to come"


async def test_a_call_that_is_reported_to_its_end_is_never_asked_about(
    calling: CallingNode, asking: Inquiries
) -> None:
    placed = await calling.place()
    for sequence, status in enumerate(("initiated", "ringing", "in-progress", "completed")):
        told = {"CallStatus": status, "SequenceNumber": str(sequence)}
        await calling.ready.reports(placed.context_id, CallSid=placed.carrier_call_id, **told)
    calling.ready.clock.turn(hours=5)
    assert await asking.look_around() == 0
    assert await noted(calling, placed.conversation_id) == []


async def test_a_call_that_has_its_stream_is_not_asked_about(calling: CallingNode, asking: Inquiries) -> None:
    placed = await calling.place()
    assert isinstance(await calling.ready.opens_stream(placed.context_id), Claimed)
    calling.ready.clock.turn(hours=2)
    assert await asking.look_around() == 0


async def test_a_call_that_the_carrier_does_not_know_is_closed_with_a_sentence(
    calling: CallingNode, asking: Inquiries
) -> None:
    placed = await calling.place()
    refuses(calling, 404, NO_SUCH_CALL)
    calling.ready.clock.turn(seconds=21)
    await asking.look_around()
    found = await calling.conversation(placed)
    assert (found.status, found.end_reason) == ("ended", "unknown")
    assert (await calling.intent(placed)).ended_at is not None
    [told] = await noted(calling, placed.conversation_id)
    assert "knows no such call" in told["reason"]
    calling.ready.clock.turn(hours=5)
    assert await asking.look_around() == 0


async def test_a_report_that_comes_while_the_carrier_is_asked_has_the_first_word(
    calling: CallingNode, asking: Inquiries, monkeypatch: pytest.MonkeyPatch
) -> None:
    placed = await calling.place()
    fetch = Twilio.fetch

    async def meanwhile(self: Twilio, call_id: str) -> PlacedCall:
        found = await fetch(self, call_id)
        await calling.ready.reports(placed.context_id, CallSid=placed.carrier_call_id, CallStatus="busy")
        return found

    monkeypatch.setattr(Twilio, "fetch", meanwhile)
    says(calling, "in-progress")
    calling.ready.clock.turn(seconds=21)
    await asking.look_around()
    found = await calling.conversation(placed)
    assert (found.end_reason, found.call_status) == ("busy", "busy")
    assert await noted(calling, placed.conversation_id) == []
    calling.ready.clock.turn(hours=1)
    assert await asking.look_around() == 0


async def test_a_late_callback_changes_nothing_of_a_call_that_was_closed(
    calling: CallingNode, asking: Inquiries
) -> None:
    placed = await calling.place()
    says(calling, "no-answer")
    calling.ready.clock.turn(seconds=21)
    await asking.look_around()
    await calling.ready.reports(placed.context_id, CallSid=placed.carrier_call_id, CallStatus="completed")
    found = await calling.conversation(placed)
    assert (found.end_reason, found.call_status) == ("no-answer", "no-answer")


async def test_whoever_holds_a_place_for_the_call_hears_that_it_is_over(
    calling: CallingNode, asking: Inquiries
) -> None:
    placed = await calling.place()
    heard: list[object] = []
    calling.ready.node.bus.join(placed.context_id, heard.append)
    says(calling, "busy")
    calling.ready.clock.turn(seconds=21)
    await asking.look_around()
    assert heard == [StatusReported("busy")]


async def test_an_end_that_was_known_already_is_not_asked_about_again(
    calling: CallingNode, asking: Inquiries
) -> None:
    placed = await calling.place()
    await calling.ready.reports(placed.context_id, CallSid=placed.carrier_call_id, CallStatus="busy")
    async with calling.ready.node.store.write() as tx:
        await tx.execute(update(contexts_table).values(ask_at=calling.ready.clock.now))
    says(calling, "completed")
    assert await asking.look_around() == 1
    assert (await calling.context(placed)).ask_at is None
    assert (await calling.conversation(placed)).end_reason == "busy"
    assert await noted(calling, placed.conversation_id) == []


# Calls to us


async def test_a_call_to_us_that_ended_unreported_gets_its_status_and_says_where_it_was_awaited(
    calling: CallingNode, asking: Inquiries
) -> None:
    wanted = await inbound(calling)
    claimed = await calling.ready.opens_stream(wanted)
    assert isinstance(claimed, Claimed)
    number, now = claimed.conversation.id, calling.ready.clock.now
    async with calling.ready.node.store.write() as tx:
        outcome = StoredOutcome(number, "caller_hangup", now, now)
        await conversations.finish(tx, outcome, now, ask_at=now + REPORTED_WITHIN)
    says(calling, "completed", INBOUND)
    assert await asking.look_around() == 0
    calling.ready.clock.turn(seconds=31)
    assert await asking.look_around() == 1
    found = await conversation(calling, number)
    assert (found.end_reason, found.call_status) == ("caller_hangup", "completed"), "the outcome is kept"
    [told] = await noted(calling, number)
    assert f"https://{HOST}/v1/talk/twilio/event/{calling.ready.assistant_id}" in told["reason"]


async def test_a_call_to_us_whose_stream_never_came_gets_its_status_too(
    calling: CallingNode, asking: Inquiries
) -> None:
    wanted = await inbound(calling)
    calling.ready.clock.turn(seconds=61)
    await sweep(calling.ready.node)
    says(calling, "failed", INBOUND)
    calling.ready.clock.turn(seconds=31)
    await asking.look_around()
    found = await conversation(calling, (await context(calling, wanted)).conversation_id)
    assert (found.end_reason, found.call_status) == ("no_stream", "failed")


async def test_calls_of_the_local_demo_are_asked_about_nowhere(
    calling: CallingNode, asking: Inquiries
) -> None:
    placed = await calling.place()
    async with calling.ready.node.store.write() as tx:
        await tx.execute(update(contexts_table).values(host="localhost:8080"))
    calling.ready.clock.turn(seconds=21)
    assert await asking.look_around() == 1
    assert questions(calling) == 0
    assert (await calling.context(placed)).ask_at is None


# Carriers that cannot be asked


async def test_a_carrier_that_is_away_is_asked_again_more_and_more_rarely_and_told_of_once(
    calling: CallingNode, asking: Inquiries
) -> None:
    placed = await calling.place()
    refuses(calling, 503, AWAY)
    calling.ready.clock.turn(seconds=21)
    asked_at: list[float] = []
    began = calling.ready.clock.now
    with capture_logs() as logged:
        for _ in range(400):
            before = questions(calling)
            await asking.look_around()
            if questions(calling) > before:
                asked_at.append((calling.ready.clock.now - began).total_seconds())
            calling.ready.clock.turn(seconds=2)
        says(calling, "completed")
        calling.ready.clock.turn(seconds=300)
        await asking.look_around()
    gaps = [after - before for before, after in pairwise(asked_at)]
    assert gaps == sorted(gaps), "ever longer"
    assert (gaps[0], gaps[-1]) == (6, 300)
    assert [line["event"] for line in logged] == [
        "carrier_not_asked",
        "call_unreported",
        "carrier_asked_again",
    ]
    assert (await calling.conversation(placed)).end_reason == "completed"


async def test_one_call_is_enough_to_find_that_a_carrier_is_away(
    calling: CallingNode, asking: Inquiries
) -> None:
    for _ in range(3):
        await calling.place()
    refuses(calling, 503, AWAY)
    calling.ready.clock.turn(seconds=21)
    assert await asking.look_around() == 3
    assert questions(calling) == 1


async def test_a_carrier_that_is_away_for_hours_leaves_no_call_waiting(
    calling: CallingNode, asking: Inquiries
) -> None:
    placed = await calling.place()
    refuses(calling, 401, {"code": 20003, "message": "Authenticate", "status": 401})
    calling.ready.clock.turn(hours=4, seconds=1)
    await asking.look_around()
    assert (await calling.conversation(placed)).end_reason == "unknown"
    [told] = await noted(calling, placed.conversation_id)
    assert "could not be asked" in told["reason"]


async def test_a_call_whose_credential_is_gone_is_closed(calling: CallingNode, asking: Inquiries) -> None:
    placed = await calling.place()
    async with calling.ready.node.store.write() as tx:
        await deployments.remove_phone(tx, calling.ready.assistant_id)
        await credentials.remove(tx, calling.ready.credential_id)
    calling.ready.clock.turn(seconds=21)
    await asking.look_around()
    assert (await calling.conversation(placed)).end_reason == "unknown"
    assert questions(calling) == 0


# Several servers, and after a crash


async def test_of_several_servers_one_asks(calling: CallingNode) -> None:
    for _ in range(5):
        await calling.place()
    says(calling, "completed")
    calling.ready.clock.turn(seconds=21)
    others = [Carriers(calling.ready.node.prover, {"twilio": calling.twilio.url}) for _ in range(3)]
    servers = [Inquiries(calling.ready.node, each) for each in others]
    took = await asyncio.gather(*(each.look_around() for each in servers))
    assert (sum(took), questions(calling)) == (5, 5)
    for each in others:
        await each.aclose()


async def test_what_a_server_took_and_did_not_finish_is_asked_by_another(
    calling: CallingNode, asking: Inquiries, monkeypatch: pytest.MonkeyPatch
) -> None:
    placed = await calling.place()

    async def dies(self: Twilio, call_id: str) -> PlacedCall:
        raise asyncio.CancelledError

    calling.ready.clock.turn(seconds=21)
    with monkeypatch.context() as patch:
        patch.setattr(Twilio, "fetch", dies)
        with pytest.raises(asyncio.CancelledError):
            await asking.look_around()
    says(calling, "completed")
    another = Inquiries(calling.ready.node, calling.carriers)
    assert await another.look_around() == 0, "the first may still be at it"
    calling.ready.clock.turn(seconds=61)
    assert await another.look_around() == 1
    assert (await calling.conversation(placed)).end_reason == "completed"


async def test_a_crowd_of_lost_calls_is_asked_about_a_few_at_a_time(
    calling: CallingNode, asking: Inquiries, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inquiries, "MOST_AT_ONCE", 2)
    for _ in range(5):
        await calling.place()
    says(calling, "completed")
    calling.ready.clock.turn(seconds=21)
    assert [await asking.look_around() for _ in range(4)] == [2, 2, 1, 0]


# Earlier versions


async def test_calls_that_an_earlier_version_has_waited_for_in_vain_are_asked_about(
    calling: CallingNode, asking: Inquiries
) -> None:
    placed = await calling.place()
    store = calling.ready.node.store
    async with store.write() as tx:
        await tx.run_sync(lambda connection: command.downgrade(migrate.config(connection), "0005"))
    await store.migrate()
    says(calling, "completed")
    assert await asking.look_around() == 1
    assert (await calling.conversation(placed)).end_reason == "completed"
