"""Answering machines: what is done about one, and that a carrier which refuses it breaks nothing."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from structlog.testing import capture_logs

from rapida.errors import InvalidField
from rapida.outbound.order import DialOptions, Placed
from tests.switchboard.desk import CALL_SID, CALLEE, Desk
from tests.switchboard.office import context_of

MESSAGE = DialOptions(machine="leave_message", message="Guten Tag & auf Wiederhören.", language="de-AT")


async def answers(desk: Desk, who: str, options: DialOptions) -> Placed:
    """Place a call; the carrier, which found out who answered, is asked for nothing else afterwards."""
    placed = await desk.place(options=options)
    desk.twilio.asked.clear()
    desk.twilio.status = 200
    await reports(desk, placed, who)
    return placed


async def reports(desk: Desk, placed: Placed, who: str) -> None:
    await desk.office.reports(placed.context_id, CallSid=CALL_SID, AnsweredBy=who)


@pytest.mark.parametrize("who", ["machine_start", "machine_end_beep", "machine_end_silence", "fax"])
async def test_a_machine_is_hung_up_on(desk: Desk, who: str) -> None:
    await answers(desk, who, DialOptions(machine="hang_up"))
    (asked,) = desk.twilio.asked
    assert (asked.path.rpartition("/")[2], asked.form) == (f"{CALL_SID}.json", {"Status": ["completed"]})


async def test_a_message_is_left_in_its_language_and_the_call_hung_up(desk: Desk) -> None:
    await answers(desk, "machine_end_beep", MESSAGE)
    (asked,) = desk.twilio.asked
    said, over = ElementTree.fromstring(asked.form["Twiml"][0])
    assert (said.tag, said.text, said.attrib["language"]) == ("Say", MESSAGE.message, "de-DE")
    assert over.tag == "Hangup"


async def test_nobody_leaves_a_message_with_a_fax(desk: Desk) -> None:
    await answers(desk, "fax", MESSAGE)
    assert [asked.form for asked in desk.twilio.asked] == [{"Status": ["completed"]}]


@pytest.mark.parametrize("who", ["human", "unknown"])
@pytest.mark.parametrize("options", [DialOptions(machine="hang_up"), MESSAGE])
async def test_people_and_what_the_carrier_cannot_tell_are_left_to_the_assistant(
    desk: Desk, who: str, options: DialOptions
) -> None:
    await answers(desk, who, options)
    assert desk.twilio.asked == []


async def test_a_machine_that_nobody_asked_about_is_left_to_the_assistant(desk: Desk) -> None:
    await answers(desk, "machine_start", DialOptions())
    assert desk.twilio.asked == []


async def test_a_carrier_that_refuses_is_told_in_the_log_and_breaks_nothing(desk: Desk) -> None:
    placed = await desk.place(options=MESSAGE)
    desk.twilio.status, desk.twilio.body = 404, {"code": 20404, "message": "not found", "status": 404}
    with capture_logs() as lines:
        await reports(desk, placed, "machine_end_beep")
    (line,) = [each for each in lines if each["event"] == "machine_not_dealt_with"]
    assert line["context_id"] == str(placed.context_id)
    assert (await desk.conversation(placed)).status == "waiting", "what the call is told ends it, not this"


async def test_an_inbound_call_has_no_machine_to_deal_with(desk: Desk) -> None:
    await desk.office.reports(context_of(await desk.office.rings()), AnsweredBy="machine_start")
    assert desk.twilio.asked == []


async def test_the_message_is_filled_for_whom_it_is_left_and_speaks_the_assistants_language(
    desk: Desk,
) -> None:
    await desk.publish(variables={"company": "Acme", "name": "you"}, language="fr-FR")
    options = DialOptions(machine="leave_message", message="{{name}}, {{company}}, {{client_number}}.")
    placed = await desk.place(options=options, arguments={"name": "Ann"})
    desk.twilio.asked.clear()
    desk.twilio.status = 200
    await reports(desk, placed, "machine_end_beep")
    (asked,) = desk.twilio.asked
    said, _ = ElementTree.fromstring(asked.form["Twiml"][0])
    assert (said.text, said.attrib["language"]) == (f"Ann, Acme, {CALLEE}.", "fr-FR")


async def test_a_message_with_a_name_that_nobody_fills_is_refused_before_anybody_is_called(
    desk: Desk,
) -> None:
    with pytest.raises(InvalidField) as wrong:
        await desk.place(
            options=DialOptions(machine="leave_message", message="{{who}} calls {{client_number}}")
        )
    assert (wrong.value.field, "{{who}}" in wrong.value.problem) == ("options.message", True)
    assert desk.twilio.asked == []
