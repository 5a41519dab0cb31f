"""The vault's door: what goes in comes out masked, goes to no other host, and is not lost while in use."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio

from rapida.errors import ProofError
from rapida.node.uses import write_uses
from rapida.providers import outgoing
from rapida.store import audit, credentials, tenants
from tests.api.conftest import ServedApi, build_served_api
from tests.doubles.http_double import Conduct, HttpDouble, Request
from tests.switchboard.ready_node import SECOND, SID, TOKEN, context_of

DATABASES = ("sqlite",)  # what is stored is tested beside the store

NEW = "a-new-token"
OTHER = "AC" + "5" * 32


def twilio(name: str = "Second", sid: str = OTHER, **value: str) -> dict[str, Any]:
    return {
        "provider": "twilio",
        "name": name,
        "value": {"account_sid": sid, "account_token": "canary-token", **value},
    }


async def test_a_credential_is_kept_sealed_and_shown_masked(api: ServedApi) -> None:
    key = await api.a_key("editor")
    made = await api.ask("POST", "/v1/credentials", json=twilio(secondary_token="canary-2"), key=key)
    assert made.status_code == 201
    path = f"/v1/credentials/{made.json()['id']}"
    for answer in (
        made,
        await api.ask("GET", path, key=key),
        await api.ask("GET", "/v1/credentials", key=key),
    ):
        assert "canary" not in answer.text
    shown = (await api.ask("GET", path, key=key)).json()
    assert shown["account"] == shown["value"]["account_sid"] == OTHER
    assert set(shown["value"].values()) == {OTHER, "••••••••"}
    assert shown["verified_at"] is None
    async with api.ready.node.store.read() as tx:
        found = await credentials.find(tx, shown["id"])
    secret = api.ready.node.vault.open(found.place, found.sealed)
    assert secret == twilio(secondary_token="canary-2")["value"]


async def test_a_name_or_account_that_is_taken_is_a_409(api: ServedApi) -> None:
    key = await api.a_key()
    for draft, said in (
        (twilio("Twilio"), "called 'Twilio'"),
        (twilio("Twin", SID), "for this account: 'Twilio'"),
    ):
        answer = await api.ask("POST", "/v1/credentials", json=draft, key=key)
        assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
        assert said in answer.json()["detail"]


@pytest.mark.parametrize("sid", [f"{OTHER}\n", OTHER[:-1], f"x{OTHER}", OTHER.lower()])
async def test_what_is_no_account_sid_is_a_422_that_names_it(api: ServedApi, sid: str) -> None:
    answer = await api.ask("POST", "/v1/credentials", json=twilio(sid=sid), key=await api.a_key())
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "value.account_sid")


async def test_a_replaced_token_proves_for_a_day_and_is_used_for_nothing_else(api: ServedApi) -> None:
    ready, key = api.ready, await api.a_key("editor")
    value = {"account_sid": SID, "account_token": NEW}
    path = f"/v1/credentials/{ready.credential_id}"
    assert (await api.ask("PATCH", path, json={"value": value}, key=key)).status_code == 200
    context_id = context_of(await ready.rings(token=NEW))
    for token in (TOKEN, SECOND):
        assert (await ready.rings(token=token)).kind == "repeated"
    await ready.reports(context_id, token=TOKEN, CallStatus="ringing", SequenceNumber="1")
    async with ready.node.store.read() as tx:
        found = await credentials.find(tx, ready.credential_id)
    assert ready.node.prover.secret(found) == value
    ready.clock.turn(hours=24)
    with pytest.raises(ProofError):
        await ready.rings(token=TOKEN, CallSid="CA" + "3" * 32)
    assert (await ready.rings(token=NEW, CallSid="CA" + "3" * 32)).kind == "connected"


async def test_another_account_in_the_same_credential_leaves_no_old_token_behind(api: ServedApi) -> None:
    ready, key = api.ready, await api.a_key()
    value = {"account_sid": OTHER, "account_token": NEW}
    await api.ask("PATCH", f"/v1/credentials/{ready.credential_id}", json={"value": value}, key=key)
    with pytest.raises(ProofError):
        await ready.rings(token=TOKEN)


async def test_another_host_is_for_admins_who_enter_the_secret_again(api: ServedApi) -> None:
    editor, admin = await api.a_key("editor"), await api.a_key("admin")
    draft = {"provider": "openai", "name": "Model", "value": {"api_key": "canary-key"}}
    there = {"base_url": "https://evil.example.org/v1"}
    assert (await api.ask("POST", "/v1/credentials", json=draft | there, key=editor)).status_code == 403
    made = (await api.ask("POST", "/v1/credentials", json=draft, key=editor)).json()
    path = f"/v1/credentials/{made['id']}"
    for body in (there, there | {"value": draft["value"]}):
        assert (await api.ask("PATCH", path, json=body, key=editor)).status_code == 403
    refused = await api.ask("PATCH", path, json=there, key=admin)
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "value")
    moved = await api.ask("PATCH", path, json=there | {"value": draft["value"]}, key=admin)
    assert moved.json()["base_url"] == "https://evil.example.org/v1"
    # A new secret without a word about the host stays with the host.
    kept = await api.ask("PATCH", path, json={"value": draft["value"], "name": "Moved"}, key=editor)
    assert (kept.json()["base_url"], kept.json()["name"]) == ("https://evil.example.org/v1", "Moved")


async def test_a_credential_in_use_is_not_deleted_and_its_users_are_named(api: ServedApi) -> None:
    ready, key = api.ready, await api.a_key("editor")
    path = f"/v1/credentials/{ready.credential_id}"
    answer = await api.ask("DELETE", path, key=key)
    assert answer.status_code == 409
    assert "the phone deployment of 'Front desk'" in answer.json()["detail"]
    deployment = f"/v1/assistants/{ready.assistant_id}/deployments/phone"
    assert (await api.ask("DELETE", deployment, key=key)).status_code == 204
    assert (await api.ask("DELETE", path, key=key)).status_code == 204
    assert (await api.ask("GET", path, key=key)).status_code == 404


async def test_a_credential_of_a_published_assistant_is_not_deleted(api: ServedApi) -> None:
    key = await api.a_key()
    draft = {"provider": "openai", "name": "Model", "value": {"api_key": "canary-key"}}
    made = (await api.ask("POST", "/v1/credentials", json=draft, key=key)).json()
    brain = {"name": "openai", "options": {"model": "m"}, "credential_id": made["id"]}
    assistant = {"name": "Clever", "stt": {"name": "scripted"}, "llm": brain, "tts": {"name": "tone"}}
    saved = await api.ask("POST", "/v1/assistants", json=assistant, key=key)
    assert saved.status_code == 201, saved.text
    answer = await api.ask("DELETE", f"/v1/credentials/{made['id']}", key=key)
    assert (answer.status_code, "the assistant 'Clever'" in answer.json()["detail"]) == (409, True)


async def test_uses_are_counted_by_day(api: ServedApi) -> None:
    ready, key = api.ready, await api.a_key()
    await ready.rings()
    await ready.rings()
    await write_uses(ready.node)
    ready.clock.turn(days=1)
    await ready.rings(CallSid="CA" + "3" * 32)
    await write_uses(ready.node)
    await write_uses(ready.node)
    shown = await api.ask("GET", f"/v1/credentials/{ready.credential_id}", key=await api.a_key())
    assert shown.json()["uses"] == {"2026-11-23": 1, "2026-11-22": 2}
    assert (await api.ask("GET", "/v1/me", key=key)).status_code == 200


@dataclass
class Accounts(HttpDouble):
    """Twilio's account resource."""

    account: str = b'{"status": "active", "friendly_name": "My account"}'.decode()

    def pieces(self, request: Request) -> list[bytes]:
        del request
        return [self.account.encode()]

    def concerns(self, request: Request) -> bool:
        return request.path.startswith("/2010-04-01/Accounts/")


