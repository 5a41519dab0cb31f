"""What stands around every page: the palette, the keys, the bands, the zone of its times."""

from __future__ import annotations

import json
import re

from playwright.sync_api import Route, expect

from .conftest import Opens


def test_the_palette_finds_places_calls_and_words_that_were_said_by_keys_alone(
    opens: Opens, call: str
) -> None:
    with opens() as watched:
        page = watched.open("/credentials")
        expect(page.get_by_role("button", name="Find or do")).to_be_visible()
        page.keyboard.press("Control+k")
        options = page.get_by_role("option")
        expect(page.get_by_role("combobox", name="Find or do")).to_be_focused()
        page.keyboard.type("vault")
        expect(options.first).to_have_text("Settings: Vault keys")
        assert watched.inaccessible() == []
        page.keyboard.press("Enter")
        expect(page).to_have_url(re.compile("/settings/keys"))

        page.keyboard.press("/")
        page.keyboard.type("appointment thursday")
        expect(options.filter(has_text="appointment thursday")).to_be_visible()
        page.keyboard.press("Enter")
        expect(page).to_have_url(re.compile(re.escape(call)))

        page.keyboard.press("Control+k")
        page.keyboard.type("415")
        expect(options.first).to_contain_text("+1 415")
        page.keyboard.press("ArrowUp")
        expect(options.last).to_have_attribute("aria-selected", "true")
        page.keyboard.press("Escape")
        expect(page.get_by_role("combobox", name="Find or do")).to_have_count(0)


def test_g_and_a_letter_lead_to_a_place_and_a_pages_own_key_does_not_see_the_letter(
    opens: Opens, call: str
) -> None:
    with opens() as watched:
        page = watched.open(call)
        expect(page.locator(".transcript")).to_be_visible()
        page.keyboard.press("g")
        page.keyboard.press("k")
        expect(page).to_have_url(re.compile("/credentials$"))
        page.keyboard.press("g")
        page.keyboard.press("o")
        expect(page.get_by_role("heading", name="Overview")).to_be_visible()
        page.keyboard.press("?")
        expect(page.get_by_role("dialog", name="All keys")).to_contain_text("find or do")
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)


def test_a_band_tells_that_the_server_drains_or_that_its_database_is_away_and_goes_by_itself(
    opens: Opens,
) -> None:
    draining = False

    def answer(route: Route) -> None:
        if not draining:
            problem = {"title": "x", "status": 503, "code": "store_unavailable", "detail": "x"}
            route.fulfill(status=503, content_type="application/problem+json", body=json.dumps(problem))
        else:
            real = route.fetch()
            route.fulfill(response=real, json={**real.json(), "draining": True})

    with opens(expected=("503",)) as watched:
        page = watched.page
        page.route("**/v1/server", answer)
        watched.open("/credentials")
        band = page.locator(".band")
        expect(band).to_contain_text("Calls go on; lists wait. The database cannot be reached.")
        draining = True
        band.get_by_role("button", name="Try now").click()
        expect(band).to_contain_text("finishes its last calls")
        page.unroute("**/v1/server")
        expect(band).to_have_count(0, timeout=30_000)


def test_times_are_told_in_the_zone_that_was_chosen_in_this_browser(opens: Opens) -> None:
    with opens() as watched:
        page = watched.open("/calls")
        expect(page.get_by_role("columnheader", name=re.compile("When, CES?T"))).to_be_visible()
        page.get_by_role("button", name="Account of").click()
        page.get_by_role("menuitemcheckbox", name="UTC", exact=True).click()
        expect(page.get_by_role("columnheader", name="When, UTC")).to_be_visible()
