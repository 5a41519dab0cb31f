"""Assistants over HTTP: versions, publishing, and what a wrong field is told."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest
from msgspec.structs import replace

from rapida.store import assistants
from rapida.switchboard import filing
from tests.api.conftest import ServedApi
from tests.api.test_conversations import a_call
from tests.switchboard.ready_node import NOON

DATABASES = ("sqlite",)  # names, versions and the rows of secrets are tested beside the store

SCRIPTED = {"name": "scripted"}
DRAFT: dict[str, Any] = {
    "name": "Night desk",
    "stt": SCRIPTED,
    "llm": SCRIPTED,
    "tts": {"name": "tone"},
    "greeting": "Good evening.",
    "turn": {"silence_ms": 900},
}


async def create(api: ServedApi, key: str, **changes: Any) -> Any:
    return await api.ask("POST", "/v1/assistants", json=DRAFT | changes, key=key)


async def test_an_assistant_is_created_saved_and_published_and_its_versions_stay(api: ServedApi) -> None:
    key = await api.a_key("editor")
    made = await create(api, key, note="first words")
    assert made.status_code == 201, made.text
    body = made.json()
    assert (body["published_version"], body["version"], body["note"]) == (1, 1, "first words")
    assert (body["body"]["turn"]["silence_ms"], body["body"]["turn"]["stop_ms"]) == (900, 200)
    path = f"/v1/assistants/{body['id']}"
    # What is read can be sent back.
    changed = body["body"] | {"greeting": "Good night.", "note": "later"}
    saved = (await api.ask("PUT", path, json=changed, key=key)).json()
    assert (saved["version"], saved["published_version"]) == (2, 1)
    assert (await api.ask("GET", f"{path}/versions/1", key=key)).json()["body"] == body["body"]
    published = await api.ask("POST", f"{path}/versions/2/publish", key=key)
    assert published.json()["published_version"] == 2
    versions = (await api.ask("GET", f"{path}/versions", key=key)).json()["items"]
    assert [(each["version"], each["published"], each["note"]) for each in versions] == [
        (2, True, "later"),
        (1, False, "first words"),
    ]
    read = (await api.ask("GET", path, key=key)).json()
    assert read["body"]["greeting"] == "Good night."
    assert (await api.ask("POST", f"{path}/versions/3/publish", key=key)).status_code == 404


async def test_a_save_that_has_not_seen_the_newest_version_is_refused_and_says_how_it_stands(
    api: ServedApi,
) -> None:
    key = await api.a_key("editor")
    path = f"/v1/assistants/{(await create(api, key)).json()['id']}"
    read = (await api.ask("GET", path, key=key)).headers["etag"]

    async def save(based_on: str, greeting: str) -> httpx.Response:
        headers = {"if-match": based_on}
        return await api.ask("PUT", path, json=DRAFT | {"greeting": greeting}, key=key, headers=headers)

    first = await save(read, "Mine.")
    assert (first.status_code, first.json()["version"]) == (200, 2)
    late = await save(read, "Theirs.")
    assert (late.status_code, late.json()["code"]) == (412, "stale")
    assert "version 2 is the newest" in late.json()["detail"]
    now = (await api.ask("GET", path, key=key)).headers["etag"]
    assert late.headers["etag"] == first.headers["etag"] == now
    assert (await api.ask("GET", path, key=key)).json()["body"]["greeting"] == "Mine."
    assert (await save(now, "Both.")).json()["version"] == 3
    assert (await save("*", "Whatever stands.")).json()["version"] == 4


async def test_a_version_says_who_saved_it(api: ServedApi) -> None:
    browser = await api.a_browser("editor")
    made = (await browser.ask("POST", "/v1/assistants", json=DRAFT)).json()
    me = (await browser.ask("GET", "/v1/me")).json()["user"]["id"]
    versions = (await browser.ask("GET", f"/v1/assistants/{made['id']}/versions")).json()["items"]
    assert versions[0]["created_by"] == me


async def test_assistants_are_listed_newest_first_in_pages(api: ServedApi) -> None:
    key = await api.a_key()
    for number in range(3):
        await create(api, key, name=f"A{number}")
    first = (await api.ask("GET", "/v1/assistants?limit=2", key=key)).json()
    assert [each["name"] for each in first["items"]] == ["A2", "A1"]
    rest = (await api.ask("GET", f"/v1/assistants?limit=2&cursor={first['next_cursor']}", key=key)).json()
    assert [each["name"] for each in rest["items"]] == ["A0", "Front desk"]
    assert [each["newest_version"] for each in rest["items"]] == [1, 1]
    assert [each["on_phone"] is not None for each in rest["items"]] == [False, True]
    assert rest["next_cursor"] is None


async def test_the_list_counts_the_calls_of_a_week_and_adds_them_up_every_half_minute(
    api: ServedApi,
) -> None:
    key = await api.a_key("viewer")

    async def counted() -> tuple[int, int | None, int]:
        (only,) = (await api.ask("GET", "/v1/assistants", key=key)).json()["items"]
        return only["calls_7d"], only["usual_ms"], only["ended_badly_7d"]

    assert await counted() == (0, None, 0)
    await a_call(api)
    await filing.file_some(api.ready.node)
    assert await counted() == (0, None, 0)
    api.ready.clock.now += timedelta(seconds=31)
    assert await counted() == (1, 0, 0)
    api.ready.clock.now += timedelta(days=8)
    assert await counted() == (0, None, 0)


async def test_a_name_is_one_assistants_of_the_project_alone(api: ServedApi) -> None:
    key, sibling = await api.a_key("editor"), await api.siblings()
    made = (await create(api, key)).json()

    async def taken(answer: Any, name: str) -> None:
        assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
        assert f"an assistant called {name!r}" in answer.json()["detail"]

    await taken(await create(api, key), "Night desk")
    path = f"/v1/assistants/{made['id']}"
    await taken(await api.ask("PUT", path, json=DRAFT | {"name": "Front desk"}, key=key), "Front desk")
    assert (await api.ask("PUT", path, json=DRAFT | {"greeting": "Hi."}, key=key)).status_code == 200
    # A draft's name is free for others until it is published.
    assert (await api.ask("PUT", path, json=DRAFT | {"name": "Day desk"}, key=key)).status_code == 200
    other = (await create(api, key, name="Day desk")).json()
    await taken(await api.ask("POST", f"{path}/versions/3/publish", key=key), "Day desk")
    assert (await api.ask("DELETE", f"/v1/assistants/{other['id']}", key=key)).status_code == 204
    assert (await api.ask("POST", f"{path}/versions/3/publish", key=key)).status_code == 200
    assert (await create(api, sibling.key, name="Day desk")).status_code == 201


@pytest.mark.both_databases
async def test_of_two_who_take_a_name_at_once_one_gets_it(api: ServedApi) -> None:
    key = await api.a_key("editor")
    answers = await asyncio.gather(*(create(api, key) for _ in range(4)))
    assert sorted(each.status_code for each in answers) == [201, 409, 409, 409]


async def test_an_assistant_on_the_phone_is_not_retired_and_a_retired_one_is_gone(api: ServedApi) -> None:
    key = await api.a_key()
    path = f"/v1/assistants/{api.ready.assistant_id}"
    assert (await api.ask("DELETE", path, key=key)).status_code == 409
    await api.ask("DELETE", f"{path}/deployments/phone", key=key)
    assert (await api.ask("DELETE", path, key=key)).status_code == 204
    assert (await api.ask("GET", path, key=key)).status_code == 404


async def test_a_secret_goes_to_no_host_that_its_credential_does_not_name(api: ServedApi) -> None:
    editor, admin = await api.a_key("editor"), await api.a_key("admin")
    secret = {"provider": "openai", "name": "Model", "value": {"api_key": "canary"}}
    credential_id = (await api.ask("POST", "/v1/credentials", json=secret, key=editor)).json()["id"]

    def brain(base_url: str) -> dict[str, Any]:
        options = {"model": "m", "base_url": base_url}
        return {"llm": {"name": "openai", "options": options, "credential_id": credential_id}}

    there = "https://llm.example.org/v1"
    refused = await create(api, editor, **brain(there))
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["field"] == "llm.options.base_url"
    assert (await create(api, editor, **brain("https://api.openai.com/v1"))).status_code == 201
    await api.ask(
        "PATCH",
        f"/v1/credentials/{credential_id}",
        json={"value": secret["value"], "base_url": there},
        key=admin,
    )
    assert (await create(api, editor, name="There", **brain(there))).status_code == 201
    assert (await create(api, editor, **brain("https://api.openai.com/v1"))).status_code == 422
    assert (await create(api, editor, **brain("https://llm.example.org.evil.org/v1"))).status_code == 422


async def test_a_foreign_credential_does_not_exist_for_an_assistant(api: ServedApi) -> None:
    foreign = await api.foreigners()
    brain = {"name": "openai", "options": {"model": "m"}, "credential_id": foreign.credential_id}
    answer = await create(api, await api.a_key(), llm=brain)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


async def test_an_oversized_assistant_is_a_413(api: ServedApi) -> None:
    answer = await create(api, await api.a_key(), prompt="x" * 1024 * 1024)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


async def test_the_providers_show_what_can_be_configured(api: ServedApi) -> None:
    items = (await api.ask("GET", "/v1/providers", key=await api.a_key("viewer"))).json()["items"]
    found = {(each["family"], each["name"]): each for each in items}
    assert found["telephony", "twilio"]["needs_credential"]
    assert "account_token" in str(found["telephony", "twilio"]["credential"])
    assert found["tts", "tone"]["credential"] is None
    assert "ms_per_character" in str(found["tts", "tone"]["options"])
    assert {each["family"] for each in items} >= {"telephony", "stt", "llm", "tts", "vad", "tools"}


async def test_words_that_the_recogniser_never_shows_are_refused_at_every_door(api: ServedApi) -> None:
    key, ear = await api.a_key("editor"), {"name": "pocketsphinx"}
    for field, changes in (
        ("turn.barge_in", {"turn": {"barge_in": "words"}}),
        ("greeting_barge_in", {"greeting_barge_in": "words"}),
    ):
        answer = await create(api, key, stt=ear, **changes)
        assert answer.status_code == 422, answer.text
        assert answer.json()["errors"][0]["field"] == field
    path = f"/v1/assistants/{(await create(api, key, stt=ear)).json()['id']}"
    changed = DRAFT | {"stt": ear, "turn": {"barge_in": "words"}}
    answer = await api.ask("PUT", path, json=changed, key=key)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "turn.barge_in")
    # Saved before this was checked.
    await _kept_unchecked(api, int(path.rpartition("/")[2]))
    answer = await api.ask("POST", f"{path}/versions/2/publish", key=key)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "turn.barge_in")


async def _kept_unchecked(api: ServedApi, assistant_id: int) -> None:
    async with api.ready.node.store.write() as tx:
        first = await assistants.version(tx, assistant_id, 1)
        wordy = replace(first, turn=replace(first.turn, barge_in="words"))
        await assistants.add_version(tx, wordy, NOON)