@pytest_asyncio.fixture
async def accounts() -> AsyncIterator[Accounts]:
    async with Accounts().running() as double:
        yield double


async def test_verifying_asks_the_provider_for_the_account_and_says_when(
    api: ServedApi, accounts: Accounts
) -> None:
    asking = build_served_api(api.ready, api.data_dir, carrier_api_urls={"twilio": accounts.url})
    key = await api.a_key("editor")
    path = f"/v1/credentials/{api.ready.credential_id}"
    answer = await asking.ask("POST", f"{path}/verify", key=key)
    assert answer.json()["account_name"] == "My account"
    (request,) = accounts.requests
    assert request.path == f"/2010-04-01/Accounts/{SID}.json"
    assert (await asking.ask("GET", path, key=key)).json()["verified_at"] == answer.json()["verified_at"]
    deeds = (await asking.ask("GET", "/v1/audit", key=await api.a_key())).json()["items"]
    assert deeds[0]["action"] == "credential.verify"


async def test_a_refused_or_unreachable_verification_says_which_it_is_and_what_to_do(
    api: ServedApi, accounts: Accounts
) -> None:
    asking = build_served_api(api.ready, api.data_dir, carrier_api_urls={"twilio": accounts.url})
    path, key = f"/v1/credentials/{api.ready.credential_id}/verify", await api.a_key()
    accounts.conducts = [Conduct(refuse=401, error={"code": 20003, "message": TOKEN}), Conduct(refuse=503)]
    refused = await asking.ask("POST", path, key=key)
    assert (refused.status_code, refused.json()["code"]) == (422, "secret_refused")
    assert "Auth Token" in refused.json()["detail"]
    assert TOKEN not in refused.text
    assert (await asking.ask("POST", path, key=key)).status_code == 502
    accounts.account = '{"status": "suspended"}'
    assert "not active" in (await asking.ask("POST", path, key=key)).json()["detail"]
    away = build_served_api(api.ready, api.data_dir, carrier_api_urls={"twilio": "http://127.0.0.1:9"})
    assert (await away.ask("POST", path, key=key)).status_code == 502
    shown = await api.ask("GET", f"/v1/credentials/{api.ready.credential_id}", key=key)
    assert shown.json()["verified_at"] is None


