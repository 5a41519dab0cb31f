"""The first run and signing in: once, with the code; slowly for guessers; and out on the server."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from http.cookies import SimpleCookie
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import select

from rapida.api.build import build_api
from rapida.settings import Settings
from rapida.store import tenants, users
from rapida.store.tables import sessions as sessions_table
from rapida.workspace.people import CODE_FILE, SESSION_FOR, People, SetupCode
from tests.api.conftest import PASSWORD, SETUP_CODE, Browser, ServedApi, build_served_api, quick_passwords
from tests.switchboard.ready_node import HOST

DATABASES = ("sqlite",)  # people, keys and sessions are tested beside the store

OWNER = {
    "code": SETUP_CODE,
    "email": "Ada@Example.com",
    "password": PASSWORD,
    "name": "Ada",
    "organization": "Analytical Engines",
    "project": "Reception",
}


async def set_up(api: ServedApi, **changes: Any) -> Any:
    return await api.ask("POST", "/v1/setup", json=OWNER | changes)


async def test_the_first_run_makes_an_owner_and_takes_the_demos_project_over(api: ServedApi) -> None:
    assert (await api.ask("GET", "/v1/setup")).json() == {"needed": True}
    answer = await set_up(api)
    assert answer.status_code == 201
    told = answer.json()
    assert (told["role"], told["user"]["email"]) == ("owner", "ada@example.com")
    assert (told["organization"]["name"], told["project"]["name"]) == ("Analytical Engines", "Reception")
    assert told["project"]["id"] == api.ready.project_id
    assert (await api.ask("GET", "/v1/setup")).json() == {"needed": False}
    # The key of the answer works, and so does its cookie.
    key = told["api_key"]["key"]
    listed = await api.ask("GET", "/v1/assistants", key=key)
    assert [each["name"] for each in listed.json()["items"]] == ["Front desk"]
    assert key.startswith(told["api_key"]["prefix"])
    me = await api.ask(
        "GET", "/v1/me", headers={"cookie": f"rapida_session={answer.cookies['rapida_session']}"}
    )
    assert me.json()["role"] == "owner"


@pytest.mark.both_databases
async def test_of_two_who_set_up_at_once_one_gets_409_and_leaves_nothing(api: ServedApi) -> None:
    answers = await asyncio.gather(*(set_up(api, email=f"{name}@example.com") for name in ("a", "b", "c")))
    assert sorted(each.status_code for each in answers) == [201, 409, 409]
    async with api.ready.node.store.read() as tx:
        assert await users.count(tx) == 1
        assert len(await tenants.projects_of(tx, 1)) == 1
    assert (await set_up(api, email="late@example.com")).status_code == 409


@pytest_asyncio.fixture
async def generated(api: ServedApi) -> tuple[ServedApi, SetupCode]:
    """The same API where `rapida serve` made the code up."""
    ready, settings = api.ready, Settings(data_dir=api.data_dir)
    app = build_api(settings, ready.node, ready.inbound, api.metrics, passwords=quick_passwords())
    return replace(api, app=app), SetupCode(api.data_dir, None)


async def test_of_two_who_set_up_the_second_gets_409_also_when_the_code_is_spent_meanwhile(
    generated: tuple[ServedApi, SetupCode], monkeypatch: pytest.MonkeyPatch
) -> None:
    api, code = generated
    right = {"code": code.prepare()}
    owner_needed, winners = People.owner_needed, []

    async def looked_up_too_early(people: People) -> bool:
        """The second one's look at the database begins before the first one's commit, and ends after all."""
        needed = await owner_needed(people)
        if not winners:
            monkeypatch.undo()
            winners.append(await set_up(api, **right))
        return needed

    monkeypatch.setattr(People, "owner_needed", looked_up_too_early)
    second = await set_up(api, **right, email="second@example.com")
    assert [each.status_code for each in winners] == [201]
    assert (second.status_code, second.json()["code"]) == (409, "conflict"), second.text
    assert not (api.data_dir / CODE_FILE).exists()


@pytest.mark.both_databases
async def test_of_many_who_set_up_at_once_with_a_generated_code_all_but_one_get_409(
    generated: tuple[ServedApi, SetupCode],
) -> None:
    api, code = generated
    right = code.prepare()
    asked = (set_up(api, code=right, email=f"{name}@example.com") for name in ("a", "b", "c"))
    answers = await asyncio.gather(*asked)
    late = [await set_up(api, code=each, email="late@example.com") for each in (right, "wrong")]
    assert sorted(each.status_code for each in (*answers, *late)) == [201, 409, 409, 409, 409]
    assert not (api.data_dir / CODE_FILE).exists()


async def test_without_a_code_nobody_sets_up_and_asking_makes_none(
    generated: tuple[ServedApi, SetupCode],
) -> None:
    api, code = generated
    answer = await set_up(api, code="")
    assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed")
    assert "restart `rapida serve`" in answer.json()["detail"]
    assert not (api.data_dir / CODE_FILE).exists()
    assert (await set_up(api, code=code.prepare())).status_code == 201


@pytest.mark.parametrize(
    ("changes", "status", "named"),
    [
        ({"code": "wrong"}, 403, "setup code"),
        ({"password": "short"}, 422, "password"),
        ({"email": "nobody"}, 422, "email"),
        ({"name": ""}, 422, "name"),
        ({"name": 7}, 422, "name"),
        ({"extra": 1}, 422, "extra"),
    ],
)
async def test_a_wrong_setup_is_refused_by_name_and_repeats_no_secret(
    api: ServedApi, changes: dict[str, Any], status: int, named: str
) -> None:
    answer = await set_up(api, **changes)
    assert answer.status_code == status
    assert named in answer.json()["detail"]
    for secret in (SETUP_CODE, PASSWORD):
        assert secret not in answer.text
    assert (await api.ask("GET", "/v1/setup")).json() == {"needed": True}


async def test_the_sessions_cookie_is_closed_to_scripts_and_to_plain_http_where_it_can_be(
    api: ServedApi,
) -> None:
    await api.a_person()
    opened = build_served_api(api.ready, public_api=True)
    login = {"email": "owner@example.com", "password": PASSWORD}
    for host, name, secure in (("localhost", "rapida_session", False), (HOST, "__Host-rapida_session", True)):
        answer = await opened.ask("POST", "/v1/auth/login", host=host, json=login)
        cookie = SimpleCookie(answer.headers["set-cookie"])[name]
        assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "lax", "/")
        assert bool(cookie["secure"]) is secure
        assert cookie["domain"] == ""
        assert answer.headers["cache-control"] == "no-store"


async def test_a_session_is_kept_as_a_digest_and_ends_with_its_time(api: ServedApi) -> None:
    browser = await api.a_browser()
    token = browser.cookies["rapida_session"]
    async with api.ready.node.store.read() as tx:
        kept = list((await tx.execute(select(sessions_table.c.token_hash))).scalars())
    assert len(kept) == 1
    assert token not in kept
    assert (await browser.ask("GET", "/v1/me")).status_code == 200
    api.ready.clock.now += SESSION_FOR
    assert (await browser.ask("GET", "/v1/me")).status_code == 401


async def test_signing_out_ends_the_session_on_the_server(api: ServedApi) -> None:
    browser = await api.a_browser()
    stolen = Browser(api, cookies=dict(browser.cookies), csrf=browser.csrf)
    assert (await browser.ask("POST", "/v1/auth/logout")).status_code == 204
    assert (await stolen.ask("GET", "/v1/me")).status_code == 401


async def test_a_new_password_ends_every_session(api: ServedApi) -> None:
    one, other = await api.a_browser(), Browser(api)
    assert (await other.sign_in("owner@example.com")).status_code == 200
    new = {"old_password": PASSWORD, "new_password": "another fine password"}
    wrong = new | {"old_password": "not my password"}
    assert (await one.ask("POST", "/v1/auth/password", json=wrong)).status_code == 403
    assert (await one.ask("POST", "/v1/auth/password", json=new)).status_code == 204
    assert (await other.ask("GET", "/v1/me")).status_code == 401
    assert (await Browser(api).sign_in("owner@example.com")).status_code == 401
    assert (await Browser(api).sign_in("owner@example.com", "another fine password")).status_code == 200


async def test_a_wrong_password_and_an_unknown_address_are_told_apart_by_nothing(api: ServedApi) -> None:
    await api.a_person()
    wrong = await Browser(api).sign_in("owner@example.com", "wrong wrong wrong")
    unknown = await Browser(api).sign_in("nobody@example.com", "wrong wrong wrong")
    assert (
        (wrong.status_code, wrong.content) == (unknown.status_code, unknown.content) == (401, wrong.content)
    )


@pytest.mark.parametrize("email", ["owner@example.com", "nobody@example.com"])
async def test_guessing_is_slowed_down_by_account_and_forgotten_after_success_or_an_hour(
    api: ServedApi, email: str
) -> None:
    await api.a_person()
    other = await api.a_person("viewer")
    guesser = Browser(api)
    statuses = [(await guesser.sign_in(email, f"wrong password {n}")).status_code for n in range(7)]
    assert statuses == [401] * 5 + [429] * 2
    answer = await guesser.sign_in(email.upper(), PASSWORD)
    assert (answer.status_code, answer.json()["code"]) == (429, "too_many_tries")
    assert int(answer.headers["retry-after"]) > 0
    # Another account, from the same address, is not slowed down.
    assert (await guesser.sign_in(other)).status_code == 200
    api.ready.clock.turn(seconds=int(answer.headers["retry-after"]))
    again = await guesser.sign_in(email, PASSWORD)
    assert again.status_code == (200 if email.startswith("owner") else 401)


@pytest.mark.both_databases
async def test_guesses_that_come_at_once_are_all_counted(api: ServedApi) -> None:
    await api.a_person()
    tries = [Browser(api).sign_in("owner@example.com", f"wrong password {n}") for n in range(12)]
    statuses = sorted(each.status_code for each in await asyncio.gather(*tries))
    assert statuses == [401] * 5 + [429] * 7


async def test_nobody_is_signed_in_by_another_sites_page(api: ServedApi) -> None:
    await api.a_person()
    login = {"email": "owner@example.com", "password": PASSWORD}
    headers = {"origin": "https://evil.example.org"}
    answer = await api.ask("POST", "/v1/auth/login", json=login, headers=headers)
    assert (answer.status_code, "set-cookie" in answer.headers) == (403, False)
