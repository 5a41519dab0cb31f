"""A dialled call whose answer was lost: what proves that it rings, and who adopts it."""

from __future__ import annotations

import pytest

from rapida.call.happenings import DialFailed
from rapida.store import events
from rapida.switchboard.claims import Claimed
from tests.switchboard.calling_node import CALL_SID, CallingNode, listed
from tests.telephony.twilio.double import CALL


async def test_a_callback_proves_the_dial_and_names_the_call(calling: CallingNode) -> None:
    placed = await calling.dialling()
    await calling.ready.reports(placed.context_id, CallStatus="ringing", SequenceNumber="1")
    assert (await calling.intent(placed)).status == "dialled"
    assert (await calling.context(placed)).carrier_call_id == "CA" + "2" * 32


async def test_the_media_socket_proves_the_dial_too(calling: CallingNode) -> None:
    placed = await calling.dialling()
    await calling.ready.opens_stream(placed.context_id)
    assert (await calling.intent(placed)).status == "dialled"


async def test_a_terminal_callback_frees_the_calls_place(calling: CallingNode) -> None:
    await calling.limit(concurrent_calls=1)
    first = await calling.place()
    assert (await calling.place()).status == "queued"
    await calling.ready.reports(first.context_id, CallSid=CALL_SID, CallStatus="busy", SequenceNumber="2")
    assert (await calling.intent(first)).ended_at is not None
    assert (await calling.place()).status == "dialled"


@pytest.mark.parametrize(
    ("found", "at", "status"),
    [
        (["CA" + "5" * 32], "Sun, 22 Nov 2026 12:00:01 +0000", "dialled"),
        ([], "", "unknown"),
        (["CA" + "5" * 32, "CA" + "6" * 32], "Sun, 22 Nov 2026 12:00:01 +0000", "unknown"),
        (["CA" + "5" * 32], "Sun, 22 Nov 2026 11:50:00 +0000", "unknown"),
        (["CA" + "5" * 32], "Sun, 22 Nov 2026 12:05:00 +0000", "unknown"),
    ],
)
async def test_one_unexplained_call_of_that_moment_is_adopted_and_nothing_else(
    calling: CallingNode, found: list[str], at: str, status: str
) -> None:
    placed = await calling.dialling()
    calling.twilio.body = listed(*found, at=at)
    calling.ready.clock.turn(minutes=10)
    await calling.look(placed)
    intent = await calling.intent(placed)
    assert intent.status == status
    assert [each.method for each in calling.twilio.asked] == ["POST", "GET"]


async def test_a_call_that_belongs_to_another_context_is_not_adopted(calling: CallingNode) -> None:
    calling.twilio.body = dict(CALL)
    await calling.place()
    placed = await calling.dialling()
    calling.twilio.body = listed(CALL_SID, at="Sun, 22 Nov 2026 12:00:01 +0000")
    await calling.look(placed)
    assert (await calling.intent(placed)).status == "unknown"


async def test_of_two_unclear_dials_neither_adopts_the_only_call(calling: CallingNode) -> None:
    first, second = await calling.dialling(), await calling.dialling()
    calling.twilio.body = listed("CA" + "5" * 32, at="Sun, 22 Nov 2026 12:00:01 +0000")
    for placed in (first, second):
        await calling.look(placed)
        assert (await calling.intent(placed)).status == "unknown"


async def test_a_lost_calls_conversation_is_over_and_says_why(calling: CallingNode) -> None:
    placed = await calling.lost()
    told = await calling.conversation(placed)
    assert (told.status, told.end_reason, told.ended_at) == ("ended", "unknown", calling.ready.clock.now)
    async with calling.ready.node.store.read() as tx:
        last = (await events.of_conversation(tx, placed.conversation_id))[-1]
    assert isinstance(last.happening, DialFailed)
    assert last.happening.end == "unknown"
    assert "lists no such call" in last.happening.reason


@pytest.mark.parametrize(
    ("reported", "status", "reason"),
    [("ringing", "waiting", None), ("completed", "ended", "no_stream"), ("no-answer", "ended", "no-answer")],
)
async def test_a_lost_call_is_found_again_by_a_late_callback(
    calling: CallingNode, reported: str, status: str, reason: str | None
) -> None:
    placed = await calling.lost()
    await calling.ready.reports(placed.context_id, CallStatus=reported, SequenceNumber="1")
    assert (await calling.intent(placed)).status == "dialled"
    told = await calling.conversation(placed)
    assert (told.status, told.end_reason, told.ended_at is None) == (status, reason, reason is None)


async def test_a_lost_call_is_found_again_by_its_stream(calling: CallingNode) -> None:
    placed = await calling.lost()
    assert isinstance(await calling.ready.opens_stream(placed.context_id), Claimed)
    assert (await calling.intent(placed)).status == "dialled"
    told = await calling.conversation(placed)
    assert (told.status, told.end_reason, told.ended_at) == ("live", None, None)
