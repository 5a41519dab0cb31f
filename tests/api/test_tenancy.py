"""Projects, members and keys: what an owner, an admin and a key may do with them."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.api.conftest import PASSWORD, Browser, ServedApi

DATABASES = ("sqlite",)  # projects and people are tested beside the store


async def test_a_second_project_is_chosen_by_header_and_shares_nothing(api: ServedApi) -> None:
    browser = await api.a_browser()
    made = (await browser.ask("POST", "/v1/projects", json={"name": "Second"})).json()
    there = {"x-rapida-project": str(made["id"])}
    assert (await browser.ask("GET", "/v1/assistants", headers=there)).json()["items"] == []
    mine = f"/v1/assistants/{api.ready.assistant_id}"
    assert (await browser.ask("GET", mine, headers=there)).status_code == 404
    assert (await browser.ask("GET", mine)).status_code == 200
    renamed = await browser.ask("PATCH", f"/v1/projects/{made['id']}", json={"name": "Sales"})
    assert renamed.json()["name"] == "Sales"
    names = [each["name"] for each in (await browser.ask("GET", "/v1/projects")).json()["items"]]
    assert names == ["Project", "Sales"]
    taken = await browser.ask("POST", "/v1/projects", json={"name": "Sales"})
    assert (taken.status_code, taken.json()["code"]) == (409, "conflict")


async def test_a_key_sees_its_own_project_only(api: ServedApi) -> None:
    browser = await api.a_browser()
    await browser.ask("POST", "/v1/projects", json={"name": "Second"})
    listed = (await api.ask("GET", "/v1/projects", key=await api.a_key())).json()["items"]
    assert [each["name"] for each in listed] == ["Project"]


async def test_a_member_is_added_changed_and_removed(api: ServedApi) -> None:
    browser = await api.a_browser()
    draft = {"email": "Bob@example.com", "name": "Bob", "password": PASSWORD, "role": "editor"}
    bob = (await browser.ask("POST", "/v1/members", json=draft)).json()
    assert (bob["email"], bob["role"]) == ("bob@example.com", "editor")
    assert (await browser.ask("POST", "/v1/members", json=draft)).status_code == 409
    path = f"/v1/members/{bob['id']}"
    assert (await browser.ask("PATCH", path, json={"role": "viewer"})).json()["role"] == "viewer"
    assert (await browser.ask("DELETE", path)).status_code == 204
    members = (await browser.ask("GET", "/v1/members")).json()["items"]
    assert [each["email"] for each in members] == ["owner@example.com"]
    deeds = [each["action"] for each in (await browser.ask("GET", "/v1/audit")).json()["items"]]
    assert deeds[:3] == ["member.remove", "member.change", "member.create"]


async def test_a_member_who_was_removed_can_be_added_again_with_a_new_password(api: ServedApi) -> None:
    owner, before = await api.a_browser(), Browser(api)
    draft = {"email": "bob@example.com", "name": "Bob", "password": PASSWORD, "role": "admin"}
    bob = (await owner.ask("POST", "/v1/members", json=draft)).json()
    assert (await before.sign_in("bob@example.com")).status_code == 200
    assert (await owner.ask("DELETE", f"/v1/members/{bob['id']}")).status_code == 204
    anew = {"email": "BOB@example.com", "name": "Robert", "password": "another fine password"}
    answer = await owner.ask("POST", "/v1/members", json=anew)
    assert answer.status_code == 201, answer.text
    back = answer.json()
    assert (back["id"], back["name"], back["role"]) == (bob["id"], "Robert", "viewer")
    assert (await before.ask("GET", "/v1/me")).status_code == 401
    assert (await Browser(api).sign_in("bob@example.com")).status_code == 401
    assert (await Browser(api).sign_in("bob@example.com", anew["password"])).status_code == 200
    assert (await owner.ask("POST", "/v1/members", json=draft)).status_code == 409


async def test_a_member_of_another_organization_is_not_taken_over(api: ServedApi) -> None:
    await api.foreigners()
    owner = await api.a_browser()
    taken = {"email": "foreign@example.com", "name": "Mine", "password": "another fine password"}
    assert (await owner.ask("POST", "/v1/members", json=taken)).status_code == 409
    assert (await Browser(api).sign_in("foreign@example.com", taken["password"])).status_code == 401
    assert (await Browser(api).sign_in("foreign@example.com")).status_code == 200


async def test_an_admin_cannot_make_touch_or_become_an_owner(api: ServedApi) -> None:
    owner, admin = await api.a_browser("owner"), await api.a_browser("admin")
    me = (await admin.ask("GET", "/v1/me")).json()["user"]["id"]
    boss = (await owner.ask("GET", "/v1/me")).json()["user"]["id"]
    draft = {"email": "x@example.com", "name": "X", "password": PASSWORD, "role": "owner"}
    for method, path, body in (
        ("POST", "/v1/members", draft),
        ("PATCH", f"/v1/members/{me}", {"role": "owner"}),
        ("PATCH", f"/v1/members/{boss}", {"role": "viewer"}),
        ("DELETE", f"/v1/members/{boss}", None),
    ):
        answer = await admin.ask(method, path, json=body)
        assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed"), path


@pytest.mark.both_databases
async def test_the_last_owner_stays_one_even_when_two_demote_each_other_at_once(api: ServedApi) -> None:
    one, other = await api.a_browser("owner"), await api.a_browser("owner", "second@example.com")
    ids = [(await each.ask("GET", "/v1/me")).json()["user"]["id"] for each in (one, other)]
    answers = await asyncio.gather(
        one.ask("PATCH", f"/v1/members/{ids[1]}", json={"role": "viewer"}),
        other.ask("PATCH", f"/v1/members/{ids[0]}", json={"role": "viewer"}),
    )
    statuses = sorted(each.status_code for each in answers)
    assert statuses[0] == 200
    assert statuses[1] in (403, 409)
    owner = one if answers[0].status_code == 200 else other
    members = (await owner.ask("GET", "/v1/members")).json()["items"]
    assert [each["role"] for each in members].count("owner") == 1


async def test_a_key_is_shown_once_and_revoked_for_good(api: ServedApi) -> None:
    browser = await api.a_browser()
    made = await browser.ask("POST", "/v1/api-keys", json={"name": "CI", "role": "viewer"})
    key = made.json()["key"]
    listed = await browser.ask("GET", "/v1/api-keys")
    assert key not in listed.text
    assert listed.json()["items"][0]["prefix"] == key[:12]
    assert (await api.ask("GET", "/v1/assistants", key=key)).status_code == 200
    assert (await browser.ask("DELETE", f"/v1/api-keys/{made.json()['id']}")).status_code == 204
    assert (await api.ask("GET", "/v1/assistants", key=key)).status_code == 401


async def test_a_keys_name_that_is_taken_is_a_409_until_that_key_is_revoked(api: ServedApi) -> None:
    key = await api.a_key()
    made = await api.ask("POST", "/v1/api-keys", json={"name": "CI"}, key=key)
    taken = await api.ask("POST", "/v1/api-keys", json={"name": "CI"}, key=key)
    assert (taken.status_code, taken.json()["code"]) == (409, "conflict")
    assert "called 'CI'" in taken.json()["detail"]
    await api.ask("DELETE", f"/v1/api-keys/{made.json()['id']}", key=key)
    assert (await api.ask("POST", "/v1/api-keys", json={"name": "CI"}, key=key)).status_code == 201


@pytest.mark.parametrize(
    ("draft", "field"),
    [
        ({"name": "x", "role": "owner"}, "role"),
        ({"name": "x", "expires_at": "2020-01-01T00:00:00Z"}, "expires_at"),
        ({"name": "x", "expires_at": "2020-01-01T00:00:00"}, "expires_at"),
        ({"name": ""}, "name"),
        ({"name": "a\u0000b"}, "name"),
        ({"name": "x" * 101}, "name"),
        ({}, "name"),
        ({"name": "x", "scope": "all"}, "scope"),
    ],
)
async def test_a_wrong_key_draft_is_a_422_that_names_the_field(
    api: ServedApi, draft: dict[str, object], field: str
) -> None:
    answer = await api.ask("POST", "/v1/api-keys", json=draft, key=await api.a_key())
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert answer.json()["errors"][0]["field"] == field


async def test_the_audit_says_who_did_what_and_pages(api: ServedApi) -> None:
    browser = await api.a_browser()
    for number in range(5):
        await browser.ask("POST", "/v1/projects", json={"name": f"P{number}"})
    first = (await browser.ask("GET", "/v1/audit?limit=2")).json()
    assert [each["subject"] for each in first["items"]] == ["project:6", "project:5"]
    assert first["items"][0]["actor"].startswith("user:")
    assert first["items"][0]["at"].endswith("Z")
    following = (await browser.ask("GET", f"/v1/audit?limit=2&cursor={first['next_cursor']}")).json()
    assert [each["subject"] for each in following["items"]] == ["project:4", "project:3"]
    assert (await browser.ask("GET", "/v1/audit?cursor=x")).status_code == 422
    assert (await browser.ask("GET", "/v1/audit?limit=0")).status_code == 422


async def test_what_reaches_beyond_one_project_is_shown_to_people_whichever_they_chose_and_to_no_key(
    api: ServedApi,
) -> None:
    browser, key = await api.a_browser(), await api.a_key("admin")
    made = (await browser.ask("POST", "/v1/projects", json={"name": "Second"})).json()["id"]
    chosen = {"x-rapida-project": str(made)}
    draft = {"email": "bob@example.com", "name": "Bob", "password": PASSWORD, "role": "editor"}
    bob = (await browser.ask("POST", "/v1/members", json=draft, headers=chosen)).json()["id"]
    for method, path, body in (
        ("PATCH", f"/v1/members/{bob}", {"role": "viewer"}),
        ("DELETE", f"/v1/members/{bob}", None),
        ("PATCH", f"/v1/projects/{made}", {"name": "Sales"}),
        ("POST", "/v1/api-keys", {"name": "Theirs"}),
    ):
        assert (await browser.ask(method, path, json=body, headers=chosen)).is_success
    await api.ask("POST", "/v1/api-keys", json={"name": "Ours"}, key=key)
    all_of_it = ["project.rename", "member.remove", "member.change", "member.create", "project.create"]
    for headers in ({}, chosen):
        shown = (await browser.ask("GET", "/v1/audit", headers=headers)).json()["items"]
        assert [each["action"] for each in shown if each["project_id"] is None][:5] == all_of_it
        assert [each["action"] for each in shown if each["project_id"] is not None] == ["api_key.create"]
    for each, project_id in ((key, api.ready.project_id), (await api.a_key("admin", made), made)):
        shown = (await api.ask("GET", "/v1/audit", key=each)).json()["items"]
        assert [(deed["action"], deed["project_id"]) for deed in shown] == [("api_key.create", project_id)]


async def test_projects_members_keys_and_versions_come_in_pages(api: ServedApi) -> None:
    browser, key = await api.a_browser(), await api.a_key()
    for name in ("Second", "Third"):
        await browser.ask("POST", "/v1/projects", json={"name": name})
        await api.a_person("viewer", f"{name}@example.com")
        await browser.ask("POST", "/v1/api-keys", json={"name": name})
    path = f"/v1/assistants/{api.ready.assistant_id}"
    body = (await browser.ask("GET", path)).json()["body"]
    for _ in range(2):
        await browser.ask("PUT", path, json=body | {"tts": {"name": "tone"}})

    async def all_of(path: str, field: str) -> list[Any]:
        found, cursor, asked = list[Any](), "", 0
        while cursor is not None:
            answer = (await browser.ask("GET", f"{path}?limit=1{cursor}")).json()
            found += [each[field] for each in answer["items"]]
            cursor = answer["next_cursor"] and f"&cursor={answer['next_cursor']}"
            asked += 1
        assert asked == len(found) == 3
        assert [each[field] for each in (await browser.ask("GET", path)).json()["items"]] == found
        return found

    assert await all_of("/v1/projects", "name") == ["Project", "Second", "Third"]
    emails = ["owner@example.com", "second@example.com", "third@example.com"]
    assert await all_of("/v1/members", "email") == emails
    assert (await all_of("/v1/api-keys", "name"))[:2] == ["Third", "Second"]
    assert await all_of(f"{path}/versions", "version") == [3, 2, 1]
    assert (await browser.ask("GET", f"{path}/versions?cursor=999999999999999")).status_code == 200
    assert len((await api.ask("GET", "/v1/projects", key=key)).json()["items"]) == 1
