"""Voices to choose from over HTTP, and how one sounds."""

from __future__ import annotations

from typing import Any

import pytest

from rapida.audio import wav
from rapida.store import credentials
from rapida.store.credentials import CredentialDraft
from rapida.switchboard import voice_samples
from tests.api.conftest import ServedApi
from tests.doubles.elevenlabs_double import ElevenLabsDouble
from tests.doubles.http_double import Conduct
from tests.switchboard.ready_node import NOON

DATABASES = ("sqlite",)  # nothing here is the database's affair

TONE = {"name": "tone", "options": {"ms_per_character": 20}}


async def listed(api: ServedApi, name: str, key: str, **more: Any) -> Any:
    return await api.ask("GET", f"/v1/providers/tts/{name}/voices", key=key, params=more)


async def vendor_credential(api: ServedApi, url: str) -> int:
    ready = api.ready
    async with ready.node.store.write() as tx:
        draft = CredentialDraft(ready.project_id, "elevenlabs", "Voice", {"api_key": "key"}, base_url=url)
        return (await credentials.create(tx, ready.node.vault, draft, NOON)).id


async def test_each_provider_lists_its_voices_and_the_option_that_takes_one(api: ServedApi) -> None:
    key = await api.a_key("editor")
    local = (await listed(api, "hibari", key)).json()
    assert (local["option"], [each["id"] for each in local["items"]]) == ("voice", ["heart", "heart-low"])
    many = (await listed(api, "espeak", key)).json()
    by_id = {each["id"]: each for each in many["items"]}
    assert (many["option"], by_id["de"]["name"], by_id["de"]["language"]) == ("voice", "German", "de")
    assert by_id["en-us"]["name"] == "English (America)"
    assert (await listed(api, "tone", key)).json() == {"option": "", "items": []}
    unknown = await listed(api, "hibary", key)
    assert (unknown.status_code, "hibari" in unknown.json()["detail"]) == (404, True)
    assert (await listed(api, "hibari", await api.a_key("viewer"))).status_code == 403


async def test_a_vendors_voices_are_those_of_the_credentials_account(api: ServedApi) -> None:
    key = await api.a_key("editor")
    without = await listed(api, "elevenlabs", key)
    assert (without.status_code, "needs a credential" in without.json()["detail"]) == (422, True)
    pages = [
        {
            "voices": [
                {
                    "voice_id": "v1",
                    "name": "Ada",
                    "labels": {"language": "en", "gender": "female", "accent": "british", "age": None},
                }
            ],
            "has_more": True,
            "next_page_token": "more",
        },
        {"voices": [{"voice_id": "v2", "name": "Bo", "description": "Slow and deep"}], "has_more": False},
    ]
    double = ElevenLabsDouble(voice_pages=pages)
    async with double.running():
        ids = await vendor_credential(api, double.url)
        found = (await listed(api, "elevenlabs", key, credential_id=ids)).json()
        assert [tuple(each.values()) for each in found["items"]] == [
            ("v1", "Ada", "en", "female, british"),
            ("v2", "Bo", "", "Slow and deep"),
        ]
        assert [each.path for each in double.requests] == [
            "/v2/voices?page_size=100",
            "/v2/voices?page_size=100&next_page_token=more",
        ]
        assert {each.headers["xi-api-key"] for each in double.requests} == {"key"}
        double.conducts = [Conduct(refuse=401)]
        refused = await listed(api, "elevenlabs", key, credential_id=ids)
        assert (refused.status_code, refused.json()["code"]) == (502, "provider")
        foreign = await listed(api, "hibari", key, credential_id=ids)
        assert (foreign.status_code, "takes no credential" in foreign.json()["detail"]) == (422, True)
        nobodys = await listed(api, "elevenlabs", key, credential_id=ids + 1000)
        assert nobodys.status_code == 404


async def test_a_sentence_is_heard_in_a_voice_and_leaves_no_conversation(api: ServedApi) -> None:
    key = await api.a_key("editor")
    said = await api.ask("POST", "/v1/talk/say", key=key, json={"tts": TONE, "text": "Good day"})
    assert (said.status_code, said.headers["content-type"]) == (200, "audio/wav")
    sound = wav.read(said.content)
    assert (sound.format.encoding, sound.format.rate_hz, sound.duration_ms) == ("ulaw", 8000, 160)
    assert (await api.ask("GET", "/v1/conversations", key=key)).json()["items"] == []
    for tts, named in (
        ({"name": "hibary"}, "tts.name"),
        ({"name": "tone", "options": {"frequency_hz": "low"}}, "tts.options.frequency_hz"),
        ({"name": "tone", "credential": "Nobody's"}, "tts.credential"),
    ):
        refused = await api.ask("POST", "/v1/talk/say", key=key, json={"tts": tts, "text": "Hello"})
        assert (refused.status_code, named in refused.text) == (422, True), refused.text


async def test_when_others_wait_already_one_is_asked_to_come_again(
    api: ServedApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(voice_samples, "MOST_WAITING", 0)
    key = await api.a_key("editor")
    busy = await api.ask("POST", "/v1/talk/say", key=key, json={"tts": TONE, "text": "Hello"})
    assert (busy.status_code, busy.headers["retry-after"]) == (429, "2")
