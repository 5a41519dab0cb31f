"""The live board, followed over the real stream of a real call."""

from __future__ import annotations

import asyncio
import json
import re

from playwright.sync_api import Route, expect

from rapida.simulator.twilio.script import AfterAgent, Nothing, Step, Tone, Wait
from tests.acceptance.server import assistant

from .conftest import Opens
from .served import Served

LOST = {
    "conversation_id": 4_000_000,
    "assistant_id": 1,
    "assistant_name": "A call of before",
    "version": 1,
    "direction": "inbound",
    "caller": "+14155550186",
    "callee": "+14155550100",
    "began_at": "2026-11-30T12:00:00Z",
    "state": "agent",
    "tools": [],
    "lines": [],
    "reply_ms": [],
}


def test_a_call_shows_as_it_goes_on_and_is_hung_up_from_the_board(opens: Opens, dashboard: Served) -> None:
    server = dashboard.server
    desk = assistant(["I have Monday at nine."], ["When can I come?"], name="Evening desk")
    number = dashboard.do(server.install(desk))
    with opens() as watched:
        page = watched.page
        page.goto(f"{watched.url}/live")
        expect(page.get_by_role("status").get_by_text("Following", exact=True)).to_be_visible()
        expect(page.get_by_role("heading", name="Nobody is on the line")).to_be_visible()
        silent = Step(Wait(100), Nothing())
        ringing = server.ring(number, Step(AfterAgent(), Tone(600)), silent)
        rings = asyncio.run_coroutine_threadsafe(ringing, dashboard.loop)
        strip = page.get_by_role("listitem").filter(has_text="Evening desk")
        expect(strip).to_contain_text("When can I come?")
        expect(strip).to_contain_text("I have Monday at nine.")
        expect(strip.locator(".strip-end b")).to_have_text(re.compile(r"^\d\.\d\d s$"))
        expect(page.locator(".live-count")).to_contain_text("1call now")
        expect(page.get_by_title("1 call in progress", exact=False)).to_be_visible()
        page.wait_for_function(
            "() => new Set(document.querySelector('canvas.strip-score').getContext('2d')"
            ".getImageData(0, 0, 600, 60).data).size > 3"
        )
        page.keyboard.press("w")
        expect(page.get_by_role("navigation", name="Main")).to_be_hidden()
        page.keyboard.press("w")
        page.keyboard.press("j")
        page.keyboard.press("h")
        asked = page.get_by_role("alertdialog")
        expect(asked).to_contain_text("Hang up on +")
        asked.get_by_role("button", name="Hang up").click()
        expect(strip).to_contain_text("Hung up from here")
        assert rings.result(120)
        expect(strip).to_have_count(0, timeout=30_000)


def test_a_board_that_lost_its_stream_says_so_and_goes_on_where_it_was(opens: Opens) -> None:
    asked: list[str | None] = []

    def breaks_off(route: Route) -> None:
        asked.append(route.request.headers.get("last-event-id"))
        if len(asked) == 1:
            told = f"event: calls\nid: 7\ndata: {json.dumps({'calls': [LOST]})}\n\n"
            route.fulfill(body=told, content_type="text/event-stream")
        elif len(asked) == 2:
            route.abort()
        else:
            route.continue_()

    with opens(expected=("ERR_FAILED",)) as watched:
        page = watched.page
        page.route("**/v1/live", breaks_off)
        page.goto(f"{watched.url}/live")
        expect(page.get_by_role("status").get_by_text("Not following since")).to_be_visible()
        expect(page.get_by_role("listitem").filter(has_text="A call of before")).to_be_visible()
        expect(page.get_by_role("status").get_by_text("Following", exact=True)).to_be_visible()
        expect(page.get_by_role("listitem").filter(has_text="A call of before")).to_have_count(0)
        assert asked == [None, "7", "7"]
