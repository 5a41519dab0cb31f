"""The phone deployment: put, shown with the URLs to paste, heard by the next caller, and taken away."""

from __future__ import annotations

from typing import Any

import pytest

from rapida.store import deployments
from tests.api.conftest import ServedApi, build_served_api
from tests.databases import Place
from tests.switchboard.ready_node import HOST, context_of, open_ready_node, spoken

DATABASES = ("sqlite",)  # what is stored is tested beside the store


def path(api: ServedApi) -> str:
    return f"/v1/assistants/{api.ready.assistant_id}/deployments/phone"


def wanted(api: ServedApi, **more: Any) -> dict[str, Any]:
    line = {"provider": "twilio", "credential_id": api.ready.credential_id, "phone_number": "+14155550100"}
    return {"telephony": line} | more


async def test_a_deployment_comes_back_with_the_exact_urls_to_paste(api: ServedApi) -> None:
    key, number = await api.a_key("editor"), api.ready.assistant_id
    answer = await api.ask("PUT", path(api), json=wanted(api, countries=["US", "DE"]), key=key)
    assert answer.status_code == 200, answer.text
    shown = answer.json()
    assert shown["webhook_url"] == f"https://{HOST}/v1/talk/twilio/call/{number}"
    assert shown["status_callback_url"] == f"https://{HOST}/v1/talk/twilio/event/{number}"
    assert shown["options"] == {"countries": ["US", "DE"]}
    assert (shown["enabled"], shown["demo"], shown["hints"]) == (True, False, [])
    assert (await api.ask("GET", path(api), key=key)).json() == shown


async def test_without_a_public_host_there_is_a_hint_in_place_of_urls(place: Place) -> None:
    async with open_ready_node(place, public=None) as ready:
        api = build_served_api(ready, place.directory)
        shown = (await api.ask("PUT", path(api), json=wanted(api), key=await api.a_key())).json()
    assert (shown["webhook_url"], shown["status_callback_url"]) == (None, None)
    assert "PUBLIC_ASSISTANT_HOST" in shown["hints"][0]


async def test_what_may_be_meant_is_told_when_it_is_put_and_saved(api: ServedApi) -> None:
    key = await api.a_key("editor")
    body = wanted(api, greeting="Hello {{name}}.")
    (hint,) = (await api.ask("PUT", path(api), json=body, key=key)).json()["hints"]
    assert hint.startswith("{{name}} (greeting) has no value")
    draft = {
        "name": "Desk",
        "stt": {"name": "scripted"},
        "llm": {"name": "scripted"},
        "tts": {"name": "tone"},
    }
    made = (await api.ask("POST", "/v1/assistants", json=draft | {"greeting": "{{a}}"}, key=key)).json()
    assert made["hints"][0].startswith("{{a}} (greeting)")
    there = f"/v1/assistants/{made['id']}"
    assert (await api.ask("PUT", there, json=draft, key=key)).json()["hints"] == []
    line = {"telephony": wanted(api)["telephony"]}
    (hint,) = (await api.ask("PUT", f"{there}/deployments/phone", json=line, key=key)).json()["hints"]
    assert "+14155550100 is also the number of 'Front desk'" in hint


async def test_what_a_deployment_says_is_how_the_call_is_answered(api: ServedApi) -> None:
    ready, key = api.ready, await api.a_key()
    changes = {
        "greeting": "Hello from the phone.",
        "announcement": "This call is recorded.",
        "record": True,
        "idle": {"timeout_s": 5, "prompts": []},
        "max_duration_s": 60,
        "unclear_limit": 1,
    }
    assert (await api.ask("PUT", path(api), json=wanted(api, **changes), key=key)).status_code == 200
    context_id = context_of(await ready.rings())
    claimed = await ready.opens_stream(context_id)
    answering = claimed.assistant  # pyright: ignore[reportAttributeAccessIssue]
    assert answering == ready.expected[0][2]
    assert answering.greeting == "This call is recorded. Hello from the phone."
    assert answering.greeting_barge_in == "never"
    assert (answering.idle.timeout_s, answering.max_duration_s, answering.unclear_limit) == (5, 60, 1)
    assert answering.unclear_message != ""


async def test_what_is_not_recorded_is_not_announced(api: ServedApi) -> None:
    ready, key = api.ready, await api.a_key()
    changes = {"announcement": "This call is recorded.", "record": False, "greeting": "Hello."}
    await api.ask("PUT", path(api), json=wanted(api, **changes), key=key)
    await ready.rings()
    assert (ready.expected[0][2].greeting, ready.expected[0][2].record) == ("Hello.", False)
    assert ready.expected[0][2].greeting_barge_in == "always"


