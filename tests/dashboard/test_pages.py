"""The dashboard in a real browser, at a real server: what people do on each page, and what each must hold."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from rapida.workspace.people import NewUser, People

from .browser import FORMS, opened
from .conftest import Opens, state_of
from .served import CALLS, CODE, EMAIL, OWNER, PASSWORD, Served

PAGES = (
    "/assistants",
    "/assistants?sheet=new",
    "/assistants/1",
    "/assistants/1?view=flow",
    "/assistants/1?view=yaml",
    "/assistants/1/versions",
    "/credentials",
    "/credentials?sheet=new",
    "/numbers",
    "/assistants/2/phone",
    "/",
    "/calls",
    "/calls?ended=idle",
    "{call}",
    "/calls/999999",
    "/welcome/call",
    "/welcome/number",
    "/settings/members",
    "/settings/limits",
    "/settings/web",
    "/settings/keys",
    "/settings/audit",
    "/live",
    "/live?wall=true",
    "/nowhere",
)
"""Every page of who is signed in; `{call}` is the call in which callers do all that they do."""
OPEN_PAGES = ("/sign-in", "/welcome#abc")


def label(page: Page, text: str) -> Any:
    return page.get_by_label(text, exact=True)


# The first run ---------------------------------------------------------------------------------------------


def test_the_printed_link_leads_to_an_owner_and_the_first_call(browser: Browser, unowned: Served) -> None:
    with opened(browser, unowned.url, expected=("403",)) as watched:
        page = watched.open("/")
        expect(page).to_have_url(re.compile("/welcome$"))
        watched.open("/welcome#not-the-code-at-all")
        page.reload()
        expect(page.get_by_label("Setup code")).to_have_value("not-the-code-at-all")
        for name, text in (("Your name", "Ada Miller"), ("E-mail", EMAIL), ("Password", PASSWORD)):
            page.get_by_label(name).fill(text)
        page.get_by_label("Organization").fill("Larkfield Dental")
        page.get_by_role("button", name="Create the owner").click()
        wrong = page.locator(".hint[data-bad]")
        expect(wrong).to_contain_text("code")
        page.get_by_label("Setup code").fill(CODE)
        page.get_by_role("button", name="Create the owner").click()
        expect(page.get_by_role("heading", name="Your phone is ringing.")).to_be_visible()
        expect(page.get_by_text("rpd_")).to_be_visible()
        page.get_by_role("button", name="Later").click()
        expect(page.get_by_role("heading", name="No call yet")).to_be_visible()


# Signing in ------------------------------------------------------------------------------------------------


def test_a_wrong_password_is_told_in_the_apis_words_and_the_right_one_leads_on(
    browser: Browser, dashboard: Served, call: str
) -> None:
    with opened(browser, dashboard.url, expected=("401",)) as watched:
        page = watched.open(f"{call}?t=3")
        expect(page).to_have_url(re.compile("/sign-in"))
        label(page, "E-mail").fill(EMAIL)
        label(page, "Password").fill("not this one")
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("alert")).to_contain_text("The address or the password is wrong")
        label(page, "Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        expect(page).to_have_url(f"{dashboard.url}{call}?t=3")


def test_a_session_that_ends_is_asked_for_again_over_the_page_and_nothing_typed_is_lost(opens: Opens) -> None:
    with opens(expected=("401",)) as watched:
        page = watched.open("/calls")
        words = label(page, "Words that were said")
        words.fill("appointment on Thursday")
        page.context.clear_cookies()
        page.evaluate("document.querySelector('select[aria-label=Direction]').value")
        page.get_by_label("Direction").select_option("inbound")
        expect(page.get_by_role("dialog", name="You were signed out")).to_be_visible()
        label(page, "E-mail").fill(EMAIL)
        label(page, "Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("dialog")).to_have_count(0)
        expect(page.locator("tr.call-row")).not_to_have_count(0)
        expect(page).to_have_url(re.compile("direction=inbound"))


def test_signing_out_ends_the_session_and_leads_to_the_way_in(browser: Browser, dashboard: Served) -> None:
    with opened(browser, dashboard.url, state=state_of(dashboard, EMAIL, PASSWORD)) as watched:
        page = watched.open("/calls")
        page.get_by_role("button", name="Account of Ada Miller").click()
        page.get_by_role("menuitem", name="Sign out").click()
        expect(page).to_have_url(re.compile("/sign-in"))
        watched.open("/calls")
        expect(page).to_have_url(re.compile("/sign-in"))


def test_day_and_night_are_chosen_and_stay_chosen(opens: Opens) -> None:
    with opens(theme="light") as watched:
        page = watched.open("/calls")
        page.get_by_role("button", name="Account of").click()
        page.get_by_role("menuitemcheckbox", name="Night").click()
        night = page.evaluate("getComputedStyle(document.body).backgroundColor")
        page.reload()
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == night == "rgb(13, 20, 21)"


# Calls -----------------------------------------------------------------------------------------------------


def test_filters_stand_in_the_address_and_back_undoes_a_choice(opens: Opens) -> None:
    with opens() as watched:
        page = watched.open("/calls")
        rows = page.locator("tr.call-row")
        expect(rows).to_have_count(CALLS)
        page.get_by_label("Assistant").select_option(label="Front desk")
        expect(rows).to_have_count(1)
        expect(page).to_have_url(re.compile(r"assistant=\d+"))
        page.get_by_label("Ended").select_option("max_duration")
        expect(page.get_by_role("heading", name="No call matches")).to_be_visible()
        page.get_by_role("button", name="Drop “Time was up”").click()
        expect(rows).to_have_count(1)
        page.go_back()
        expect(page.get_by_role("heading", name="No call matches")).to_be_visible()


def test_a_row_is_chosen_and_opened_by_keys_alone(opens: Opens) -> None:
    with opens() as watched:
        page = watched.open("/calls")
        expect(page.locator("tr.call-row")).to_have_count(CALLS)
        page.keyboard.press("j")
        page.keyboard.press("j")
        chosen = page.locator("tr[aria-selected=true] a")
        expect(chosen).to_have_count(1)
        path = chosen.get_attribute("href")
        page.keyboard.press("Enter")
        expect(page).to_have_url(watched.url + str(path))


def test_of_many_rows_only_those_in_sight_are_in_the_page(opens: Opens) -> None:
    def many(route: Route) -> None:
        answer = route.fetch()
        body = answer.json()
        body["items"] = [{**body["items"][0], "id": number} for number in range(3000, 0, -1)]
        route.fulfill(response=answer, body=json.dumps(body))

    with opens() as watched:
        watched.page.route("**/v1/conversations?*", many)
        page = watched.open("/calls")
        expect(page.get_by_text("3,000 shown")).to_be_visible()
        assert page.locator("tr.call-row").count() < 100
        page.keyboard.press("End")
        expect(page.locator('tr.call-row a[href="/calls/1"]')).to_be_visible()


def test_a_problem_is_told_where_the_eye_is_with_the_way_to_try_again(opens: Opens) -> None:
    problem = {"title": "x", "status": 422, "code": "invalid", "detail": "the text is too long: 200 at most"}
    with opens(expected=("422",)) as watched:
        watched.page.route("**/v1/conversations?*", lambda route: route.fulfill(status=422, json=problem))
        page = watched.open("/calls")
        expect(page.get_by_role("alert")).to_contain_text("The text is too long: 200 at most")
        watched.page.unroute("**/v1/conversations?*")
        page.get_by_role("button", name="Try again").click()
        expect(page.locator("tr.call-row")).to_have_count(CALLS)


# One call --------------------------------------------------------------------------------------------------


def test_a_call_is_laid_open_on_one_axis(opens: Opens, call: str) -> None:
    with opens() as watched:
        page = watched.open(call)
        findings = page.get_by_label("What happened").get_by_role("button")
        expect(findings.filter(has_text="The caller cut in")).to_have_count(1)
        expect(findings.filter(has_text="A sound, not a word")).to_have_count(1)
        transcript = page.locator(".transcript")
        expect(transcript.locator("s")).not_to_have_count(0)
        expect(transcript.get_by_text("I need to move my appointment on Thursday.")).to_be_visible()
        expect(page.locator(".pressed")).to_have_text(list("4271#"))
        painted = page.evaluate(
            "() => new Set(document.querySelector('canvas.score').getContext('2d')"
            ".getImageData(0, 0, 1200, 132).data).size"
        )
        assert painted > 3, "the score is drawn"


def test_the_stages_of_a_reply_sum_to_the_whole_and_to_its_bar(opens: Opens, call: str) -> None:
    with opens() as watched:
        page = watched.open(call)
        for bar in page.locator(".lane-waits button").all():
            bar.click()
            parts = page.locator(".waterfall tbody td:nth-child(3)").all_inner_texts()
            total = page.locator(".waterfall tfoot td:nth-child(3)").inner_text()
            numbers = [int(each.replace(",", "")) for each in (*parts, total)]
            assert sum(numbers[:-1]) == numbers[-1]
            assert float(bar.locator("b").inner_text()) == pytest.approx(numbers[-1] / 1000, abs=0.006)


def test_a_click_a_key_and_a_link_move_the_playhead_and_the_address_keeps_the_moment(
    opens: Opens, call: str
) -> None:
    with opens(permissions=["clipboard-read", "clipboard-write"]) as watched:
        page = watched.open(f"{call}?t=2.5")
        now = page.locator(".now")
        expect(now).to_have_text("00:02.50")
        page.keyboard.press("ArrowRight")
        expect(now).to_have_text("00:03.50")
        page.keyboard.press("Shift+ArrowLeft")
        expect(now).to_have_text("00:03.40")
        expect(page).to_have_url(re.compile(r"t=3\.4"))
        page.keyboard.press("1")
        expect(page).to_have_url(re.compile("turn=1"))
        expect(page.locator(".inspector h2").first).to_contain_text("Turn 1 waited")
        expect(page.locator(".call-cost tbody tr").first).to_have_text(
            re.compile(r"tone\d+ spoken characters0\.0000")
        )
        page.keyboard.press("m")
        link = page.wait_for_function("() => navigator.clipboard.readText()").json_value()
        assert link.startswith(f"{watched.url}{call}?")
        assert "turn=1" in link
        page.get_by_label("What happened").get_by_role("button").last.click()
        expect(page).not_to_have_url(re.compile("turn=1"))


def test_every_lane_can_be_brought_near_and_stays_under_the_playhead(opens: Opens, call: str) -> None:
    with opens() as watched:
        page = watched.open(f"{call}?t=8")
        page.get_by_role("button", name="5 s", exact=True).click()
        head, area = page.locator(".head").bounding_box(), page.locator(".over").bounding_box()
        assert head and area
        assert area["x"] <= head["x"] <= area["x"] + area["width"]


def test_the_recording_plays_and_the_playhead_follows_it(opens: Opens, call: str) -> None:
    with opens() as watched:
        page = watched.open(call)
        page.keyboard.press(" ")
        expect(page.get_by_role("button", name="Pause")).to_be_visible()
        expect(page.locator(".now")).not_to_have_text("00:00.00")
        page.keyboard.press(" ")
        expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible()


def test_who_may_only_look_is_offered_nothing_that_needs_more(
    browser: Browser, dashboard: Served, call: str
) -> None:
    node = dashboard.server.rapida.node
    with dashboard.api() as client:
        client.post("/v1/auth/login", json={"email": EMAIL, "password": PASSWORD})
        organization = client.get("/v1/me").json()["organization"]["id"]
    looker = NewUser("looker@larkfield.example", "Jonas Weber", PASSWORD)
    dashboard.do(People(node.store, node.clock).add(looker, organization, "viewer", "test"))
    state = state_of(dashboard, looker.email, PASSWORD)
    with opened(browser, dashboard.url, state=state) as watched:
        page = watched.open(call)
        page.get_by_role("button", name="Recording, journal, delete").click()
        expect(page.get_by_role("menuitem", name="Download the recording")).to_be_visible()
        expect(page.get_by_role("menuitem", name="Delete what was said")).to_have_count(0)


# Credentials -----------------------------------------------------------------------------------------------


def test_a_credential_is_created_from_what_its_provider_declares_and_deleted(opens: Opens) -> None:
    with opens() as watched:
        page = watched.open("/credentials")
        page.get_by_role("button", name="Create Credential").click()
        sheet = page.get_by_role("dialog", name="Create Credential")
        expect(sheet.get_by_label("Account SID")).to_be_visible()
        sheet.get_by_text("deepgram").click()
        expect(sheet.get_by_label("Account SID")).to_have_count(0)
        sheet.get_by_text("twilio").click()
        sheet.get_by_label("Name").fill("Larkfield main")
        sheet.get_by_label("Account SID").fill("AC4e0f7d1c2b9a48869b")
        expect(sheet.locator(".hint[data-bad]")).to_contain_text("20 of 34 characters")
        sheet.get_by_label("Account SID").fill("AC" + "4e" * 16)
        sheet.get_by_label("Account token").fill("a token that nobody reads again")
        sheet.get_by_role("switch").click()
        sheet.get_by_role("button", name="Create Credential").click()
        expect(page.get_by_role("dialog")).to_have_count(0)
        row = page.get_by_role("row").filter(has_text="Larkfield main")
        expect(row).to_contain_text("not yet")
        expect(page.locator("body")).not_to_contain_text("a token that nobody reads again")
        row.get_by_role("button", name="Actions for Larkfield main").click()
        page.get_by_role("menuitem", name="Delete").click()
        page.get_by_role("alertdialog").get_by_role("button", name="Delete").click()
        expect(row).to_have_count(0)


def test_a_secret_that_is_in_use_is_kept_and_its_user_is_named(opens: Opens) -> None:
    with opens(expected=("409",)) as watched:
        page = watched.open("/credentials")
        page.get_by_role("button", name="Actions for").first.click()
        page.get_by_role("menuitem", name="Delete").click()
        page.get_by_role("alertdialog").get_by_role("button", name="Delete").click()
        expect(page.get_by_role("alertdialog").get_by_role("alert")).to_contain_text("in use")


# Every page ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("paths", "signed"), [(PAGES, True), (OPEN_PAGES, False)])
def test_every_page_is_accessible_fits_keeps_the_policy_and_asks_nobody_else(
    browser: Browser,
    dashboard: Served,
    signed_in: dict[str, Any],
    call: str,
    paths: tuple[str, ...],
    signed: bool,
) -> None:
    wrong: dict[str, Any] = {}
    state = signed_in if signed else None
    with opened(browser, dashboard.url, state=state, expected=("404",)) as watched:
        watched.tells_of_its_policy()
        for path in paths:
            page = watched.open(path.format(call=call))
            expect(page.locator("h1, h2, [role=alert]").first).to_be_visible()
            for size, theme in FORMS:
                watched.take_form(size, theme)
                if found := [*watched.inaccessible(), *watched.overflowing()]:
                    wrong[f"{path} {size} {theme}"] = found
            watched.take_form(*FORMS[0])
    assert wrong == {}


def test_the_policy_is_kept_where_a_call_is_deleted(opens: Opens, call: str) -> None:
    with opens() as watched:
        watched.tells_of_its_policy()
        watched.open(call)
        watched.page.get_by_role("button", name="Recording, journal, delete").click()
        watched.page.get_by_role("menuitem", name="Delete what was said").click()
        expect(watched.page.get_by_role("alertdialog")).to_be_visible()


def test_what_is_loaded_before_a_pages_own_part_is_small(dashboard: Served) -> None:
    with dashboard.api() as client:
        page = client.get("/").text
        first = re.findall(r'(?:src|href)="(/assets/[^"]+\.js)"', page)
        sizes = [int(client.get(path).headers["content-length"]) for path in first]
    assert first
    assert sum(sizes) <= 250_000, "gzip, as the browser gets it"
    assert OWNER["email"] not in page
