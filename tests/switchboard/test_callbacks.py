"""Callbacks: believed when proved, kept once, applied in order, final when terminal."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import update

from rapida.call.events import StatusReported
from rapida.call.happenings import CarrierReported
from rapida.errors import NotFound, ProofError, SettingsError, WireError
from rapida.store import assistants, callbacks, contexts, conversations, deployments, events, tenants
from rapida.store.contexts import CarrierCall, Context
from rapida.store.event_names import named
from rapida.store.tables import callbacks as callbacks_table
from rapida.store.tables import contexts as contexts_table
from rapida.switchboard.claims import ContextGone
from tests.databases import Place
from tests.switchboard.ready_node import (
    CALL,
    HOST,
    LOCAL,
    NOON,
    OTHER_CALL,
    SECOND,
    SID,
    ReadyNode,
    add_credential,
    an_assistant,
    context_of,
    open_ready_node,
    signed,
)


async def state(ready: ReadyNode, context_id: UUID) -> Context:
    async with ready.node.store.read() as tx:
        found = await contexts.find(tx, context_id)
    assert found is not None
    return found


async def live_call(ready: ReadyNode) -> UUID:
    context_id = context_of(await ready.rings())
    await ready.opens_stream(context_id)
    return context_id


async def happened(ready: ReadyNode) -> list[tuple[str, dict[str, Any]]]:
    async with ready.node.store.read() as tx:
        return [named(each.happening) for each in await events.of_conversation(tx, 1)]


@pytest.mark.parametrize("final", ["completed", "busy", "no-answer", "failed", "canceled"])
async def test_every_terminal_status_keeps_its_own_name_and_reason(ready: ReadyNode, final: str) -> None:
    context_id = await live_call(ready)
    await ready.reports(context_id, CallStatus=final, SequenceNumber="3", SipResponseCode="486")
    kept = await state(ready, context_id)
    assert (kept.call_status, kept.call_status_reason, kept.call_status_sequence) == (final, "SIP 486", 3)
    assert (kept.status, kept.ended_at) == ("ended", ready.clock.now)
    async with ready.node.store.read() as tx:
        conversation = await conversations.find(tx, kept.conversation_id)
    assert (conversation.call_status, conversation.end_reason) == (final, final)


async def test_callbacks_in_any_order_end_in_the_same_state(ready: ReadyNode) -> None:
    context_id = await live_call(ready)
    for status, number in (("in-progress", "2"), ("ringing", "1"), ("initiated", "0")):
        await ready.reports(context_id, CallStatus=status, SequenceNumber=number)
        assert (await state(ready, context_id)).call_status == "in-progress"
    await ready.reports(context_id, CallStatus="completed", SequenceNumber="3")
    await ready.reports(context_id, CallStatus="in-progress", SequenceNumber="9")
    assert (await state(ready, context_id)).call_status == "completed"


async def test_without_numbers_a_call_still_goes_one_way(ready: ReadyNode) -> None:
    context_id = await live_call(ready)
    for status in ("ringing", "in-progress", "ringing", "queued"):
        await ready.reports(context_id, CallStatus=status)
    assert (await state(ready, context_id)).call_status == "in-progress"


async def test_the_first_terminal_status_is_final(ready: ReadyNode) -> None:
    context_id = await live_call(ready)
    await ready.reports(context_id, CallStatus="busy", SequenceNumber="2")
    await ready.reports(context_id, CallStatus="completed", SequenceNumber="3")
    assert (await state(ready, context_id)).call_status == "busy"
    async with ready.node.store.read() as tx:
        assert len(await callbacks.of_context(tx, context_id)) == 2


async def test_a_repeated_callback_is_kept_once_and_told_once(ready: ReadyNode) -> None:
    context_id = await live_call(ready)
    heard: list[Any] = []
    ready.node.bus.join(context_id, heard.append)
    for _ in range(3):
        await ready.reports(context_id, CallStatus="completed", SequenceNumber="3")
    assert await ready.count(callbacks_table) == 1
    assert heard == [StatusReported("completed")]
    assert len(await happened(ready)) == 1


async def test_only_a_terminal_status_is_told_to_the_call(ready: ReadyNode) -> None:
    context_id = await live_call(ready)
    heard: list[Any] = []
    ready.node.bus.join(context_id, heard.append)
    await ready.reports(context_id, CallStatus="in-progress", SequenceNumber="1")
    await ready.reports(context_id, StreamSid="MZ1", StreamEvent="stream-stopped")
    assert heard == []


@pytest.mark.parametrize(
    "forged", [{"token": "other"}, {"AccountSid": "AC" + "9" * 32}, {"CallSid": OTHER_CALL}]
)
async def test_an_unproved_callback_or_one_of_another_call_changes_nothing(
    ready: ReadyNode, forged: dict[str, str]
) -> None:
    context_id = await live_call(ready)
    with pytest.raises(ProofError):
        await ready.reports(context_id, CallStatus="completed", **forged)
    assert (await state(ready, context_id)).call_status is None
    assert await ready.count(callbacks_table) == 0


async def test_an_unproved_callback_does_not_use_up_the_true_ones_place(ready: ReadyNode) -> None:
    context_id = await live_call(ready)
    with pytest.raises(ProofError):
        await ready.reports(context_id, token="other", CallStatus="completed", SequenceNumber="3")
    await ready.reports(context_id, token=SECOND, CallStatus="completed", SequenceNumber="3")
    assert (await state(ready, context_id)).call_status == "completed"


async def test_stream_machine_and_recording_callbacks_are_kept_and_end_nothing(ready: ReadyNode) -> None:
    context_id = await live_call(ready)
    await ready.reports(
        context_id,
        StreamSid="MZ1",
        StreamEvent="stream-error",
        StreamError="no media",
        Timestamp="2026-11-22T12:00:01.5Z",
    )
    await ready.reports(context_id, AnsweredBy="machine_end_beep")
    await ready.reports(
        context_id,
        RecordingSid="RE1",
        RecordingStatus="completed",
        RecordingUrl="https://x/RE1",
        RecordingDuration="9",
    )
    told = dict(await happened(ready))
    stream = CarrierReported("stream", "stream-error", "no media", stream_id="MZ1")
    assert told["carrier_stream"] == {"status": "stream-error", "reason": "no media", "stream_id": "MZ1"}
    assert told["carrier_machine"] == {"status": "machine_end_beep", "answered_by": "machine_end_beep"}
    assert told["carrier_recording"]["recording_url"] == "https://x/RE1"
    assert told["carrier_recording"]["duration_s"] == 9
    kept = await state(ready, context_id)
    assert (kept.status, kept.call_status) == ("claimed", None)
    async with ready.node.store.read() as tx:
        (at,) = [each.at for each in await events.of_conversation(tx, 1) if each.happening == stream]
    assert at == datetime(2026, 11, 22, 12, 0, 1, 500_000, tzinfo=UTC)


async def test_a_call_that_ended_before_its_stream_came_ends_its_conversation(ready: ReadyNode) -> None:
    context_id = context_of(await ready.rings())
    await ready.reports(context_id, CallStatus="completed", CallDuration="0")
    kept = await state(ready, context_id)
    async with ready.node.store.read() as tx:
        conversation = await conversations.find(tx, kept.conversation_id)
    assert (conversation.status, conversation.ended_at) == ("ended", ready.clock.now)


async def test_a_status_reaches_every_context_of_the_call(ready: ReadyNode) -> None:
    first = await live_call(ready)
    second = context_of(await ready.rings())
    await ready.reports(first, CallStatus="completed")
    assert [(await state(ready, each)).status for each in (first, second)] == ["ended", "ended"]


async def test_callbacks_are_taken_for_a_day_after_the_end_and_not_longer(ready: ReadyNode) -> None:
    context_id = await live_call(ready)
    await ready.reports(context_id, CallStatus="completed", SequenceNumber="3")
    ready.clock.turn(hours=24)
    await ready.reports(context_id, StreamSid="MZ1", StreamEvent="stream-stopped")
    ready.clock.turn(seconds=1)
    with pytest.raises(ContextGone):
        await ready.reports(context_id, RecordingSid="RE1", RecordingStatus="completed")
    assert await ready.count(callbacks_table) == 2


@pytest.mark.parametrize(
    ("written", "hint"),
    [
        ("{contextId}", "placeholder"),
        ("7", "no context"),
        ("5f0c4bb1-93f1-4a55-8a76-2d1d3d1d2f10", "no context"),
    ],
)
async def test_callbacks_of_unknown_contexts_are_not_found(ready: ReadyNode, written: str, hint: str) -> None:
    with pytest.raises(NotFound, match=hint):
        await ready.reports(written, CallStatus="completed")


async def test_a_proved_callback_that_says_nothing_known_is_a_wire_error(ready: ReadyNode) -> None:
    context_id = await live_call(ready)
    with pytest.raises(WireError):
        await ready.reports(context_id, Something="else")


async def test_a_callback_by_get_is_proved_by_its_query(ready: ReadyNode) -> None:
    context_id = await live_call(ready)
    path = f"/v1/talk/twilio/ctx/{context_id}/event"
    told = {"AccountSid": SID, "CallSid": CALL, "CallStatus": "completed"}
    await ready.callbacks.of_context(str(context_id), signed(path, told, method="GET"))
    assert (await state(ready, context_id)).call_status == "completed"


# A phone number's own address


async def test_a_numbers_callback_finds_its_call_by_callsid(ready: ReadyNode) -> None:
    context_id = await live_call(ready)
    heard: list[Any] = []
    ready.node.bus.join(context_id, heard.append)
    await ready.reports_on_number(CallStatus="completed", CallDuration="7")
    assert (await state(ready, context_id)).call_status == "completed"
    assert heard == [StatusReported("completed")]


async def test_a_numbers_callback_and_a_contexts_about_one_event_count_once(ready: ReadyNode) -> None:
    context_id = await live_call(ready)
    await ready.reports(context_id, CallStatus="completed", SequenceNumber="0")
    await ready.reports_on_number(CallStatus="completed", SequenceNumber="0")
    assert await ready.count(callbacks_table) == 1


async def test_a_proved_callback_of_an_unknown_call_changes_nothing(ready: ReadyNode) -> None:
    await live_call(ready)
    await ready.reports_on_number(CallSid=OTHER_CALL, CallStatus="completed")
    assert await ready.count(callbacks_table) == 0


@pytest.mark.parametrize("call", [CALL, OTHER_CALL])
async def test_an_unproved_callback_of_a_number_is_refused_known_call_or_not(
    ready: ReadyNode, call: str
) -> None:
    context_id = await live_call(ready)
    with pytest.raises(ProofError):
        await ready.reports_on_number(token="other", CallSid=call, CallStatus="completed")
    assert (await state(ready, context_id)).call_status is None


async def test_a_call_is_not_found_through_another_assistants_address(ready: ReadyNode) -> None:
    context_id = await live_call(ready)
    with pytest.raises(NotFound):
        await ready.reports_on_number(to=99, CallStatus="completed")
    assert (await state(ready, context_id)).call_status is None


async def test_a_numbers_callback_is_proved_by_the_credential_of_its_call(ready: ReadyNode) -> None:
    context_id = await live_call(ready)
    async with ready.node.store.write() as tx:
        twin = await add_credential(
            tx, ready.node.vault, ready.project_id, "Twin", "AC" + "7" * 32, account_token="twin"
        )
    await ready.deploy(credential_id=twin)
    with pytest.raises(ProofError):
        await ready.reports_on_number(token="twin", CallStatus="completed")
    await ready.reports_on_number(CallStatus="completed")
    assert (await state(ready, context_id)).call_status == "completed"


async def test_a_numbers_callback_of_a_long_ended_call_changes_nothing(ready: ReadyNode) -> None:
    context_id = await live_call(ready)
    await ready.reports(context_id, CallStatus="completed", SequenceNumber="3")
    ready.clock.turn(hours=25)
    await ready.reports_on_number(RecordingSid="RE1", RecordingStatus="completed")
    assert await ready.count(callbacks_table) == 1


async def test_without_a_public_host_only_the_demos_calls_are_reported_on(place: Place) -> None:
    async with open_ready_node(place, public=None) as ready:
        with pytest.raises(SettingsError):
            await ready.reports_on_number(CallStatus="completed")
        await ready.deploy(demo=True)
        context_id = context_of(await ready.rings(host=LOCAL))
        path = f"/v1/talk/twilio/event/{ready.assistant_id}"
        told = {"AccountSid": SID, "CallSid": CALL, "CallStatus": "completed"}
        with pytest.raises(SettingsError):
            await ready.callbacks.of_assistant(str(ready.assistant_id), signed(path, told, host=HOST))
        await ready.callbacks.of_assistant(str(ready.assistant_id), signed(path, told, host=LOCAL))
        assert (await state(ready, context_id)).call_status == "completed"


async def test_callbacks_that_come_at_once_leave_the_terminal_one_standing(ready: ReadyNode) -> None:
    context_id = context_of(await ready.rings())
    said = [("initiated", 0), ("ringing", 1), ("completed", 3), ("in-progress", 2), ("completed", 3)]
    await asyncio.gather(
        *(ready.reports(context_id, CallStatus=status, SequenceNumber=str(number)) for status, number in said)
    )
    async with ready.node.store.read() as tx:
        (context,) = await contexts.of_call(tx, ready.project_id, CarrierCall("twilio", SID, CALL))
    assert (context.call_status, context.status) == ("completed", "ended")


async def another_project(ready: ReadyNode) -> ReadyNode:
    """Another project's number, with a credential that names our account and holds a token of their own."""
    node = ready.node
    async with node.store.write() as tx:
        organization_id = await tenants.create_organization(tx, "Foreign", NOON)
        project = await tenants.create_project(tx, organization_id, "Foreign", NOON)
        credential_id = await add_credential(
            tx, node.vault, project.id, "Theirs", SID, account_token="theirs"
        )
        assistant = await assistants.create(tx, project.id, an_assistant(), NOON)
        await deployments.put_phone(tx, project.id, assistant.id, "twilio", credential_id, NOON)
    return ReadyNode(
        node=node,
        store=ready.store,
        clock=ready.clock,
        missed=ready.missed,
        project_id=project.id,
        assistant_id=assistant.id,
        credential_id=credential_id,
    )


