"""An account's numbers over HTTP, as the simulated Twilio and the loopback carrier's other end keep them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import select

from rapida.node.carriers import Carriers
from rapida.store import credentials, deployments
from rapida.store.credentials import CredentialDraft
from rapida.store.tables import connected_numbers
from tests.api.conftest import build_served_api
from tests.databases import Place
from tests.switchboard.ready_node import (
    HOST,
    NOON,
    add_credential,
    context_of,
    spoken,
)
from tests.workspace.actors import audited

from .numbered import ELSEWHERE, FIRST, SECOND, THIRD, WEBHOOK, Numbered, connected, opened

DATABASES = ("sqlite",)  # what is stored is tested beside the store


@pytest.fixture
async def account(place: Place) -> AsyncIterator[Numbered]:
    async with opened(place) as account:
        yield account


async def test_each_number_is_listed_with_who_answers_it_and_no_secret(account: Numbered) -> None:
    ready = account.api.ready
    account.number(FIRST).settings |= {"voice_url": f"{WEBHOOK}{ready.assistant_id}"}
    account.number(SECOND).settings |= {"voice_url": ELSEWHERE, "friendly_name": "The old line"}
    await ready.deploy(phone_number=FIRST)
    first, second, third = (await account.listed())["items"]
    assert first["answered_by"] == {
        "kind": "assistant",
        "assistant_id": ready.assistant_id,
        "assistant_name": "Front desk",
        "where": f"{WEBHOOK}{ready.assistant_id}",
    }
    assert (first["hints"], first["takes_calls"], first["credential_id"]) == ([], True, ready.credential_id)
    assert second["name"] == "The old line"
    assert (second["answered_by"]["kind"], second["answered_by"]["where"]) == (
        "elsewhere",
        "https://old.example.com/voice?…",
    )
    assert third["answered_by"]["kind"] == "nobody"


async def test_a_list_of_many_numbers_comes_in_pages(account: Numbered) -> None:
    page = await account.listed(limit=2)
    assert [each["number"] for each in page["items"]] == [FIRST, SECOND]
    rest = await account.listed(limit=2, cursor=page["next_cursor"])
    assert ([each["number"] for each in rest["items"]], rest["next_cursor"]) == ([THIRD], None)


async def test_why_a_call_may_not_get_there_is_told(account: Numbered) -> None:
    ready = account.api.ready
    voice = account.number(FIRST).settings
    voice["voice_url"] = f"https://old.example.org/v1/talk/twilio/call/{ready.assistant_id}"
    (elsewhere,) = (await account.row(FIRST))["hints"]
    assert f"It asks old.example.org, and this server's public host is {HOST}" in elsewhere
    voice["voice_url"] = f"{WEBHOOK}{ready.assistant_id}"
    await ready.deploy(enabled=False)
    (off,) = (await account.row(FIRST))["hints"]
    assert "switched off" in off
    async with ready.node.store.write() as tx:
        await deployments.remove_phone(tx, ready.assistant_id)
    (gone,) = (await account.row(FIRST))["hints"]
    assert "'Front desk' is not on the phone" in gone
    voice["trunk_sid"] = "TK" + "1" * 32
    assert (await account.row(FIRST))["answered_by"]["where"] == "trunk TK" + "1" * 32


async def test_another_projects_assistant_is_elsewhere(account: Numbered) -> None:
    foreign = await account.api.foreigners()
    account.number(FIRST).settings["voice_url"] = f"{WEBHOOK}{foreign.assistant_id}"
    answered_by = (await account.row(FIRST))["answered_by"]
    assert (answered_by["kind"], answered_by["assistant_name"]) == ("elsewhere", None)


async def test_the_loopback_carriers_numbers_are_listed_alike(account: Numbered) -> None:
    account.home.numbers = {FIRST: {"asks": "https://old.example.com/voice"}}
    credential_id = await account.at_home()
    (row,) = (await account.listed(credential_id))["items"]
    assert (row["number"], row["answered_by"]["where"]) == (FIRST, "https://old.example.com/voice")


async def test_what_is_wrong_with_the_account_is_told_with_what_to_do(account: Numbered) -> None:
    ready = account.api.ready
    async with ready.node.store.write() as tx:
        wrong = await add_credential(
            tx, ready.node.vault, ready.project_id, "Wrong", "AC" + "7" * 32, account_token="canary-token"
        )
        draft = CredentialDraft(ready.project_id, "openai", "Mind", {"api_key": "canary-key"})
        mind = (await credentials.create(tx, ready.node.vault, draft, NOON)).id
    refused = await account.ask("GET", "/v1/phone-numbers", params={"credential_id": wrong})
    assert (refused.status_code, refused.json()["code"]) == (422, "carrier_refused")
    assert "check the credential" in refused.json()["detail"]
    other = await account.ask("GET", "/v1/phone-numbers", params={"credential_id": mind})
    assert (other.status_code, other.json()["code"]) == (422, "configuration")
    assert "no telephone numbers: take one for twilio" in other.json()["detail"]
    assert "canary" not in refused.text + other.text
    absent = await account.ask("GET", "/v1/phone-numbers", params={"credential_id": 4_000_000})
    assert (absent.status_code, absent.json()["code"]) == (404, "not_found")


async def test_a_carrier_that_is_away_is_told_apart_from_one_that_refuses(place: Place) -> None:
    async with opened(place, twilio="http://127.0.0.1:9") as account:
        wanted = {"credential_id": account.api.ready.credential_id}
        away = await account.ask("GET", "/v1/phone-numbers", params=wanted)
    assert (away.status_code, away.json()["code"]) == (502, "provider")
    assert "cannot be reached" in away.json()["detail"]


async def restored(account: Numbered, number: str = FIRST, **more: Any) -> Any:
    body = {"credential_id": account.api.ready.credential_id, **more}
    return await account.ask("POST", f"/v1/phone-numbers/{number}/restore", json=body)


def set_elsewhere(account: Numbered, **more: str) -> dict[str, str]:
    """Somebody sets the number in the carrier's console. All that they set."""
    told = {"voice_url": ELSEWHERE, "voice_method": "GET", "status_callback": "https://old.example.com/s"}
    account.number(FIRST).settings |= told | more
    return told | more


