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
        expect(page.get_by_role("heading", name="Crumb and Co")).to_be_visible()
        page.get_by_role("link", name="All assistants").click()
        expect(_row(page, "Crumb and Co")).to_contain_text("version 1")
    found = next(
        each for each in owner.get("/v1/assistants").json()["items"] if each["name"] == "Crumb and Co"
    )
    body = owner.get(f"/v1/assistants/{found['id']}").json()["body"]
    assert body["variables"]["business"] == "Crumb and Co, a bakery"
    assert body["llm"]["name"] == "flow"


def test_a_draft_is_kept_saved_compared_published_and_rolled_back(opens: Opens, owner: httpx.Client) -> None:
    number = _new(owner, "Crumb by the river")
    with opens(expected=("422",)) as watched:
        page = watched.open(f"/assistants/{number}")
        expect(page.locator(".assistant-state")).to_have_text("Version 1 answers")
        page.get_by_role("textbox", name="Greeting").fill("Crumb, good morning.")
        page.get_by_label("Turn is over after").fill("80000")
        expect(page.get_by_role("alert")).to_contain_text("turn.silence_ms")
        page.get_by_label("Turn is over after").fill("650")
        expect(page.get_by_text("650 ms, the turn is over")).to_be_visible()
        page.reload()
        expect(page.get_by_role("textbox", name="Greeting")).to_have_value("")
        page.get_by_role("button", name="Use what I typed").click()
        expect(page.locator(".assistant-state")).to_have_text("2 changes to 1, not saved")
        page.get_by_role("textbox", name="What changed").fill("Says good morning")
        page.keyboard.press("Control+s")
        expect(page.locator(".assistant-state")).to_have_text("Draft 2. 2 changes since 1, which answers")
        page.get_by_role("link", name="See 2 changes").click()
        changes = page.locator("article.change")
        expect(changes).to_have_count(2)
        expect(changes.last).to_contain_text("Turn is over after 700 ms 650 ms")
        page.get_by_role("button", name="Publish 2").click()
        expect(page.get_by_role("complementary")).to_contain_text("answers calls now")
        assert owner.get(f"/v1/assistants/{number}").json()["published_version"] == 2
        page.get_by_role("button", name="1 No note").click()
        page.get_by_role("button", name="Roll back to 1").click()
        expect(page.get_by_role("complementary")).to_contain_text("answers calls now")
        assert owner.get(f"/v1/assistants/{number}").json()["published_version"] == 1


def test_a_stale_save_shows_both_changes_and_loses_neither(opens: Opens, owner: httpx.Client) -> None:
    number = _new(owner, "Crumb on the hill")
    with opens(expected=("412",)) as watched:
        page = watched.open(f"/assistants/{number}")
        page.get_by_role("textbox", name="Greeting").fill("Mine.")
        body = owner.get(f"/v1/assistants/{number}").json()["body"]
        body["turn"]["silence_ms"] = 900
        owner.put(f"/v1/assistants/{number}", json=body).raise_for_status()
        page.get_by_role("button", name="Save draft").click()
        stale = page.get_by_role("dialog", name="Version 2 was saved while you typed")
        expect(stale.get_by_role("row", name="Greeting")).to_contain_text("Mine.")
        expect(stale.get_by_role("row", name="Turn is over after")).to_contain_text("900")
        stale.get_by_role("button", name="Lay mine over 2").click()
        page.get_by_role("button", name="Save draft").click()
        expect(page.locator(".assistant-state")).to_contain_text("Draft 3")
    saved = owner.get(f"/v1/assistants/{number}").json()
    assert (saved["body"]["greeting"], saved["body"]["turn"]["silence_ms"]) == ("Mine.", 900)


FLOW = """\
failed: bye
states:
  hello: {say: "Crumb here.", next: bread}
  bread:
    ask: {slot: bread, kind: yes_no, question: "Would you like fresh bread?"}
    next: {"yes": bye, "no": bye}
  bye: {say: "Goodbye then.", end: true}
"""


def test_a_flow_is_changed_as_text_drawn_saved_and_called(opens: Opens, owner: httpx.Client) -> None:
    number = _new(owner, "Crumb at the station")
    with opens(expected=("422",)) as watched:
        page = watched.open(f"/assistants/{number}?view=flow")
        states = page.locator(".flow-state")
        expect(states.filter(has_text="menu")).to_have_count(1)
        page.get_by_role("textbox", name="The flow’s script").click()
        page.keyboard.press("Control+a")
        page.keyboard.insert_text(FLOW + '  lost: {say: "Nobody hears this.", end: true}\n')
        expect(states).to_have_count(4)
        expect(page.locator('[data-state="lost"][data-lost]')).to_have_count(1)
        expect(page.get_by_role("alert").first).to_contain_text("lost")
        page.keyboard.press("Control+a")
        page.keyboard.insert_text(FLOW)
        expect(states).to_have_count(3)
        page.keyboard.press("Control+s")
        expect(page.locator(".assistant-state")).to_contain_text("Draft 2")
        page.get_by_role("button", name="Call the draft").click()
        expect(page.locator('[data-state="bread"][data-lit]')).to_have_count(1)
        page.get_by_role("textbox", name="Type what you would say").fill("Yes please")
        page.keyboard.press("Enter")
        expect(page.get_by_role("log")).to_contain_text("Goodbye then.")
        expect(page.get_by_role("link", name="This call, laid open")).to_be_visible()
        page.get_by_role("link", name="As YAML").click()
        expect(page.get_by_role("textbox", name="As YAML")).to_contain_text("silence_ms: 700")
    assert owner.get(f"/v1/assistants/{number}").json()["body"]["llm"]["options"]["script"] == FLOW
    # A call with a draft has no version whose price could be told, and stands in the lists all the same.
    assert owner.get("/v1/assistants").status_code == 200
    assert owner.get("/v1/conversations").json()["items"][0]["cost"] is None


def test_who_may_only_look_finds_what_changes_something_locked_with_the_reason(
    browser: Browser, dashboard: Served, looker: dict[str, Any]
) -> None:
    with opened(browser, dashboard.url, state=looker) as watched:
        page = watched.open("/assistants?sheet=new")
        locked = page.get_by_role("button", name="Create assistant")
        expect(locked).to_have_attribute("aria-disabled", "true")
        assert "may change" in (locked.get_attribute("title") or "")
        locked.click(force=True)
        expect(page.get_by_role("dialog")).to_have_count(0)
        watched.open("/assistants/1")
        expect(page.get_by_role("textbox", name="Greeting")).to_be_disabled()
        expect(page.get_by_role("button", name="Save draft")).to_have_attribute("aria-disabled", "true")


def _new(owner: httpx.Client, name: str) -> int:
    """An assistant of the test's own."""
    return (
        owner.post("/v1/assistants", json={"template": "flow", "name": name}).raise_for_status().json()["id"]
    )


def _row(page: Page, name: str) -> Any:
    return page.get_by_role("row").filter(has=page.get_by_role("link", name=name, exact=True))
