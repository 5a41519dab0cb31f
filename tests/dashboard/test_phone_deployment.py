"""From a carrier's credential to a call that is seen: what people set up, at the simulated Twilio."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from playwright.sync_api import Browser, FilePayload, expect

from rapida.node.clock import utc_now
from rapida.simulator.twilio.line import Line, place_call
from rapida.simulator.twilio.script import AfterAgent, HangUp, Script, Step
from rapida.store import assistants, deployments

from .browser import Watched, opened
from .conftest import Opens, state_of
from .served import EMAIL, HOST, NUMBERS, OWNER, PASSWORD, TWILIO, Served, front_desk, served

CARRIER = f"https://{HOST}/v1/talk/twilio"


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server with an owner, and an assistant that is not on the phone."""
    with served(tmp_path_factory.mktemp("line") / "data") as running:
        with running.api() as client:
            assert client.post("/v1/setup", json=OWNER).status_code == 201
        yield running


@pytest.fixture(scope="module")
def desk(line: Served) -> int:
    """The assistant's number."""

    async def made() -> int:
        async with line.server.store.write() as tx:
            demo = await deployments.demo(tx)
            assert demo is not None
            return (await assistants.create(tx, demo.project_id, front_desk(), utc_now())).id

    return line.do(made())


@pytest.fixture(scope="module")
def at_line(browser: Browser, line: Served) -> Opens:
    """Opens a page of that server as its owner."""
    return partial(opened, browser, line.url, state=state_of(line, EMAIL, PASSWORD))


def voice_url(line: Served, number: str) -> str:
    """Where a number leads, as Twilio has it."""
    found = line.twilio.account_calls.numbers.values()
    return next(each for each in found if each.phone_number == number).settings.get("voice_url", "")


def ring(line: Served, number: str) -> None:
    """Somebody calls a number of the account: Twilio asks whatever the number is set to."""
    plain = Line(TWILIO, voice_url(line, number), f"{CARRIER}/event/1", connect=line.server.address)
    line.do(place_call(plain, Script((Step(AfterAgent(), HangUp()),), limit_s=60)))


def station(watched: Watched, name: str) -> Any:
    return watched.page.locator("li.stop").filter(
        has=watched.page.get_by_role("heading", name=name, exact=True)
    )


def test_four_steps_lead_from_a_credential_to_a_call_that_is_seen(
    at_line: Opens, line: Served, desk: int
) -> None:
    allowed = ["clipboard-read", "clipboard-write"]
    # The API says by a 404 that an assistant is not on the phone.
    with at_line(permissions=allowed, expected=("404",)) as watched:
        page = watched.open("/credentials?sheet=new")
        page.get_by_label("Name").fill("Larkfield main")
        page.get_by_label("Account SID").fill(TWILIO.sid)
        page.get_by_label("Account token").fill(TWILIO.token)
        page.get_by_role("dialog").get_by_role("button", name="Create Credential").click()
        expect(page.get_by_role("row").filter(has_text="Larkfield main")).to_contain_text("just now")

        page = watched.open(f"/assistants/{desk}/phone")
        number = station(watched, "The number")
        expect(number).to_contain_text("Nobody answers it now.")
        number.get_by_label("Phone number").select_option(NUMBERS[0])
        number.get_by_role("button", name="Connect number").click()
        expect(number).to_contain_text("Front desk answers it now.")
        assert voice_url(line, NUMBERS[0]) == f"{CARRIER}/call/{desk}"
        expect(page.locator("li.stop[data-state=good]")).to_have_count(6)
        expect(page.get_by_role("status").first).to_contain_text("all as it should be")

        asks = station(watched, "Twilio asks us")
        asks.get_by_role("button", name="Copy").first.click()
        assert page.evaluate("navigator.clipboard.readText()") == voice_url(line, NUMBERS[0])

        ring(line, NUMBERS[0])
        page = watched.open(f"/assistants/{desk}/phone")
        page.get_by_role("link", name="Last call").click()
        expect(page.locator(".transcript")).to_contain_text("Larkfield Dental, good afternoon.")


def test_a_test_call_is_placed_and_followed_until_it_is_over(at_line: Opens, desk: int) -> None:
    with at_line(expected=("422",)) as watched:
        page = watched.open(f"/assistants/{desk}/phone")
        me = page.get_by_role("region", name="Call me")
        me.get_by_label("Your number").fill("+1 900 234 5678")
        me.get_by_role("button", name="Call me").click()
        expect(me.get_by_role("alert")).to_contain_text("premium-rate")
        me.get_by_label("Your number").fill("+1 415 555 0132")
        me.get_by_role("button", name="Call me").click()
        expect(me.locator(".call-steps li[data-done]")).to_have_count(5)
        expect(me).to_contain_text("Caller hung up")
        me.get_by_role("link", name="Open the call").click()
        expect(page.get_by_role("list", name="What happened")).to_be_visible()


