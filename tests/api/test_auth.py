"""Who may ask what: every route, every role, and what another organization's key finds."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest

from rapida.api import dashboard
from rapida.api.auth import LEAST, PEOPLE_ONLY
from rapida.api.guarded import GuardedRoute, GuardedWebSocketRoute
from rapida.store import api_keys
from rapida.store.users import ROLES, Role
from tests.api.conftest import Browser, Foreign, ServedApi, build_served_api
from tests.switchboard.calling_node import CALLEE

GUARDED = {key: least for key, least in LEAST.items() if least in ROLES}
IN_THE_BODY = {
    "POST /v1/phone-numbers",
    "POST /v1/talk/browser",
    "POST /v1/talk/create-phone-call",
    "PUT /v1/outbound-limits",
}
"""Routes that learn from the body, not from the path, whose rows they are to touch."""

BY_NAME = {"PUT /v1/knowledge/{name}"}
"""Routes that make a row of the asker's own under a name, whoever has one of that name too."""


OF_ALL_PROJECTS = PEOPLE_ONLY | {"GET /v1/projects/{project_id}"}
"""Routes about the organization's own affairs, which a person asks from whichever project."""


def served(api: ServedApi) -> set[str]:
    def routes(of: Any) -> list[Any]:
        found = []
        for route in of:
            inner = getattr(getattr(route, "original_router", None), "routes", None)
            found += routes(inner) if inner is not None else [route]
        return found

    found = routes(api.app.routes)
    return {
        f"{method} {route.path}"
        for route in found
        if isinstance(route, GuardedRoute)
        for method in route.methods or ()
        if method != "HEAD"
    } | {f"WS {route.path}" for route in found if isinstance(route, GuardedWebSocketRoute)}


def path_of(key: str, foreign: Foreign | None = None) -> str:
    """A route's path with ids put in: another organization's, or ones that nobody has."""
    ids = dict.fromkeys(re.findall(r"{(\w+)}", key), 4000000)
    if foreign is not None:
        ids |= {name: getattr(foreign, name) for name in ids if hasattr(foreign, name)}
    return key.partition(" ")[2].format(**(ids | {"version": 1}))


def body_of(key: str, foreign: Foreign | None = None) -> dict[str, Any]:
    """A body that its route can read."""
    credential_id = foreign.credential_id if foreign else 4_000_000
    call = {"assistant": {"assistantId": foreign.assistant_id if foreign else 4_000_000}, "toNumber": CALLEE}
    limit: dict[str, Any] = {"calls_per_second": 1, "concurrent_calls": 0}
    provider = {"name": "scripted"}
    assistant = {"name": "A", "stt": provider, "llm": provider, "tts": {"name": "tone"}}
    bodies: dict[str, dict[str, Any]] = {
        "PATCH /v1/projects/{project_id}": {"name": "Taken over"},
        "PATCH /v1/members/{user_id}": {"role": "viewer"},
        "PATCH /v1/credentials/{credential_id}": {"name": "Taken over"},
        "PUT /v1/assistants/{assistant_id}": assistant,
        "POST /v1/assistants/{assistant_id}/check": assistant,
        "PUT /v1/assistants/{assistant_id}/deployments/phone": {
            "telephony": {"provider": "twilio", "credential_id": credential_id}
        },
        "POST /v1/knowledge/{name}/ask": {"question": "Where can I park?"},
        "POST /v1/phone-numbers": {"credential_id": credential_id, "number": CALLEE},
        "PUT /v1/phone-numbers/{number}": {"credential_id": credential_id, "assistant_id": 1},
        "POST /v1/phone-numbers/{number}/restore": {"credential_id": credential_id},
        "POST /v1/talk/browser": {"assistant_id": call["assistant"]["assistantId"]},
        "POST /v1/talk/create-phone-call": call,
        "POST /v1/talk/create-bulk-phone-call": {"phoneCalls": [call]},
        "PATCH /v1/conversations/{conversation_id}": {"tags": ["theirs"]},
        "PUT /v1/retention": {"days": None},
        "PUT /v1/rates": {"currency": "USD", "rates": []},
        "PUT /v1/outbound-limits": limit
        | {"calls_per_day": 0, "credentials": [limit | {"credential_id": credential_id}]},
    }
    return {"json": bodies[key]} if key in bodies else {}


DATABASES = ("sqlite",)  # what is asked of the database here is asked of both beside the store


async def test_every_route_has_a_least_role_and_every_row_of_the_table_a_route(api: ServedApi) -> None:
    api.app.router.routes.extend(dashboard.routes({}).routes)
    assert served(api) == set(LEAST)
    assert set(LEAST) >= PEOPLE_ONLY


async def test_without_key_or_session_every_guarded_route_answers_401(api: ServedApi) -> None:
    for key in GUARDED:
        method = key.partition(" ")[0]
        answer = await api.ask(method, path_of(key), **body_of(key))
        assert (answer.status_code, answer.json()["code"]) == (401, "not_signed_in"), key
        assert answer.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize("role", ROLES)
