"""The settings in a real browser: who may do what, with which keys, for how long what was said is kept."""

from __future__ import annotations

import re

from playwright.sync_api import Browser, expect

from rapida.workspace.people import NewUser, People

from .browser import opened
from .conftest import Opens, state_of
from .served import EMAIL, PASSWORD, Served


def test_an_owner_adds_a_member_makes_a_key_and_reads_it_all_in_the_audit(opens: Opens) -> None:
    with opens(expected=("422",)) as watched:
        page = watched.open("/settings")
        expect(page).to_have_url(re.compile("/settings/project$"))
        page.get_by_label("Name of this project").fill("Front office")
        page.get_by_role("button", name="Rename").click()
        expect(page.get_by_role("banner").get_by_text("Front office")).to_be_visible()
        page.get_by_label("Name of this project").fill("Reception")
        page.get_by_role("button", name="Rename").click()
        expect(page.get_by_role("banner").get_by_text("Reception")).to_be_visible()

        page.get_by_role("link", name="Members").click()
        page.get_by_role("button", name="Add member").click()
        page.get_by_label("Name", exact=False).first.fill("Jonas Weber")
        page.get_by_label("E-mail").fill("jonas@larkfield.example")
        page.get_by_role("radio", name="may change").check()
        page.get_by_role("dialog").get_by_role("button", name="Add member").click()
        letter = page.get_by_role("dialog").locator(".copy code")
        expect(letter).to_contain_text("/sign-in · jonas@larkfield.example · ")
        password = letter.inner_text().rpartition(" · ")[2]
        page.get_by_role("dialog").get_by_role("button", name="Close").last.click()
        row = page.get_by_role("row").filter(has_text="Jonas Weber")
        expect(row.get_by_role("combobox")).to_have_value("editor")
        row.get_by_role("combobox").select_option("admin")
        expect(row.get_by_role("combobox")).to_be_enabled()

        page.get_by_role("link", name="API keys").click()
        page.get_by_role("button", name="Make key").click()
        page.get_by_role("dialog").get_by_label("Name").fill("crm-sync")
        page.get_by_role("dialog").get_by_role("button", name="Make key").click()
        secret = page.get_by_role("dialog").locator(".copy code").inner_text()
        assert secret.startswith("rpd_")
        page.get_by_role("button", name="I have kept it").click()
        key = page.get_by_role("row").filter(has_text="crm-sync")
        key.get_by_role("button").click()
        page.get_by_role("alertdialog").get_by_role("button", name="Revoke").click()
        expect(key).to_contain_text("revoked")
        expect(page.locator("body")).not_to_contain_text(secret)

        page.get_by_role("link", name="Web pages").click()
        page.get_by_role("button", name="Make token").click()
        form = page.get_by_role("dialog")
        form.get_by_label("Name").fill("Our shop")
        form.get_by_label("Pages from").fill("https://shop.example/path")
        form.get_by_role("button", name="Make token").click()
        expect(form.get_by_label("Pages from")).to_have_attribute("aria-invalid", "true")
        form.get_by_label("Pages from").fill("https://shop.example https://www.shop.example")
        form.get_by_label("Calls a minute").fill("7")
        form.get_by_role("button", name="Make token").click()
        token = page.locator(".web-tokens li").filter(has_text="Our shop")
        expect(token).to_contain_text("On https://shop.example, https://www.shop.example. At most 7 calls")
        expect(token.locator("code")).to_contain_text("/widget/rapida-call.js")
        expect(token.locator("code")).to_contain_text('<rapida-call token="rpp_')
        token.get_by_role("button", name="Revoke").click()
        page.get_by_role("alertdialog").get_by_role("button", name="Revoke").click()
        expect(token).to_contain_text("revoked")
        expect(token.locator("code")).to_have_count(0)

        page.get_by_role("link", name="Members").click()
        row.get_by_role("button").click()
        page.get_by_role("menuitem", name="Remove").click()
        page.get_by_role("alertdialog").get_by_role("button", name="Remove").click()
        expect(row).to_have_count(0)

        page.get_by_role("link", name="Audit", exact=True).click()
        deeds = page.locator(".audit-table tbody tr")
        expect(deeds.filter(has_text="revoked the key crm-sync")).to_contain_text("Ada Miller")
        expect(deeds.filter(has_text="changed the role of")).to_contain_text("admin")
        page.get_by_label("What").select_option("project")
        expect(page).to_have_url(re.compile("action=project"))
        expect(deeds).to_have_count(2)
        expect(deeds.first).to_contain_text("Reception")
        expect(page.locator("body")).not_to_contain_text(password)


def test_what_somebody_else_saved_meanwhile_is_shown_before_it_is_overwritten(
    opens: Opens, dashboard: Served
) -> None:
    def as_owner(days: int | None) -> None:
        with dashboard.api() as client:
            signed = client.post("/v1/auth/login", json={"email": EMAIL, "password": PASSWORD}).json()
            sent = {"x-csrf-token": signed["csrf_token"]}
            assert client.put("/v1/retention", json={"days": days}, headers=sent).status_code == 200

    with opens(expected=("412",)) as watched:
        page = watched.open("/settings/retention")
        page.get_by_role("button", name="For some days").click()
        page.get_by_label("Days").fill("365")
        as_owner(90)
        page.get_by_role("button", name="Save").click()
        page.get_by_role("alertdialog").get_by_role("button", name="Delete what is older").click()
        stale = page.locator(".stale")
        expect(stale).to_contain_text("Now: kept for 90 days.")
        expect(stale).to_contain_text("Now: kept for 365 days.")
        page.get_by_role("button", name="Save mine over theirs").click()
        expect(stale).to_have_count(0)
        expect(page.get_by_text("Now: kept for 365 days.")).to_be_visible()
        page.reload()
        expect(page.get_by_label("Days")).to_have_value("365")
    as_owner(None)


def test_who_may_only_look_finds_each_control_locked_and_whom_to_ask(
    browser: Browser, dashboard: Served
) -> None:
    node = dashboard.server.rapida.node
    with dashboard.api() as client:
        client.post("/v1/auth/login", json={"email": EMAIL, "password": PASSWORD})
        organization = client.get("/v1/me").json()["organization"]["id"]
    looker = NewUser("mirabel@larkfield.example", "Mirabel Stone", PASSWORD)
    dashboard.do(People(node.store, node.clock).add(looker, organization, "viewer", "test"))
    with opened(browser, dashboard.url, state=state_of(dashboard, looker.email, PASSWORD)) as watched:
        page = watched.open("/settings/members")
        reason = "This needs the role “may manage”; yours is “may look”. Ask Ada Miller."
        expect(page.get_by_text(reason)).to_be_visible()
        expect(page.get_by_role("button", name="Add member")).to_have_attribute("aria-disabled", "true")
        expect(page.get_by_role("combobox")).to_have_count(0)
        page.get_by_role("link", name="Limits and rates").click()
        expect(page.get_by_label("Calls at once")).to_be_disabled()
        expect(page.get_by_role("button", name="Save limits")).to_be_disabled()
        page.get_by_role("link", name="API keys").click()
        expect(page.get_by_text(reason)).to_be_visible()
