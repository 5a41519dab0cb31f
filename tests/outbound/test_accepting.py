"""Wishes for calls: accepted once, within limits, dialled when their turn is, and told how they stand."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any
from xml.etree import ElementTree

import msgspec
import pytest

from rapida.errors import ConfigurationError, Conflict, NotFound, SettingsError
from rapida.node.carriers import Carriers
from rapida.outbound.accepting import CallRequest, DayUsedUp, KeyReused, Outbound, call_off
from rapida.outbound.dialling import Dialler
from rapida.outbound.order import DialOptions, Placed, look_at
from rapida.store import assistants, contexts, conversations, deployments, intents, pace, tenants
from rapida.store.tables import intents as intents_table
from rapida.switchboard.claims import Claimed
from rapida.telephony.door import Refusal
from rapida.telephony.numbers import NotDiallable
from tests.databases import Place
from tests.switchboard.calling_node import CALL_SID, CALLEE, OURS, CallingNode
from tests.switchboard.ready_node import HOST, NOON, SID, add_credential, an_assistant, open_ready_node

# One call ---------------------------------------------------------------------------------------------------


async def test_a_call_is_dialled_at_once_with_our_addresses_and_everything_asked_for(
    calling: CallingNode,
) -> None:
    placed = await calling.place(
        arguments={"name": "Ada"},
        metadata={"order": 7},
        options=DialOptions(
            ring_s=25, time_limit_s=600, caller_id="+14155550199", send_digits="ww204", machine="hang_up"
        ),
    )
    assert (placed.status, placed.carrier_call_id, placed.trouble) == ("dialled", CALL_SID, "")
    [asked] = calling.twilio.asked
    form = {name: values[0] for name, values in asked.form.items()}
    assert (form["To"], form["From"], form["CallerId"]) == (CALLEE, OURS, "+14155550199")
    assert (form["Timeout"], form["TimeLimit"], form["SendDigits"]) == ("25", "600", "ww204")
    assert (form["MachineDetection"], form["AsyncAmd"]) == ("Enable", "true")
    at = f"{HOST}/v1/talk/twilio/ctx/{placed.context_id}"
    assert form["StatusCallback"] == form["AsyncAmdStatusCallback"] == f"https://{at}/event"
    assert asked.form["StatusCallbackEvent"] == ["initiated", "ringing", "answered", "completed"]
    stream = ElementTree.fromstring(form["Twiml"]).find("Connect/Stream")
    assert stream is not None
    assert stream.attrib["url"] == f"wss://{at}"
    parameters = {each.attrib["name"]: each.attrib["value"] for each in stream}
    assert parameters["client_number"] == CALLEE
    async with calling.ready.node.store.read() as tx:
        conversation = await conversations.find(tx, placed.conversation_id)
        context = await contexts.find(tx, placed.context_id)
    assert (conversation.direction, conversation.arguments) == ("outbound", {"name": "Ada"})
    assert context is not None
    assert (context.carrier_call_id, context.carrier_account) == (CALL_SID, SID)


async def test_the_version_asked_for_is_the_version_that_speaks(calling: CallingNode) -> None:
    async with calling.ready.node.store.write() as tx:
        first = await assistants.version(tx, calling.ready.assistant_id, 1)
        for prompt in ("I am the second.", "I am the third."):
            await assistants.add_version(
                tx, msgspec.structs.replace(first, prompt=prompt), calling.ready.clock.now
            )
    placed = await calling.place(version=2)
    async with calling.ready.node.store.write() as tx:
        await assistants.publish(tx, calling.ready.assistant_id, 3)
    async with calling.ready.node.store.read() as tx:
        assert (await conversations.find(tx, placed.conversation_id)).assistant_version == 2
    claimed = await calling.ready.opens_stream(placed.context_id)
    assert isinstance(claimed, Claimed)
    assert (claimed.assistant.version, claimed.assistant.prompt) == (2, "I am the second.")
    with pytest.raises(NotFound, match="version"):
        await calling.place(version=4)
    assert await calling.ready.count(intents_table) == 1


async def test_a_call_out_from_a_pinned_line_is_held_by_its_version(calling: CallingNode) -> None:
    async with calling.ready.node.store.write() as tx:
        first = await assistants.version(tx, calling.ready.assistant_id, 1)
        for _ in range(2):
            await assistants.add_version(tx, first, calling.ready.clock.now)
        await assistants.publish(tx, calling.ready.assistant_id, 3)
    how = {"pinned_version": 2, "stream_status_events": False}
    await calling.ready.deploy(phone_number=OURS, options=how)
    for wanted, held_by in ((None, 2), (1, 1)):
        placed = await calling.place(version=wanted)
        async with calling.ready.node.store.read() as tx:
            assert (await conversations.find(tx, placed.conversation_id)).assistant_version == held_by
    order = await calling.dialler.load(placed.context_id)
    assert order is not None
    assert "statusCallbackEvent" not in order.to_dial().document


async def test_what_is_another_projects_is_not_there(calling: CallingNode) -> None:
    with pytest.raises(NotFound):
        await calling.outbound.place(calling.ready.project_id + 1, calling.request())
    assert (calling.twilio.asked, await calling.ready.count(intents_table)) == ([], 0)


async def test_a_server_that_drains_takes_a_wish_and_leaves_it_to_whoever_dials_next(
    calling: CallingNode,
) -> None:
    calling.outbound = Outbound(calling.ready.node, calling.dialler, accepting=lambda: False)
    placed = await calling.place()
    assert ((await calling.intent(placed)).status, placed.carrier_call_id, calling.twilio.asked) == (
        "queued",
        None,
        [],
    )


async def test_without_a_telephone_a_number_or_a_public_host_nobody_is_called(calling: CallingNode) -> None:
    with pytest.raises(NotDiallable):
        await calling.place(to_number="+19005551234")
    await calling.ready.deploy(enabled=False, phone_number=OURS)
    with pytest.raises(ConfigurationError, match="phone deployment"):
        await calling.place()
    await calling.ready.deploy()
    with pytest.raises(ConfigurationError, match="fromNumber"):
        await calling.place()
    assert (calling.twilio.asked, await calling.ready.count(intents_table)) == ([], 0)


async def test_without_a_public_host_the_fix_is_named(place: Place) -> None:
    async with open_ready_node(place, public=None) as ready:
        await ready.deploy(phone_number=OURS)
        dialler = Dialler(ready.node, Carriers(ready.node.prover, {"twilio": "http://127.0.0.1:1"}))
        with pytest.raises(SettingsError, match="PUBLIC_ASSISTANT_HOST"):
            await Outbound(ready.node, dialler).place(
                ready.project_id, CallRequest(ready.assistant_id, CALLEE)
            )


async def test_naming_a_number_to_call_from_opens_no_other_country(calling: CallingNode) -> None:
    british, berlin = "+442071838750", "+493023125000"
    with pytest.raises(NotDiallable, match="is in GB, and this assistant may call US only") as refused:
        await calling.place(to_number="+442071838751", from_number=british)
    assert refused.value.field == "toNumber"
    assert (await calling.place(from_number=british)).status == "dialled"
    [asked] = calling.twilio.asked
    assert (asked.form["From"], asked.form["To"]) == ([british], [CALLEE])
    await calling.ready.deploy(phone_number=OURS, options={"countries": ("DE",)})
    assert (await calling.place(to_number=berlin, from_number=british)).status == "dialled"
    # Without a number of its own, an assistant's country is that of the number it calls from.
    await calling.ready.deploy()
    with pytest.raises(NotDiallable, match="may call GB only"):
        await calling.place(from_number=british)
    assert (await calling.place(to_number="+442071838751", from_number=british)).status == "dialled"


async def test_the_number_to_be_shown_is_one_that_somebody_can_have(calling: CallingNode) -> None:
    with pytest.raises(NotDiallable, match="not as many digits") as refused:
        await calling.place(options=DialOptions(caller_id="+15550002"))
    assert refused.value.field == "options.callerId"
    assert (calling.twilio.asked, await calling.ready.count(intents_table)) == ([], 0)


# What the carrier makes of it -------------------------------------------------------------------------------


async def test_a_refusal_is_a_sentence_and_final(calling: CallingNode) -> None:
    calling.twilio.status = 400
    calling.twilio.body = {"code": 21215, "message": "geo", "status": 400}
    placed = await calling.place()
    assert (placed.status, placed.trouble) == ("refused", "refused")
    assert "geographic permissions" in placed.reason
    async with calling.ready.node.store.read() as tx:
        conversation = await conversations.find(tx, placed.conversation_id)
    assert (conversation.status, conversation.end_reason) == ("ended", "refused")


async def test_a_carrier_that_cannot_be_reached_leaves_the_intent_in_the_queue(calling: CallingNode) -> None:
    nowhere = Carriers(calling.ready.node.prover, {"twilio": "http://127.0.0.1:1"})
    calling.outbound = Outbound(
        calling.ready.node, Dialler(calling.ready.node, nowhere), lambda: calling.woken.append(True)
    )
    placed = await calling.place()
    await nowhere.aclose()
    assert (placed.status, placed.trouble, calling.woken) == ("queued", "away", [True])
    intent = await calling.intent(placed)
    assert intent.not_before is not None
    assert intent.not_before > calling.ready.clock.now


async def test_too_many_requests_wait_in_the_queue_without_trouble(calling: CallingNode) -> None:
    calling.twilio.status = 429
    calling.twilio.body = {"code": 20429, "message": "slow down", "status": 429}
    placed = await calling.place()
    assert (placed.status, placed.trouble) == ("queued", "")


@pytest.mark.parametrize("how", ["5xx", "dropped"])
async def test_an_answer_that_says_nothing_leaves_the_call_dialling(calling: CallingNode, how: str) -> None:
    if how == "5xx":
        calling.twilio.status, calling.twilio.body = 503, {"message": "away", "status": 503}
    else:
        calling.twilio.mood = "dropping"
    placed = await calling.place()
    assert (placed.status, placed.trouble) == ("dialling", "away")
    intent = await calling.intent(placed)
    assert intent.status == "dialling"
    assert intent.reason is not None
    assert len(calling.twilio.asked) == 1


# Called off -------------------------------------------------------------------------------------------------


async def called_off(calling: CallingNode, placed: Placed) -> bool:
    context = await calling.context(placed)
    async with calling.ready.node.store.write() as tx:
        return await call_off(tx, context, calling.ready.clock.now)


async def taken(calling: CallingNode, placed: Placed) -> int:
    """As a worker takes an intent whose turn it is."""
    now = calling.ready.clock.now
    async with calling.ready.node.store.write() as tx:
        return await intents.begin(tx, placed.context_id, now, look_at(DialOptions(), now))


async def test_a_waiting_call_is_called_off_for_good(calling: CallingNode) -> None:
    placed = await calling.queued(key="key-1")
    assert await called_off(calling, placed)
    assert not await taken(calling, placed)
    intent, told = await calling.intent(placed), await calling.conversation(placed)
    assert (intent.status, intent.ended_at) == ("refused", calling.ready.clock.now)
    assert (told.status, told.end_reason) == ("ended", "operator_hangup")
    assert isinstance(await calling.ready.opens_stream(placed.context_id), Refusal)
    again = await calling.place("key-1")
    assert (again.status, again.context_id) == ("refused", placed.context_id)
    assert "an operator hung up" in again.reason
    assert not await called_off(calling, placed)


async def test_a_call_that_is_dialled_is_not_called_off(calling: CallingNode) -> None:
    for placed in (await calling.place(), await calling.dialling()):
        before = await calling.intent(placed)
        assert not await called_off(calling, placed)
        assert await calling.intent(placed) == before
        assert (await calling.conversation(placed)).status == "waiting"


@pytest.mark.parametrize("dialler_first", [True, False])
async def test_of_a_dialler_and_an_operator_at_one_call_the_first_has_it(
    calling: CallingNode, dialler_first: bool
) -> None:
    placed = await calling.queued()
    context, now = await calling.context(placed), calling.ready.clock.now
    # The second one comes while the first has written and not yet committed.
    async with calling.ready.node.store.write() as tx:
        if dialler_first:
            assert await intents.begin(tx, placed.context_id, now, look_at(DialOptions(), now))
            second = asyncio.create_task(called_off(calling, placed))
        else:
            assert await call_off(tx, context, now)
            second = asyncio.create_task(taken(calling, placed))
        await asyncio.wait([second], timeout=0.1)
        assert not second.done()
    assert not await second
    told = await calling.conversation(placed)
    assert (await calling.intent(placed)).status == ("dialling" if dialler_first else "refused")
    assert told.end_reason == (None if dialler_first else "operator_hangup")


# Asked for again --------------------------------------------------------------------------------------------


async def test_a_repeated_request_dials_nobody_and_learns_how_things_stand(calling: CallingNode) -> None:
    first = await calling.place("key-1")
    assert await calling.place("key-1") == first
    assert len(calling.twilio.asked) == 1
    assert (await calling.place("key-2")).context_id != first.context_id


async def test_a_key_stands_for_one_content(calling: CallingNode) -> None:
    await calling.place("key-1")
    with pytest.raises(KeyReused):
        await calling.place("key-1", to_number="+14155550133")


async def test_a_key_whose_first_request_is_dialling_is_in_flight(calling: CallingNode) -> None:
    async with calling.ready.node.store.write() as tx:
        until = calling.ready.clock.now + timedelta(minutes=10)
        accepted = await calling.outbound._accept(  # as far as the first request came
            tx, calling.ready.project_id, calling.request(), "key-1", until, None
        )
    assert accepted.order is not None
    with pytest.raises(Conflict, match="in flight"):
        await calling.place("key-1")
    calling.ready.clock.turn(seconds=30)
    assert (await calling.place("key-1")).status == "dialling"


async def test_a_key_is_a_projects_own(calling: CallingNode) -> None:
    ready = calling.ready
    async with ready.node.store.write() as tx:
        organization_id = await tenants.create_organization(tx, "Others", NOON)
        other = await tenants.create_project(tx, organization_id, "Others", NOON)
        credential_id = await add_credential(
            tx, ready.node.vault, other.id, "Twilio", "AC" + "8" * 32, account_token="token"
        )
        theirs = await assistants.create(tx, other.id, an_assistant(), NOON)
        await deployments.put_phone(tx, other.id, theirs.id, "twilio", credential_id, NOON, phone_number=OURS)
    ours = await calling.place("key-1")
    made = await calling.outbound.place(other.id, CallRequest(theirs.id, "+14155550133"), "key-1")
    assert made.context_id != ours.context_id
    async with ready.node.store.read() as tx:
        context = await contexts.find(tx, made.context_id)
    assert context is not None
    assert context.project_id == other.id
    assert await calling.place("key-1") == ours


async def test_a_key_is_forgotten_after_a_day(calling: CallingNode) -> None:
    first = await calling.place("key-1")
    calling.ready.clock.turn(hours=25)
    assert (await calling.place("key-1")).context_id != first.context_id


# Limits -----------------------------------------------------------------------------------------------------


async def test_a_day_has_so_many_calls(calling: CallingNode) -> None:
    await calling.limit(calls_per_day=2, calls_per_second=0.001)
    await calling.place()
    await calling.place()
    with pytest.raises(DayUsedUp, match="2 calls") as refused:
        await calling.place()
    assert refused.value.wait_s == 12 * 3600
    calling.ready.clock.turn(hours=12)
    assert (await calling.place()).status == "dialled"


async def test_a_new_project_has_a_hundred_calls_a_day_and_a_credential_one_a_second(
    calling: CallingNode,
) -> None:
    async with calling.ready.node.store.write() as tx:
        whole, _ = await pace.lanes(tx, calling.ready.project_id, 12_345)
        fresh = (await pace.limits(tx, calling.ready.project_id))[-1]
    assert (whole.calls_per_day, fresh.calls_per_second) == (100, 1.0)


async def test_what_has_no_turn_is_queued_and_the_queue_is_woken(calling: CallingNode) -> None:
    await calling.limit(credential=True, calls_per_second=1)
    assert (await calling.place()).status == "dialled"
    waiting = await calling.place()
    assert (waiting.status, waiting.carrier_call_id, calling.woken) == ("queued", None, [True])
    assert (await calling.intent(waiting)).not_after > calling.ready.clock.now
    assert len(calling.twilio.asked) == 1


async def test_one_call_waits_ten_minutes_for_its_turn_and_one_of_many_a_day(calling: CallingNode) -> None:
    one = await calling.queued()
    [of_many] = await calling.outbound.place_many(calling.ready.project_id, [(calling.request(), "")])
    assert isinstance(of_many, Placed)
    assert (await calling.intent(one)).not_after == NOON + timedelta(minutes=10)
    assert (await calling.intent(of_many)).not_after == NOON + timedelta(hours=24)


# Waiting calls take no line ---------------------------------------------------------------------------------


async def test_a_queued_call_leaves_the_line_to_callers(calling: CallingNode) -> None:
    await calling.ready.deploy(phone_number=OURS, options={"concurrent_calls": 1})
    await calling.limit(credential=True, calls_per_second=0.001)
    first = await calling.place()
    assert (await calling.place()).status == "queued"
    await calling.ready.reports(
        first.context_id, CallSid=CALL_SID, CallStatus="completed", SequenceNumber="3"
    )
    assert (await calling.ready.rings()).kind == "connected"


# Answering machines -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "answered_by", "told"),
    [
        (DialOptions(machine="hang_up"), "machine_start", {"Status": ["completed"]}),
        (DialOptions(machine="hang_up"), "human", None),
        (DialOptions(machine="leave_message", message="Call us."), "machine_end_beep", "Call us."),
        (DialOptions(machine="leave_message", message="Call us."), "unknown", None),
        (DialOptions(machine="leave_message", message="Call us."), "fax", {"Status": ["completed"]}),
    ],
)
async def test_a_machine_is_hung_up_on_or_left_a_message(
    calling: CallingNode, options: DialOptions, answered_by: str, told: Any
) -> None:
    placed = await calling.place(options=options)
    calling.twilio.asked.clear()
    calling.twilio.status = 200
    await calling.ready.reports(placed.context_id, CallSid=CALL_SID, AnsweredBy=answered_by)
    if told is None:
        assert calling.twilio.asked == []
        return
    [asked] = calling.twilio.asked
    assert asked.path.endswith(f"/Calls/{CALL_SID}.json")
    if isinstance(told, str):
        assert told in asked.form["Twiml"][0]
    else:
        assert asked.form == told
