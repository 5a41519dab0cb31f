"""The carrier's routes on the wire: methods, types, and the exact bytes that are signed."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from xml.etree import ElementTree

import pytest

from rapida.telephony.twilio import webhook
from tests.api.conftest import House, build_house
from tests.databases import Place
from tests.switchboard.office import CALL, HOST, SID, TOKEN, open_office


def counted(house: House, answer: str) -> float:
    return house.metrics.registry.get_sample_value("rapida_webhooks_total", {"answer": answer}) or 0.0


def context_url(document: str) -> str:
    found = ElementTree.fromstring(document).find("Connect/Stream")
    assert found is not None
    return found.attrib["statusCallback"].removeprefix(f"https://{HOST}")


async def rings(house: House, **more: str) -> Any:
    return await house.carrier_posts("/v1/talk/twilio/call/1", house.office.fields(**more))


async def test_a_webhook_is_answered_as_xml_and_counted(house: House) -> None:
    answer = await rings(house)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/xml")
    assert answer.text.startswith("<?xml")
    again = await rings(house)
    assert again.content == answer.content
    assert (counted(house, "connected"), counted(house, "repeated")) == (1, 1)


async def test_a_webhook_by_get_is_signed_over_its_query_as_it_came(house: House) -> None:
    # %20, + and lower-case escapes must reach the signature untouched.
    query = f"AccountSid={SID}&CallSid={CALL}&From=%2b1+555%201&name=a%2Fb"
    path = f"/v1/talk/twilio/call/1?{query}"
    headers = {webhook.SIGNATURE_HEADER: webhook.sign(f"https://{HOST}{path}", None, TOKEN)}
    answer = await house.ask("GET", path, host=HOST, headers=headers)
    assert answer.status_code == 200
    assert 'name="client_number" value="+1 555 1"' in answer.text


async def test_the_signature_counts_under_any_host_header_but_only_for_the_public_url(house: House) -> None:
    fields = house.office.fields()
    right = webhook.sign(f"https://{HOST}/v1/talk/twilio/call/1", fields, TOKEN)
    wrong = webhook.sign("https://localhost/v1/talk/twilio/call/1", fields, TOKEN)
    statuses = []
    for signature in (right, wrong):
        headers = {webhook.SIGNATURE_HEADER: signature, "content-type": "application/x-www-form-urlencoded"}
        headers |= {"x-forwarded-host": "localhost", "x-forwarded-proto": "https"}
        answer = await house.ask("POST", "/v1/talk/twilio/call/1", content=urlencode(fields), headers=headers)
        statuses.append(answer.status_code)
    assert statuses == [200, 403]


async def test_an_unproved_webhook_is_a_403_problem(house: House) -> None:
    answer = await house.carrier_posts("/v1/talk/twilio/call/1", house.office.fields(), token="somebody-else")
    assert answer.status_code == 403
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "not_proved"
    assert counted(house, "unproved") == 1


@pytest.mark.parametrize("written", ["{assistantId}", "%7BassistantId%7D", "99", "x"])
async def test_an_unknown_assistant_is_a_404_problem_to_the_carrier(house: House, written: str) -> None:
    answer = await house.carrier_posts(f"/v1/talk/twilio/call/{written}", house.office.fields())
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert ("placeholder" in answer.json()["detail"]) == ("assistantId" in written)
    assert counted(house, "unknown") == 1


async def test_a_literal_context_id_is_a_404_that_names_the_address_to_use(house: House) -> None:
    answer = await house.ask("POST", "/v1/talk/twilio/ctx/{contextId}/event", host=HOST)
    assert answer.status_code == 404
    assert "/v1/talk/twilio/event/" in answer.json()["detail"]


async def test_callbacks_are_taken_with_204_and_refused_with_problems(house: House) -> None:
    path = context_url((await rings(house)).text)
    told = {"AccountSid": SID, "CallSid": CALL, "CallStatus": "in-progress", "SequenceNumber": "1"}
    assert (await house.carrier_posts(path, told)).status_code == 204
    assert (await house.carrier_posts(path, told)).status_code == 204
    assert (await house.carrier_posts(path, told, token="x")).status_code == 403
    assert (await house.carrier_posts(path, {"AccountSid": SID, "CallSid": CALL})).status_code == 400
    done = {"AccountSid": SID, "CallSid": CALL, "CallStatus": "completed"}
    assert (await house.carrier_posts("/v1/talk/twilio/event/1", done)).status_code == 204
    unknown = done | {"CallSid": "CA" + "3" * 32}
    assert (await house.carrier_posts("/v1/talk/twilio/event/1", unknown)).status_code == 204
    house.office.clock.turn(hours=25)
    late = await house.carrier_posts(path, told | {"SequenceNumber": "2"})
    assert (late.status_code, late.json()["code"]) == (410, "context_gone")


async def test_a_refusal_to_a_proved_webhook_is_spoken_with_200(house: House) -> None:
    house.office.accepting = False
    answer = await rings(house)
    assert (answer.status_code, counted(house, "busy")) == (200, 1)
    assert "<Hangup" in answer.text


async def test_without_a_public_host_the_carrier_hears_503_with_the_fix(place: Place) -> None:
    async with open_office(place, public=None) as office:
        house = build_house(office)
        for path in ("call/1", "event/1"):
            answer = await house.ask("POST", f"/v1/talk/twilio/{path}")
            assert (answer.status_code, answer.json()["code"]) == (503, "not_configured")
            assert "PUBLIC_ASSISTANT_HOST=calls.example.com" in answer.json()["detail"]


async def test_without_database_an_unknown_line_gets_503_and_no_reason_leaks(house: House) -> None:
    house.office.store.goes_away("the database cannot be reached: password=hunter2")
    answer = await rings(house)
    assert (answer.status_code, answer.json()["code"]) == (503, "store_unavailable")
    assert "hunter2" not in answer.text


async def test_a_webhook_over_64_kib_is_refused_before_anything_is_read_of_it(house: House) -> None:
    answer = await rings(house, Extra="x" * 65_536)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert (await rings(house, Extra="x" * 60_000)).status_code == 200


async def test_other_methods_are_not_allowed(house: House) -> None:
    answer = await house.ask("DELETE", "/v1/talk/twilio/call/1", host=HOST)
    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
    assert answer.headers["allow"] == "GET, POST"