async def test_a_deployment_can_be_switched_off_and_taken_away(api: ServedApi) -> None:
    ready, key = api.ready, await api.a_key()
    await api.ask("PUT", path(api), json=wanted(api, enabled=False), key=key)
    assert "not connected" in spoken(await ready.rings())
    assert (await api.ask("DELETE", path(api), key=key)).status_code == 204
    assert (await api.ask("DELETE", path(api), key=key)).status_code == 404
    assert (await api.ask("GET", path(api), key=key)).status_code == 404
    assert "not connected" in spoken(await ready.rings())


async def test_a_person_who_replaces_the_demo_makes_it_a_deployment_of_their_own(api: ServedApi) -> None:
    await api.ready.deploy(demo=True)
    shown = (await api.ask("PUT", path(api), json=wanted(api), key=await api.a_key())).json()
    assert shown["demo"] is False
    async with api.ready.node.store.read() as tx:
        assert await deployments.demo(tx) is None


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"telephony": {"provider": "twilio"}}, "telephony.credential_id"),
        ({"telephony": {"provider": "carrier pigeon", "credential_id": 1}}, "telephony.provider"),
        (
            {"telephony": {"provider": "twilio", "credential_id": 1, "phone_number": "0415 555"}},
            "telephony.phone_number",
        ),
        (
            # As long as an American number, and nobody's: no call could go out from it.
            {"telephony": {"provider": "twilio", "credential_id": 1, "phone_number": "+14155550100\u200b"}},
            "telephony.phone_number",
        ),
        (
            {"telephony": {"provider": "twilio", "credential_id": 1, "phone_number": "+15550100"}},
            "telephony.phone_number",
        ),
        ({"countries": ["Atlantis"]}, "countries[0]"),
        ({"concurrent_calls": -1}, "concurrent_calls"),
        ({"max_duration_s": 1}, "max_duration_s"),
        ({"idle": {"timeout_s": 0}}, "idle.timeout_s"),
        ({"greeting": 5}, "greeting"),
        ({"greeting_barge_in": "maybe"}, "greeting_barge_in"),
        ({"voice": "x"}, "voice"),
    ],
)
async def test_a_wrong_field_is_a_422_that_names_it(
    api: ServedApi, changes: dict[str, Any], field: str
) -> None:
    answer = await api.ask("PUT", path(api), json=wanted(api, **changes), key=await api.a_key())
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["field"] == field


async def test_words_cannot_interrupt_the_greeting_of_an_assistant_that_shows_none(api: ServedApi) -> None:
    key = await api.a_key("editor")
    ear = {"name": "pocketsphinx"}
    draft = {"name": "Desk", "stt": ear, "llm": {"name": "scripted"}, "tts": {"name": "tone"}}
    number = (await api.ask("POST", "/v1/assistants", json=draft, key=key)).json()["id"]
    there = f"/v1/assistants/{number}/deployments/phone"
    answer = await api.ask("PUT", there, json=wanted(api, greeting_barge_in="words"), key=key)
    assert answer.status_code == 422, answer.text
    (error,) = answer.json()["errors"]
    assert (error["field"], "'pocketsphinx' does not" in error["problem"]) == ("greeting_barge_in", True)
    assert (await api.ask("GET", there, key=key)).status_code == 404
    allowed = await api.ask("PUT", there, json=wanted(api, greeting_barge_in="never"), key=key)
    assert allowed.status_code == 200, allowed.text


async def test_a_credential_of_another_provider_is_refused(api: ServedApi) -> None:
    key = await api.a_key()
    secret = {"provider": "openai", "name": "Model", "value": {"api_key": "x"}}
    made = (await api.ask("POST", "/v1/credentials", json=secret, key=key)).json()
    line = {"provider": "twilio", "credential_id": made["id"]}
    answer = await api.ask("PUT", path(api), json={"telephony": line}, key=key)
    assert answer.json()["errors"][0]["field"] == "telephony.credential_id"


async def test_an_assistant_without_a_deployment_says_so(api: ServedApi) -> None:
    async with api.ready.node.store.write() as tx:
        assert await deployments.remove_phone(tx, api.ready.assistant_id)
        assert not await deployments.remove_phone(tx, api.ready.assistant_id)
    answer = await api.ask("GET", path(api), key=await api.a_key())
    assert "there is no phone deployment" in answer.json()["detail"]
