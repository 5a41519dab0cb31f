"""What is done to a call from outside its stream, and what is not: a transfer dials, and dialling costs."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Any
from xml.etree import ElementTree

import pytest
import pytest_asyncio
from msgspec.structs import replace

from rapida.engine.remote import CallControl
from rapida.errors import Conflict, ProviderRefused
from rapida.switchboard.claims import Claimed
from rapida.switchboard.control import by_carrier, by_claim
from tests.switchboard.calling_node import OURS, CallingNode
from tests.switchboard.ready_node import CALL, context_of

COLLEAGUE, JAMAICA, PREMIUM = "+14155550132", "+18765550132", "+19005550132"
LONDON = "+442079460018"
InACall = Callable[..., Awaitable[CallControl]]


@pytest_asyncio.fixture
async def in_a_call(calling: CallingNode) -> AsyncGenerator[InACall]:
    """Gives the remote control of a call to our number that has its stream."""
    ready = calling.ready

    async def answered(to: str = OURS, **options: Any) -> CallControl:
        await ready.deploy(phone_number=OURS, options=options)
        claimed = await ready.opens_stream(context_of(await ready.rings(To=to)))
        assert isinstance(claimed, Claimed)
        return by_claim(ready.node, calling.carriers)(claimed)

    yield answered


async def test_our_order_to_end_a_call_reaches_the_carrier(calling: CallingNode, in_a_call: InACall) -> None:
    await (await in_a_call()).complete()
    [asked] = calling.twilio.asked
    assert asked.path.endswith(f"/Calls/{CALL}.json")
    assert asked.form == {"Status": ["completed"]}


async def test_the_carrier_says_a_sentence_in_the_assistants_language_and_hangs_up(
    calling: CallingNode, in_a_call: InACall
) -> None:
    await (await in_a_call()).say("Sorry & goodbye.")
    [asked] = calling.twilio.asked
    assert asked.path.endswith(f"/Calls/{CALL}.json")
    said, hung_up = ElementTree.fromstring(asked.form["Twiml"][0])
    assert (said.tag, said.text, said.attrib) == ("Say", "Sorry & goodbye.", {"language": "en-US"})
    assert hung_up.tag == "Hangup"


async def test_a_call_held_elsewhere_is_ended_by_its_carrier_with_its_own_credential(
    calling: CallingNode,
) -> None:
    complete = by_carrier(calling.ready.node, calling.carriers)
    placed = await calling.place()
    context = await calling.context(placed)
    del calling.twilio.asked[:]
    assert await complete(context)
    [asked] = calling.twilio.asked
    assert asked.path.endswith(f"{context.carrier_account}/Calls/{placed.carrier_call_id}.json")
    assert asked.form == {"Status": ["completed"]}


async def test_a_call_that_no_carrier_knows_is_ended_by_none(calling: CallingNode) -> None:
    complete = by_carrier(calling.ready.node, calling.carriers)
    context = await calling.context(await calling.place())
    del calling.twilio.asked[:]
    assert not await complete(replace(context, host=calling.ready.node.addresses.local))
    assert not await complete(replace(context, carrier_call_id=None))
    with pytest.raises(Conflict, match="credential of this call was deleted"):
        await complete(replace(context, credential_id=99))
    assert not calling.twilio.asked


async def test_a_transfer_connects_with_a_number_of_our_own_country(
    calling: CallingNode, in_a_call: InACall
) -> None:
    await (await in_a_call()).transfer(COLLEAGUE)
    assert connected_with(calling) == ("Number", COLLEAGUE)


@pytest.mark.parametrize("number", [JAMAICA, PREMIUM, "8005550132", "nobody"])
async def test_a_number_that_may_not_be_dialled_is_not_reached_by_a_transfer_either(
    calling: CallingNode, in_a_call: InACall, number: str
) -> None:
    control = await in_a_call()
    with pytest.raises(ProviderRefused, match="no transfer"):
        await control.transfer(number)
    assert not calling.twilio.asked


async def test_the_deployments_countries_hold_for_transfers_too(
    calling: CallingNode, in_a_call: InACall
) -> None:
    await (await in_a_call(countries=("US", "JM"))).transfer(JAMAICA)
    assert connected_with(calling) == ("Number", JAMAICA)


async def test_the_number_that_a_call_goes_out_from_opens_no_country_to_transfers(
    calling: CallingNode,
) -> None:
    placed = await calling.place(from_number=LONDON)
    claimed = await calling.ready.opens_stream(placed.context_id)
    assert isinstance(claimed, Claimed)
    control = by_claim(calling.ready.node, calling.carriers)(claimed)
    del calling.twilio.asked[:]
    with pytest.raises(ProviderRefused, match="is in GB, and this assistant may call US only"):
        await control.transfer(LONDON)
    assert not calling.twilio.asked
    await control.transfer(COLLEAGUE)
    assert connected_with(calling) == ("Number", COLLEAGUE)


async def test_a_sip_address_is_the_flows_own(calling: CallingNode, in_a_call: InACall) -> None:
    await (await in_a_call()).transfer("sip:desk@example.com")
    assert connected_with(calling) == ("Sip", "sip:desk@example.com")


@pytest.mark.parametrize("reached", ["sip:desk@ours.sip.example.com", "client:desk", "12345"])
async def test_a_call_that_reached_us_at_no_number_is_handed_over_under_the_deployments(
    calling: CallingNode, in_a_call: InACall, reached: str
) -> None:
    await (await in_a_call(reached)).transfer(COLLEAGUE)
    assert connected_with(calling) == ("Number", COLLEAGUE)
    assert shown_to_the_callee(calling) == OURS


async def test_without_any_number_to_show_a_transfer_is_refused_with_what_to_do(calling: CallingNode) -> None:
    ready = calling.ready
    await ready.deploy()
    claimed = await ready.opens_stream(context_of(await ready.rings(To="sip:desk@ours.sip.example.com")))
    assert isinstance(claimed, Claimed)
    control = by_claim(ready.node, calling.carriers)(claimed)
    with pytest.raises(ProviderRefused, match="give the phone deployment a phone_number"):
        await control.transfer(COLLEAGUE)
    await control.transfer("sip:colleague@example.com")
    assert connected_with(calling) == ("Sip", "sip:colleague@example.com")


def shown_to_the_callee(calling: CallingNode) -> str | None:
    [asked] = calling.twilio.asked
    [dial] = ElementTree.fromstring(asked.form["Twiml"][0]).iterfind("Dial")
    return dial.get("callerId")


def connected_with(calling: CallingNode) -> tuple[str, str | None]:
    """What the call's new document dials."""
    [asked] = calling.twilio.asked
    [dialled] = ElementTree.fromstring(asked.form["Twiml"][0]).iterfind("Dial/*")
    return dialled.tag, dialled.text