async def test_who_names_our_account_in_another_project_ends_no_call_of_ours(ready: ReadyNode) -> None:
    ours = await live_call(ready)
    told: list[Any] = []
    ready.node.bus.join(ours, told.append)
    foreign = await another_project(ready)
    theirs = context_of(await foreign.rings(token="theirs"))
    assert theirs != ours
    said = {"CallStatus": "completed", "SequenceNumber": "3"}
    await foreign.reports(theirs, token="theirs", **said)
    await foreign.reports_on_number(token="theirs", **said)
    assert (await state(foreign, theirs)).status == "ended"
    assert ((await state(ready, ours)).call_status, told) == (None, [])
    await ready.reports(ours, **said)
    assert (await state(ready, ours)).call_status == "completed"
    assert told == [StatusReported("completed")]


async def test_a_call_that_another_project_was_told_of_first_is_still_ours(ready: ReadyNode) -> None:
    foreign = await another_project(ready)
    theirs = context_of(await foreign.rings(token="theirs"))
    await foreign.reports(theirs, token="theirs", CallStatus="completed", SequenceNumber="3")
    answer = await ready.rings()
    assert answer.kind == "connected"
    assert (await ready.rings()).document == answer.document
    ours = await state(ready, context_of(answer))
    assert (ours.project_id, ours.attempt) == (ready.project_id, 2)


async def test_a_dial_takes_its_call_though_another_project_was_told_of_it(ready: ReadyNode) -> None:
    foreign = await another_project(ready)
    await foreign.rings(token="theirs")
    ours = await state(ready, context_of(await ready.rings(CallSid=OTHER_CALL)))
    async with ready.node.store.write() as tx:
        await tx.execute(
            update(contexts_table).where(contexts_table.c.id == ours.id).values(carrier_call_id=None)
        )
        assert await contexts.bind(tx, ours.id, CALL)
        assert not await contexts.bind(tx, ours.id, CALL)
    bound = await state(ready, ours.id)
    assert (bound.carrier_call_id, bound.attempt) == (CALL, 2)
