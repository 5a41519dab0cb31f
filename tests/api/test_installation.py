"""The installation as a whole, over HTTP."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from rapida.store import servers
from rapida.vault.sealing import Keyring, Vault
from tests.api.conftest import ServedApi, build_served_api
from tests.switchboard.ready_node import NOON

DATABASES = ("sqlite",)


async def test_living_servers_are_told_with_their_calls_and_keys(api: ServedApi) -> None:
    node = api.ready.node
    async with node.store.write() as tx:
        await servers.beat(tx, servers.Server(node.server_id, "here", node.vault.marks), NOON)
        await servers.beat(tx, servers.Server("other", "there", ("k7:mark", "k6:mark")), NOON)
    browser = await api.a_browser("admin")
    [here, there] = (await browser.ask("GET", "/v1/servers")).json()["items"]
    told = {each["name"]: (each["answers"], each["calls"], each["keys"]) for each in (here, there)}
    assert told == {"here": (True, 0, [node.vault.key_id]), "there": (False, 0, ["k7", "k6"])}


async def test_settings_are_told_but_no_secret_ones_value(api: ServedApi) -> None:
    secret = "postgresql+asyncpg://rapida:hunter2@db/rapida"
    changed = {"port": 9000, "configured_database_url": secret, "allowed_hosts": ("one", "two")}
    served = build_served_api(api.ready, **changed)
    answer = await (await served.a_browser("admin")).ask("GET", "/v1/settings")
    told = {each["name"]: each["value"] for each in answer.json()["items"]}
    assert (told["RAPIDA_PORT"], told["RAPIDA_ALLOWED_HOSTS"]) == ("9000", "one, two")
    assert (told["RAPIDA_DATABASE_URL"], told["RAPIDA_MASTER_KEY"]) == (None, "")
    assert "hunter2" not in answer.text


async def test_an_owner_moves_every_secret_to_the_first_key_and_is_told_what_comes_next(
    api: ServedApi,
) -> None:
    old = api.ready.node
    node = replace(old, vault=Vault(Keyring({"k2": b"n" * 32, "k1": b"k" * 32})))
    async with node.store.write() as tx:
        await servers.beat(tx, servers.Server(node.server_id, "here", node.vault.marks), NOON)
        await servers.beat(tx, servers.Server("other", "there", old.vault.marks), NOON - timedelta(seconds=1))
    served = build_served_api(replace(api.ready, node=node), master_key="k2:…,k1:…")
    owner = await served.a_browser("owner")
    assert (await owner.ask("GET", "/v1/vault")).json() == {
        "keys": [
            {"id": "k1", "secrets": 1, "first_on": ["there"], "behind_on": ["here"]},
            {"id": "k2", "secrets": 0, "first_on": ["here"], "behind_on": []},
        ],
        "move": {"step": "load", "key_id": "k2", "waits_for": ["there"]},
        "from_setting": True,
    }
    refused = await owner.ask("POST", "/v1/vault/rotate")
    assert (refused.status_code, "there" in refused.json()["detail"]) == (422, True)
    async with node.store.write() as tx:
        await servers.leave(tx, "other")
    assert (await owner.ask("POST", "/v1/vault/rotate")).json() == {"changed": 1, "shut": []}
    assert (await owner.ask("GET", "/v1/vault")).json()["move"]["step"] == "drop"
    [deed] = (await owner.ask("GET", "/v1/audit?action=vault")).json()["items"]
    assert deed["detail"] == {
        "key_id": "k2",
        "changed": 1,
        "replaced": ["k1"],
        "shut": [],
        "before": {"sealed_by": {"k1": 1}},
        "after": {"sealed_by": {"k2": 1}},
    }
    assert deed["actor_name"] == "owner@example.com"


async def test_keys_of_a_file_are_not_moved(api: ServedApi) -> None:
    owner = await api.a_browser("owner")
    answer = await owner.ask("POST", "/v1/vault/rotate")
    assert (answer.status_code, answer.json()["code"]) == (422, "configuration")
    assert "RAPIDA_MASTER_KEY" in answer.json()["detail"]


async def test_the_audit_is_asked_for_what_somebody_did_with_something(api: ServedApi) -> None:
    browser = await api.a_browser("admin")
    made = (await browser.ask("POST", "/v1/api-keys", json={"name": "crm"})).json()
    await browser.ask("PUT", "/v1/retention", json={"days": 30})
    every = (await browser.ask("GET", "/v1/audit")).json()["items"]
    mine = next(each for each in every if each["action"] == "api_key.create")
    asked = {
        "action=api_key": True,
        "action=api_key.create": True,
        "action=api": False,
        f"subject=api_key:{made['id']}": True,
        "subject=credential": False,
        f"actor={mine['actor']}": True,
        "actor=user:99": False,
    }
    for query, found in asked.items():
        items = (await browser.ask("GET", f"/v1/audit?{query}")).json()["items"]
        assert (mine in items) is found, query
    assert (await browser.ask("GET", "/v1/audit?action=%25")).status_code == 422
