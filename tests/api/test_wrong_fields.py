"""What is wrong in a request is a 422 that names the field, and never repeats a secret."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.conftest import ServedApi
from tests.api.test_assistants import create
from tests.api.test_credentials import OTHER, twilio

DATABASES = ("sqlite",)  # nothing wrong reaches the database


@pytest.mark.parametrize(
    ("changes", "field", "said"),
    [
        ({"turn": {"silence_ms": "900"}}, "turn.silence_ms", "Expected `int`"),
        ({"turn": {"silence_ms": "900"}}, "turn.silence_ms", "between 0 and 60000: write 900"),
        ({"turn": {"silence_ms": -1}}, "turn.silence_ms", "between 0 and 60000, and the nearest is 0"),
        ({"turn": {"silense_ms": 900}}, "turn.silense_ms", "no such field; did you mean 'silence_ms'?"),
        ({"turn": {"barge_in": "sometimes"}}, "turn.barge_in", "is none of always, words, never"),
        ({"turn": {"barge_in": "allways"}}, "turn.barge_in", "did you mean 'always'?"),
        ({"idle": {"prompts": [1]}}, "idle.prompts[0]", "Expected `str`"),
        ({"max_duration_s": 1e9}, "max_duration_s", "between 10 and 14400"),
        ({"max_duration_s": True}, "max_duration_s", "Expected `float`"),
        ({"name": ""}, "name", "length must be between 1 and 100"),
        ({"id": 7}, "id", "leave it out"),
        ({"colour": "red"}, "colour", "no such field"),
        ({"zone": "Mars/Olympus"}, "zone", "Europe/Berlin"),
        ({"zone": "europe/berlim"}, "zone", "did you mean 'Europe/Berlin'?"),
        ({"note": 5}, "note", "text"),
        ({"llm": {"name": "oracle"}}, "llm.name", "there is no llm called"),
        ({"llm": {"name": "opnai"}}, "llm.name", "did you mean 'openai'?"),
        ({"tts": {"name": "tone", "options": {"pitch": 1}}}, "tts.options.pitch", "no such field"),
        (
            {"tts": {"name": "tone", "options": {"ms_per_character": "x"}}},
            "tts.options.ms_per_character",
            "Expected",
        ),
        ({"tts": {"name": "tone", "speed": 1}}, "tts.speed", "no such field"),
        ({"tools": [{"name": "clock"}, {"name": "spade"}]}, "tools[1].name", "there is no tool called"),
        (
            {"tts": {"name": "elevenlabs", "options": {"voice_id": "v"}}},
            "tts.credential_id",
            "needs a credential",
        ),
        ({"llm": {"name": "scripted", "credential_id": 1}}, "llm.credential_id", "takes no credential"),
        (
            {"llm": {"name": "openai", "options": {"model": "m"}, "credential_id": 1}},
            "llm.credential_id",
            "twilio",
        ),
        ({"llm": {"name": "flow", "options": {"script": "nonsense: ["}}}, "llm.options.script", "flow"),
    ],
)
async def test_a_wrong_field_is_a_422_that_names_it(
    api: ServedApi, changes: dict[str, Any], field: str, said: str
) -> None:
    answer = await create(api, await api.a_key(), **changes)
    assert answer.status_code == 422, answer.text
    (wrong,) = answer.json()["errors"]
    assert wrong["field"] == field
    assert said in wrong["problem"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"provider": "nobody"}, "provider"),
        ({"provider": "clock"}, "provider"),
        ({"value": {"account_sid": "AC1", "account_token": "canary-token"}}, "value.account_sid"),
        ({"value": {"account_sid": OTHER}}, "value.account_token"),
        ({"value": {"account_sid": OTHER, "account_token": ""}}, "value.account_token"),
        ({"value": {"account_sid": OTHER, "account_token": "canary-token", "pin": "1"}}, "value.pin"),
        ({"value": {"account_sid": OTHER, "account_token": 7}}, "value.account_token"),
        ({"base_url": "ftp://x"}, "base_url"),
        ({"base_url": "https://user:canary@x"}, "base_url"),
        ({"project_id": 2}, "project_id"),
    ],
)
async def test_a_wrong_credential_is_a_422_that_names_the_field_and_repeats_no_value(
    api: ServedApi, changes: dict[str, Any], field: str
) -> None:
    answer = await api.ask("POST", "/v1/credentials", json=twilio() | changes, key=await api.a_key())
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["field"] == field
    assert "canary" not in answer.text


async def test_everything_that_is_wrong_with_an_assistant_is_said_at_once(api: ServedApi) -> None:
    wrong = {
        "note": 5,
        "id": 7,
        "turn": {"silence_ms": "900", "stop_ms": -1},
        "idle": {"prompts": ["ok", 1]},
        "zone": "Mars/Olympus",
        "language": "Klingon of Kronos",
        "variables": {"first name": "Ann"},
        "greeting": "Hello {{first name}}.",
        "llm": {"name": "oracle"},
        "tts": {"name": "tone", "options": {"pitch": 1, "ms_per_character": "x"}},
        "tools": [{"name": "spade"}, {"name": "http", "options": {"name": "n"}}],
    }
    answer = await create(api, await api.a_key(), **wrong)
    assert answer.status_code == 422, answer.text
    assert {each["field"] for each in answer.json()["errors"]} == {
        "note",
        "id",
        "turn.silence_ms",
        "turn.stop_ms",
        "idle.prompts[1]",
        "zone",
        "language",
        "variables.first name",
        "greeting",
        "llm.name",
        "tts.options.pitch",
        "tts.options.ms_per_character",
        "tools[0].name",
        "tools[1].options.description",
        "tools[1].options.url",
    }


async def test_everything_that_is_wrong_with_a_deployment_credential_or_call_is_said_at_once(
    api: ServedApi,
) -> None:
    key = await api.a_key("admin")
    line = {"provider": "pigeon", "credential_id": api.ready.credential_id, "phone_number": "0415"}
    deployment = {"telephony": line, "countries": ["XX", "US"], "record": "yes", "greeting": "{{my name}}"}
    path = f"/v1/assistants/{api.ready.assistant_id}/deployments/phone"
    answer = await api.ask("PUT", path, json=deployment, key=key)
    assert [each["field"] for each in answer.json()["errors"]] == [
        "record",
        "telephony.provider",
        "telephony.phone_number",
        "countries[0]",
        "greeting",
    ]
    secret = {
        "provider": "openai",
        "name": "M",
        "value": {"api_key": "k\n", "kee": "k"},
        "base_url": "http://x.example",
    }
    answer = await api.ask("POST", "/v1/credentials", json=secret, key=key)
    assert [each["field"] for each in answer.json()["errors"]] == ["value.kee", "value.api_key", "base_url"]
    assert "k\\n" not in answer.text