async def test_a_number_is_connected_and_given_back_as_it_was_even_by_another_server(place: Place) -> None:
    async with opened(place) as account:
        ready = account.api.ready
        before = set_elsewhere(account)
        answer = await connected(account)
        assert answer.status_code == 200, answer.text
        told = answer.json()
        assert (told["answered_by"]["assistant_id"], told["restorable"], told["hints"]) == (
            ready.assistant_id,
            True,
            [],
        )
        now = account.number(FIRST).settings
        webhook = f"{WEBHOOK}{ready.assistant_id}"
        assert (now["voice_url"], now["voice_method"], now["voice_fallback_url"]) == (
            webhook,
            "POST",
            webhook,
        )
        assert now["status_callback"] == f"https://{HOST}/v1/talk/twilio/event/{ready.assistant_id}"
        again = await connected(account, fallback_url="https://backup.example.com/twiml?x=1")
        assert again.status_code == 200, again.text
        assert now["voice_fallback_url"] == "https://backup.example.com/twiml?x=1"
        async with ready.node.store.read() as tx:
            rows = str((await tx.execute(select(connected_numbers))).all())
        assert "canary" not in rows
        assert "old.example" not in rows
        carriers = Carriers(ready.node.prover, {"twilio": account.twilio.url})
        other = build_served_api(
            ready, place.directory, carriers=carriers
        )  # nothing of it is kept in a process
        account.api = other
        assert (await account.row(FIRST))["restorable"] is True
        back = await restored(account)
        assert (back.status_code, back.json()["restorable"]) == (200, False)
        assert {name: now[name] for name in before} == before
        assert now["voice_fallback_url"] == ""
        assert (await restored(account)).status_code == 409
        assert [each[1:] for each in (await audited(ready))[:4]] == [
            ("number.restore", f"number:{FIRST}"),
            ("number.connect", f"number:{FIRST}"),
            ("deployment.put", f"assistant:{ready.assistant_id}"),
            ("number.connect", f"number:{FIRST}"),
        ]
        await carriers.aclose()


async def test_a_trunk_makes_way_and_comes_back(account: Numbered) -> None:
    trunk = "TK" + "1" * 32
    set_elsewhere(account, trunk_sid=trunk)
    assert (await connected(account)).json()["answered_by"]["kind"] == "assistant"
    now = account.number(FIRST).settings
    assert (now["trunk_sid"], now["voice_application_sid"]) == ("", "")
    assert (await restored(account)).json()["answered_by"]["where"] == f"trunk {trunk}"
    assert (now["trunk_sid"], now["voice_url"]) == (trunk, ELSEWHERE)


async def test_what_was_set_elsewhere_since_is_overwritten_only_if_that_is_meant(
    account: Numbered,
) -> None:
    before = set_elsewhere(account)
    await connected(account)
    now = account.number(FIRST).settings
    now["voice_url"] = "https://new.example.com/voice"
    refused = await restored(account)
    assert (refused.status_code, refused.json()["code"]) == (409, "conflict")
    assert "leads to https://new.example.com/voice now" in refused.json()["detail"]
    assert now["voice_url"] == "https://new.example.com/voice"
    assert (await restored(account, force=True)).status_code == 200
    assert now["voice_url"] == before["voice_url"]
    # Connected anew, it is what stood there last that comes back.
    await connected(account)
    now["voice_url"] = "https://newer.example.com/voice"
    await connected(account)
    assert (await restored(account)).status_code == 200
    assert now["voice_url"] == "https://newer.example.com/voice"