async def test_a_role_below_the_least_is_403_and_one_above_is_let_through(api: ServedApi, role: Role) -> None:
    browser = await api.a_browser(role)
    token = await api.a_key(role)
    for key, least in GUARDED.items():
        if key == "POST /v1/auth/logout":
            continue
        method = key.partition(" ")[0]
        small = ROLES.index(role) < ROLES.index(least)
        person = await browser.ask(method, path_of(key), **body_of(key))
        program = await api.ask(method, path_of(key), key=token, **body_of(key))
        assert (person.status_code == 403) is small, (key, person.text)
        assert (program.status_code == 403) is (small or key in PEOPLE_ONLY), (key, program.text)
        assert person.status_code < 500, (key, person.text)
        assert program.status_code < 500, (key, program.text)


async def test_another_organizations_ids_do_not_exist_for_anybody_whatever_their_role(api: ServedApi) -> None:
    foreign = await api.foreigners()
    browser, key = await api.a_browser("owner"), await api.a_key("admin")
    with_ids = [each for each in GUARDED if ("{" in each or each in IN_THE_BODY) and each not in BY_NAME]
    assert len(with_ids) > 17
    for each in with_ids:
        method = each.partition(" ")[0]
        for whose in (foreign, None):
            path, body = path_of(each, whose), body_of(each, whose)
            person = await browser.ask(method, path, **body)
            assert (person.status_code, person.json()["code"]) == (404, "not_found"), (each, person.text)
            if each not in PEOPLE_ONLY:
                program = await api.ask(method, path, key=key, **body)
                # An absent id and a foreign one are told apart by nothing.
                assert program.status_code == 404, (each, program.text)


async def test_nor_do_a_sibling_projects_ids_in_this_project(api: ServedApi) -> None:
    sibling = await api.siblings()
    browser, key = await api.a_browser("owner"), await api.a_key("admin")
    here = {"x-rapida-project": str(api.ready.project_id)}
    for each in [each for each in GUARDED if "{" in each or each in IN_THE_BODY]:
        if each in OF_ALL_PROJECTS or each in BY_NAME:
            continue
        method, path, body = each.partition(" ")[0], path_of(each, sibling), body_of(each, sibling)
        for answer in (
            await browser.ask(method, path, headers=here, **body),
            await api.ask(method, path, key=key, **body),
        ):
            assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), (each, answer.text)
    # They are there: in their own project the same person finds them.
    for tail, status in (("", 200), ("/recording", 200), ("/journal", 200), ("/hangup", 409)):
        path = f"/v1/conversations/{sibling.conversation_id}{tail}"
        method = "POST" if tail == "/hangup" else "GET"
        there = await browser.ask(method, path, headers={"x-rapida-project": str(sibling.project_id)})
        assert there.status_code == status, there.text


@pytest.mark.parametrize("whose", ["foreigners", "siblings"])
async def test_in_bulk_a_foreign_assistant_is_refused_as_one_that_does_not_exist(
    api: ServedApi, whose: str
) -> None:
    foreign: Foreign = await getattr(api, whose)()
    key, each = await api.a_key("admin"), "POST /v1/talk/create-bulk-phone-call"
    for found in (foreign, None):
        answer = await api.ask("POST", path_of(each), key=key, **body_of(each, found))
        told = answer.json()
        assert (told["accepted"], told["items"][0]["code"]) == (0, "not_found"), answer.text


@pytest.mark.parametrize("whose", ["foreigners", "siblings"])
async def test_ones_own_deployment_takes_no_foreign_credential(api: ServedApi, whose: str) -> None:
    foreign: Foreign = await getattr(api, whose)()
    path = f"/v1/assistants/{api.ready.assistant_id}/deployments/phone"
    key = await api.a_key("admin")
    before = (await api.ask("GET", path, key=key)).json()
    for number in (foreign.credential_id, 4_000_000):
        line = {"provider": "twilio", "credential_id": number}
        answer = await api.ask("PUT", path, json={"telephony": line}, key=key)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert (await api.ask("GET", path, key=key)).json() == before


async def test_lists_hold_nothing_of_another_organization(api: ServedApi) -> None:
    foreign = await api.foreigners()
    browser = await api.a_browser("owner")
    for key in [each for each in GUARDED if each.startswith("GET") and "{" not in each]:
        text = (await browser.ask("GET", key.partition(" ")[2])).text
        assert "Theirs" not in text, key
        assert "Foreign" not in text, key
        assert "foreign@example.com" not in text, key
    answer = await api.ask("GET", "/v1/assistants", key=foreign.key)
    assert [each["name"] for each in answer.json()["items"]] == ["Theirs"]


