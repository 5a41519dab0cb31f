"""Assistants in a real browser: created from a template, changed, published, rolled back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from rapida.workspace.people import NewUser, People

from .browser import opened
from .conftest import Opens, state_of
from .served import EMAIL, PASSWORD, Served


@pytest.fixture(scope="module")
def owner(dashboard: Served) -> Iterator[httpx.Client]:
    """The owner's own program at the API."""
    with dashboard.api() as client:
        client.post("/v1/auth/login", json={"email": EMAIL, "password": PASSWORD}).raise_for_status()
        client.headers["x-csrf-token"] = client.get("/v1/me").json()["csrf_token"]
        yield client


@pytest.fixture(scope="module")
def looker(dashboard: Served, owner: httpx.Client) -> dict[str, Any]:
    """What the browser of somebody keeps who may only look."""
    organization = owner.get("/v1/me").json()["organization"]["id"]
    found = NewUser("only-looks@larkfield.example", "Nadia Ortiz", PASSWORD)
    node = dashboard.server.rapida.node
    dashboard.do(People(node.store, node.clock).add(found, organization, "viewer", "test"))
    return state_of(dashboard, found.email, PASSWORD)


def test_an_assistant_is_a_template_and_a_name_away(opens: Opens, owner: httpx.Client) -> None:
    with opens() as watched:
        page = watched.open("/assistants")
        page.get_by_role("button", name="Create assistant").click()
        sheet = page.get_by_role("dialog", name="Create assistant")
        sheet.get_by_role("radio", name="Front desk").check()
        expect(sheet).to_contain_text("It needs a language model, and you keep no key for one.")
        sheet.get_by_role("radio", name="Menu").check()
        expect(sheet.get_by_role("combobox", name="Ear")).to_contain_text("chosen for you")
        sheet.get_by_role("textbox", name="Name").fill("Crumb and Co")
        sheet.get_by_role("textbox", name="Business").fill("Crumb and Co, a bakery")
        sheet.get_by_role("button", name="Create assistant").click()
        expect(page.get_by_role("dialog")).to_have_count(0)
        watched.open("/assistants")
        expect(_row(page, "Crumb and Co")).to_contain_text("version 1")
    found = next(
        each for each in owner.get("/v1/assistants").json()["items"] if each["name"] == "Crumb and Co"
    )
    body = owner.get(f"/v1/assistants/{found['id']}").json()["body"]
    assert body["variables"]["business"] == "Crumb and Co, a bakery"
    assert body["llm"]["name"] == "flow"


def test_who_may_only_look_finds_the_way_to_create_locked_with_the_reason(
    browser: Browser, dashboard: Served, looker: dict[str, Any]
) -> None:
    with opened(browser, dashboard.url, state=looker) as watched:
        page = watched.open("/assistants?sheet=new")
        locked = page.get_by_role("button", name="Create assistant")
        expect(locked).to_have_attribute("aria-disabled", "true")
        assert "may change" in (locked.get_attribute("title") or "")
        locked.click(force=True)
        expect(page.get_by_role("dialog")).to_have_count(0)


def _row(page: Page, name: str) -> Any:
    return page.get_by_role("row").filter(has=page.get_by_role("link", name=name, exact=True))