async def test_a_connected_number_rings_the_assistant_which_calls_from_it(account: Numbered) -> None:
    ready = account.api.ready
    async with ready.node.store.write() as tx:
        await deployments.remove_phone(tx, ready.assistant_id)
    assert "not connected" in spoken(await ready.rings())
    assert (await connected(account)).json()["hints"] == []
    async with ready.node.store.read() as tx:
        deployment = await deployments.phone_of(tx, ready.assistant_id)
    assert deployment is not None
    assert (deployment.phone_number, deployment.credential_id) == (FIRST, ready.credential_id)
    assert context_of(await ready.rings())
    (kept,) = (await connected(account, SECOND)).json()["hints"]
    assert f"go out from {FIRST} as before" in kept


async def test_a_demo_that_is_connected_becomes_a_deployment_of_ones_own(account: Numbered) -> None:
    ready = account.api.ready
    await ready.deploy(demo=True, enabled=False)
    assert (await connected(account)).json()["hints"] == []
    async with ready.node.store.read() as tx:
        deployment = await deployments.phone_of(tx, ready.assistant_id)
    assert deployment is not None
    assert (deployment.demo, deployment.enabled, deployment.phone_number) == (False, True, FIRST)


async def test_a_number_that_cannot_be_connected_is_left_and_it_is_said_why(
    account: Numbered,
) -> None:
    ready = account.api.ready
    absent = await connected(account, "+14155550199")
    assert (absent.status_code, absent.json()["code"]) == (404, "not_found")
    assert "take the credential of the account that owns it" in absent.json()["detail"]
    account.home.numbers = {FIRST: {"asks": "https://old.example.com/voice"}}
    other = await connected(account, credential_id=await account.at_home())
    assert (other.status_code, other.json()["code"]) == (409, "conflict")
    assert "is on the phone at twilio, and this number is at loopback" in other.json()["detail"]
    assert (await connected(account, assistant_id=4_000_000)).status_code == 404
    assert (await connected(account, fallback_url="ftp://x")).json()["errors"][0]["field"] == "fallback_url"
    account.twilio.stubborn = True
    refused = await connected(account)
    assert (refused.status_code, refused.json()["code"]) == (422, "carrier_refused")
    assert "PUBLIC_ASSISTANT_HOST" in refused.json()["detail"]
    row = await account.row(FIRST)
    assert (row["restorable"], row["answered_by"]["kind"]) == (False, "nobody")
    async with ready.node.store.read() as tx:
        deployment = await deployments.phone_of(tx, ready.assistant_id)
    assert deployment is not None
    assert deployment.phone_number is None


async def test_what_stood_there_outlives_a_carrier_that_fails_to_answer(account: Numbered) -> None:
    before = set_elsewhere(account)
    account.twilio.distracted = True
    for _ in range(2):
        lost = await connected(account)
        assert (lost.status_code, lost.json()["code"]) == (502, "provider")
    assert (await account.row(FIRST))["answered_by"]["kind"] == "assistant"
    account.twilio.distracted = False
    assert (await connected(account, fallback_url="https://backup.example.com/")).status_code == 200
    assert (await restored(account)).status_code == 200
    now = account.number(FIRST).settings
    assert {name: now[name] for name in before} == before


async def test_without_a_public_host_nothing_is_connected(place: Place) -> None:
    async with opened(place, public=None) as account:
        answer = await connected(account)
    assert (answer.status_code, answer.json()["code"]) == (503, "not_configured")
    assert "PUBLIC_ASSISTANT_HOST" in answer.json()["detail"]


async def test_at_the_loopback_carrier_a_number_is_connected_and_given_back_alike(account: Numbered) -> None:
    ready, before = account.api.ready, {"asks": "https://old.example.com/voice"}
    account.home.numbers = {FIRST: before}
    whose: dict[str, Any] = {"credential_id": await account.at_home()}
    async with ready.node.store.write() as tx:
        await deployments.remove_phone(tx, ready.assistant_id)
    assert (await connected(account, **whose)).status_code == 200
    url = f"https://{HOST}/v1/talk/loopback/call/{ready.assistant_id}"
    assert account.home.numbers[FIRST]["asks"] == url
    assert (await restored(account, **whose)).json()["answered_by"]["where"] == before["asks"]
    assert account.home.numbers[FIRST] == before | {"reports_to": "", "otherwise": ""}