async def test_lists_hold_nothing_of_a_sibling_project(api: ServedApi) -> None:
    sibling, key = await api.siblings(), await api.a_key("admin")
    for each in [each for each in GUARDED if each.startswith("GET") and "{" not in each]:
        if each in PEOPLE_ONLY:
            continue
        path = each.partition(" ")[2]
        text = (await api.ask("GET", path, key=key)).text
        assert "Theirs" not in text, each
    for path, whose in (
        ("/v1/conversations", [sibling.conversation_id]),
        ("/v1/api-keys", [sibling.key_id]),
        ("/v1/credentials", [sibling.credential_id]),
    ):
        for asker, there in ((key, False), (sibling.key, True)):
            items = (await api.ask("GET", path, key=asker)).json()["items"]
            assert (whose == [each["id"] for each in items]) is there, path
            assert there or whose[0] not in [each["id"] for each in items], path


async def test_a_foreign_or_absurd_project_header_is_a_404(api: ServedApi) -> None:
    foreign = await api.foreigners()
    browser, key = await api.a_browser("owner"), await api.a_key()
    for wanted in (str(foreign.project_id), "99", "one", "9" * 20, "-1"):
        for answer in (
            await browser.ask("GET", "/v1/me", headers={"x-rapida-project": wanted}),
            await api.ask("GET", "/v1/me", key=key, headers={"x-rapida-project": wanted}),
        ):
            assert answer.status_code == 404, wanted


async def test_a_key_is_good_as_bearer_or_in_its_own_header_until_it_expires_or_is_revoked(
    api: ServedApi,
) -> None:
    ready = api.ready
    key = await api.a_key(expires_at=ready.clock.now + timedelta(days=1))
    for headers in ({"authorization": f"bearer {key}"}, {"x-api-key": key}):
        answer = await api.ask("GET", "/v1/me", headers=headers)
        assert (answer.status_code, answer.json()["role"]) == (200, "admin")
    for wrong in (key[:-1], key + "x", "", "Bearer"):
        assert (await api.ask("GET", "/v1/me", headers={"x-api-key": wrong})).status_code == 401
    ready.clock.turn(days=1)
    assert (await api.ask("GET", "/v1/me", key=key)).status_code == 401
    other = await api.a_key()
    async with ready.node.store.write() as tx:
        newest = (await api_keys.of_project(tx, ready.project_id))[0]
        await api_keys.revoke(tx, newest.id, ready.clock.now)
    assert (await api.ask("GET", "/v1/me", key=other)).status_code == 401


async def test_last_use_is_kept_but_not_written_at_every_request(api: ServedApi) -> None:
    key = await api.a_key()
    seen = []
    for minutes in (0, 1, 6):
        api.ready.clock.turn(minutes=minutes)
        await api.ask("GET", "/v1/me", key=key)
        async with api.ready.node.store.read() as tx:
            seen.append((await api_keys.of_project(tx, api.ready.project_id))[0].last_used_at)
    start = seen[0]
    assert seen == [start, start, start + timedelta(minutes=7)]


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": None},
        {"origin": "https://evil.example.org"},
        {"origin": "http://localhost:9999"},
        {"origin": "null"},
        {"x-csrf-token": None},
        {"x-csrf-token": "0" * 64},
    ],
)
async def test_an_unsafe_request_by_cookie_needs_its_own_origin_and_token(
    api: ServedApi, headers: dict[str, Any]
) -> None:
    browser = await api.a_browser()
    answer = await browser.ask("POST", "/v1/projects", json={"name": "Forged"}, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed")
    assert (await browser.ask("POST", "/v1/projects", json={"name": "Meant"})).status_code == 201


async def test_the_token_of_one_session_is_no_use_in_another(api: ServedApi) -> None:
    mine, theirs = await api.a_browser("owner"), await api.a_browser("admin")
    mine.csrf = theirs.csrf
    assert (await mine.ask("POST", "/v1/projects", json={"name": "Forged"})).status_code == 403


async def test_metrics_need_a_key_wherever_they_are_asked_for_unless_they_are_opened(api: ServedApi) -> None:
    opened = build_served_api(api.ready, open_metrics=True)
    # A proxy on this machine that says nothing of whom it asks for looks like the machine itself.
    for host in ("127.0.0.1:8080", "localhost", "[::1]:8080"):
        assert (await api.ask("GET", "/metrics", host=host)).status_code == 401
        assert (await opened.ask("GET", "/metrics", host=host)).status_code == 200
        key = await api.a_key("viewer")
        assert (await api.ask("GET", "/metrics", host=host, key=key)).status_code == 200
    assert (await opened.ask("GET", "/v1/audit")).status_code == 401, "it opens nothing else"


async def test_somebody_who_is_no_member_any_more_is_signed_out(api: ServedApi) -> None:
    owner, admin = await api.a_browser("owner"), await api.a_browser("admin")
    me = (await admin.ask("GET", "/v1/me")).json()["user"]["id"]
    assert (await owner.ask("DELETE", f"/v1/members/{me}")).status_code == 204
    assert (await admin.ask("GET", "/v1/me")).status_code == 401
    again = Browser(api)
    assert (await again.sign_in("admin@example.com")).status_code == 401