async def test_every_verification_is_written_down_with_what_came_of_it(
    api: ServedApi, accounts: Accounts
) -> None:
    asking = build_served_api(api.ready, api.data_dir, carrier_api_urls={"twilio": accounts.url})
    path, key = f"/v1/credentials/{api.ready.credential_id}/verify", await api.a_key()
    accounts.conducts = [Conduct(refuse=401, error={"code": 20003, "message": TOKEN}), Conduct(refuse=503)]
    for _ in range(3):
        await asking.ask("POST", path, key=key)
    draft = {"provider": "http", "name": "Orders", "value": {"value": "Bearer canary"}}
    untried = (await api.ask("POST", "/v1/credentials", json=draft, key=key)).json()["id"]
    await api.ask("POST", f"/v1/credentials/{untried}/verify", key=key)
    answer = await api.ask("GET", "/v1/audit", key=key)
    deeds = [each for each in answer.json()["items"] if each["action"] == "credential.verify"]
    outcomes = [each["detail"]["outcome"] for each in reversed(deeds)]
    assert outcomes == ["refused", "no_answer", "accepted", "not_asked"]
    assert TOKEN not in answer.text


async def test_the_replaced_token_is_not_what_verifies(api: ServedApi, accounts: Accounts) -> None:
    asking = build_served_api(api.ready, api.data_dir, carrier_api_urls={"twilio": accounts.url})
    key, path = await api.a_key(), f"/v1/credentials/{api.ready.credential_id}"
    await asking.ask("PATCH", path, json={"value": {"account_sid": SID, "account_token": NEW}}, key=key)
    await asking.ask("POST", f"{path}/verify", key=key)
    assert (
        base64.b64decode(accounts.requests[0].headers["authorization"].split()[1]).decode() == f"{SID}:{NEW}"
    )


async def test_a_secret_replaced_while_the_old_one_is_verified_is_not_taken_for_verified(
    api: ServedApi, accounts: Accounts
) -> None:
    asking = build_served_api(api.ready, api.data_dir, carrier_api_urls={"twilio": accounts.url})
    key, path = await api.a_key(), f"/v1/credentials/{api.ready.credential_id}"
    answering = asyncio.Event()
    accounts.conducts = [Conduct(wait=answering)]
    verifying = asyncio.create_task(asking.ask("POST", f"{path}/verify", key=key))
    while not accounts.requests:
        await asyncio.sleep(0.01)
    await asking.ask("PATCH", path, json={"value": {"account_sid": SID, "account_token": NEW}}, key=key)
    answering.set()
    answer = await verifying
    assert (answer.status_code, "replaced meanwhile" in answer.json()["detail"]) == (409, True)
    deeds = (await asking.ask("GET", "/v1/audit", key=key)).json()["items"]
    assert (deeds[0]["action"], deeds[0]["detail"]["outcome"]) == ("credential.verify", "replaced_meanwhile")
    assert (await asking.ask("GET", path, key=key)).json()["verified_at"] is None


