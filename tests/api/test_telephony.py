"""The carrier's routes on the wire: methods, types, and the exact bytes that are signed."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from xml.etree import ElementTree

import pytest

from rapida.telephony.twilio import webhook
from tests.api.conftest import ServedApi, build_served_api
from tests.databases import Place
from tests.switchboard.ready_node import CALL, HOST, SID, TOKEN, open_ready_node

DATABASES = ("sqlite",)  # the switchboard is tested on both


def counted(api: ServedApi, answer: str) -> float:
    return api.metrics.registry.get_sample_value("rapida_webhooks_total", {"answer": answer}) or 0.0


def context_url(document: str) -> str:
    found = ElementTree.fromstring(document).find("Connect/Stream")
    assert found is not None
    return found.attrib["statusCallback"].removeprefix(f"https://{HOST}")


async def rings(api: ServedApi, **more: str) -> Any:
    return await api.carrier_posts("/v1/talk/twilio/call/1", api.ready.fields(**more))


async def test_a_webhook_is_answered_as_xml_and_counted(api: ServedApi) -> None:
    answer = await rings(api)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/xml")
    assert answer.text.startswith("<?xml")
    again = await rings(api)
    assert again.content == answer.content
    assert (counted(api, "connected"), counted(api, "repeated")) == (1, 1)


async def test_a_webhook_by_get_is_signed_over_its_query_as_it_came(api: ServedApi) -> None:
    # %20, + and lower-case escapes must reach the signature untouched.
    query = f"AccountSid={SID}&CallSid={CALL}&From=%2b1+555%201&name=a%2Fb"
    path = f"/v1/talk/twilio/call/1?{query}"
    headers = {webhook.SIGNATURE_HEADER: webhook.sign(f"https://{HOST}{path}", None, TOKEN)}
    answer = await api.ask("GET", path, host=HOST, headers=headers)
    assert answer.status_code == 200
    assert 'name="client_number" value="+1 555 1"' in answer.text


async def test_the_signature_counts_under_any_host_header_but_only_for_the_public_url(api: ServedApi) -> None:
    fields = api.ready.fields()
    right = webhook.sign(f"https://{HOST}/v1/talk/twilio/call/1", fields, TOKEN)
    wrong = webhook.sign("https://localhost/v1/talk/twilio/call/1", fields, TOKEN)
    statuses = []
    for signature in (right, wrong):
        headers = {webhook.SIGNATURE_HEADER: signature, "content-type": "application/x-www-form-urlencoded"}
        headers |= {"x-forwarded-host": "localhost", "x-forwarded-proto": "https"}
        answer = await api.ask("POST", "/v1/talk/twilio/call/1", content=urlencode(fields), headers=headers)
        statuses.append(answer.status_code)
    assert statuses == [200, 403]


async def test_an_unproved_webhook_is_a_403_problem(api: ServedApi) -> None:
    answer = await api.carrier_posts("/v1/talk/twilio/call/1", api.ready.fields(), token="somebody-else")
    assert answer.status_code == 403
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "not_proved"
    assert counted(api, "unproved") == 1


@pytest.mark.parametrize("written", ["{assistantId}", "%7BassistantId%7D", "99", "x"])
async def test_an_unknown_assistant_is_a_404_problem_to_the_carrier(api: ServedApi, written: str) -> None:
    answer = await api.carrier_posts(f"/v1/talk/twilio/call/{written}", api.ready.fields())
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert ("placeholder" in answer.json()["detail"]) == ("assistantId" in written)
    assert counted(api, "unknown") == 1


async def test_a_literal_context_id_is_a_404_that_names_the_address_to_use(api: ServedApi) -> None:
    answer = await api.ask("POST", "/v1/talk/twilio/ctx/{contextId}/event", host=HOST)
    assert answer.status_code == 404
    assert "/v1/talk/twilio/event/" in answer.json()["detail"]


async def test_callbacks_are_taken_with_204_and_refused_with_problems(api: ServedApi) -> None:
    path = context_url((await rings(api)).text)
    told = {"AccountSid": SID, "CallSid": CALL, "CallStatus": "in-progress", "SequenceNumber": "1"}
    assert (await api.carrier_posts(path, told)).status_code == 204
    assert (await api.carrier_posts(path, told)).status_code == 204
    assert (await api.carrier_posts(path, told, token="x")).status_code == 403
    assert (await api.carrier_posts(path, {"AccountSid": SID, "CallSid": CALL})).status_code == 400
    done = {"AccountSid": SID, "CallSid": CALL, "CallStatus": "completed"}
    assert (await api.carrier_posts("/v1/talk/twilio/event/1", done)).status_code == 204
    unknown = done | {"CallSid": "CA" + "3" * 32}
    assert (await api.carrier_posts("/v1/talk/twilio/event/1", unknown)).status_code == 204
    api.ready.clock.turn(hours=25)
    late = await api.carrier_posts(path, told | {"SequenceNumber": "2"})
    assert (late.status_code, late.json()["code"]) == (410, "context_gone")


async def test_a_refusal_to_a_proved_webhook_is_spoken_with_200(api: ServedApi) -> None:
    api.ready.accepting = False
    answer = await rings(api)
    assert (answer.status_code, counted(api, "busy")) == (200, 1)
    assert "<Hangup" in answer.text


async def test_without_a_public_host_the_carrier_hears_503_with_the_fix(place: Place) -> None:
    async with open_ready_node(place, public=None) as ready:
        api = build_served_api(ready)
        for path in ("call/1", "event/1"):
            answer = await api.ask("POST", f"/v1/talk/twilio/{path}")
            assert (answer.status_code, answer.json()["code"]) == (503, "not_configured")
            assert "PUBLIC_ASSISTANT_HOST=calls.example.com" in answer.json()["detail"]


async def test_without_database_an_unknown_line_gets_503_and_no_reason_leaks(api: ServedApi) -> None:
    api.ready.store.goes_away("the database cannot be reached: password=hunter2")
    answer = await rings(api)
    assert (answer.status_code, answer.json()["code"]) == (503, "store_unavailable")
    assert "hunter2" not in answer.text


async def test_a_webhook_over_64_kib_is_refused_before_anything_is_read_of_it(api: ServedApi) -> None:
    answer = await rings(api, Extra="x" * 65_536)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert (await rings(api, Extra="x" * 60_000)).status_code == 200


async def test_other_methods_are_not_allowed(api: ServedApi) -> None:
    answer = await api.ask("DELETE", "/v1/talk/twilio/call/1", host=HOST)
    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
    assert answer.headers["allow"] == "GET, POST"
