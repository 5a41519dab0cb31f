"""Answering machines: what is done about one, and that a carrier which refuses it breaks nothing."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from structlog.testing import capture_logs

from rapida.errors import InvalidField
from rapida.outbound.order import DialOptions, Placed
from tests.switchboard.calling_node import CALL_SID, CALLEE, CallingNode
from tests.switchboard.ready_node import context_of

MESSAGE = DialOptions(machine="leave_message", message="Guten Tag & auf Wiederhören.", language="de-AT")


async def answers(calling: CallingNode, who: str, options: DialOptions) -> Placed:
    """Place a call; the carrier, which found out who answered, is asked for nothing else afterwards."""
    placed = await calling.place(options=options)
    calling.twilio.asked.clear()
    calling.twilio.status = 200
    await reports(calling, placed, who)
    return placed


async def reports(calling: CallingNode, placed: Placed, who: str) -> None:
    await calling.ready.reports(placed.context_id, CallSid=CALL_SID, AnsweredBy=who)


@pytest.mark.parametrize("who", ["machine_start", "machine_end_beep", "machine_end_silence", "fax"])
async def test_a_machine_is_hung_up_on(calling: CallingNode, who: str) -> None:
    await answers(calling, who, DialOptions(machine="hang_up"))
    (asked,) = calling.twilio.asked
    assert (asked.path.rpartition("/")[2], asked.form) == (f"{CALL_SID}.json", {"Status": ["completed"]})


async def test_a_message_is_left_in_its_language_and_the_call_hung_up(calling: CallingNode) -> None:
    await answers(calling, "machine_end_beep", MESSAGE)
    (asked,) = calling.twilio.asked
    said, over = ElementTree.fromstring(asked.form["Twiml"][0])
    assert (said.tag, said.text, said.attrib["language"]) == ("Say", MESSAGE.message, "de-DE")
    assert over.tag == "Hangup"


async def test_nobody_leaves_a_message_with_a_fax(calling: CallingNode) -> None:
    await answers(calling, "fax", MESSAGE)
    assert [asked.form for asked in calling.twilio.asked] == [{"Status": ["completed"]}]


@pytest.mark.parametrize("who", ["human", "unknown"])
@pytest.mark.parametrize("options", [DialOptions(machine="hang_up"), MESSAGE])
async def test_people_and_what_the_carrier_cannot_tell_are_left_to_the_assistant(
    calling: CallingNode, who: str, options: DialOptions
) -> None:
    await answers(calling, who, options)
    assert calling.twilio.asked == []


async def test_a_machine_that_nobody_asked_about_is_left_to_the_assistant(calling: CallingNode) -> None:
    await answers(calling, "machine_start", DialOptions())
    assert calling.twilio.asked == []


async def test_a_carrier_that_refuses_is_told_in_the_log_and_breaks_nothing(calling: CallingNode) -> None:
    placed = await calling.place(options=MESSAGE)
    calling.twilio.status, calling.twilio.body = 404, {"code": 20404, "message": "not found", "status": 404}
    with capture_logs() as lines:
        await reports(calling, placed, "machine_end_beep")
    (line,) = [each for each in lines if each["event"] == "machine_not_dealt_with"]
    assert line["context_id"] == str(placed.context_id)
    assert (await calling.conversation(placed)).status == "waiting", "what the call is told ends it, not this"


async def test_an_inbound_call_has_no_machine_to_deal_with(calling: CallingNode) -> None:
    await calling.ready.reports(context_of(await calling.ready.rings()), AnsweredBy="machine_start")
    assert calling.twilio.asked == []


async def test_the_message_is_filled_for_whom_it_is_left_and_speaks_the_assistants_language(
    calling: CallingNode,
) -> None:
    await calling.publish(variables={"company": "Acme", "name": "you"}, language="fr-FR")
    options = DialOptions(machine="leave_message", message="{{name}}, {{company}}, {{client_number}}.")
    placed = await calling.place(options=options, arguments={"name": "Ann"})
    calling.twilio.asked.clear()
    calling.twilio.status = 200
    await reports(calling, placed, "machine_end_beep")
    (asked,) = calling.twilio.asked
    said, _ = ElementTree.fromstring(asked.form["Twiml"][0])
    assert (said.text, said.attrib["language"]) == (f"Ann, Acme, {CALLEE}.", "fr-FR")


async def test_a_message_with_a_name_that_nobody_fills_is_refused_before_anybody_is_called(
    calling: CallingNode,
) -> None:
    with pytest.raises(InvalidField) as wrong:
        await calling.place(
            options=DialOptions(machine="leave_message", message="{{who}} calls {{client_number}}")
        )
    assert (wrong.value.field, "{{who}}" in wrong.value.problem) == ("options.message", True)
    assert calling.twilio.asked == []