async def test_a_credential_that_cannot_be_tried_beforehand_is_a_422_that_says_so(api: ServedApi) -> None:
    key = await api.a_key()
    draft = {"provider": "http", "name": "Orders", "value": {"value": "Bearer canary"}}
    made = (await api.ask("POST", "/v1/credentials", json=draft, key=key)).json()
    answer = await api.ask("POST", f"/v1/credentials/{made['id']}/verify", key=key)
    assert answer.status_code == 422
    assert "first use in a call" in answer.json()["detail"]


@pytest.mark.parametrize("address", ["https://host:99999", "https://[::1", "https://:80", "https://h:0/v1"])
async def test_an_address_that_cannot_be_one_is_a_422(api: ServedApi, address: str) -> None:
    key = await api.a_key()
    draft = {"provider": "openai", "name": "Model", "value": {"api_key": "canary"}, "base_url": address}
    answer = await api.ask("POST", "/v1/credentials", json=draft, key=key)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "base_url")


async def test_a_secret_goes_unencrypted_only_to_hosts_that_the_operator_lists(api: ServedApi) -> None:
    key = await api.a_key()
    draft = {"provider": "openai", "name": "Model", "value": {"api_key": "canary"}}
    there = {"base_url": "http://llm.example.com/v1", "value": draft["value"]}
    made = (await api.ask("POST", "/v1/credentials", json=draft, key=key)).json()
    path = f"/v1/credentials/{made['id']}"
    asked = [("POST", "/v1/credentials", draft | there | {"name": "Other"}), ("PATCH", path, there)]
    for method, where, body in asked:
        answer = await api.ask(method, where, json=body, key=key)
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "base_url")
        assert "https://" in answer.json()["detail"]
        assert "RAPIDA_ALLOW_HOSTS" in answer.json()["detail"]
    outgoing.policy.allow(("llm.example.com",))
    assert (await api.ask("PATCH", path, json=there, key=key)).json()["base_url"] == there["base_url"]


async def test_a_credential_says_who_uses_it_and_how_its_verification_went(api: ServedApi) -> None:
    key = await api.a_key("editor")
    path = f"/v1/credentials/{api.ready.credential_id}"
    shown = (await api.ask("GET", path, key=key)).json()
    assert shown["used_by"] == [
        {"kind": "phone_deployment", "id": api.ready.assistant_id, "name": "Front desk"}
    ]
    assert (shown["verify_outcome"], shown["verify_sentence"], shown["retired_until"]) == (None, "", None)
    secret = {"provider": "openai", "name": "Mind", "value": {"api_key": "canary"}}
    mind = (await api.ask("POST", "/v1/credentials", json=secret, key=key)).json()
    assert mind["used_by"] == []
    model = {"name": "openai", "options": {"model": "m"}, "credential_id": mind["id"]}
    made = await api.ask(
        "POST",
        "/v1/assistants",
        json={"name": "Bakery", "stt": {"name": "scripted"}, "llm": model, "tts": {"name": "tone"}},
        key=key,
    )
    listed = (await api.ask("GET", "/v1/credentials", key=key)).json()["items"]
    used = {each["id"]: each["used_by"] for each in listed}
    assert used[mind["id"]] == [{"kind": "assistant", "id": made.json()["id"], "name": "Bakery"}]


async def test_what_was_replaced_is_told_until_it_proves_nothing_and_its_verification_is_void(
    api: ServedApi,
) -> None:
    key, node = await api.a_key("editor"), api.ready.node
    path = f"/v1/credentials/{api.ready.credential_id}"
    async with node.store.write() as tx:
        mine = await tenants.project(tx, api.ready.project_id)
        subject, now = f"credential:{api.ready.credential_id}", api.ready.clock.now
        refused = audit.AuditEntry(
            mine.organization_id, mine.id, "test", "credential.verify", subject, now, {"outcome": "refused"}
        )
        await audit.add(tx, refused)
    shown = (await api.ask("GET", path, key=key)).json()
    assert (shown["verify_outcome"], "valid secret" in shown["verify_sentence"]) == ("refused", True)
    api.ready.clock.now += timedelta(minutes=1)
    value = {"account_sid": SID, "account_token": NEW}
    replaced = (await api.ask("PATCH", path, json={"value": value}, key=key)).json()
    assert replaced["verify_outcome"] is None
    until = datetime.fromisoformat(replaced["retired_until"])
    assert until == api.ready.clock.now + timedelta(hours=24)
    api.ready.clock.now = until
    assert (await api.ask("GET", path, key=key)).json()["retired_until"] is None