def test_a_number_is_given_back_pointed_again_and_bought(at_line: Opens, line: Served, desk: int) -> None:
    with at_line() as watched:
        page = watched.open("/numbers")
        row = page.get_by_role("row").filter(has_text="+1 415 555 0100")
        expect(row).to_contain_text("Front desk")
        row.get_by_role("button", name="Actions for").click()
        page.get_by_role("menuitem", name="Restore what was there").click()
        page.get_by_role("alertdialog").get_by_role("button", name="Restore").click()
        expect(row).to_contain_text("nobody")
        assert voice_url(line, NUMBERS[0]) == ""

        row.get_by_role("button", name="Actions for").click()
        page.get_by_role("menuitem", name="Let an assistant answer").click()
        sheet = page.get_by_role("dialog")
        sheet.get_by_label("Assistant").select_option("Front desk")
        sheet.get_by_role("button", name="Connect number").click()
        expect(row).to_contain_text("Front desk")

        page.get_by_role("button", name="Buy a number").click()
        sheet.get_by_label("Account").select_option("Larkfield main")
        sheet.get_by_role("button", name="Look for numbers").click()
        sheet.get_by_role("listitem").filter(has_text="0180").get_by_role("button", name="Buy").click()
        asked = page.get_by_role("alertdialog")
        expect(asked).to_contain_text("1.15 USD a month")
        asked.get_by_role("button", name="Buy").click()
        expect(page.get_by_role("row").filter(has_text="+1 415 555 0180")).to_contain_text("nobody")


def test_the_checklist_takes_an_account_and_follows_the_call_to_the_number(
    at_line: Opens, line: Served
) -> None:
    with at_line() as watched:
        page = watched.page
        page.route(
            "**/v1/credentials?*", lambda route: route.fulfill(json={"items": [], "next_cursor": None})
        )
        watched.open("/welcome/number")
        page.get_by_label("Account SID").fill("AC5f5f")
        expect(page.locator(".hint[data-bad]")).to_contain_text("6 of 34 characters")
        page.unroute("**/v1/credentials?*")
        watched.open("/welcome/number")
        expect(page.locator("li.stop[data-state=good]")).to_have_count(3)
        call = station(watched, "Call")
        expect(call).to_contain_text("Call +1 415 555 0100")
        with page.expect_response("**/v1/conversations?*"):
            pass
        ring(line, NUMBERS[0])
        expect(call.locator(".call-steps li[data-done]")).to_have_count(5)
        expect(page.locator("li.stop[data-state=good]")).to_have_count(4)


def test_many_calls_are_tried_row_by_row_before_anybody_is_called(at_line: Opens, line: Served) -> None:
    with at_line() as watched:
        page = watched.open("/calls")
        page.get_by_role("button", name="Call many").click()
        sheet = page.get_by_role("dialog")
        sheet.get_by_label("Who speaks").select_option("Front desk")
        rows = "to_number;name\n+1 415 555 0133;Ada\n+1 900 234 5678;Bo\n+1 415 555 0133;Cy\n"
        file = FilePayload(name="people.csv", mimeType="text/csv", buffer=rows.encode())
        sheet.locator("input[type=file]").set_input_files(file)
        expect(sheet).to_contain_text("The assistant is told: name.")
        sheet.get_by_role("button", name="Dry run").click()
        expect(sheet.get_by_role("status")).to_contain_text("2 of 3 rows would be dialled.")
        wrong, twice = sheet.get_by_role("listitem").all()
        expect(wrong).to_contain_text("Line 3")
        expect(wrong).to_contain_text("premium-rate")
        expect(twice).to_contain_text("The same number stands in line 2")
        before = len(line.twilio.account_calls.calls)
        sheet.get_by_role("button", name="Call 2 people").click()
        expect(sheet).to_contain_text("2 calls wait for their turn.")
        assert len(line.twilio.account_calls.calls) == before, "they wait for the worker"


def test_a_secret_is_replaced_refused_and_accepted_again_and_its_users_are_named(at_line: Opens) -> None:
    with at_line(expected=("422",)) as watched:
        page = watched.open("/credentials")
        row = page.get_by_role("row").filter(has_text="Larkfield main")
        expect(row).to_contain_text("Front desk")
        for token, told in (("not the token at all", "refused"), (TWILIO.token, "just now")):
            row.get_by_role("button", name="Actions for").click()
            page.get_by_role("menuitem", name="Replace the secret").click()
            sheet = page.get_by_role("dialog")
            sheet.get_by_label("Account SID").fill(TWILIO.sid)
            sheet.get_by_label("Account token").fill(token)
            sheet.get_by_role("button", name="Replace").click()
            expect(page.get_by_role("dialog")).to_have_count(0)
            expect(row).to_contain_text(told)
            expect(row).to_contain_text("The old secret still proves callbacks until")
            page.reload()
            expect(row).to_contain_text(told)
        row.get_by_role("button", name="Actions for").click()
        page.get_by_role("menuitem", name="Verify").click()
        expect(row).to_contain_text("just now")
        expect(page.locator("body")).not_to_contain_text(TWILIO.token)


def test_what_a_line_does_of_its_own_is_edited_and_what_is_broken_is_named(at_line: Opens, desk: int) -> None:
    with at_line() as watched:
        page = watched.open(f"/assistants/{desk}/phone")
        lines = page.get_by_role("region", name="Behaviour on this line")
        lines.get_by_role("button", name="Edit").click()
        sheet = page.get_by_role("dialog")
        sheet.get_by_label("Greeting").fill("Good evening, Larkfield.")
        sheet.get_by_label("At once").fill("3")
        sheet.get_by_role("button", name="Save").click()
        expect(lines).to_contain_text("Good evening, Larkfield.")
        expect(lines).to_contain_text("3 calls, then “busy”")
        expect(lines).to_contain_text("+1 415 555 0100")
        page.get_by_role("switch", name="Answers calls").click()
        expect(station(watched, "The assistant")).to_contain_text("switched off")
        expect(page.get_by_role("status").first).to_contain_text("all but one as it should be")
