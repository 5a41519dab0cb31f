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
from tests.switchboard.desk import OURS, Desk
from tests.switchboard.office import CALL, context_of

COLLEAGUE, JAMAICA, PREMIUM = "+14155550132", "+18765550132", "+19005550132"
LONDON = "+442079460018"
InACall = Callable[..., Awaitable[CallControl]]


@pytest_asyncio.fixture
async def in_a_call(desk: Desk) -> AsyncGenerator[InACall]:
    """Gives the remote control of a call to our number that has its stream."""
    office = desk.office

    async def answered(to: str = OURS, **options: Any) -> CallControl:
        await office.deploy(phone_number=OURS, options=options)
        claimed = await office.opens_stream(context_of(await office.rings(To=to)))
        assert isinstance(claimed, Claimed)
        return by_claim(office.node, desk.carriers)(claimed)

    yield answered


async def test_our_order_to_end_a_call_reaches_the_carrier(desk: Desk, in_a_call: InACall) -> None:
    await (await in_a_call()).complete()
    [asked] = desk.twilio.asked
    assert asked.path.endswith(f"/Calls/{CALL}.json")
    assert asked.form == {"Status": ["completed"]}


async def test_the_carrier_says_a_sentence_in_the_assistants_language_and_hangs_up(
    desk: Desk, in_a_call: InACall
) -> None:
    await (await in_a_call()).say("Sorry & goodbye.")
    [asked] = desk.twilio.asked
    assert asked.path.endswith(f"/Calls/{CALL}.json")
    said, hung_up = ElementTree.fromstring(asked.form["Twiml"][0])
    assert (said.tag, said.text, said.attrib) == ("Say", "Sorry & goodbye.", {"language": "en-US"})
    assert hung_up.tag == "Hangup"


async def test_a_call_held_elsewhere_is_ended_by_its_carrier_with_its_own_credential(desk: Desk) -> None:
    complete = by_carrier(desk.office.node, desk.carriers)
    placed = await desk.place()
    context = await desk.context(placed)
    del desk.twilio.asked[:]
    assert await complete(context)
    [asked] = desk.twilio.asked
    assert asked.path.endswith(f"{context.carrier_account}/Calls/{placed.carrier_call_id}.json")
    assert asked.form == {"Status": ["completed"]}


async def test_a_call_that_no_carrier_knows_is_ended_by_none(desk: Desk) -> None:
    complete = by_carrier(desk.office.node, desk.carriers)
    context = await desk.context(await desk.place())
    del desk.twilio.asked[:]
    assert not await complete(replace(context, host=desk.office.node.addresses.local))
    assert not await complete(replace(context, carrier_call_id=None))
    with pytest.raises(Conflict, match="credential of this call was deleted"):
        await complete(replace(context, credential_id=99))
    assert not desk.twilio.asked


async def test_a_transfer_connects_with_a_number_of_our_own_country(desk: Desk, in_a_call: InACall) -> None:
    await (await in_a_call()).transfer(COLLEAGUE)
    assert connected_with(desk) == ("Number", COLLEAGUE)


@pytest.mark.parametrize("number", [JAMAICA, PREMIUM, "8005550132", "nobody"])
async def test_a_number_that_may_not_be_dialled_is_not_reached_by_a_transfer_either(
    desk: Desk, in_a_call: InACall, number: str
) -> None:
    control = await in_a_call()
    with pytest.raises(ProviderRefused, match="no transfer"):
        await control.transfer(number)
    assert not desk.twilio.asked


async def test_the_deployments_countries_hold_for_transfers_too(desk: Desk, in_a_call: InACall) -> None:
    await (await in_a_call(countries=("US", "JM"))).transfer(JAMAICA)
    assert connected_with(desk) == ("Number", JAMAICA)


async def test_the_number_that_a_call_goes_out_from_opens_no_country_to_transfers(desk: Desk) -> None:
    placed = await desk.place(from_number=LONDON)
    claimed = await desk.office.opens_stream(placed.context_id)
    assert isinstance(claimed, Claimed)
    control = by_claim(desk.office.node, desk.carriers)(claimed)
    del desk.twilio.asked[:]
    with pytest.raises(ProviderRefused, match="is in GB, and this assistant may call US only"):
        await control.transfer(LONDON)
    assert not desk.twilio.asked
    await control.transfer(COLLEAGUE)
    assert connected_with(desk) == ("Number", COLLEAGUE)


async def test_a_sip_address_is_the_flows_own(desk: Desk, in_a_call: InACall) -> None:
    await (await in_a_call()).transfer("sip:desk@example.com")
    assert connected_with(desk) == ("Sip", "sip:desk@example.com")


@pytest.mark.parametrize("reached", ["sip:desk@ours.sip.example.com", "client:desk", "12345"])
async def test_a_call_that_reached_us_at_no_number_is_handed_over_under_the_deployments(
    desk: Desk, in_a_call: InACall, reached: str
) -> None:
    await (await in_a_call(reached)).transfer(COLLEAGUE)
    assert connected_with(desk) == ("Number", COLLEAGUE)
    assert shown_to_the_callee(desk) == OURS


async def test_without_any_number_to_show_a_transfer_is_refused_with_what_to_do(desk: Desk) -> None:
    office = desk.office
    await office.deploy()
    claimed = await office.opens_stream(context_of(await office.rings(To="sip:desk@ours.sip.example.com")))
    assert isinstance(claimed, Claimed)
    control = by_claim(office.node, desk.carriers)(claimed)
    with pytest.raises(ProviderRefused, match="give the phone deployment a phone_number"):
        await control.transfer(COLLEAGUE)
    await control.transfer("sip:colleague@example.com")
    assert connected_with(desk) == ("Sip", "sip:colleague@example.com")


def shown_to_the_callee(desk: Desk) -> str | None:
    [asked] = desk.twilio.asked
    [dial] = ElementTree.fromstring(asked.form["Twiml"][0]).iterfind("Dial")
    return dial.get("callerId")


def connected_with(desk: Desk) -> tuple[str, str | None]:
    """What the call's new document dials."""
    [asked] = desk.twilio.asked
    [dialled] = ElementTree.fromstring(asked.form["Twiml"][0]).iterfind("Dial/*")
    return dialled.tag, dialled.text
