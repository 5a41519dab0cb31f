"""What can be changed is read with an ETag, and a change that is based on another one is refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from rapida.api.offline import offline_document
from rapida.errors import Stale
from rapida.workspace.etags import etag_of, must_match
from tests.api.conftest import PASSWORD, Browser, ServedApi
from tests.api.test_conversations import a_call

DATABASES = ("sqlite",)  # what is compared is the same on both

WITHOUT = {
    "connectPhoneNumber": "what holds stands at the carrier; `restore` tells what was changed there since",
}
"""Operations that change what is there and take no ETag, and why."""
ANOTHER = '"of another state"'


async def test_every_change_of_what_is_there_takes_the_etag_that_its_reading_tells(api: ServedApi) -> None:
    browser = await api.a_browser()
    walked = set[str]()
    for path, changes in (await things(api, browser)).items():
        walked |= await walk(browser, path, changes)
    told = {
        f"{method} {path}": operation
        for path, item in offline_document()["paths"].items()
        for method, operation in item.items()
        if method in ("put", "patch") and operation["operationId"] not in WITHOUT
    }
    assert len(walked) == len(told)
    for key, operation in told.items():
        assert "412" in operation["responses"], key


async def things(api: ServedApi, browser: Browser) -> Mapping[str, list[tuple[str, Any]]]:
    """By path: two changes that can be made there, one after the other."""
    ready = api.ready
    bob = {"email": "bob@example.com", "name": "Bob", "password": PASSWORD, "role": "viewer"}
    member = (await browser.ask("POST", "/v1/members", json=bob)).json()["id"]
    desk = (await browser.ask("POST", "/v1/assistants", json={"template": "flow", "name": "Desk"})).json()
    line = {"provider": "twilio", "credential_id": ready.credential_id, "phone_number": "+14155550100"}
    most = {"calls_per_second": 2, "concurrent_calls": 3, "calls_per_day": 4, "credentials": []}
    await browser.ask("PUT", "/v1/knowledge/parking", json={"text": "# Parking\n\nBehind the house.\n"})
    return {
        f"/v1/projects/{ready.project_id}": [("PATCH", {"name": "A"}), ("PATCH", {"name": "B"})],
        f"/v1/members/{member}": [("PATCH", {"role": "editor"}), ("PATCH", {"role": "admin"})],
        f"/v1/credentials/{ready.credential_id}": [("PATCH", {"name": "A"}), ("PATCH", {"name": "B"})],
        f"/v1/assistants/{desk['id']}": [
            ("PUT", desk["body"] | {"greeting": "Hi."}),
            ("PUT", desk["body"]),
        ],
        f"/v1/assistants/{ready.assistant_id}/deployments/phone": [
            ("PUT", {"telephony": line, "greeting": "Hi."}),
            ("PUT", {"telephony": line}),
        ],
        f"/v1/conversations/{await a_call(api)}": [("PATCH", {"note": "A"}), ("PATCH", {"tags": ["b"]})],
        "/v1/knowledge/parking": [
            ("PUT", {"text": "# Parking\n\nNone.\n"}),
            ("PUT", {"text": "# Parking\n\nHere.\n"}),
        ],
        "/v1/retention": [("PUT", {"days": 7}), ("PUT", {"days": None})],
        "/v1/rates": [
            ("PUT", {"currency": "EUR", "rates": []}),
            ("PUT", {"currency": "USD", "rates": []}),
        ],
        "/v1/outbound-limits": [("PUT", most), ("PUT", most | {"calls_per_day": 5})],
    }


async def walk(browser: Browser, path: str, changes: list[tuple[str, Any]]) -> set[str]:
    async def changed(number: int, based_on: str) -> httpx.Response:
        method, body = changes[number]
        return await browser.ask(method, path, json=body, headers={"if-match": based_on})

    read = (await browser.ask("GET", path)).headers["etag"]
    first = await changed(0, read)
    assert first.status_code == 200, (path, first.text)
    now = first.headers["etag"]
    assert now != read, path
    late = await changed(1, f"{ANOTHER}, {read}")
    assert (late.status_code, late.json()["code"]) == (412, "stale"), (path, late.text)
    assert late.headers["etag"] == late.json()["etag"] == now
    assert isinstance(late.json()["current"], dict), path
    second = await changed(1, f"{ANOTHER}, {now}")
    assert second.status_code == 200, (path, second.text)
    assert second.headers["etag"] == (await browser.ask("GET", path)).headers["etag"] != now
    assert (await changed(0, "*")).status_code == 200
    return {path}


async def test_what_is_taken_away_takes_an_etag_too(api: ServedApi) -> None:
    browser = await api.a_browser()
    key = (await browser.ask("POST", "/v1/api-keys", json={"name": "CI"})).json()
    secret = {"provider": "openai", "name": "Mind", "value": {"api_key": "canary"}}
    credential = (await browser.ask("POST", "/v1/credentials", json=secret)).json()["id"]
    desk = (await browser.ask("POST", "/v1/assistants", json={"template": "flow", "name": "Desk"})).json()
    bob = {"email": "bob@example.com", "name": "Bob", "password": PASSWORD}
    member = (await browser.ask("POST", "/v1/members", json=bob)).json()["id"]
    await browser.ask("PUT", "/v1/knowledge/parking", json={"text": "# Parking\n\nNone.\n"})
    line = {"provider": "twilio", "credential_id": api.ready.credential_id}
    on_phone = f"/v1/assistants/{api.ready.assistant_id}/deployments/phone"
    await browser.ask("PUT", on_phone, json={"telephony": line})
    for path in (
        f"/v1/api-keys/{key['id']}",
        f"/v1/credentials/{credential}",
        f"/v1/assistants/{desk['id']}",
        f"/v1/members/{member}",
        "/v1/knowledge/parking",
        on_phone,
    ):
        read = await browser.ask("GET", path)
        late = await browser.ask("DELETE", path, headers={"if-match": ANOTHER})
        assert (late.status_code, late.headers["etag"]) == (412, read.headers["etag"]), path
        assert "canary" not in late.text
        gone = await browser.ask("DELETE", path, headers={"if-match": read.headers["etag"]})
        assert gone.status_code == 204, (path, gone.text)


async def test_what_is_not_there_matches_no_etag_not_even_any(api: ServedApi) -> None:
    key = await api.a_key()
    for based_on in (ANOTHER, "*"):
        answer = await api.ask(
            "PUT",
            "/v1/knowledge/parking",
            json={"text": "# Parking\n\nNone.\n"},
            key=key,
            headers={"if-match": based_on},
        )
        assert (answer.status_code, answer.json()["etag"], answer.json()["current"]) == (412, None, None)
        assert "etag" not in answer.headers


async def test_a_secret_that_was_replaced_is_a_change(api: ServedApi) -> None:
    key, path = await api.a_key(), f"/v1/credentials/{api.ready.credential_id}"
    account = (await api.ask("GET", path, key=key)).json()["account"]
    tags = list[str]()
    for token in ("first", "second"):
        value = {"account_sid": account, "account_token": token * 8}
        tags.append((await api.ask("PATCH", path, json={"value": value}, key=key)).headers["etag"])
    assert tags[0] != tags[1]


def test_of_several_etags_one_must_match() -> None:
    now = {"a": 1}
    must_match(None, now, "it")
    must_match("*", now, "it")
    must_match(f"{ANOTHER} , {etag_of(now)}", now, "it")
    for wrong in ("", ANOTHER, f"W/{etag_of(now)}"):
        with pytest.raises(Stale) as refused:
            must_match(wrong, now, "it", shown={"a": "masked"})
        assert (refused.value.etag, refused.value.current) == (etag_of(now), {"a": "masked"})
